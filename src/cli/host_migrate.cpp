#include <fmt/format.h>

#include <limits>
#include <ostream>

#include "cli/commands.h"
#include "cli/host_shared.h"
#include "cli/output.h"
#include "service/chain_patrol.h"

namespace muster::cli {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

// From which file to which database; both are there to be asked for by the same words.
Expected<store::Move> move_of(const Invocation& asked, const host::Directory& directory) {
  store::Move out{.file = directory.database().string(), .url = asked.text("to"), .host = {}};
  if (!host::is_database_url(out.url)) {
    return fail(ErrorCode::usage, "--to: postgres://USER@HOST/DATABASE expected");
  }
  if (const auto from = asked.maybe("from")) {
    if (!from->starts_with(kSqlite) || from->size() == kSqlite.size()) {
      return fail(ErrorCode::usage, "--from: sqlite:FILE expected");
    }
    out.file = from->substr(kSqlite.size());
  }
  const auto before = host::read_database_url(directory);
  if (!before) return std::unexpected(before.error());
  if (*before) {
    return fail(ErrorCode::conflict, directory.database_url().string() +
                                         " names a database: this host has moved already");
  }
  return out;
}

// Every line and every signed checkpoint, read from the database as the host will read it.
Expected<void> verify_log(const store::Move& move, const wire::PublicKey& key, Shell& shell) {
  const auto store = shell.open_store({{}, move.url, move.host});
  if (!store) return std::unexpected(store.error());
  service::ChainPatrol patrol(**store, key);
  auto walked = patrol.walk(std::numeric_limits<std::size_t>::max());
  if (!walked) return walked;
  if (const auto standing = patrol.standing(); standing.wrong) {
    return fail(ErrorCode::log_broken, *standing.wrong);
  }
  return {};
}

void print_moved(const Invocation& asked, Shell& shell, const store::Move& move,
                 const host::Directory& directory, const store::Moved& moved) {
  if (wants_json(asked)) {
    std::vector<JsonObject> tables;
    for (const auto& sum : moved.tables) {
      JsonObject table;
      table.add("table", store::form_of(sum.table).name).add("rows", sum.rows);
      table.add("digest", hex(sum.digest));
      tables.push_back(std::move(table));
    }
    JsonObject out;
    out.add("from", move.file).add("found", moved.found).add("tables", tables);
    print_facts(shell, asked, out);
    return;
  }
  shell.out << fmt::format("{:<16}{:>12}  SHA-256, its first 16 digits\n", "TABLE", "ROWS");
  for (const auto& sum : moved.tables) {
    shell.out << fmt::format("{:<16}{:>12}  {}\n", store::form_of(sum.table).name, sum.rows,
                             hex(sum.digest).substr(0, 16));
  }
  shell.out << fmt::format(
      "\n{} Every row and the event log's chain are the same on both sides.\n"
      "The host uses the database from now on; {} is as it was: keep it as a backup,\n"
      "never start a host on it again. Next:\n  muster host run --dir {}\n",
      moved.found ? "An earlier try had moved it all." : "Moved.", printable(move.file),
      directory.path.string());
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto directory = host::open_directory(asked.text("dir"));
  if (!directory) return std::unexpected(directory.error());
  auto move = move_of(asked, *directory);
  if (!move) return std::unexpected(move.error());
  const auto lock = host::DirectoryLock::take(*directory);
  if (!lock) return std::unexpected(lock.error());
  auto key = host::read_key(*directory);
  if (!key) return std::unexpected(key.error());
  move->host = key->public_key().thumbprint();
  const auto moved = shell.move_store(*move);
  if (!moved) return std::unexpected(moved.error());
  if (auto verified = verify_log(*move, key->public_key(), shell); !verified) {
    return std::unexpected(verified.error());
  }
  // The last step, and one: until it the host is where it was.
  if (auto written = host::write_database_url(*directory, move->url); !written) {
    return std::unexpected(written.error());
  }
  print_moved(asked, shell, *move, *directory, *moved);
  return Exit::done;
}

}  // namespace

Command host_migrate_command() {
  return {
      .path = "host migrate",
      .summary = "move a stopped host's data from its SQLite file into a PostgreSQL database",
      .description =
          "Everything moves in one transaction into an empty database: a move that is interrupted "
          "leaves nothing there and is begun again. Then every row is read from both sides and "
          "compared, and the event log verified. The host keeps its key and goes on in its chain; "
          "the file stays as it was. The host must be stopped; machines keep their validity "
          "meanwhile.",
      .options = {host_dir_option(),
                  {.name = "from",
                   .kind = Kind::text,
                   .placeholder = "sqlite:FILE",
                   .help = "the file; without it the one in the directory"},
                  {.name = "to",
                   .kind = Kind::text,
                   .placeholder = "URL",
                   .help = "postgres://USER@HOST/DATABASE, an empty database",
                   .required = true,
                   .variable = "MUSTER_MIGRATE_TO"},
                  json_option()},
      .fields = {{"from", "the file that was read"},
                 {"found", "true: an interrupted move had done it, only the last step was left"},
                 {"tables", "each table's name, how many rows it has, and their SHA-256"}},
      .examples = {{"muster host migrate --dir /var/lib/muster/host "
                    "--from sqlite:/var/lib/muster/host/muster.db "
                    "--to 'postgres://muster@db.example/muster?sslmode=verify-full'",
                    "the host is stopped"}},
      .hints = {{ErrorCode::host_is_running, "stop the host first, then try again"},
                {ErrorCode::conflict, "nothing was changed; see docs/postgres.md"},
                {ErrorCode::store_unavailable,
                 "see that the file is there and that the database's server lets this user in"},
                {ErrorCode::log_broken,
                 "the host stays where it was; 'muster events verify' shows the log's state"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
