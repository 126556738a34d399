#include "cli/demo_world.h"

#include <fmt/format.h>

#include "base/file.h"
#include "cli/files.h"
#include "cli/host_shared.h"
#include "cli/vendor_shared.h"
#include "client/client.h"
#include "client/os.h"
#include "client/transport.h"
#include "service/mak_acts.h"
#include "service/tokens.h"

namespace muster::cli {
namespace {

constexpr std::string_view kCustomer = "Example Corp";
constexpr std::string_view kMarker = "{\"muster_demo\":1}\n";

std::filesystem::path marker_in(const std::filesystem::path& dir) { return dir / "demo.json"; }

bool is_the_demos(const std::filesystem::path& dir) {
  const auto text = read_file(marker_in(dir));
  return text && *text == kMarker;
}

Expected<void> make_directory(const std::filesystem::path& dir) {
  std::error_code wrong;
  std::filesystem::create_directories(dir, wrong);
  if (wrong) {
    return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", dir.string(), wrong.message()));
  }
  return {};
}

Expected<vendor::Vendor> open_signer(const std::filesystem::path& dir) {
  const auto passphrase = read_first_line(dir / vendor::kPassphraseFile);
  if (!passphrase) return std::unexpected(passphrase.error());
  return vendor::Vendor::open(dir, *passphrase);
}

// What the vendor signs for the host, put into `file`.
Expected<std::string> sign_host(vendor::Vendor& signer, const std::filesystem::path& request_file,
                                const std::filesystem::path& file, Shell& shell) {
  auto request = read_text(request_file);
  if (!request) return std::unexpected(request.error());
  const vendor::HostOrder order{.request = std::move(*request),
                                .customer = std::string(kCustomer),
                                .products = {std::string(kDemoProduct)},
                                .settings = {},
                                .entitlements = std::nullopt};
  auto made = signer.sign_host(order, shell.host_clock.now(), shell.random);
  if (!made) return std::unexpected(made.error());
  if (auto ok = write_file(file, made->key_file); !ok) return std::unexpected(ok.error());
  return std::move(made->key_file);
}

Expected<vendor::IssuedMak> issue_mak(vendor::Vendor& signer, const Bytes16& ledger,
                                      const std::filesystem::path& file, Shell& shell) {
  vendor::MakOrder order;
  order.product = kDemoProduct;
  order.customer = kCustomer;
  order.ledger = ledger;
  order.policy.limit = kDemoPlaces;
  auto made = signer.issue_mak(order, shell.host_clock.now(), shell.random);
  if (!made) return made;
  if (auto ok = write_file(file, made->mak.text + "\n"); !ok) return std::unexpected(ok.error());
  return made;
}

}  // namespace

Expected<void> DemoWorld::clear() const {
  std::error_code wrong;
  if (std::filesystem::exists(dir, wrong) && !std::filesystem::is_empty(dir, wrong)) {
    if (!is_the_demos(dir)) {
      return fail(ErrorCode::file_exists,
                  fmt::format("{} was not made by the demo, which leaves it alone", dir.string()));
    }
    if (const auto earlier = host::open_directory(host())) {
      auto free = host::DirectoryLock::take(*earlier);
      if (!free && free.error().code == ErrorCode::host_is_running) {
        return std::unexpected(free.error());
      }
    }
    std::filesystem::remove_all(dir, wrong);
    if (wrong) {
      return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", dir.string(), wrong.message()));
    }
  }
  if (auto made = make_directory(logs()); !made) return made;
  return write_file(marker_in(dir), kMarker);
}

Expected<void> DemoWorld::make_vendor(Shell& shell) const {
  const auto passphrase = base64url(shell.random.bytes<24>());
  auto made =
      vendor::Vendor::init(vendor(), "Acme", passphrase, vendor::Passphrase::in_the_directory);
  if (!made) return std::unexpected(made.error());
  const vendor::Product product{
      .id = std::string(kDemoProduct),
      .group = "desktop",
      .name = "Acme CAD",
      .policy = {.threshold = kDemoThreshold, .retry_interval = minutes(1)}};
  auto text = made->add_product(product, shell.host_clock.now());
  if (!text) return std::unexpected(text.error());
  return write_file(this->product(), *text);
}

Expected<DemoHost> DemoWorld::make_host(Shell& shell) const {
  const auto directory = host::init_directory(host(), shell.host_clock);
  if (!directory) return std::unexpected(directory.error());
  auto signer = open_signer(vendor());
  if (!signer) return std::unexpected(signer.error());
  const auto keys = sign_host(*signer, directory->request(), host_keys(), shell);
  if (!keys) return std::unexpected(keys.error());
  auto open = OpenHost::open(*directory, {}, shell);
  if (!open) return std::unexpected(open.error());
  auto& service = open->service();
  const auto installed = service.install_keys(*keys, command_actor());
  if (!installed) return std::unexpected(installed.error());
  const auto issued = issue_mak(*signer, service.ledger(), mak(), shell);
  if (!issued) return std::unexpected(issued.error());
  const auto added = service::add_mak(service, issued->mak.text, command_actor());
  if (!added) return std::unexpected(added.error());
  auto token = service::create_token(service, "demo", service::Role::admin, std::chrono::hours(24),
                                     command_actor());
  if (!token) return std::unexpected(token.error());
  return DemoHost{.token = std::move(token->text), .key = issued->key.text()};
}

Expected<std::vector<DemoMachine>> DemoWorld::make_machines(const std::string& host_url,
                                                            Shell& shell) const {
  const auto text = read_text(product());
  if (!text) return std::unexpected(text.error());
  const auto os = client::make_linux_os();
  auto transport = client::make_http_transport();
  if (!transport) return std::unexpected(transport.error());
  if (auto made = make_directory(dir / "machines"); !made) return std::unexpected(made.error());
  std::vector<DemoMachine> out;
  for (int number = 1; number <= kDemoMachines; ++number) {
    DemoMachine machine{.name = fmt::format("desk-{:03}", number), .state = {}, .cmid = {}};
    machine.state = dir / "machines" / machine.name;
    client::Client client({.directory = machine.state, .set_fact = machine.name}, *os,
                          shell.client_clock, shell.random, **transport);
    const auto installed = client.install(*text);
    if (!installed) return std::unexpected(installed.error());
    if (auto set = client.set_host(host_url); !set) return std::unexpected(set.error());
    if (!installed->status.cmid) return fail(ErrorCode::internal, machine.name + ": has no CMID");
    machine.cmid = *installed->status.cmid;
    out.push_back(std::move(machine));
  }
  return out;
}

}  // namespace muster::cli
