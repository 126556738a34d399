// A host's directory that is made from a backup: all of it in DIR/restoring first, then moved to
// its place, the key last, so that DIR is a host's with everything in it or not at all. Whatever
// ends it before, also a kill -9, leaves a directory that the next try takes.
#pragma once

#include <filesystem>
#include <memory>

#include "base/error.h"
#include "host/directory.h"

namespace muster::host {

class Restoring {
 public:
  // Makes DIR (its parent must be there) and takes its lock. An empty directory is taken, and one
  // in which a restore was interrupted, whose remains are removed. file_exists, host_is_running,
  // file_unwritable.
  [[nodiscard]] static Expected<Restoring> begin(const std::filesystem::path& path);
  Restoring(Restoring&&) noexcept;
  Restoring& operator=(Restoring&&) = delete;
  ~Restoring();  // removes what was not finished

  // Where the key, the request and the database are to be put.
  [[nodiscard]] const Directory& parts() const;
  // Moves them to their place. REQUIRES: they are there, on the disk, and nobody has the database
  // open. file_unwritable.
  [[nodiscard]] Expected<void> finish();

 private:
  struct State;
  explicit Restoring(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace muster::host
