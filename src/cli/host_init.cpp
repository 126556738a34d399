#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/host_shared.h"
#include "cli/output.h"
#include "service/tokens.h"

namespace muster::cli {
namespace {

// What was made is taken away again where the rest could not be made.
void remove_host(const host::Directory& made) {
  std::error_code ignored;
  for (const auto& file :
       {made.key(), made.request(), made.database(), made.database_url(), made.lock()}) {
    std::filesystem::remove(file, ignored);
    for (const auto tail : {"-wal", "-shm", "-lock", ".lock"}) {
      std::filesystem::remove(file.string() + tail, ignored);
    }
  }
  std::filesystem::remove(made.path, ignored);  // only where it is empty
}

struct Made {
  std::string host;  // thumbprint
  service::NewToken token;
};

Expected<Made> first_token(const host::Directory& directory, Shell& shell) {
  auto host = OpenHost::open(directory, {}, shell);
  if (!host) return std::unexpected(host.error());
  auto& service = host->service();
  auto token = service::create_token(service, "first administrator", service::Role::admin,
                                     std::nullopt, command_actor());
  if (!token) return std::unexpected(token.error());
  return Made{service.host_public_key().thumbprint(), std::move(*token)};
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto directory = host::init_directory(asked.text("dir"), shell.host_clock);
  if (!directory) return std::unexpected(directory.error());
  const auto url = asked.maybe("db");
  const auto written = url ? host::write_database_url(*directory, *url) : Expected<void>();
  const auto made = written ? first_token(*directory, shell) : std::unexpected(written.error());
  if (!made) {
    remove_host(*directory);
    return std::unexpected(made.error());
  }
  const auto request = directory->request().string();
  if (wants_json(asked)) {
    JsonObject out;
    out.add("dir", directory->path.string()).add("host", made->host).add("request", request);
    out.add("token_id", made->token.token.id).add("token", made->token.text);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  shell.out << fmt::format(
      "Made the host {}.\n\n"
      "Request for the vendor   {}\n"
      "Administrator's token    {}\n\n"
      "The token is shown this once and kept nowhere: put it into a file of your own.\n"
      "Next: send the request to the vendor; then\n"
      "  muster host install-key --dir {} FILE\n"
      "  muster host run --dir {}\n",
      made->host, request, made->token.text, directory->path.string(), directory->path.string());
  return Exit::done;
}

}  // namespace

Command host_init_command() {
  return {
      .path = "host init",
      .summary = "make a host's directory: its key, the vendor's request, the first token",
      .description =
          "With --db the host keeps what it stores in a PostgreSQL database that it may share with "
          "other hosts; the URL is kept in the directory. docs/postgres.md says how.",
      .options = {host_dir_option(),
                  {.name = "db",
                   .kind = Kind::text,
                   .placeholder = "URL",
                   .help = "postgres://USER@HOST/DATABASE; without it a file in the directory",
                   .variable = "MUSTER_HOST_DB"},
                  json_option()},
      .fields = {{"dir", "the directory"},
                 {"host", "thumbprint of the host's public key"},
                 {"request", "the file that the vendor signs"},
                 {"token_id", "the first administrator's token's id"},
                 {"token", "the token itself; it is kept nowhere"}},
      .examples = {{"muster host init --dir /var/lib/muster/host", "on the customer's server"},
                   {"muster host init --dir host "
                    "--db 'postgres://muster@db.example/muster?sslmode=verify-full'",
                    "one of several hosts that share a roll"}},
      .hints = {{ErrorCode::file_unwritable, "make the directory above it first, or name another"},
                {ErrorCode::store_unavailable,
                 "see that the database's server runs and lets this user in, then try again"},
                {ErrorCode::config_invalid, "docs/postgres.md shows what a URL holds"}},
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
