// A file's bytes in memory, without reading them first.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/error.h"

namespace muster::evtx {

// Whatever is no regular file (a pipe) is read into memory instead.
class MappedFile {
 public:
  // file_unreadable with the system's reason.
  [[nodiscard]] static Expected<MappedFile> open(const std::filesystem::path& file);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  // Valid as long as this is. Touching bytes that another program has cut off meanwhile ends the
  // process: ask still_holds() before each piece.
  [[nodiscard]] ByteView bytes() const { return bytes_; }
  // Whether the file still has its first `size` bytes.
  [[nodiscard]] bool still_holds(std::size_t size) const;

 private:
#ifdef _WIN32
  using Native = void*;
#else
  using Native = int;
#endif
  MappedFile() = default;
  [[nodiscard]] bool map(Native file, std::size_t size);
  [[nodiscard]] bool read(Native file);

  int fd_ = -1;  // where the system does not keep what is mapped from being cut off
  bool mapped_ = false;
  ByteView bytes_;
  std::string own_;  // of what cannot be mapped
};

}  // namespace muster::evtx
