#include "cli/host_shared.h"

#include <fmt/format.h>
#include <unistd.h>

namespace muster::cli {

Option host_dir_option() {
  return {.name = "dir",
          .kind = Kind::directory,
          .placeholder = "DIR",
          .help = "the host's directory",
          .required = true,
          .variable = "MUSTER_HOST_DIR"};
}

std::string command_actor() { return fmt::format("command:{}", ::getuid()); }

Expected<OpenHost> OpenHost::open(const host::Directory& directory, const service::Limits& limits,
                                  Shell& shell) {
  auto lock = host::DirectoryLock::take(directory);
  if (!lock) return std::unexpected(lock.error());
  auto key = host::read_key(directory);
  if (!key) return std::unexpected(key.error());
  auto url = host::read_database_url(directory);
  if (!url) return std::unexpected(url.error());
  const bool shared = url->has_value();
  auto store =
      shell.open_store({directory.database(), std::move(*url), key->public_key().thumbprint()});
  if (!store && shared) {
    store.error().detail = directory.database_url().string() + ": " + store.error().detail;
  }
  if (!store) return std::unexpected(store.error());
  auto service =
      service::HostService::open(**store, shell.host_clock, shell.random, std::move(*key), limits);
  if (!service) return std::unexpected(service.error());
  return OpenHost(std::move(*lock), std::move(*store), std::move(*service));
}

}  // namespace muster::cli
