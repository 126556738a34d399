// The files of a state directory:
//   identity                0600  everything (state.h)
//   licence                 0644  the same without what is secret, for readers that are not root
//   activations/PRODUCT.jws 0644  the activation as the host signed it
//   lock                    0600  held by whoever changes any of them
// Every file is written whole: a new file beside it, fsync, rename, fsync of the directory.
// Threads: one object per thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/state.h"

namespace muster::client {

class StateDir {
 public:
  explicit StateDir(std::filesystem::path directory, Os& os)
      : directory_(std::move(directory)), os_(os) {}

  [[nodiscard]] const std::filesystem::path& path() const { return directory_; }

  // Makes the directory (0755) and its parents where they are not there. state_unreadable.
  [[nodiscard]] Expected<void> make() const;
  // REQUIRES for every write: held. Null where `wait` is false and another holds it.
  [[nodiscard]] Expected<std::unique_ptr<FileLock>> lock(bool wait) const;

  struct Loaded {
    State state;           // empty where there is none yet
    bool partial = false;  // from `licence`: this user may not read `identity`
  };
  // state_corrupt, state_newer, state_unreadable.
  [[nodiscard]] Expected<Loaded> load() const;
  // Writes `identity`, then `licence`; before that, takes away what a crash left unfinished.
  [[nodiscard]] Expected<void> save(const State& state) const;

  // The activation's text, none where there is none. state_corrupt where it is no file that could
  // be one.
  [[nodiscard]] Expected<std::optional<std::string>> activation(std::string_view product) const;
  [[nodiscard]] Expected<void> save_activation(std::string_view product,
                                               std::string_view text) const;
  [[nodiscard]] Expected<void> drop_activation(std::string_view product) const;

  // True where the directory lies in a home directory.
  [[nodiscard]] bool roams() const;

 private:
  [[nodiscard]] std::filesystem::path activation_path(std::string_view product) const;

  std::filesystem::path directory_;
  Os& os_;
  // `identity` as it was read or written last. An agent reads it several times for each request,
  // and mostly nobody has changed it: the same bytes are not parsed again.
  struct Known {
    std::string text;
    State state;
  };
  mutable std::optional<Known> known_;
};

}  // namespace muster::client
