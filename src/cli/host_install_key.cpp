#include <fmt/format.h>

#include <ostream>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/host_shared.h"
#include "cli/output.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

struct Installed {
  std::vector<wire::HostKey> keys;
  bool running = false;
};

// The host's own answer says which of the documents it took; here only whether it took them.
Expected<void> send_to(const AdminTarget& target, const std::vector<wire::HostKey>& keys) {
  std::vector<std::string> documents;
  documents.reserve(keys.size());
  for (const auto& key : keys) documents.push_back(key.text);
  JsonObject body;
  body.add("host_keys", documents);
  auto answer = admin_post(target, "/v1/host-keys", "application/json", body.text());
  if (!answer) return std::unexpected(answer.error());
  return {};
}

Expected<Installed> install(const Invocation& asked, Shell& shell) {
  auto keys = read_host_keys(asked.text("FILE"));
  if (!keys) return std::unexpected(keys.error());
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  if (!asked.has("host")) {
    const auto directory = host::open_directory(asked.text("dir"));
    if (!directory) return std::unexpected(directory.error());
    auto host = OpenHost::open(*directory, {}, shell);
    if (host) {
      std::string documents;
      for (const auto& key : *keys) documents += key.text + "\n";
      auto done = host->service().install_keys(documents, command_actor());
      if (!done) return std::unexpected(done.error());
      return Installed{std::move(*done), false};
    }
    if (host.error().code != ErrorCode::host_is_running) return std::unexpected(host.error());
  }
  if (auto sent = send_to(*target, *keys); !sent) return std::unexpected(sent.error());
  return Installed{std::move(*keys), true};
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto done = install(asked, shell);
  if (!done) return std::unexpected(done.error());
  if (wants_json(asked)) {
    std::vector<JsonObject> keys;
    for (const auto& key : done->keys) {
      JsonObject item;
      item.add("id", key.id).add("product", key.product).add("group", key.group);
      item.add("threshold", key.policy.threshold).add("expires", key.expires);
      keys.push_back(std::move(item));
    }
    JsonObject out;
    out.add("installed", keys).add("running", done->running);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  for (const auto& key : done->keys) {
    shell.out << fmt::format("Installed: '{}' by {} for {}, from {} machines on, until {}.\n",
                             key.product, key.vendor, key.customer, key.policy.threshold,
                             format_time(key.expires));
  }
  shell.out << (done->running ? "The running host serves it from now on; its roll stays.\n"
                              : "The host will serve it when it runs.\n");
  return Exit::done;
}

}  // namespace

Command host_install_key_command() {
  return {
      .path = "host install-key",
      .summary = "install what the vendor signed, into a stopped or a running host",
      .description =
          "Where a host runs on the directory, the key is handed to it over its Unix socket and is "
          "served at once. The roll stays. Of every product the newest key wins.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "the host keys that the vendor sent"}},
      .options = admin_options({json_option()}),
      .fields = {{"installed", "list of {id, product, group, threshold, expires}, one a document"},
                 {"running", "true: a running host took it"}},
      .examples = {{"muster host install-key --dir /var/lib/muster/host host.keys",
                    "whether the host runs or not"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
