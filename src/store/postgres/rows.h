// The queries that units and readers share: rows of the tables as values of the contract. Each is
// one statement, so it sees one committed state. All: store_corrupt where a row cannot be read,
// store_unavailable where the database fails.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"
#include "store/store.h"

namespace muster::store::pg {

// Places in tables name the host by its row; for the host itself it is 0.
struct OwnHost {
  std::int64_t id = 0;
  [[nodiscard]] EventPlace shown(EventPlace stored) const {
    if (stored.host == id) stored.host = 0;
    return stored;
  }
  [[nodiscard]] EventPlace stored(EventPlace shown) const {
    if (shown.host == 0 && shown.epoch != 0) shown.host = static_cast<std::uint32_t>(id);
    return shown;
  }
};

struct MachineRow {
  std::int64_t made = 0;  // the how manieth of its group
  core::Machine machine;
};

using Settings = std::vector<std::pair<std::string, std::string>>;

// bigint and the like hold this much of what the contract counts in 64 bits.
[[nodiscard]] std::int64_t number_of(std::uint64_t value);

[[nodiscard]] Expected<std::optional<std::int64_t>> read_group_id(Connection& db,
                                                                  const GroupKey& key);
// Those that are there, in no order.
[[nodiscard]] Expected<std::vector<MachineRow>> read_machines(Connection& db, OwnHost own,
                                                              std::int64_t group,
                                                              const Column& cmids);
[[nodiscard]] Expected<std::vector<core::Machine>> read_by_fact(Connection& db, OwnHost own,
                                                                std::int64_t group,
                                                                const Bytes16& primary);
// The same of many facts, each once; of a fact that no machine has there is nothing.
[[nodiscard]] Expected<std::map<Bytes16, std::vector<core::Machine>>> read_by_facts(
    Connection& db, OwnHost own, std::int64_t group, const Column& primaries);
[[nodiscard]] Expected<std::vector<std::pair<GroupKey, core::Machine>>> read_machines_of(
    Connection& db, OwnHost own, const Cmid& cmid);
// Takes machines of the group whose last contact was before this day out of the tables, at most so
// many, the most silent first.
[[nodiscard]] Expected<std::vector<core::Machine>> forget_silent(Connection& db, OwnHost own,
                                                                 std::int64_t group,
                                                                 std::int64_t before_day,
                                                                 std::size_t most);
[[nodiscard]] Expected<MachinePage> read_machine_page(Connection& db, OwnHost own,
                                                      std::int64_t group, std::optional<Cmid> after,
                                                      std::size_t most);
[[nodiscard]] Expected<ListPage> read_listed(Connection& db, OwnHost own, std::int64_t group,
                                             ListOrder order, std::string_view prefix,
                                             const std::optional<ListPlace>& after,
                                             std::size_t most);
[[nodiscard]] Expected<std::vector<EventRow>> read_events(Connection& db, OwnHost own,
                                                          EventPlace after, std::size_t most);
// Descending.
[[nodiscard]] Expected<std::vector<EventRow>> read_events_before(Connection& db, OwnHost own,
                                                                 EventPlace before,
                                                                 std::size_t most);
[[nodiscard]] Expected<std::optional<EventRow>> read_event(Connection& db, OwnHost own,
                                                           EventPlace place);
[[nodiscard]] Expected<std::vector<CheckpointRow>> read_checkpoints(Connection& db, OwnHost own,
                                                                    EventPlace after,
                                                                    std::size_t most);
[[nodiscard]] Expected<std::optional<std::string>> read_name(Connection& db, const Bytes16& hash);
[[nodiscard]] Expected<std::optional<std::string>> read_setting(Connection& db, OwnHost own,
                                                                std::string_view name);
// By name.
[[nodiscard]] Expected<Settings> read_settings(Connection& db, OwnHost own,
                                               std::string_view prefix);

}  // namespace muster::store::pg
