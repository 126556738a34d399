// The tables of store/tally.h as values of the contract. Used by the unit on the writer's
// connection, and by readers outside of it. All: store_corrupt where a row cannot be read,
// store_unavailable where the database fails.
#pragma once

#include <optional>
#include <vector>

#include "store/sqlite/database.h"
#include "store/tally.h"

namespace muster::store {

[[nodiscard]] Expected<std::optional<PoolRow>> read_pool(Database& db, const PoolKey& key);
[[nodiscard]] Expected<std::vector<PoolRow>> read_pools(Database& db,
                                                        const std::optional<PoolKey>& after,
                                                        std::size_t most);
[[nodiscard]] Expected<std::vector<UsageRow>> read_usage(Database& db, std::int32_t from,
                                                         std::int32_t to);

// ---- inside a transaction of the writer's
[[nodiscard]] Expected<void> put_pool(Database& db, const PoolRow& row);
[[nodiscard]] Expected<void> count_once(Database& db, const UsageKey& key, const Bytes16& member);
[[nodiscard]] Expected<void> forget_pool(Database& db, const PoolKey& key);
[[nodiscard]] Expected<bool> forget_members(Database& db, std::int32_t before, std::size_t most);

}  // namespace muster::store
