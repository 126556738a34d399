// What the commands need of the world, passed in from apps/, so that no command knows which
// database or which clock there is, and tests can give their own.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "store/store.h"
#include "store/transfer.h"

namespace muster::cli {

// Where a host's store is.
struct StorePlace {
  std::filesystem::path file;      // in the host's directory, where there is no URL
  std::optional<std::string> url;  // of a database that hosts share; may hold a password
  std::string host;                // thumbprint of the host's key
};

struct Shell {
  std::istream& in;
  std::ostream& out;             // facts
  std::ostream& err;             // errors, warnings, notes
  bool out_is_terminal = false;  // bars and colours only then
  bool err_is_terminal = false;
  Clock& host_clock;
  Clock& client_clock;
  Random& random;              // thread-safe
  std::filesystem::path self;  // this program's own file, to start children from
  std::string called;  // how a person called it, for commands to paste: "build/release/muster"
  // Where the system keeps time zones by name, as TZif files; empty: it has none.
  std::filesystem::path zone_files = "/usr/share/zoneinfo";
  // The environment's value of a name.
  std::function<std::optional<std::string>(const std::string&)> variable;
  // Opens a host's store, and makes it where it is not there yet. Its lock is taken:
  // host_is_running where a host holds it.
  std::function<Expected<std::unique_ptr<store::Store>>(const StorePlace& place)> open_store;
  // Moves all that one store holds into another, which is empty (store/transfer.h).
  std::function<Expected<store::Moved>(const store::Move& move)> move_store;
  // Reads all of a copy of a store, and makes one a store again (store/sqlite/file_copy.h).
  std::function<Expected<store::CopyFacts>(const std::string& file)> check_copy;
  std::function<Expected<void>(const std::string& file)> unpack_copy;
};

}  // namespace muster::cli
