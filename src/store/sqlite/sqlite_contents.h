// A SQLite store's tables as store/transfer.h gives them, read without changing the file.
#pragma once

#include <memory>
#include <string>

#include "store/transfer.h"

namespace muster::store {

// Holds the file's lock and one read transaction as long as it lives.
//   host_is_running    another process has it open
//   conflict           an older version of Muster has made it, or a newer one: its tables are
//   others store_corrupt      it is damaged, or is not a Muster database store_unavailable  it
//   cannot be opened or read
[[nodiscard]] Expected<std::unique_ptr<Contents>> read_sqlite(const std::string& path);

}  // namespace muster::store
