// The host keys that are installed: which products this host serves, under which policy. Keys that
// have expired stay in the ring, so that people see them; whoever decides asks valid_at().
// Immutable; the host swaps the whole ring when a key is installed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "wire/documents.h"

namespace muster::service {

struct Served {
  wire::HostKey key;
  wire::PreparedHeader activation_header;
  GroupKey group;
};

class Keyring {
 public:
  // policy_conflict where two products of one group differ in retention or count_by; wrong_host_key
  // where a document names another host's key. Of two keys for one product one that is valid at
  // `now` is taken, then the later issued one, of two issued in the same second the later in
  // `keys`.
  [[nodiscard]] static Expected<std::shared_ptr<const Keyring>> make(
      std::vector<wire::HostKey> keys, const wire::PublicKey& host, Instant now);
  // Null where no key names the product, or where `vendor` is absent and two vendors' keys name it.
  [[nodiscard]] const Served* find(std::string_view product,
                                   const std::optional<std::string>& vendor) const;
  [[nodiscard]] const std::vector<Served>& served() const { return served_; }
  // Every group that a key names, once.
  [[nodiscard]] std::vector<GroupKey> groups() const;

 private:
  std::vector<Served> served_;  // by product, then vendor
};

}  // namespace muster::service
