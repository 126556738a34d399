#include "client/state_dir.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "client/disk.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdentityMost = 16 * 1024 * 1024;
constexpr std::size_t kActivationMost = 1024 * 1024;

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto [in, out] = std::ranges::mismatch(inner, outer);
  return out == outer.end();
}

}  // namespace

Expected<void> StateDir::make() const { return os_.disk().make_directory(directory_); }

Expected<std::unique_ptr<FileLock>> StateDir::lock(bool wait) const {
  return os_.lock(directory_ / "lock", wait);
}

Expected<StateDir::Loaded> StateDir::load() const {
  bool denied = false;
  auto text = os_.disk().read(directory_ / "identity", kIdentityMost, &denied);
  Loaded out;
  out.partial = !text && denied;
  if (out.partial) {
    const auto error = text.error();
    text = os_.disk().read(directory_ / "licence", kIdentityMost);
    if (text && !*text) return std::unexpected(error);
  }
  if (!text) return std::unexpected(text.error());
  if (!*text) return out;
  if (!out.partial && known_ && **text == known_->text) {
    out.state = known_->state;
    return out;
  }
  const auto file = out.partial ? StateFile::licence : StateFile::identity;
  const auto name = (directory_ / (out.partial ? "licence" : "identity")).string();
  auto state = decode_state(**text, file, name);
  if (!state) return std::unexpected(state.error());
  if (!out.partial) known_ = Known{std::move(**text), *state};
  out.state = std::move(*state);
  return out;
}

Expected<void> StateDir::save(const State& state) const {
  if (auto ok = make(); !ok) return ok;
  os_.disk().sweep(directory_);
  os_.disk().sweep(directory_ / "activations");
  auto text = encode_state(state, StateFile::identity);
  if (auto ok = os_.disk().write(directory_ / "identity", text, 0600); !ok) return ok;
  known_ = Known{std::move(text), state};
  return os_.disk().write(directory_ / "licence", encode_state(state, StateFile::licence), 0644);
}

fs::path StateDir::activation_path(std::string_view product) const {
  return directory_ / "activations" / fmt::format("{}.jws", product);
}

Expected<std::optional<std::string>> StateDir::activation(std::string_view product) const {
  auto text = os_.disk().read(activation_path(product), kActivationMost);
  if (!text) return fail(ErrorCode::state_corrupt, text.error().detail);
  // A person who edits or copies the file leaves a newline; it is no part of the document.
  while (*text && !(*text)->empty() && ((*text)->back() == '\n' || (*text)->back() == '\r')) {
    (*text)->pop_back();
  }
  return text;
}

Expected<void> StateDir::save_activation(std::string_view product, std::string_view text) const {
  if (auto ok = os_.disk().make_directory(directory_ / "activations"); !ok) return ok;
  return os_.disk().write(activation_path(product), fmt::format("{}\n", text), 0644);
}

Expected<void> StateDir::drop_activation(std::string_view product) const {
  return os_.disk().remove(activation_path(product));
}

bool StateDir::roams() const {
  std::error_code error;
  const auto here = fs::weakly_canonical(fs::absolute(directory_, error), error);
  if (error) return false;
  const auto homes = os_.homes();
  return std::ranges::any_of(homes, [&](const fs::path& home) { return lies_in(here, home); });
}

}  // namespace muster::client
