// The ledger's tables: keys and their places as values of the contract. Used by the unit on the
// writer's connection, and by readers outside of it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger.h"
#include "store/sqlite/database.h"

namespace muster::store {

struct KeyRow {
  std::int64_t id = 0;
  core::KeyRecord record;
};
// All: store_corrupt where a row cannot be read, store_unavailable where the database fails.
[[nodiscard]] Expected<std::optional<KeyRow>> read_key(Database& db, const MakId& key);
[[nodiscard]] Expected<std::vector<std::pair<MakId, core::KeyRecord>>> read_keys(Database& db);
[[nodiscard]] Expected<std::vector<core::KeyPlace>> read_places_near(Database& db, std::int64_t key,
                                                                     const Cmid& cmid,
                                                                     const Facts& facts);
[[nodiscard]] Expected<std::optional<core::KeyPlace>> read_place(Database& db, std::int64_t key,
                                                                 std::uint32_t number);
[[nodiscard]] Expected<std::vector<core::KeyPlace>> read_released(Database& db, std::int64_t key,
                                                                  std::size_t most);
[[nodiscard]] Expected<std::vector<core::KeyPlace>> read_place_page(Database& db, std::int64_t key,
                                                                    std::uint32_t after);

// ---- inside a transaction of the writer's
[[nodiscard]] Expected<void> put_key(Database& db, const MakId& key, const core::KeyRecord& record);
[[nodiscard]] Expected<void> put_place(Database& db, std::int64_t key, const core::KeyPlace& place);

}  // namespace muster::store
