#include <fmt/format.h>

#include <chrono>
#include <ostream>
#include <thread>

#include "cli/admin_client.h"
#include "cli/backup_file.h"
#include "cli/commands.h"
#include "cli/host_shared.h"
#include "cli/lab_shared.h"
#include "service/admin_api.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;
namespace json = wire::json;
using Stage = service::HostService::Backup::Stage;

constexpr std::chrono::milliseconds kLook{100};

double part(double copied, double pages) { return pages > 0 ? copied / pages : 0; }

// True: it is made.
Expected<bool> look(const std::string& answer, LabBar& bar) {
  json::Tree tree;
  if (!tree.parse(answer, 64 * 1024)) return fail(ErrorCode::bad_answer, "it is not JSON");
  json::Claims claims(tree, tree.root(), ErrorCode::bad_answer);
  const auto stage = claims.nonempty("stage", 16);
  const auto pages = claims.number("pages", 0, INT64_MAX);
  const auto copied = claims.number("copied", 0, INT64_MAX);
  if (!claims.ok()) return claims.failure();
  bar.show(part(static_cast<double>(copied), static_cast<double>(pages)));
  if (stage == "made") return true;
  if (stage == "begun") return false;
  const bool why = stage == "failed" && claims.has("error");
  return fail(ErrorCode::store_unavailable,
              why ? std::string(claims.nonempty("error", 4096)) : "the host was started anew");
}

Expected<void> make_running(const AdminTarget& target, LabBar& bar) {
  auto answer = admin_post(target, "/v1/backup", "application/json", "{}");
  for (;;) {
    if (!answer) return std::unexpected(answer.error());
    const auto made = look(*answer, bar);
    if (!made) return std::unexpected(made.error());
    if (*made) return {};
    std::this_thread::sleep_for(kLook);
    answer = admin_get(target, "/v1/backup");
  }
}

Expected<void> make_stopped(service::HostService& service, LabBar& bar) {
  if (auto begun = service.begin_backup(command_actor()); !begun) return begun;
  for (;;) {
    const auto backup = service.backup();
    const auto& [pages, copied] = backup.progress;
    bar.show(part(static_cast<double>(copied), static_cast<double>(pages)));
    if (backup.stage == Stage::made) return {};
    if (backup.error) return std::unexpected(*backup.error);
    [[maybe_unused]] const bool more = service.catch_up();
  }
}

Expected<void> make_copy(const host::Directory& directory, Shell& shell) {
  LabBar bar(shell);
  auto host = OpenHost::open(directory, {}, shell);
  if (host) return make_stopped(host->service(), bar);
  if (host.error().code != ErrorCode::host_is_running) return std::unexpected(host.error());
  return make_running(
      {.socket = directory.socket().string(), .host = {}, .token = {}, .ca_file = {}}, bar);
}

// What the host has made, read whole before it has the name that was asked for.
Expected<std::pair<BackupFile, std::uint64_t>> keep(const host::Directory& directory,
                                                    const fs::path& file, Shell& shell) {
  const auto copy = directory.database_copy();
  auto checked = check_backup(copy, shell);
  if (!checked) return std::unexpected(checked.error());
  auto writer = FileWriter::create(file, 0600);
  if (!writer) return std::unexpected(writer.error());
  const auto bytes = copy_bytes(copy, *writer);
  if (!bytes) return std::unexpected(bytes.error());
  if (auto done = writer->finish(); !done) return std::unexpected(done.error());
  return std::pair(std::move(*checked), *bytes);
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const fs::path file = asked.text("out");
  const auto directory = host::open_directory(asked.text("dir"));
  if (!directory) return std::unexpected(directory.error());
  const auto url = host::read_database_url(*directory);
  if (!url) return std::unexpected(url.error());
  if (*url) {
    return fail(ErrorCode::conflict,
                "this host's data is in PostgreSQL, whose own tools back it up: pg_basebackup");
  }
  // Before the host works for it; a name that is taken meanwhile is refused at the end.
  if (auto possible = FileWriter::create(file, 0600); !possible) {
    return std::unexpected(possible.error());
  }
  auto made = make_copy(*directory, shell);
  Expected<std::pair<BackupFile, std::uint64_t>> kept = std::unexpected(Error{});
  if (made) kept = keep(*directory, file, shell);
  std::error_code ignored;
  if (made) fs::remove(directory->database_copy(), ignored);
  if (!made) return std::unexpected(made.error());
  if (!kept) return std::unexpected(kept.error());
  const auto& [backup, bytes] = *kept;
  if (wants_json(asked)) {
    JsonObject out;
    out.add("file", file.string()).add("bytes", bytes);
    out.add("host", backup.key.public_key().thumbprint()).add("events", backup.facts.events);
    out.add("newest", newest_of(backup.facts)).add("time", backup.facts.newest_at);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  shell.out << fmt::format(
      "{}: {} bytes, read whole: its log has {} events, the newest is {} of {}.\n"
      "It holds the host's private key: keep it as you keep {}.\n",
      printable(file.string()), bytes, backup.facts.events, newest_of(backup.facts),
      format_time(backup.facts.newest_at), directory->key().string());
  return Exit::done;
}

}  // namespace

Command host_backup_command() {
  return {
      .path = "host backup",
      .summary = "copy a host's data and key into one file, also while it runs",
      .description =
          "The host goes on serving: it copies its database a little at a time between its units, "
          "into its own directory, which needs room for that. The copy is read whole, every line "
          "of the log against its hash, before FILE is there; a command that is interrupted leaves "
          "no FILE. In it are the host's key and everything that the host stores: machines, "
          "counts, ledgers, installed keys, tokens, the log. Not in it are configuration, TLS "
          "files, and the secrets of receivers and DNS, which stand in files of your own. A host "
          "whose data is in PostgreSQL is backed up by PostgreSQL's tools: docs/postgres.md.",
      .options = {host_dir_option(),
                  {.name = "out",
                   .kind = Kind::file,
                   .placeholder = "FILE",
                   .help = "a new file, for its owner alone",
                   .required = true},
                  json_option()},
      .fields = {{"file", "the backup"},
                 {"bytes", "its size"},
                 {"host", "thumbprint of the host's public key"},
                 {"events", "how many events its log has"},
                 {"newest", "the newest of them"},
                 {"time", "that event's time"}},
      .examples = {{"muster host backup --dir /var/lib/muster/host --out host-1.backup",
                    "the host may run meanwhile"}},
      .hints = {{ErrorCode::conflict, "docs/postgres.md says how; another backup ends by itself"},
                {ErrorCode::store_unavailable,
                 "see that the host's directory has room for a copy of muster.db"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
