// Who has guessed at secrets (tokens, multiple activation keys) too often: at most 5 wrong ones a
// minute from an address. Thread-safe.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::host {

class AuthFailures {
 public:
  static constexpr std::size_t kMost = 5;
  static constexpr std::chrono::milliseconds kWindow{60'000};
  static constexpr std::size_t kAddressesMost = 4096;

  // Nothing: may try. Otherwise how long to wait. `now` is monotonic.
  [[nodiscard]] std::optional<seconds> blocked(const std::string& address,
                                               std::chrono::milliseconds now);
  // With `shown`, the wrong secret's digest, the same one again is no further guess: a
  // pool whose key was blocked, a script that repeats itself.
  void failed(const std::string& address, std::chrono::milliseconds now,
              std::optional<Bytes32> shown = {});

 private:
  struct Failure {
    std::chrono::milliseconds at;
    std::optional<Bytes32> shown;
  };
  void forget_old(std::chrono::milliseconds now);

  std::mutex mutex_;
  std::map<std::string, std::deque<Failure>> failures_;  // newest last
};

}  // namespace muster::host
