#include "host/restoring.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/file.h"

namespace muster::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kParts = "restoring";
// What finish() moves, in this order; SQLite's lock stays a file of the directory that it locks.
constexpr std::array<std::string_view, 3> kMoved{"muster.db", "host-request.txt", "host.key"};

// An interrupted restore has begun with an empty directory, so all but its lock is its own.
bool may_be_taken(const fs::path& path) {
  bool unfinished = false;
  bool others = false;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(path, failed)) {
    const auto name = entry.path().filename().string();
    if (name == kParts) {
      unfinished = true;
    } else if (name != "lock") {
      others = others || std::ranges::find(kMoved, name) == kMoved.end() || name == "host.key";
    }
  }
  if (failed || others) return false;
  if (unfinished) return true;
  const auto only_lock = [&](const fs::directory_entry& entry) {
    return entry.path().filename() == "lock";
  };
  return std::all_of(fs::directory_iterator(path, failed), fs::directory_iterator(), only_lock);
}

Error unwritable(const fs::path& path, std::string_view reason) {
  return {ErrorCode::file_unwritable, fmt::format("{}: {}", path.string(), reason)};
}

Expected<void> make_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  return std::unexpected(unwritable(path, std::strerror(errno)));
}

}  // namespace

struct Restoring::State {
  Directory directory, parts;
  bool made;  // the directory was
  bool finished = false;
  std::optional<DirectoryLock> lock{};

  State(Directory whole, bool was_made)
      : directory(std::move(whole)), parts{directory.path / kParts}, made(was_made) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (finished || !lock) return;
    remove_remains();
    if (!made) return;
    std::error_code ignored;
    fs::remove(directory.lock(), ignored);
    fs::remove(directory.path, ignored);
  }

  void remove_remains() const {
    std::error_code ignored;
    for (const auto name : kMoved) fs::remove(directory.path / name, ignored);
    // Last: it says that the others are an interrupted restore's.
    fs::remove_all(parts.path, ignored);
  }
};

Restoring::Restoring(std::unique_ptr<State> state) : state_(std::move(state)) {}
Restoring::Restoring(Restoring&&) noexcept = default;
Restoring::~Restoring() = default;

Expected<Restoring> Restoring::begin(const fs::path& path) {
  const bool made = ::mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return std::unexpected(unwritable(path, std::strerror(errno)));
  auto state = std::make_unique<State>(Directory{path}, made);
  std::error_code failed;
  if (fs::exists(state->directory.key(), failed)) {
    return fail(ErrorCode::file_exists, path.string() + " is a host's directory already");
  }
  if (!fs::is_directory(path, failed) || !may_be_taken(path)) {
    return fail(ErrorCode::file_exists, path.string() + " is there and not an empty directory");
  }
  auto lock = DirectoryLock::take(state->directory);
  if (!lock) return std::unexpected(lock.error());
  // Somebody may have finished meanwhile.
  if (fs::exists(state->directory.key(), failed)) {
    return fail(ErrorCode::file_exists, path.string() + " is a host's directory already");
  }
  state->lock.emplace(std::move(*lock));
  state->remove_remains();
  if (::chmod(path.c_str(), 0700) != 0) {
    return std::unexpected(unwritable(path, std::strerror(errno)));
  }
  if (auto parts = make_directory(state->parts.path); !parts) {
    return std::unexpected(parts.error());
  }
  return Restoring(std::move(state));
}

const Directory& Restoring::parts() const { return state_->parts; }

Expected<void> Restoring::finish() {
  for (const auto name : kMoved) {
    std::error_code failed;
    fs::rename(state_->parts.path / name, state_->directory.path / name, failed);
    if (failed) return std::unexpected(unwritable(state_->directory.path / name, failed.message()));
    if (auto synced = sync_directory(state_->directory.path); !synced) return synced;
  }
  state_->finished = true;
  std::error_code ignored;
  fs::remove_all(state_->parts.path, ignored);
  return {};
}

}  // namespace muster::host
