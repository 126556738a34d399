// Fills a database with very many machines at once, for measuring and for moving from another
// system.
#pragma once

#include <functional>
#include <string>

#include "store/sqlite/sqlite_store.h"

namespace muster::store {

// Puts `count` rows into a group that has none yet; machine(i, row) fills the i-th, whose CMID must
// be new. It is listed under its name where the store knows the name (Unit::put_name()) by then;
// names that come later are listed after the store has caught up. The file is made where it is not
// there. No events, no roll; the counters stay. Not durable before it returns: whoever is
// interrupted starts from a copy. Fails as open_sqlite does, with conflict where the group has
// machines, and with store_unavailable where a CMID comes twice.
[[nodiscard]] Expected<void> load_machines(
    const std::string& path, const GroupKey& key, std::uint64_t count,
    const std::function<core::Machine(std::uint64_t)>& machine);

}  // namespace muster::store
