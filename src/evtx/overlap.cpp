#include "evtx/overlap.h"

#include <algorithm>
#include <utility>

namespace muster::evtx {

std::uint32_t Overlap::log_of(const Record& record) {
  name_.assign(record.computer).append(1, '\0').append(record.channel);
  if (logs_.empty() || name_ != last_name_) {
    last_ = logs_.emplace(name_, static_cast<std::uint32_t>(logs_.size())).first->second;
    last_name_ = name_;
  }
  return last_;
}

bool Overlap::is_new(const Record& record) {
  if (record.record_id == 0) return true;
  const auto time = record.time
                        ? std::optional(std::chrono::floor<std::chrono::milliseconds>(*record.time))
                        : std::nullopt;
  const Key key{record.record_id, time, record.event_id, log_of(record)};
  now_.push_back(key);
  const bool known = std::ranges::any_of(
      earlier_, [&](const auto& file) { return std::ranges::binary_search(file, key); });
  if (known) ++repeated_;
  return !known;
}

void Overlap::next_file() {
  std::ranges::sort(now_);
  earlier_.push_back(std::exchange(now_, {}));
}

}  // namespace muster::evtx
