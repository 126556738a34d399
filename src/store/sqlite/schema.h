// The database's schema: which version a file has, and how it gets to this one's.
#pragma once

#include <span>
#include <string_view>

#include "store/sqlite/database.h"

namespace muster::store {

// SQL texts, the first brings an empty file to version 1.
using Migrations = std::span<const std::string_view>;
// The files in migrations/, in their order.
[[nodiscard]] Migrations migrations();

// Brings the file to the version that is the number of migrations, each in a transaction of its
// own. Refuses, and has changed nothing, with schema_newer where it has more, or store_corrupt
// where it is another program's.
[[nodiscard]] Expected<void> migrate(Database& db, Migrations migrations);

}  // namespace muster::store
