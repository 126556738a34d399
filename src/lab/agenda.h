// Simulated time as a queue: each of a fixed number of things has at most one moment at which it is
// due next. They come in the order of time, those of one second in the order in which they were
// put there. A wheel of seconds, so that neither putting nor taking costs more with a million
// things than with ten; 8 bytes a thing, and 8 and a bit a second of the wheel. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace muster::lab {

// Seconds since the simulation began.
using Tick = std::uint32_t;
inline constexpr Tick kNever = UINT32_MAX;

class Agenda {
 public:
  explicit Agenda(std::uint32_t things);

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
  void append(std::uint32_t thing, Tick second);
  // The first second from now on with something in it, or `end`.
  [[nodiscard]] Tick filled(Tick end) const;

  std::vector<std::uint32_t> next_;
  std::vector<Tick> at_;
  std::vector<Second> wheel_;
  std::vector<std::uint64_t> filled_;  // a bit a second of the wheel: something is there
  Tick now_ = 0;
};

}  // namespace muster::lab
