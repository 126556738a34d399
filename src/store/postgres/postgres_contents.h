// A PostgreSQL database's tables as store/transfer.h gives and takes them, for one host that moves
// into it. All of it is one transaction: who is interrupted leaves an empty database.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "store/transfer.h"

namespace muster::store {

struct Target {
  std::unique_ptr<Receiver> receiver;
  bool empty = false;  // false: the database holds this host already, and takes no rows
};

// Connects, makes the tables where there are none, and keeps other hosts from opening the database
// as long as the receiver lives. `host` is its key's thumbprint; `patience` is how long one
// statement may take.
//   conflict           the database holds other hosts, or more than this one
//   config_invalid, schema_newer, store_corrupt, store_unavailable  as open_postgres
[[nodiscard]] Expected<Target> open_target(
    const std::string& url, std::string_view host,
    std::chrono::milliseconds patience = std::chrono::minutes(30));

}  // namespace muster::store
