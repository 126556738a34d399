// What the log is told of host keys that end: a month before, when one has ended, and every day as
// long as it is so. Not thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/keyring.h"

namespace muster::host {

class KeyWatch {
 public:
  static constexpr std::chrono::days kSoon{30};
  static constexpr std::chrono::hours kAgain{24};

  struct Warning {
    std::string_view message;
    std::string product, issued, expires;
  };
  // What is to be said at `now`, the rules' time. Cheap: to be asked every second.
  [[nodiscard]] std::vector<Warning> look(const service::Keyring& keys, Instant now,
                                          std::chrono::milliseconds monotonic);

 private:
  struct Said {
    std::string_view message;
    std::chrono::milliseconds at{};
  };
  std::map<std::pair<std::string, std::string>, Said> said_;  // by vendor and product
};

}  // namespace muster::host
