#include "vendor/vendor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "wire/json.h"
#include "wire/product_terms.h"

namespace muster::vendor {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;

constexpr std::size_t kFileMost = 64 * 1024;
constexpr std::size_t kRegisterMost = 256 * 1024 * 1024;
constexpr minutes kCentury{std::int64_t{100} * 365 * 24 * 60};

// Held while a directory is changed. Released by the kernel when the process ends, however it ends.
class DirectoryLock {
 public:
  [[nodiscard]] static Expected<DirectoryLock> take(const fs::path& dir) {
    DirectoryLock out;
    out.fd_ = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out.fd_ >= 0 && ::flock(out.fd_, LOCK_EX) == 0) return out;
    return fail(ErrorCode::file_unwritable,
                fmt::format("{}: {}", dir.string(), std::strerror(errno)));
  }
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  DirectoryLock() = default;
  int fd_ = -1;
};

// Whether a file is there; file_unreadable where that cannot be told.
Expected<bool> is_there(const fs::path& file) {
  std::error_code failed;
  const bool out = fs::exists(file, failed);
  if (!failed) return out;
  return fail(ErrorCode::file_unreadable, fmt::format("{}: {}", file.string(), failed.message()));
}

Expected<void> make_directory(const fs::path& dir, Undo& undo) {
  const bool made = ::mkdir(dir.c_str(), S_IRWXU) == 0;
  if (made) undo.made.push_back(dir);
  if (made || errno == EEXIST) {
    std::error_code ec;
    const bool empty = fs::is_empty(dir, ec);
    if (ec || !empty) return fail(ErrorCode::file_exists, dir.string());
    if (::chmod(dir.c_str(), S_IRWXU) == 0) return {};
  }
  return fail(ErrorCode::file_unwritable,
              fmt::format("{}: {}", dir.string(), std::strerror(errno)));
}

Expected<void> check_name(std::string_view what, std::string_view name) {
  if (!name.empty() && valid_text(name, Vendor::kNameMost)) return {};
  return fail(ErrorCode::usage, fmt::format("{}: 1 to {} bytes of text without control characters "
                                            "expected",
                                            what, Vendor::kNameMost));
}

Expected<void> check_id(std::string_view what, std::string_view id) {
  if (valid_id(id)) return {};
  return fail(ErrorCode::usage,
              fmt::format("{}: '{}' is no id; write a-z, 0-9 and -, at most 63 characters", what,
                          valid_text(id, 100) ? id : "it"));
}

// What a file of the directory says; whatever is wrong with it names the file.
template <class Read>
auto read_json(const fs::path& path, Read read) -> decltype(read(std::declval<json::Claims&>())) {
  const auto text = read_file(path, kFileMost);
  if (!text) return std::unexpected(text.error());
  json::Tree tree;
  if (auto ok = tree.parse(*text, kFileMost); !ok) {
    return fail(ErrorCode::document_malformed,
                fmt::format("{}: {}", path.string(), ok.error().detail));
  }
  json::Claims claims(tree, tree.root(), ErrorCode::document_malformed);
  auto out = read(claims);
  if (claims.ok()) return out;
  return fail(ErrorCode::document_malformed,
              fmt::format("{}: {}", path.string(), claims.failure().error().detail));
}

Expected<void> agree(std::string_view group, const Policy& a, const Policy& b) {
  if (a.retention == b.retention && a.count_by == b.count_by) return {};
  return fail(ErrorCode::policy_conflict, fmt::format("group '{}'", group));
}

// The object that goes into every activation, without spaces.
Expected<std::string> normal_entitlements(std::string_view text) {
  json::Tree tree;
  const auto refuse = [](std::string_view why) {
    return fail(ErrorCode::usage, fmt::format("entitlements: {}", why));
  };
  if (auto ok = tree.parse(text, 16 * Vendor::kEntitlementsMost); !ok) {
    return refuse(ok.error().detail);
  }
  if (tree.root().kind != json::Kind::object) return refuse("a JSON object expected");
  std::string out;
  tree.append(out, tree.root());
  if (out.size() <= Vendor::kEntitlementsMost) return out;
  return refuse(
      fmt::format("{} bytes, and {} are the most", out.size(), Vendor::kEntitlementsMost));
}

std::string register_line(const wire::HostKey& key, const wire::HostRequest& request) {
  std::string out;
  json::Writer writer(out);
  writer.time("signed", key.issued).time("expires", key.expires).text("customer", key.customer);
  writer.text("id", key.id).plain("host", key.host.thumbprint());
  writer.text("host_name", request.host_name);
  wire::append_product_terms(writer.key("product"), {key.product, key.group, key.name, key.policy});
  writer.end();
  return out + "\n";
}

std::string register_line(const wire::Mak& mak) {
  std::string out;
  json::Writer writer(out);
  writer.time("signed", mak.issued);
  if (mak.policy.expires) writer.time("expires", *mak.policy.expires);
  writer.text("customer", mak.customer).text("id", mak.id).plain("ledger", hex(mak.ledger));
  json::Writer key(writer.key("mak"));
  key.plain("product", mak.product).text("end", mak.key_end).number("limit", mak.policy.limit);
  key.plain("reactivation", muster::name_of(mak.policy.reactivation));
  key.plain("match", muster::name_of(mak.policy.match));
  key.plain("release", muster::name_of(mak.policy.release)).end();
  writer.end();
  return out + "\n";
}

}  // namespace

struct Vendor::State {
  fs::path dir;
  std::string name, vendor_id;
  wire::PrivateKey root;
  std::unique_ptr<wire::Signer> signer;
  bool encrypted = false;

  [[nodiscard]] fs::path product_path(std::string_view id) const {
    return dir / "products" / (std::string(id) + ".json");
  }
  [[nodiscard]] Expected<Product> product(std::string_view id) const;
  [[nodiscard]] Expected<std::vector<Product>> ordered(const HostOrder& order) const;
  [[nodiscard]] Expected<void> enter(std::string_view lines) const;
};

Expected<Product> Vendor::State::product(std::string_view id) const {
  const auto path = product_path(id);
  const auto there = valid_id(id) ? is_there(path) : Expected<bool>(false);
  if (!there) return std::unexpected(there.error());
  if (!*there) {
    return fail(ErrorCode::unknown_product, fmt::format("'{}'", valid_text(id, 100) ? id : "?"));
  }
  return read_json(path, [](json::Claims& claims) -> Expected<Product> {
    static_cast<void>(claims.number("muster_product", 1, 1));
    auto object = claims.object("product");
    auto terms = wire::read_product_terms(object);
    claims.take(object);
    return Product{std::move(terms.id), std::move(terms.group), std::move(terms.name),
                   std::move(terms.policy)};
  });
}

// The products of an order under this customer's numbers, each judged.
Expected<std::vector<Product>> Vendor::State::ordered(const HostOrder& order) const {
  std::vector<Product> out;
  std::optional<std::string> entitlements;
  if (order.entitlements) {
    auto text = normal_entitlements(*order.entitlements);
    if (!text) return std::unexpected(text.error());
    entitlements = std::move(*text);
  }
  if (order.products.empty()) return fail(ErrorCode::usage, "no product is named");
  for (const auto& id : order.products) {
    if (std::ranges::find(out, id, &Product::id) != out.end()) {
      return fail(ErrorCode::usage, fmt::format("the product '{}' is named twice", id));
    }
    auto found = product(id);
    if (!found) return std::unexpected(found.error());
    if (entitlements) found->policy.entitlements = *entitlements;
    out.push_back(std::move(*found));
  }
  for (const auto& setting : order.settings) {
    const auto at = std::ranges::find(out, setting.product, &Product::id);
    if (at == out.end()) {
      return fail(ErrorCode::usage,
                  fmt::format("a setting is for '{}', which is not among the products that are "
                              "signed",
                              setting.product));
    }
    if (auto ok = set_field(at->policy, setting.field, setting.value); !ok) {
      return std::unexpected(ok.error());
    }
  }
  for (const auto& one : out) {
    if (auto ok = check(one.policy); !ok) {
      return fail(ok.error().code, fmt::format("{}: {}", one.id, ok.error().detail));
    }
    for (const auto& other : out) {
      if (one.group != other.group) continue;
      if (auto ok = agree(one.group, one.policy, other.policy); !ok) {
        return std::unexpected(ok.error());
      }
    }
  }
  return out;
}

Expected<void> Vendor::State::enter(std::string_view lines) const {
  const auto path = dir / "signed.jsonl";
  std::string text;
  const auto there = is_there(path);
  if (!there) return std::unexpected(there.error());
  if (*there) {
    auto before = read_file(path, kRegisterMost);
    if (!before) return std::unexpected(before.error());
    text = std::move(*before);
  }
  text += lines;
  return write_file(path, text, 0600);
}

Vendor::Vendor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Vendor::Vendor(Vendor&&) noexcept = default;
Vendor& Vendor::operator=(Vendor&&) noexcept = default;
Vendor::~Vendor() = default;

Expected<Vendor> Vendor::init(const fs::path& dir, std::string_view name,
                              std::string_view passphrase, Passphrase kept) {
  if (auto ok = check_name("name", name); !ok) return std::unexpected(ok.error());
  auto root = wire::PrivateKey::generate();
  if (!root) return std::unexpected(root.error());
  const auto pem = root->to_pem(passphrase);
  if (!pem) return std::unexpected(pem.error());
  Undo undo;
  if (auto ok = make_directory(dir, undo); !ok) return std::unexpected(ok.error());
  if (auto ok = make_directory(dir / "products", undo); !ok) return std::unexpected(ok.error());
  const auto write = [&](std::string_view file, const std::string& text) {
    undo.made.push_back(dir / file);
    return write_file(undo.made.back(), text, 0600);
  };
  // Before the key, so that there is never a key that nobody can open.
  if (kept == Passphrase::in_the_directory) {
    auto ok = write(kPassphraseFile, std::string(passphrase) + "\n");
    if (!ok) return std::unexpected(ok.error());
  }
  if (auto ok = write("root.key", *pem); !ok) return std::unexpected(ok.error());
  // Last, because it is what makes a directory a vendor's.
  std::string text;
  json::Writer writer(text);
  writer.number("muster_vendor", 1).text("name", name);
  writer.plain("vendor_id", root->public_key().thumbprint()).end();
  if (auto ok = write("vendor.json", text + "\n"); !ok) return std::unexpected(ok.error());
  undo.made.clear();
  return open(dir, passphrase);
}

Expected<bool> Vendor::needs_passphrase(const fs::path& dir) {
  const auto there = is_there(dir / "vendor.json");
  if (!there) return std::unexpected(there.error());
  if (!*there) return fail(ErrorCode::not_a_vendor_directory, dir.string());
  const auto pem = read_file(dir / "root.key", kFileMost);
  if (!pem) return std::unexpected(pem.error());
  return pem->find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != pem->npos;
}

Expected<Vendor> Vendor::open(const fs::path& dir, std::string_view passphrase) {
  const auto encrypted = needs_passphrase(dir);
  if (!encrypted) return std::unexpected(encrypted.error());
  auto state = std::make_unique<State>();
  state->dir = dir;
  state->encrypted = *encrypted;
  const auto read = read_json(dir / "vendor.json", [&](json::Claims& claims) -> Expected<void> {
    static_cast<void>(claims.number("muster_vendor", 1, 1));
    state->name = claims.nonempty("name", kNameMost);
    state->vendor_id = claims.thumbprint("vendor_id");
    return {};
  });
  if (!read) return std::unexpected(read.error());
  const auto pem = read_file(dir / "root.key", kFileMost);
  if (!pem) return std::unexpected(pem.error());
  auto root = wire::PrivateKey::from_pem(*pem, passphrase);
  if (!root) return std::unexpected(root.error());
  if (root->public_key().thumbprint() != state->vendor_id) {
    return fail(ErrorCode::document_malformed,
                fmt::format("{}: the key of another vendor", (dir / "root.key").string()));
  }
  state->root = std::move(*root);
  state->signer = state->root.signer();
  return Vendor(std::move(state));
}

const std::string& Vendor::name() const { return state_->name; }
const std::string& Vendor::vendor_id() const { return state_->vendor_id; }
const fs::path& Vendor::dir() const { return state_->dir; }

std::string Vendor::backup_note() const {
  const auto key = (state_->dir / "root.key").string();
  auto out = fmt::format(
      "Keep a copy of {} offline, in two places{}. Without it no host key can ever be signed\n"
      "again under this vendor's name, and whoever has it can activate everything you ship.\n"
      "Back up the whole of {} after each product and each host key: products/ and\n"
      "signed.jsonl say what was signed, for whom and until when.\n",
      key, state_->encrypted ? ", and its passphrase apart from it" : "", state_->dir.string());
  if (!state_->encrypted) {
    out += fmt::format("warning: {} is not encrypted: its passphrase was empty.\n", key);
  }
  return out;
}

Expected<std::vector<Product>> Vendor::products() const {
  std::vector<std::string> ids;
  std::error_code ec;
  for (const auto& file : fs::directory_iterator(state_->dir / "products", ec)) {
    if (file.path().extension() == ".json") ids.push_back(file.path().stem().string());
  }
  if (ec) return fail(ErrorCode::file_unreadable, ec.message());
  std::ranges::sort(ids);
  std::vector<Product> out;
  for (const auto& id : ids) {
    auto product = state_->product(id);
    if (!product) return std::unexpected(product.error());
    out.push_back(std::move(*product));
  }
  return out;
}

Expected<std::string> Vendor::add_product(const Product& product, Instant now) {
  Product kept = product;
  if (kept.name.empty()) kept.name = kept.id;
  if (auto ok = check_id("product", kept.id); !ok) return std::unexpected(ok.error());
  if (auto ok = check_id("group", kept.group); !ok) return std::unexpected(ok.error());
  if (auto ok = check_name("product name", kept.name); !ok) return std::unexpected(ok.error());
  if (auto ok = check(kept.policy); !ok) return std::unexpected(ok.error());
  auto entitlements = normal_entitlements(kept.policy.entitlements);
  if (!entitlements) return std::unexpected(entitlements.error());
  kept.policy.entitlements = std::move(*entitlements);

  const auto lock = DirectoryLock::take(state_->dir);
  if (!lock) return std::unexpected(lock.error());
  const auto others = products();
  if (!others) return std::unexpected(others.error());
  for (const auto& other : *others) {
    // The same terms are only signed again: the product file may never have been written.
    if (other == kept) continue;
    if (other.id == kept.id) {
      return fail(ErrorCode::conflict,
                  fmt::format("the product '{}' is there already, on other terms", other.id));
    }
    if (other.group != kept.group) continue;
    if (auto ok = agree(other.group, other.policy, kept.policy); !ok) {
      return std::unexpected(ok.error());
    }
  }
  auto file = wire::sign_product_file({.vendor = state_->name,
                                       .vendor_id = state_->vendor_id,
                                       .product = kept.id,
                                       .name = kept.name,
                                       .group = kept.group,
                                       .vendor_keys = {state_->root.public_key()},
                                       .initial_grace = kept.policy.initial_grace,
                                       .additional_grace = kept.policy.additional_grace,
                                       .retry_interval = kept.policy.retry_interval,
                                       .rearm_limit = kept.policy.rearm_limit,
                                       .issued = now},
                                      *state_->signer);
  if (!file) return file;
  std::string text;
  json::Writer writer(text);
  writer.number("muster_product", 1);
  wire::append_product_terms(writer.key("product"), {kept.id, kept.group, kept.name, kept.policy});
  writer.end();
  if (auto ok = write_file(state_->product_path(kept.id), text + "\n", 0600); !ok) {
    return std::unexpected(ok.error());
  }
  return file;
}

Expected<SignedHost> Vendor::sign_host(const HostOrder& order, Instant now, Random& random) {
  if (auto ok = check_name("customer", order.customer); !ok) return std::unexpected(ok.error());
  if (order.valid_for < minutes(1) || order.valid_for > kCentury) {
    return fail(ErrorCode::usage, "a host key is valid for 1 minute to 100 years");
  }
  auto request = wire::read_host_request(order.request);
  if (!request) return std::unexpected(request.error());
  const auto lock = DirectoryLock::take(state_->dir);
  if (!lock) return std::unexpected(lock.error());
  const auto products = state_->ordered(order);
  if (!products) return std::unexpected(products.error());
  SignedHost out;
  out.request = std::move(*request);
  for (const auto& product : *products) {
    auto text = wire::sign_host_key({.vendor = state_->name,
                                     .vendor_id = state_->vendor_id,
                                     .id = base64url(random.bytes<16>()),
                                     .host = out.request.host,
                                     .customer = order.customer,
                                     .product = product.id,
                                     .name = product.name,
                                     .group = product.group,
                                     .policy = product.policy,
                                     .issued = now,
                                     .expires = now + order.valid_for,
                                     .text = {}},
                                    *state_->signer);
    if (!text) return std::unexpected(text.error());
    // Nothing leaves that a host could not read; entitlements may be too deep, for one.
    auto key = wire::read_host_key(*text, {state_->root.public_key()});
    if (!key) return fail(ErrorCode::usage, key.error().sentence());
    out.key_file += *text + "\n";
    out.keys.push_back(std::move(*key));
  }
  std::string lines;
  for (const auto& key : out.keys) lines += register_line(key, out.request);
  if (auto ok = state_->enter(lines); !ok) return std::unexpected(ok.error());
  return out;
}

Expected<IssuedMak> Vendor::issue_mak(const MakOrder& order, Instant now, Random& random) {
  if (auto ok = check_name("customer", order.customer); !ok) return std::unexpected(ok.error());
  if (!valid_text(order.hint, wire::kMakHintMost)) {
    return fail(ErrorCode::usage, fmt::format("hint: at most {} bytes of text without control "
                                              "characters expected",
                                              wire::kMakHintMost));
  }
  if (order.valid_for && (*order.valid_for < minutes(1) || *order.valid_for > kCentury)) {
    return fail(ErrorCode::usage, "a key is valid for 1 minute to 100 years");
  }
  if (auto ok = check(order.policy); !ok) return std::unexpected(ok.error());
  const auto lock = DirectoryLock::take(state_->dir);
  if (!lock) return std::unexpected(lock.error());
  const auto product = state_->product(order.product);
  if (!product) return std::unexpected(product.error());
  const auto key = wire::MakKey::random(random);
  wire::Mak mak;
  mak.vendor = state_->name;
  mak.vendor_id = state_->vendor_id;
  // A person types it behind a command, where a dash begins an option.
  do {
    mak.id = base64url(random.bytes<16>());
  } while (mak.id.starts_with('-'));
  mak.product = product->id;
  mak.customer = order.customer;
  mak.ledger = order.ledger;
  mak.key_hash = wire::mak_hash(key.secret(mak.vendor_id));
  mak.key_end = key.end();
  mak.policy = order.policy;
  if (order.valid_for) mak.policy.expires = now + *order.valid_for;
  mak.hint = order.hint;
  mak.issued = now;
  const auto text = wire::sign_mak(mak, *state_->signer);
  if (!text) return std::unexpected(text.error());
  auto read = wire::read_mak(*text, {state_->root.public_key()});
  if (!read) return std::unexpected(read.error());
  if (auto ok = state_->enter(register_line(*read)); !ok) return std::unexpected(ok.error());
  return IssuedMak{key, std::move(*read)};
}

}  // namespace muster::vendor
