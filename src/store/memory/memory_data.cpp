#include "store/memory/memory_data.h"

#include <algorithm>

#include "store/chain.h"

namespace muster::store::memory {

const Machines& machines_of_group(const Data& data, const GroupKey& key) {
  static const Machines none;
  const auto at = data.machines.find(key);
  return at == data.machines.end() ? none : at->second;
}

// A row that the unit has put away makes room for one more of the committed ones.
std::map<std::uint64_t, const core::Machine*> rows_of_fact(const Machines& committed,
                                                           const Bytes16& fact, const Rows& put) {
  std::map<std::uint64_t, const core::Machine*> out;
  if (const auto at = committed.by_fact.find(fact); at != committed.by_fact.end()) {
    const auto& made = at->second;
    const auto take = [&](const auto& item) {
      if (!put.contains(item.second)) {
        out.emplace(item.first, &committed.rows.at(item.second).machine);
      }
    };
    auto first = made.begin();
    for (auto n = kFactFirst + put.size(); n > 0 && first != made.end(); --n) take(*first++);
    auto last = made.rbegin();
    for (auto n = kFactLast + put.size(); n > 0 && last != made.rend(); --n) take(*last++);
  }
  for (const auto& [cmid, row] : put) {
    if (row.machine.facts.primary() == fact) out.emplace(row.made, &row.machine);
  }
  return out;
}

std::vector<core::Machine> most_recently_heard(
    const std::map<std::uint64_t, const core::Machine*>& rows) {
  std::map<std::uint64_t, const core::Machine*> near;
  auto first = rows.begin();
  for (auto n = kFactFirst; n > 0 && first != rows.end(); --n) near.insert(*first++);
  auto last = rows.rbegin();
  for (auto n = kFactLast; n > 0 && last != rows.rend(); --n) near.insert(*last++);

  std::vector<std::pair<std::uint64_t, const core::Machine*>> sorted(near.begin(), near.end());
  std::ranges::sort(sorted, std::ranges::greater{},
                    [](const auto& item) { return std::pair(item.second->last_seen, item.first); });
  std::vector<core::Machine> out;
  for (const auto& [made, machine] : sorted) {
    if (out.size() == kFactMost) break;
    out.push_back(*machine);
  }
  return out;
}

}  // namespace muster::store::memory
