// Simulated time as a queue: each of a fixed number of things has at most one moment at which it is
// due next. They come in the order of time, those of one second in the order in which they were
// put there. A wheel of seconds, so that neither putting nor taking costs more with a million
// things than with ten; 8 bytes a thing, and 8 and a bit a second of the wheel. What is due soon is
// fetched into the processor's cache beforehand: with a million things each of them is a wait for
// the memory otherwise. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "lab/large.h"

namespace muster::lab {

// Seconds since the simulation began.
using Tick = std::uint32_t;
inline constexpr Tick kNever = UINT32_MAX;

class Agenda {
 public:
  explicit Agenda(std::uint32_t things);

  // A list with one element of so many bytes for each thing, which whoever takes the thing reads;
  // it must outlive the agenda, and may change but not move.
  void fetch_too(const void* first, std::size_t element) {
    fetched_.push_back({static_cast<const char*>(first), element});
  }

  // REQUIRES: the thing is not in the queue; at is not before the last one taken. kNever: it stays
  // out.
  void put(std::uint32_t thing, Tick at);
  struct Due {
    std::uint32_t thing;
    Tick at;
  };
  // The next one that is due before `end`, taken out; none: nothing is.
  [[nodiscard]] std::optional<Due> take(Tick end);

 private:
  struct Second {
    std::uint32_t first, last;
  };
  struct Thing {
    std::uint32_t next;
    Tick at;
  };
  struct Fetched {
    const char* first;
    std::size_t element;
  };
  void append(std::uint32_t thing, Tick second);
  // The first second from now on with something in the wheel, or `end`.
  [[nodiscard]] Tick filled(Tick end) const;
  // To the first second from now on for which something may be due, or to `end`.
  void go_on(Tick end);
  void fetch(std::uint32_t thing) const;
  void fetch_ahead() const;

  void settle();

  LargeVector<Thing> things_;
  LargeVector<Second> wheel_;
  std::vector<std::uint64_t> filled_;  // a bit a second of the wheel: something is there
  // Put, and not in the wheel yet: their places there are being fetched meanwhile. In the order of
  // put(); all of them are due at `soonest_` or later.
  struct Put {
    std::uint32_t thing;
    Tick second;
  };
  std::array<Put, 8> waiting_{};
  std::uint32_t waits_ = 0;  // of them
  Tick soonest_ = kNever;
  std::vector<Fetched> fetched_;
  Tick now_ = 0;
};

}  // namespace muster::lab
