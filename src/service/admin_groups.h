// What the groups, the status, the machine's page and the metrics know of a count group.
#pragma once

#include <string>
#include <vector>

#include "service/admin_api.h"

namespace muster::service {

struct ProductFacts {
  wire::HostKey key{};       // the newest that is installed
  bool valid = false;        // now; where not, the product is not served
  std::uint64_t active = 0;  // machines that take a `licensed` place
};

struct GroupFacts {
  GroupKey key{};
  std::string vendor{};         // its name, empty where no key is installed
  std::uint32_t count = 0;      // as it is now, with nobody asking
  std::uint32_t threshold = 0;  // the highest presented so far; before that the products' highest
  std::uint32_t capacity = 0;
  minutes retention{};
  CountBy count_by = CountBy::cmid;
  std::uint64_t active = 0;  // active machines
  core::Counters counters{};
  std::uint64_t last_minute = 0;  // requests
  std::vector<ProductFacts> products{};
};

// Every group that a key names or the store holds, by vendor and name.
[[nodiscard]] Expected<std::vector<GroupFacts>> group_facts(HostService& service);
[[nodiscard]] Expected<GroupFacts> group_facts(HostService& service, const GroupKey& key);
// The roll's entries that count at `now`, with nobody asking: the oldest contact first.
[[nodiscard]] Expected<std::vector<core::RollEntry>> live_roll(HostService& service,
                                                               const GroupFacts& facts,
                                                               Instant now);

// The group that a request means: `vendor` decides between two vendors' groups of one name.
// not_found, or conflict where it is needed and absent.
[[nodiscard]] Expected<GroupKey> find_group(HostService& service, std::string_view group,
                                            const std::string* vendor);

}  // namespace muster::service
