// The ledger's tables: keys and their places as values of the contract. Used by the unit inside its
// transaction, and by readers outside of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger.h"
#include "store/postgres/rows.h"

namespace muster::store::pg {

// All: store_corrupt where a row cannot be read, store_unavailable where the database fails.
// By name.
[[nodiscard]] Expected<std::vector<std::pair<MakId, core::KeyRecord>>> read_keys(Connection& db);
[[nodiscard]] Expected<std::optional<std::int64_t>> read_key_id(Connection& db, const MakId& key);
[[nodiscard]] Expected<std::vector<core::KeyPlace>> read_places_near(Connection& db, OwnHost own,
                                                                     std::int64_t key,
                                                                     const Cmid& cmid,
                                                                     const Facts& facts);
[[nodiscard]] Expected<std::optional<core::KeyPlace>> read_place(Connection& db, OwnHost own,
                                                                 std::int64_t key,
                                                                 std::uint32_t number);
[[nodiscard]] Expected<std::vector<core::KeyPlace>> read_released(Connection& db, OwnHost own,
                                                                  std::int64_t key,
                                                                  std::size_t most);
[[nodiscard]] Expected<std::vector<core::KeyPlace>> read_place_page(Connection& db, OwnHost own,
                                                                    std::int64_t key,
                                                                    std::uint32_t after);

// What a row of mak holds, from this column on: (sold, released, behind, blocked, reconciled).
[[nodiscard]] core::KeyRecord record_of(const Rows& rows, int row, int first);

// ---- inside a unit's transaction; sent, and answered at its next round trip
void send_key(Connection& db, std::int64_t key, const core::KeyRecord& record);
void send_place(Connection& db, OwnHost own, std::int64_t key, const core::KeyPlace& place);

}  // namespace muster::store::pg
