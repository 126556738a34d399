#include "lab/agenda.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <span>

namespace muster::lab {
namespace {

// More than any renewal interval with its jitter. Who is due later is put anew once a turn.
constexpr Tick kTurn = 1 << 20;
constexpr std::uint32_t kNobody = UINT32_MAX;
constexpr Tick kBits = 64;
// Of each second so many things are fetched beforehand, each so many seconds before the next one.
constexpr Tick kChained = 4;
constexpr Tick kAhead = 6;

}  // namespace

Agenda::Agenda(std::uint32_t things)
    : things_(things, {kNobody, kNever}),
      wheel_(kTurn, {kNobody, kNobody}),
      filled_(kTurn / kBits) {}

void Agenda::append(std::uint32_t thing, Tick second) {
  things_[thing].next = kNobody;
  auto& place = wheel_[second % kTurn];
  filled_[second % kTurn / kBits] |= std::uint64_t{1} << second % kBits;
  if (place.first == kNobody) {
    place.first = thing;
  } else {
    things_[place.last].next = thing;
  }
  place.last = thing;
}

void Agenda::put(std::uint32_t thing, Tick at) {
  if (at == kNever) return;
  assert(at >= now_);
  things_[thing].at = at;
  const auto second = at - now_ < kTurn ? at : now_ + kTurn - 1;
  if (waits_ == waiting_.size()) settle();
  waiting_.at(waits_++) = {thing, second};
  soonest_ = std::min(soonest_, second);
  __builtin_prefetch(&wheel_[second % kTurn], 1);
}

// Each goes behind the last one of its second, which is fetched first for all of them.
void Agenda::settle() {
  const auto waiting = std::span(waiting_).first(waits_);
  for (const auto& one : waiting) {
    const auto last = wheel_[one.second % kTurn].last;
    if (last != kNobody) __builtin_prefetch(&things_[last], 1);
  }
  for (const auto& one : waiting) append(one.thing, one.second);
  waits_ = 0;
  soonest_ = kNever;
}

void Agenda::fetch(std::uint32_t thing) const {
  __builtin_prefetch(&things_[thing]);
  for (const auto& one : fetched_) __builtin_prefetch(one.first + one.element * thing);
}

// The first thing of a second long before it, each further one when the one before it has come.
void Agenda::fetch_ahead() const {
  for (Tick number = 0; number < kChained; ++number) {
    auto thing = wheel_[(now_ + (kChained - number) * kAhead) % kTurn].first;
    for (Tick before = 0; before < number && thing != kNobody; ++before) {
      thing = things_[thing].next;
    }
    if (thing != kNobody) fetch(thing);
  }
}

// A few machines over a year leave most seconds empty. No second is further away than a turn.
Tick Agenda::filled(Tick end) const {
  const auto last = std::min(std::uint64_t{end}, std::uint64_t{now_} + kTurn);
  for (std::uint64_t at = now_; at < last; at += kBits - at % kBits) {
    const auto bits = filled_[at % kTurn / kBits] >> at % kBits;
    if (bits != 0) {
      return static_cast<Tick>(
          std::min(std::uint64_t{end}, at + static_cast<unsigned>(std::countr_zero(bits))));
    }
  }
  return end;
}

void Agenda::go_on(Tick end) {
  const auto next = filled(std::min(end, std::max(soonest_, now_)));
  if (next == now_) return;
  now_ = next;
  fetch_ahead();
}

std::optional<Agenda::Due> Agenda::take(Tick end) {
  for (go_on(end); now_ < end; go_on(end)) {
    auto& place = wheel_[now_ % kTurn];
    while (true) {
      if (soonest_ <= now_) settle();
      if (place.first == kNobody) break;
      const auto thing = place.first;
      place.first = things_[thing].next;
      if (place.first != kNobody) fetch(place.first);
      if (things_[thing].at == now_) return Due{thing, now_};
      put(thing, things_[thing].at);
    }
    filled_[now_ % kTurn / kBits] &= ~(std::uint64_t{1} << now_ % kBits);
  }
  return std::nullopt;
}

}  // namespace muster::lab
