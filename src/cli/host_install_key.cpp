#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/host_shared.h"
#include "cli/output.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

namespace json = wire::json;

constexpr std::size_t kAnswerMost = std::size_t{1} << 20;

struct Installed {
  std::vector<wire::HostKey> keys;
  bool running = false;
};

// Those that the running host took.
Expected<std::vector<wire::HostKey>> send_to(const AdminTarget& target,
                                             const std::vector<wire::HostKey>& keys) {
  std::vector<std::string> documents;
  documents.reserve(keys.size());
  for (const auto& key : keys) documents.push_back(key.text);
  JsonObject body;
  body.add("host_keys", documents);
  const auto answer = admin_post(target, "/v1/host-keys", "application/json", body.text());
  if (!answer) return std::unexpected(answer.error());
  json::Tree tree;
  if (auto parsed = tree.parse(*answer, kAnswerMost); !parsed) {
    return fail(ErrorCode::bad_answer, target.text() + ": " + parsed.error().detail);
  }
  json::Claims claims(tree, tree.root(), ErrorCode::bad_answer);
  const auto* list = claims.member("installed", json::Kind::array);
  if (!claims.ok()) return std::unexpected(claims.failure().error());
  std::vector<wire::HostKey> taken;
  for (const auto* item = tree.first(*list); item != nullptr; item = tree.next(*item)) {
    const auto* id = tree.find(*item, "host_key");
    const auto* product = tree.find(*item, "product");
    if (id == nullptr || product == nullptr) continue;
    std::ranges::copy_if(keys, std::back_inserter(taken), [&](const wire::HostKey& key) {
      return key.id == id->text && key.product == product->text;
    });
  }
  return taken;
}

Expected<Installed> install(const Invocation& asked, Shell& shell) {
  auto keys = read_host_keys(asked.text("FILE"));
  if (!keys) return std::unexpected(keys.error());
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  if (!asked.has("host")) {
    const auto directory = host::open_directory(asked.text("dir"));
    if (!directory) return std::unexpected(directory.error());
    auto host = OpenHost::open(*directory, {}, shell);
    if (host) {
      std::string documents;
      for (const auto& key : *keys) documents += key.text + "\n";
      auto done = host->service().install_keys(documents, command_actor());
      if (!done) return std::unexpected(done.error());
      return Installed{std::move(*done), false};
    }
    if (host.error().code != ErrorCode::host_is_running) return std::unexpected(host.error());
  }
  auto taken = send_to(*target, *keys);
  if (!taken) return std::unexpected(taken.error());
  return Installed{std::move(*taken), true};
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto done = install(asked, shell);
  if (!done) return std::unexpected(done.error());
  if (wants_json(asked)) {
    std::vector<JsonObject> keys;
    for (const auto& key : done->keys) {
      JsonObject item;
      item.add("id", key.id).add("product", key.product).add("group", key.group);
      item.add("threshold", key.policy.threshold).add("expires", key.expires);
      keys.push_back(std::move(item));
    }
    JsonObject out;
    out.add("installed", keys).add("running", done->running);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  for (const auto& key : done->keys) {
    shell.out << fmt::format("Installed: '{}' by {} for {}, from {} machines on, until {}.\n",
                             key.product, key.vendor, key.customer, key.policy.threshold,
                             format_time(key.expires));
  }
  shell.out << (done->running ? "The running host serves it from now on; its roll stays.\n"
                              : "The host will serve it when it runs.\n");
  return Exit::done;
}

}  // namespace

Command host_install_key_command() {
  return {
      .path = "host install-key",
      .summary = "install what the vendor signed, into a stopped or a running host",
      .description =
          "Where a host runs on the directory, the key is handed to it over its Unix socket and is "
          "served at once. The roll stays. Of every product the newest key that is valid wins; a "
          "file without one changes nothing.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "the host keys that the vendor sent"}},
      .options = admin_options({json_option()}),
      .fields = {{"installed",
                  "list of {id, product, group, threshold, expires}, one a key that was taken"},
                 {"running", "true: a running host took it"}},
      .examples = {{"muster host install-key --dir /var/lib/muster/host host.keys",
                    "whether the host runs or not"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
