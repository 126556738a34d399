// Messages that receivers have not taken yet, kept in the store until they have: settings
// "alert_out/RECEIVER/NUMBER". What is to be sent is put in the unit that raises or ends the alert,
// so that a restart loses none; what was taken is removed after that, so that a restart in between
// sends it once more, under the same id. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/host_service.h"

namespace muster::service {

class AlertOutbox {
 public:
  // Of one receiver; beyond it the oldest is given up for each new one.
  static constexpr std::size_t kMost = 1000;

  struct Entry {
    std::uint64_t number = 0;
    std::string text;  // the message
  };
  using Settings = std::vector<std::pair<std::string, std::string>>;

  // Reads what waits. Messages to receivers that are not configured any more are removed.
  [[nodiscard]] Expected<void> open(HostService& service, std::vector<std::string> receivers);

  // The settings that put this message to every receiver; to be stored in one unit with what it
  // tells of, and then told by stored(). One at a time: nothing else is planned in between.
  [[nodiscard]] Settings plan(std::string_view text) const;
  void stored(std::string_view text);

  // The oldest message that this receiver has not taken.
  [[nodiscard]] std::optional<Entry> first(std::string_view receiver) const;
  [[nodiscard]] std::size_t waiting(std::string_view receiver) const;
  // The receiver has it, or it was given up. What the store says; the message is not sent again by
  // this process in either case.
  [[nodiscard]] Expected<void> remove(std::string_view receiver, std::uint64_t number);
  [[nodiscard]] const std::vector<std::string>& receivers() const { return receivers_; }

 private:
  HostService* service_ = nullptr;
  std::vector<std::string> receivers_;
  mutable std::mutex mutex_;  // guards the next two
  std::map<std::string, std::deque<Entry>, std::less<>> waiting_;
  std::uint64_t next_ = 1;
};

}  // namespace muster::service
