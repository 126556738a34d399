// A vendor's directory: the root key, the products, and the register of what was signed for whom.
//   root.key              PKCS#8 PEM, 0600, encrypted under the passphrase where there is one
//   root.passphrase       0600, until it is moved: the key's passphrase, where none was given
//   vendor.json           {"muster_vendor":1,"name":"...","vendor_id":"..."}
//   products/ID.json      {"muster_product":1,"product":{...}}, the object of a host key
//   signed.jsonl          one line a host key or multiple activation key that was ever signed,
//                         oldest first; of the latter its id and its last five characters, so that
//                         nobody finds the key there
// Directories are 0700. Every file is written whole (written, synced, renamed), and nothing is
// changed where an argument is refused. One process at a time changes a directory (it holds a lock
// while it does). `init` and `sign_host` draw ids from `random`; keys come from OpenSSL's own
// generator.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/policy.h"
#include "base/random.h"
#include "base/time.h"
#include "wire/documents.h"
#include "wire/mak.h"
#include "wire/mak_key.h"

namespace muster::vendor {

// A product as its vendor keeps it; a host key may carry other numbers for one customer.
struct Product {
  std::string id, group;
  std::string name;  // for people; empty: the id
  Policy policy;
  friend bool operator==(const Product&, const Product&) = default;
};

// Where a passphrase that was made for a vendor may be kept: DIR/root.passphrase, 0600.
inline constexpr std::string_view kPassphraseFile = "root.passphrase";
enum class Passphrase : std::uint8_t { elsewhere, in_the_directory };

// One `--set PRODUCT.FIELD=VALUE`.
struct Setting {
  std::string product, field, value;
};
// "acme-cad.threshold=10"; usage where it has another form.
[[nodiscard]] Expected<Setting> parse_setting(std::string_view text);

// Sets one number of a policy from text, for `add-product --FIELD VALUE` and `--set`. `field` is an
// option of add-product without its dashes in front: threshold, validity, renewal, retry,
// retention, clock-skew, initial-grace, additional-grace, rearm-limit, count-by, licensed ("none"
// takes it away), over; `_` is read as `-`. Durations are "180d". usage for an unknown field or a
// value that is not of its kind; bounds are checked later, all together.
[[nodiscard]] Expected<void> set_field(Policy& policy, std::string_view field,
                                       std::string_view value);

// What `sign_host` is asked for.
struct HostOrder {
  std::string request;  // text of the host's request file
  std::string customer;
  std::vector<std::string> products;  // at least one, each once
  std::vector<Setting> settings;      // this customer's own numbers
  std::optional<std::string>
      entitlements;  // a JSON object as text, for every product named; none: the product's
  minutes valid_for{std::int64_t{2} * 365 * 24 * 60};
};
struct SignedHost {
  std::string key_file;             // one document a line: what the customer installs
  wire::HostRequest request;        // whose it was
  std::vector<wire::HostKey> keys;  // in the order of `products`
};

// What `issue_mak` is asked for.
struct MakOrder {
  std::string product, customer;
  Bytes16 ledger{};  // of the host that is to sell the places
  MakPolicy policy;  // without `expires`
  std::optional<minutes> valid_for;
  std::string hint;  // shown where the limit is reached; may be empty
};
struct IssuedMak {
  wire::MakKey key;  // kept nowhere else
  wire::Mak mak;
};

class Vendor {
 public:
  static constexpr std::size_t kNameMost =
      255;  // bytes of a vendor's, product's or customer's name
  static constexpr std::size_t kEntitlementsMost = 2048;

  // Makes the directory (which may exist if it is empty) and the root key. An empty passphrase
  // leaves the key unencrypted: whoever calls has said so on purpose. What was made before an error
  // is removed. file_exists, usage, file_unwritable.
  [[nodiscard]] static Expected<Vendor> init(const std::filesystem::path& dir,
                                             std::string_view name, std::string_view passphrase,
                                             Passphrase kept = Passphrase::elsewhere);
  // not_a_vendor_directory, wrong_passphrase, file_unreadable, document_malformed.
  [[nodiscard]] static Expected<Vendor> open(const std::filesystem::path& dir,
                                             std::string_view passphrase);
  // Is the root key of this directory encrypted: must a passphrase be asked for before open()?
  [[nodiscard]] static Expected<bool> needs_passphrase(const std::filesystem::path& dir);

  Vendor(Vendor&&) noexcept;
  Vendor& operator=(Vendor&&) noexcept;
  ~Vendor();

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::string& vendor_id() const;
  [[nodiscard]] const std::filesystem::path& dir() const;
  // What a person must keep safe and where, in sentences: to be printed after init. Warns where the
  // key is not encrypted.
  [[nodiscard]] std::string backup_note() const;

  // Keeps the product and returns the text of its product file; on the terms that it has already,
  // only the latter. policy_invalid, usage (ids, names), conflict where the id is taken on other
  // terms, or a product of the group differs in retention or count_by (policy_conflict).
  [[nodiscard]] Expected<std::string> add_product(const Product& product, Instant now);
  // In the order of their ids.
  [[nodiscard]] Expected<std::vector<Product>> products() const;

  // Verifies the request, signs a host key for each product, and writes the register before it
  // returns. unknown_product, policy_invalid, policy_conflict, usage, bad_signature, wrong_type ...
  [[nodiscard]] Expected<SignedHost> sign_host(const HostOrder& order, Instant now, Random& random);

  // Makes a multiple activation key and signs its document, and writes the register before it
  // returns. unknown_product, policy_invalid, usage.
  [[nodiscard]] Expected<IssuedMak> issue_mak(const MakOrder& order, Instant now, Random& random);

 private:
  struct State;
  explicit Vendor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::vendor
