// Exports of one log overlap: the same record stands in several files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evtx/record.h"

namespace muster::evtx {

// Records are the same where computer, channel, id, event id and time to the millisecond (shippers
// cut what is finer) are; one without an id is never the same as another. Memory: 32 bytes a
// record. One thread at a time.
class Overlap {
 public:
  // Whether none of the earlier files holds the record. Within one file nothing is compared: a log
  // does not repeat itself.
  [[nodiscard]] bool is_new(const Record& record);
  void next_file();
  // How many were not new.
  [[nodiscard]] std::size_t repeated() const { return repeated_; }

 private:
  struct Key {
    std::uint64_t record_id;
    std::optional<std::chrono::sys_time<std::chrono::milliseconds>> time;
    std::uint32_t event_id;
    std::uint32_t log;  // computer and channel
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  [[nodiscard]] std::uint32_t log_of(const Record& record);

  std::map<std::string, std::uint32_t, std::less<>> logs_;
  std::string name_, last_name_;           // of a record's log, and of the last one's
  std::uint32_t last_ = 0;                 // its number
  std::vector<std::vector<Key>> earlier_;  // a file each, sorted
  std::vector<Key> now_;
  std::size_t repeated_ = 0;
};

}  // namespace muster::evtx
