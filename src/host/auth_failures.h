// Who has guessed at secrets (tokens, multiple activation keys) too often: at most 5 wrong ones a
// minute from an address. Thread-safe.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

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
  void failed(const std::string& address, std::chrono::milliseconds now);

 private:
  void forget_old(std::chrono::milliseconds now);

  std::mutex mutex_;
  std::map<std::string, std::deque<std::chrono::milliseconds>> failures_;  // newest last
};

}  // namespace muster::host
