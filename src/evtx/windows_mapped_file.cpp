#include <fmt/format.h>
#include <windows.h>

#include <cerrno>
#include <system_error>

#include "base/path.h"
#include "evtx/mapped_file.h"

namespace muster::evtx {
namespace {

constexpr std::size_t kMostOfAPipe = std::size_t{1} << 30;

// A handle that is closed when it goes.
class Handle {
 public:
  explicit Handle(HANDLE handle) : handle_(handle) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (*this) ::CloseHandle(handle_);
  }
  explicit operator bool() const { return handle_ != nullptr && handle_ != INVALID_HANDLE_VALUE; }
  [[nodiscard]] HANDLE get() const { return handle_; }

 private:
  HANDLE handle_;
};

std::unexpected<Error> unreadable(const std::filesystem::path& file, std::error_condition why) {
  return fail(ErrorCode::file_unreadable, fmt::format("{}: {}", text_of(file), why.message()));
}

// In the words of errno, which are the same on every system, where there are any.
std::error_condition last_error() {
  return std::error_code(static_cast<int>(::GetLastError()), std::system_category())
      .default_error_condition();
}

}  // namespace

// The handle is not kept: Windows lets nobody cut off what is mapped.
Expected<MappedFile> MappedFile::open(const std::filesystem::path& file) {
  const auto about = ::GetFileAttributesW(file.c_str());
  if (about != INVALID_FILE_ATTRIBUTES && (about & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return unreadable(file, std::make_error_condition(std::errc::is_a_directory));
  }
  // All is shared: whoever writes a log, or puts a newer one in its place, goes on doing so.
  const Handle handle(::CreateFileW(file.c_str(), GENERIC_READ,
                                    FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                    OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!handle) return unreadable(file, last_error());
  MappedFile out;
  LARGE_INTEGER size{};
  if (::GetFileType(handle.get()) != FILE_TYPE_DISK) {
    if (!out.read(handle.get())) return unreadable(file, last_error());
    return out;
  }
  if (::GetFileSizeEx(handle.get(), &size) == 0 ||
      !out.map(handle.get(), static_cast<std::size_t>(size.QuadPart))) {
    return unreadable(file, last_error());
  }
  return out;
}

MappedFile::~MappedFile() {
  if (mapped_) ::UnmapViewOfFile(bytes_.data());
}

bool MappedFile::map(Native handle, std::size_t size) {
  if (size == 0) return true;
  const Handle mapping(::CreateFileMappingW(handle, nullptr, PAGE_READONLY, 0, 0, nullptr));
  if (!mapping) return false;
  const void* at = ::MapViewOfFile(mapping.get(), FILE_MAP_READ, 0, 0, size);
  if (at == nullptr) return false;
  mapped_ = true;
  bytes_ = {static_cast<const std::uint8_t*>(at), size};
  return true;
}

bool MappedFile::read(Native handle) {
  char part[64 * 1024];
  for (;;) {
    DWORD got = 0;
    if (::ReadFile(handle, part, sizeof part, &got, nullptr) == 0) {
      if (::GetLastError() != ERROR_BROKEN_PIPE) return false;
      got = 0;  // the writer's end is closed
    }
    if (got == 0) break;
    if (own_.size() > kMostOfAPipe) return ::SetLastError(ERROR_FILE_TOO_LARGE), false;
    own_.append(part, got);
  }
  bytes_ = as_bytes(own_);
  return true;
}

bool MappedFile::still_holds(std::size_t size) const { return size <= bytes_.size(); }

}  // namespace muster::evtx
