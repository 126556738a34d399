// The tally's tables (store/tally.h): pools, and who used what in a month. Units of several hosts
// change them one after the other: whoever reads a pool to put it again, or counts, holds the
// tally's lock until its transaction ends.
#pragma once

#include <optional>
#include <vector>

#include "store/postgres/rows.h"
#include "store/tally.h"

namespace muster::store::pg {

// All: store_corrupt where a row cannot be read, store_unavailable where the database fails.
[[nodiscard]] Expected<std::vector<PoolRow>> read_pools(Connection& db, OwnHost own,
                                                        const std::optional<PoolKey>& after,
                                                        std::size_t most);
// By key.
[[nodiscard]] Expected<std::vector<UsageRow>> read_usage(Connection& db, std::int32_t from,
                                                         std::int32_t to);

// ---- inside a unit's transaction; what is sent is answered at its next round trip
void send_tally_lock(Connection& db);
[[nodiscard]] Expected<std::optional<PoolRow>> read_pool(Connection& db, OwnHost own,
                                                         const PoolKey& key);
void send_pool(Connection& db, OwnHost own, const PoolRow& row);
void send_count(Connection& db, const UsageKey& key, const Bytes16& member);
// True: there may be more.
[[nodiscard]] Expected<bool> forget_members(Connection& db, std::int32_t before, std::size_t most);

}  // namespace muster::store::pg
