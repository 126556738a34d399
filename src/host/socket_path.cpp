#include "host/socket_path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace muster::host {

SocketPath::SocketPath(const std::filesystem::path& path) : text_(path.string()) {
  if (fits()) return;
  const auto parent = path.parent_path();
  directory_ = ::open(parent.empty() ? "." : parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  text_ = fmt::format("/proc/self/fd/{}/{}", directory_, path.filename().string());
}

SocketPath::~SocketPath() {
  if (directory_ >= 0) ::close(directory_);
}

}  // namespace muster::host
