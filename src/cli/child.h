// A child process of a command: started, watched, and ended by its process id. Linux ends it too
// where the parent is killed.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace muster::cli {

class Child {
 public:
  // Runs `program` with `words`; stdout can be read here, stderr is appended to `log`. Signals that
  // the caller blocks are let through in the child, which is in a process group of its own, so that
  // a terminal's Ctrl-C reaches the caller alone. REQUIRES: the calling process has one thread.
  [[nodiscard]] static Expected<Child> start(const std::filesystem::path& program,
                                             const std::vector<std::string>& words,
                                             const std::filesystem::path& log);
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  // Ends it with SIGKILL where it still runs.
  ~Child();

  // The first line of its stdout, or nothing where it ended, or said nothing in time.
  [[nodiscard]] std::optional<std::string> first_line(std::chrono::milliseconds most);
  [[nodiscard]] bool running();
  // SIGTERM, without waiting.
  void tell_to_end();
  // Waits for its end; after `most`, SIGKILL.
  void wait_for_end(std::chrono::milliseconds most);

 private:
  Child(int pid, int out) : pid_(pid), out_(out) {}
  void close();

  int pid_;  // 0: has ended, or was moved away
  int out_;
};

}  // namespace muster::cli
