#include "lab/agenda.h"

#include <cassert>

namespace muster::lab {
namespace {

// More than any renewal interval with its jitter. Who is due later is put anew once a turn.
constexpr Tick kTurn = 1 << 20;
constexpr std::uint32_t kNobody = UINT32_MAX;

}  // namespace

Agenda::Agenda(std::uint32_t things)
    : next_(things, kNobody), at_(things, kNever), wheel_(kTurn, {kNobody, kNobody}) {}

void Agenda::append(std::uint32_t thing, Tick second) {
  next_[thing] = kNobody;
  auto& place = wheel_[second % kTurn];
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

std::optional<Agenda::Due> Agenda::take(Tick end) {
  for (; now_ < end; ++now_) {
    auto& place = wheel_[now_ % kTurn];
    while (place.first != kNobody) {
      const auto thing = place.first;
      place.first = next_[thing];
      if (at_[thing] == now_) return Due{thing, now_};
      put(thing, at_[thing]);
    }
  }
  return std::nullopt;
}

}  // namespace muster::lab
