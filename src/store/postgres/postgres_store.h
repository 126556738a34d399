// The store that several hosts share: one PostgreSQL database. Each host has a store of its own on
// it, known by the host's key; docs/postgres.md says what is shared and how units of several hosts
// come one after the other.
//
// One connection is the units'; readers have a few of their own. A connection that is lost is made
// anew by whoever needs it next. Nothing here may stand behind a pooler that gives one session's
// transactions to several server processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/store.h"

namespace muster::store {

struct PostgresOptions {
  std::size_t readers = 4;  // reads outside units that run at the same time; more wait
  // A server that says nothing for so long while it is waited for is given up.
  std::chrono::milliseconds patience{10'000};
  // Units of a group whose moves are kept for other hosts; one that is further behind reads the
  // table of machines.
  std::int64_t changes_kept = 4096;
};

// Connects, brings an older schema up to this version's, and registers the host, whose id is
// `host`: its key's thumbprint. `url` as connection.h says, `hash_key` keys the rolls' tables, from
// the caller's Random.
//   config_invalid     the URL does not parse
//   schema_newer       a newer version of Muster has made it so that this one cannot work with it
//   store_corrupt      it is damaged, or is not a Muster database
//   store_unavailable  it cannot be reached, read or written
//   host_is_running    another process has it open for the same host
[[nodiscard]] Expected<std::unique_ptr<Store>> open_postgres(const std::string& url,
                                                             std::string_view host,
                                                             const Bytes16& hash_key,
                                                             const PostgresOptions& options = {});

}  // namespace muster::store
