#include <fmt/format.h>

#include <limits>
#include <ostream>

#include "cli/backup_file.h"
#include "cli/commands.h"
#include "cli/host_shared.h"
#include "host/restoring.h"
#include "service/chain_patrol.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

// The key, the request and the database, as they are in the backup.
Expected<void> put_parts(const fs::path& file, const host::Directory& parts,
                         const BackupFile& backup, Shell& shell) {
  auto writer = FileWriter::create(parts.database(), 0600);
  if (!writer) return std::unexpected(writer.error());
  if (const auto copied = copy_bytes(file, *writer); !copied) {
    return std::unexpected(copied.error());
  }
  if (auto done = writer->finish(); !done) return done;
  if (auto unpacked = shell.unpack_copy(parts.database().string()); !unpacked) return unpacked;
  return host::write_key(parts, backup.key, shell.host_clock);
}

// Signatures too are verified, by the key that the host will have; then its log goes on anew.
Expected<std::uint32_t> go_on(const host::Directory& parts, wire::PrivateKey key, Shell& shell) {
  const auto store =
      shell.open_store({parts.database(), std::nullopt, key.public_key().thumbprint()});
  if (!store) return std::unexpected(store.error());
  const auto verifies = key.public_key();
  service::ChainPatrol patrol(**store, verifies);
  if (auto walked = patrol.walk(std::numeric_limits<std::size_t>::max()); !walked) {
    return std::unexpected(walked.error());
  }
  if (const auto standing = patrol.standing(); standing.wrong) {
    return fail(ErrorCode::log_broken, *standing.wrong);
  }
  const auto service =
      service::HostService::open(**store, shell.host_clock, shell.random, std::move(key), {});
  if (!service) return std::unexpected(service.error());
  if (auto done = (*service)->go_on_restored(command_actor()); !done) {
    return std::unexpected(done.error());
  }
  return (*service)->logged().epoch;
}

// What was put back by other means: a snapshot, a database's own tools.
Expected<Exit> run_in_place(const Invocation& asked, Shell& shell) {
  const auto directory = host::open_directory(asked.text("dir"));
  if (!directory) return std::unexpected(directory.error());
  auto host = OpenHost::open(*directory, {}, shell);
  if (!host) return std::unexpected(host.error());
  auto& service = host->service();
  const auto head = service.store().chain_head();
  if (!head) return std::unexpected(head.error());
  if (auto done = service.go_on_restored(command_actor()); !done) {
    return std::unexpected(done.error());
  }
  const auto newest = fmt::format("{}-{}", head->epoch, head->seq);
  const auto epoch = service.logged().epoch;
  if (wants_json(asked)) {
    JsonObject out;
    out.add("dir", directory->path.string());
    out.add("host", service.host_public_key().thumbprint()).add_null("events");
    out.add("newest", newest).add("time", head->time).add("epoch", epoch);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  shell.out << fmt::format(
      "{} is in restore mode, as it was at {} (event {}): its log goes on in epoch {}, and\n"
      "multiple activation keys sell no new place until 'muster mak reconcile'.\n",
      directory->path.string(), format_time(head->time), newest, epoch);
  return Exit::done;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  if (!asked.has("FILE")) return run_in_place(asked, shell);
  const fs::path file = asked.text("FILE");
  // Before anything is made.
  auto backup = check_backup(file, shell);
  if (!backup) return std::unexpected(backup.error());
  const fs::path path = asked.text("dir");
  auto restoring = host::Restoring::begin(path);
  if (!restoring) return std::unexpected(restoring.error());
  const auto& parts = restoring->parts();
  if (auto put = put_parts(file, parts, *backup, shell); !put) {
    return std::unexpected(put.error());
  }
  const auto host = backup->key.public_key().thumbprint();
  const auto epoch = go_on(parts, std::move(backup->key), shell);
  if (!epoch) return std::unexpected(epoch.error());
  if (auto done = restoring->finish(); !done) return std::unexpected(done.error());
  const auto& facts = backup->facts;
  if (wants_json(asked)) {
    JsonObject out;
    out.add("dir", path.string()).add("host", host).add("events", facts.events);
    out.add("newest", newest_of(facts)).add("time", facts.newest_at).add("epoch", *epoch);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  shell.out << fmt::format(
      "{} is the host {} again, as it was at {} (event {}).\n"
      "Its log goes on in epoch {}. Multiple activation keys sell no new place until you say how\n"
      "many are used in truth: 'muster mak reconcile'. Tokens that were revoked since then are\n"
      "valid again: 'muster token list'. The host that was there before must never be started\n"
      "again. Next:\n  muster host run --dir {}\n",
      path.string(), host, format_time(facts.newest_at), newest_of(facts), *epoch, path.string());
  return Exit::done;
}

}  // namespace

Command host_restore_command() {
  return {
      .path = "host restore",
      .summary = "make a host's directory from a backup, or say that it was put back",
      .description =
          "The backup is read whole and its log verified before anything is made. The directory "
          "is a host's only when all of it is there; a restore that is interrupted is begun again "
          "by the same command. The host is then in restore mode: its log goes on in a new epoch, "
          "machines that come with newer tickets than it knows keep their validity and count "
          "once, and multiple activation keys sell no new place until 'muster mak reconcile'.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "made by 'muster host backup'; without it DIR was put back by other "
                             "means, and is only brought into restore mode",
                     .required = false}},
      .options = {host_dir_option(), json_option()},
      .fields = {{"dir", "the directory"},
                 {"host", "thumbprint of the host's public key"},
                 {"events", "how many events the backup's log has; null without one"},
                 {"newest", "the newest event that is known"},
                 {"time", "that event's time"},
                 {"epoch", "in which the log goes on"}},
      .examples = {{"muster host restore host-1.backup --dir /var/lib/muster/host",
                    "the directory is new, or empty"},
                   {"muster host restore --dir /var/lib/muster/host",
                    "its database was put back by the database's own tools"}},
      .hints = {{ErrorCode::file_exists,
                 "nothing was changed; name a new directory, or move that one away first"},
                {ErrorCode::wrong_type, "name a file that 'muster host backup' has made"},
                {ErrorCode::store_corrupt, "nothing was changed; take an earlier backup"},
                {ErrorCode::log_broken, "nothing was changed; take an earlier backup"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
