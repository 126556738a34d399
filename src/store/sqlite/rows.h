// The queries that units and readers share: rows of the tables as values of the contract.
// Each is one statement, so it sees one committed state and no transaction outlives it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/group_book.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace muster::store {

// A place as an integer key. Places beyond what fits (2^23 epochs, 2^40 events each) are the last
// one.
[[nodiscard]] std::int64_t pack(EventPlace place);
[[nodiscard]] EventPlace unpack(std::int64_t place);

struct MachineRow {
  std::int64_t id = 0;
  core::Machine machine;
};

// Replaces a machine of a group (by its row's id) by what its row is to become, where that differs:
// see fresh_rows.h.
using Newest = std::function<Expected<void>(std::int64_t group, core::Machine& machine)>;

using Settings = std::vector<std::pair<std::string, std::string>>;

[[nodiscard]] Expected<std::optional<std::int64_t>> read_group_id(Database& db,
                                                                  const GroupKey& key);
// As the table has it. `query` is made by machine_query(), so that many rows are read with one.
[[nodiscard]] Query machine_query(Database& db);
[[nodiscard]] Expected<std::optional<MachineRow>> read_machine(Query& query, std::int64_t group,
                                                               const Cmid& cmid);
[[nodiscard]] Expected<std::vector<core::Machine>> read_by_fact(Database& db, std::int64_t group,
                                                                const Bytes16& primary,
                                                                const Newest& newest);
[[nodiscard]] Expected<std::vector<std::pair<GroupKey, core::Machine>>> read_machines_of(
    Database& db, const Cmid& cmid, const Newest& newest);
[[nodiscard]] Expected<MachinePage> read_machine_page(Database& db, std::int64_t group,
                                                      std::optional<Cmid> after, std::size_t most,
                                                      const Newest& newest);
[[nodiscard]] Expected<std::vector<EventRow>> read_events(Database& db, EventPlace after,
                                                          std::size_t most);
// Descending.
[[nodiscard]] Expected<std::vector<EventRow>> read_events_before(Database& db, EventPlace before,
                                                                 std::size_t most);
[[nodiscard]] Expected<std::vector<CheckpointRow>> read_checkpoints(Database& db, EventPlace after,
                                                                    std::size_t most);
[[nodiscard]] Expected<std::optional<std::string>> read_name(Database& db, const Bytes16& hash);
[[nodiscard]] Expected<std::optional<std::string>> read_setting(Database& db,
                                                                std::string_view name);
[[nodiscard]] Expected<Settings> read_settings(Database& db, std::string_view prefix);

// ---- once, while the store opens
[[nodiscard]] Expected<ChainHead> read_chain_head(Database& db);
struct LoadedGroup {
  std::int64_t id = 0;
  GroupKey key;
  StoredGroup stored;
  Contacts contacts;
};
// Every group with its roll, and one scan over all machines for their last contacts. `newest` is
// the log's newest time, before which no rule will be asked: who was silent for the group's
// retention then is left out.
[[nodiscard]] Expected<std::vector<LoadedGroup>> read_groups(Database& db, Instant newest);

}  // namespace muster::store
