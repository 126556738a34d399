// muster: the one binary. Only here are the database, the clocks, the terminal and the environment
// known together; everything else is given them.
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "cli/bus_error.h"
#include "cli/run.h"
#include "client/os.h"
#include "host/system_clock.h"
#include "store/postgres/postgres_contents.h"
#include "store/postgres/postgres_store.h"
#include "store/sqlite/file_copy.h"
#include "store/sqlite/sqlite_contents.h"
#include "store/sqlite/sqlite_store.h"

namespace {

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::filesystem::path own_file() {
  std::error_code wrong;
  auto path = std::filesystem::read_symlink("/proc/self/exe", wrong);
  return wrong ? std::filesystem::path("muster") : path;
}

muster::Expected<muster::store::Moved> move_store(const muster::store::Move& move) {
  const auto from = muster::store::read_sqlite(move.file);
  if (!from) return std::unexpected(from.error());
  const auto to = muster::store::open_target(move.url, move.host);
  if (!to) return std::unexpected(to.error());
  return muster::store::move_tables(**from, *to->receiver, to->empty);
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away, `muster replay ... | head`, ends the program by an error of the
  // stream.
  std::signal(SIGPIPE, SIG_IGN);
  muster::cli::explain_bus_errors();
  std::ios::sync_with_stdio(false);
  muster::host::SystemClock host_clock;
  const auto client_clock = muster::client::make_system_clock();
  muster::SystemRandom random;
  muster::cli::Shell shell{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
      .host_clock = host_clock,
      .client_clock = *client_clock,
      .random = random,
      .self = own_file(),
      .called = argc > 0 ? argv[0] : "muster",
      .variable = variable,
      .open_store =
          [&](const muster::cli::StorePlace& place) {
            const auto hash_key = random.bytes<16>();
            return place.url ? muster::store::open_postgres(*place.url, place.host, hash_key)
                             : muster::store::open_sqlite(place.file.string(), hash_key);
          },
      .move_store = move_store,
      .check_copy = muster::store::check_copy,
      .unpack_copy = muster::store::unpack_copy,
  };
  const int code = muster::cli::run({argv + std::min(argc, 1), argv + argc}, shell);
  std::cout << std::flush;
  return std::cout ? code : static_cast<int>(muster::Exit::internal);
}
