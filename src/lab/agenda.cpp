#include "lab/agenda.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace muster::lab {
namespace {

// More than any renewal interval with its jitter. Who is due later is put anew once a turn.
constexpr Tick kTurn = 1 << 20;
constexpr std::uint32_t kNobody = UINT32_MAX;
constexpr Tick kBits = 64;

}  // namespace

Agenda::Agenda(std::uint32_t things)
    : next_(things, kNobody),
      at_(things, kNever),
      wheel_(kTurn, {kNobody, kNobody}),
      filled_(kTurn / kBits) {}

void Agenda::append(std::uint32_t thing, Tick second) {
  next_[thing] = kNobody;
  auto& place = wheel_[second % kTurn];
  filled_[second % kTurn / kBits] |= std::uint64_t{1} << second % kBits;
  if (place.first == kNobody) {
    place.first = thing;
  } else {
    next_[place.last] = thing;
  }
  place.last = thing;
}

void Agenda::put(std::uint32_t thing, Tick at) {
  if (at == kNever) return;
  assert(at >= now_);
  at_[thing] = at;
  append(thing, at - now_ < kTurn ? at : now_ + kTurn - 1);
}

// A few machines over a year leave most seconds empty.
Tick Agenda::filled(Tick end) const {
  for (auto at = now_; at < end; at += kBits - at % kBits) {
    const auto bits = filled_[at % kTurn / kBits] >> at % kBits;
    if (bits != 0) return std::min(end, at + static_cast<Tick>(std::countr_zero(bits)));
  }
  return end;
}

std::optional<Agenda::Due> Agenda::take(Tick end) {
  for (now_ = filled(end); now_ < end; now_ = filled(end)) {
    auto& place = wheel_[now_ % kTurn];
    while (place.first != kNobody) {
      const auto thing = place.first;
      place.first = next_[thing];
      if (at_[thing] == now_) return Due{thing, now_};
      put(thing, at_[thing]);
    }
    filled_[now_ % kTurn / kBits] &= ~(std::uint64_t{1} << now_ % kBits);
  }
  return std::nullopt;
}

}  // namespace muster::lab
