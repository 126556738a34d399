// What a store in memory holds, and how rows of one fact are found in it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/ids.h"
#include "core/machine.h"
#include "store/store.h"

namespace muster::store::memory {

struct Row {
  core::Machine machine;
  std::uint64_t made = 0;  // grows with every row that is new
};
using Rows = std::map<Cmid, Row>;

struct Machines {
  Rows rows;
  std::map<Bytes16, std::map<std::uint64_t, Cmid>> by_fact;  // in the order in which they were made

  void put(const Row& row) {
    const auto& cmid = row.machine.cmid;
    if (const auto at = rows.find(cmid); at != rows.end()) {
      if (const auto fact = at->second.machine.facts.primary()) by_fact[*fact].erase(row.made);
    }
    if (const auto fact = row.machine.facts.primary()) by_fact[*fact][row.made] = cmid;
    rows.insert_or_assign(cmid, row);
  }
  // REQUIRES: it is there.
  void forget(const Cmid& cmid) {
    const auto at = rows.find(cmid);
    if (const auto fact = at->second.machine.facts.primary()) {
      const auto made = by_fact.find(*fact);
      made->second.erase(at->second.made);
      if (made->second.empty()) by_fact.erase(made);
    }
    rows.erase(at);
  }
};

// A key with its places.
struct KeyData {
  core::KeyRecord record;
  std::map<std::uint32_t, core::KeyPlace> places;
};
using Keys = std::map<MakId, KeyData>;

// A month's machines of a product.
struct Usage {
  std::uint64_t machines = 0;
  std::set<Bytes16> members;
};

// Everything that is committed.
struct Data {
  Keys keys;
  std::map<GroupKey, Machines> machines;
  std::map<EventPlace, EventRow> events;
  std::map<EventPlace, CheckpointRow> checkpoints;
  std::map<Bytes16, std::string> names;
  std::map<std::string, std::string, std::less<>> settings;
  std::map<PoolKey, PoolRow> pools;
  std::map<UsageKey, Usage> usage;
  ChainHead head;
  std::uint64_t next_made = 1;
};

// Empty where there is no such group.
[[nodiscard]] const Machines& machines_of_group(const Data& data, const GroupKey& key);
// The rows of one fact as a unit sees them, by `made`: committed ones that it has not put, and what
// it has put. Enough of both ends for most_recently_heard(). Valid while both are unchanged.
[[nodiscard]] std::map<std::uint64_t, const core::Machine*> rows_of_fact(const Machines& committed,
                                                                         const Bytes16& fact,
                                                                         const Rows& put);
// As Unit::read_by_fact() has them.
[[nodiscard]] std::vector<core::Machine> most_recently_heard(
    const std::map<std::uint64_t, const core::Machine*>& rows);

// Why this store cannot be copied.
[[nodiscard]] inline std::unexpected<Error> no_file() {
  return fail(ErrorCode::conflict, "a store in memory is no file");
}

}  // namespace muster::store::memory
