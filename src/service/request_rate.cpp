#include "service/request_rate.h"

#include <algorithm>

namespace muster::service {
namespace {

constexpr std::chrono::milliseconds kShort{10'000};

}  // namespace

void RequestRate::look(std::chrono::milliseconds now, std::uint64_t total) {
  const std::scoped_lock lock(mutex_);
  looks_.push_back({now, total});
  while (looks_.size() > 1 && now - looks_[1].at >= kSpan) looks_.pop_front();
}

RequestRate::Figures RequestRate::figures(std::chrono::milliseconds now,
                                          std::uint64_t total) const {
  const std::scoped_lock lock(mutex_);
  // The youngest look that is so old; where none is, the oldest.
  const auto from = [&](std::chrono::milliseconds span) {
    const auto younger =
        std::ranges::find_if(looks_, [&](const Look& look) { return now - look.at < span; });
    return younger == looks_.begin() ? younger : std::prev(younger);
  };
  if (looks_.empty()) return {};
  Figures out;
  out.last_minute = total - from(kSpan)->total;
  const auto begin = from(kShort);
  const auto span = std::chrono::duration<double>(now - begin->at).count();
  if (span > 0) out.per_second = static_cast<double>(total - begin->total) / span;
  return out;
}

}  // namespace muster::service
