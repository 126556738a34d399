#include "client/state_dir.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "client/files.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdentityMost = 16 * 1024 * 1024;
constexpr std::size_t kActivationMost = 1024 * 1024;

std::unexpected<Error> failed(const fs::path& path, const std::error_code& error) {
  return fail(ErrorCode::state_unreadable, fmt::format("{}: {}", path.string(), error.message()));
}

// A directory that everybody may enter, for `licence` and the activations, and its parents,
// whatever the umask is; one that is there stays as it is.
Expected<void> make_directory(const fs::path& directory) {
  std::error_code error;
  if (directory.empty() || fs::is_directory(directory, error)) return {};
  if (auto ok = make_directory(directory.parent_path()); !ok) return ok;
  const bool made = fs::create_directory(directory, error);
  if (!error && made) fs::permissions(directory, static_cast<fs::perms>(0755), error);
  if (error) return failed(directory, error);
  return {};
}

// Takes away what a crash left of files that were being written. They may hold a ticket.
void sweep(const fs::path& directory) {
  std::error_code ignored;
  for (fs::directory_iterator at(directory, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    if (at->path().string().ends_with(kUnfinishedSuffix)) {
      std::error_code stays;
      fs::remove(at->path(), stays);
    }
  }
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto [in, out] = std::ranges::mismatch(inner, outer);
  return out == outer.end();
}

}  // namespace

Expected<void> StateDir::make() const {
  std::error_code error;
  const auto whole = fs::absolute(directory_, error);
  if (error) return failed(directory_, error);
  return make_directory(whole);
}

Expected<std::unique_ptr<FileLock>> StateDir::lock(bool wait) const {
  return os_.lock(directory_ / "lock", wait);
}

Expected<StateDir::Loaded> StateDir::load() const {
  bool denied = false;
  auto text = read_file(directory_ / "identity", kIdentityMost, &denied);
  Loaded out;
  out.partial = !text && denied;
  if (out.partial) {
    const auto error = text.error();
    text = read_file(directory_ / "licence", kIdentityMost);
    if (text && !*text) return std::unexpected(error);
  }
  if (!text) return std::unexpected(text.error());
  if (!*text) return out;
  const auto file = out.partial ? StateFile::licence : StateFile::identity;
  const auto name = (directory_ / (out.partial ? "licence" : "identity")).string();
  auto state = decode_state(**text, file, name);
  if (!state) return std::unexpected(state.error());
  out.state = std::move(*state);
  return out;
}

Expected<void> StateDir::save(const State& state) const {
  if (auto ok = make(); !ok) return ok;
  sweep(directory_);
  sweep(directory_ / "activations");
  auto ok = write_file(directory_ / "identity", encode_state(state, StateFile::identity), 0600);
  if (!ok) return ok;
  return write_file(directory_ / "licence", encode_state(state, StateFile::licence), 0644);
}

fs::path StateDir::activation_path(std::string_view product) const {
  return directory_ / "activations" / fmt::format("{}.jws", product);
}

Expected<std::optional<std::string>> StateDir::activation(std::string_view product) const {
  auto text = read_file(activation_path(product), kActivationMost);
  if (!text) return fail(ErrorCode::state_corrupt, text.error().detail);
  // A person who edits or copies the file leaves a newline; it is no part of the document.
  while (*text && !(*text)->empty() && ((*text)->back() == '\n' || (*text)->back() == '\r')) {
    (*text)->pop_back();
  }
  return text;
}

Expected<void> StateDir::save_activation(std::string_view product, std::string_view text) const {
  if (auto ok = make_directory(directory_ / "activations"); !ok) return ok;
  return write_file(activation_path(product), fmt::format("{}\n", text), 0644);
}

Expected<void> StateDir::drop_activation(std::string_view product) const {
  return remove_file(activation_path(product));
}

bool StateDir::roams() const {
  std::error_code error;
  const auto here = fs::weakly_canonical(fs::absolute(directory_, error), error);
  if (error) return false;
  const auto homes = os_.homes();
  return std::ranges::any_of(homes, [&](const fs::path& home) { return lies_in(here, home); });
}

}  // namespace muster::client
