// The unit's part of the ledger. What is put goes into the transaction at once: keys are few, and a
// request of one reads what the one before it has put.
#include "store/sqlite/sqlite_unit.h"

namespace muster::store {

Expected<const KeyRow*> SqliteUnit::key_row(const MakId& key) {
  auto at = keys_.find(key);
  if (at == keys_.end()) {
    const auto row = store::read_key(writer_.db, key);
    if (!row) return std::unexpected(row.error());
    at = keys_.emplace(key, *row).first;
  }
  return at->second ? &*at->second : nullptr;
}

Expected<std::optional<core::KeyRecord>> SqliteUnit::read_key(const MakId& key) {
  const auto row = key_row(key);
  if (!row) return std::unexpected(row.error());
  return *row != nullptr ? std::optional((*row)->record) : std::nullopt;
}

Expected<void> SqliteUnit::read_places(const MakId& key, const Cmid& cmid, const Facts& facts,
                                       std::vector<core::KeyPlace>& out) {
  out.clear();
  const auto row = key_row(key);
  if (!row) return std::unexpected(row.error());
  if (*row == nullptr) return {};
  auto places = read_places_near(writer_.db, (*row)->id, cmid, facts);
  if (!places) return std::unexpected(places.error());
  out = std::move(*places);
  return {};
}

Expected<std::optional<core::KeyPlace>> SqliteUnit::read_place(const MakId& key,
                                                               std::uint32_t number) {
  const auto row = key_row(key);
  if (!row) return std::unexpected(row.error());
  if (*row == nullptr) return std::nullopt;
  return store::read_place(writer_.db, (*row)->id, number);
}

Expected<void> SqliteUnit::read_released(const MakId& key, std::size_t most,
                                         std::vector<core::KeyPlace>& out) {
  out.clear();
  const auto row = key_row(key);
  if (!row) return std::unexpected(row.error());
  if (*row == nullptr) return {};
  auto places = store::read_released(writer_.db, (*row)->id, most);
  if (!places) return std::unexpected(places.error());
  out = std::move(*places);
  return {};
}

Expected<void> SqliteUnit::put_key(const MakId& key, const core::KeyRecord& record) {
  const auto row = key_row(key);
  if (!row) return std::unexpected(row.error());
  if (*row != nullptr && (*row)->record == record) return {};
  if (auto put = store::put_key(writer_.db, key, record); !put) return put;
  // A new one's number is the database's to give.
  auto& held = keys_.at(key);
  if (held) {
    held->record = record;
  } else {
    keys_.erase(key);
  }
  return {};
}

Expected<void> SqliteUnit::put_place(const MakId& key, const core::KeyPlace& place) {
  const auto row = key_row(key);
  if (!row) return std::unexpected(row.error());
  if (*row == nullptr) return fail(ErrorCode::internal, "a place of a key that is not there");
  return store::put_place(writer_.db, (*row)->id, place);
}

}  // namespace muster::store
