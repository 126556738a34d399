// A host's directory opened by a command: locked, its store open, no listener.
#pragma once

#include <memory>

#include "cli/invocation.h"
#include "cli/shell.h"
#include "host/directory.h"
#include "service/host_service.h"

namespace muster::cli {

// --dir where it must be given.
[[nodiscard]] Option host_dir_option();

// Who acts, in the event log, when a command works on the directory itself: "command:0" and the
// user id.
[[nodiscard]] std::string command_actor();

class OpenHost {
 public:
  // host_is_running where a host or another command holds the directory.
  [[nodiscard]] static Expected<OpenHost> open(const host::Directory& directory,
                                               const service::Limits& limits, Shell& shell);
  [[nodiscard]] service::HostService& service() { return *service_; }

 private:
  OpenHost(host::DirectoryLock lock, std::unique_ptr<store::Store> store,
           std::unique_ptr<service::HostService> service)
      : lock_(std::move(lock)), store_(std::move(store)), service_(std::move(service)) {}

  host::DirectoryLock lock_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<service::HostService> service_;
};

}  // namespace muster::cli
