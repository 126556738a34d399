// A Unix socket's path as its address takes it.
#pragma once

#include <sys/un.h>

#include <filesystem>
#include <string>

namespace muster::host {

// A socket's address holds 107 bytes. A longer path goes by way of its open directory, as long as
// this lives.
class SocketPath {
 public:
  explicit SocketPath(const std::filesystem::path& path);
  SocketPath(const SocketPath&) = delete;
  SocketPath& operator=(const SocketPath&) = delete;
  ~SocketPath();
  // Where the directory cannot be opened, using this says why.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool fits() const { return text_.size() < sizeof(sockaddr_un::sun_path); }

 private:
  std::string text_;
  int directory_ = -1;
};

}  // namespace muster::host
