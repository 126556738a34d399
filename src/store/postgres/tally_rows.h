// The tables of store/tally.h as values of the contract, one statement each. All: store_corrupt
// where a row cannot be read, store_unavailable where the database fails.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "store/postgres/rows.h"
#include "store/tally.h"

namespace muster::store::pg {

[[nodiscard]] Expected<std::optional<PoolRow>> read_pool(Connection& db, OwnHost own,
                                                         const PoolKey& key);
[[nodiscard]] Expected<std::vector<PoolRow>> read_pools(Connection& db, OwnHost own,
                                                        const std::optional<PoolKey>& after,
                                                        std::size_t most);
[[nodiscard]] Expected<std::vector<UsageRow>> read_usage(Connection& db, std::int32_t from,
                                                         std::int32_t to);

// ---- inside a unit's transaction. What is sent is done by the time of the next answer.
// Before any of the others: other hosts' units wait here from now on.
void send_tally_lock(Connection& db);
void send_pool(Connection& db, OwnHost own, const PoolRow& row);
void send_forget_pool(Connection& db, const PoolKey& key);
void send_count_once(Connection& db, const UsageKey& key, std::span<const Bytes16> members);
[[nodiscard]] Expected<bool> forget_members(Connection& db, std::int32_t before, std::size_t most);

}  // namespace muster::store::pg
