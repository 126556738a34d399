// Evidence grouped by pool: the machines whose names differ in their numbers alone and whose
// addresses lie in one subnet. 500 desktops that are rebuilt every night are one line.
//
// Pure: what is kept of a pool, how an event changes it, and what to do about it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "core/machine.h"

namespace muster::core {

// A name without what tells its machines apart: ASCII letters in lower case, each run of digits as
// one '#', and each word (between characters that are no letter and no digit) in which letters
// follow digits as '*': "VDI-0042" is "vdi-#", "DESKTOP-7KXQA2B" is "desktop-*". Of a longer name
// the first 64 bytes count, up to a whole character.
[[nodiscard]] std::string name_pattern(std::string_view name);
// "10.1.2.0/24" of an IPv4 address, "2001:db8:1:2::/64" of an IPv6 one, as text each; empty for
// anything else.
[[nodiscard]] std::string subnet_of(std::string_view address);

// Evidence that is worth a person's look: everything but renewals and new machines.
[[nodiscard]] bool is_news(Evidence evidence);
// What to do about many of it, in a sentence.
[[nodiscard]] std::string_view advice(Evidence evidence);

struct PoolExample {
  Cmid cmid;
  Bytes16 name_hash{};  // salted; all zero: none
  Instant time{};
  EventPlace event;
  friend bool operator==(const PoolExample&, const PoolExample&) = default;
};

// Who has said that a kind of evidence is nothing to worry about in this pool.
struct PoolMark {
  std::string by;
  Instant since{};
  std::string note;
  friend bool operator==(const PoolMark&, const PoolMark&) = default;
};

// What is kept of one kind of evidence in one pool.
struct PoolRecord {
  static constexpr std::size_t kExamples = 5;
  static constexpr std::size_t kDays = 30;

  std::uint64_t count = 0;
  Instant first{}, newest{};
  EventPlace newest_event;
  // Of each of the last kDays days, UTC: days[day % kDays]; up to `newest`'s day.
  std::array<std::uint32_t, kDays> days{};
  std::vector<PoolExample> examples;  // newest first, different machines, at most kExamples
  std::optional<PoolMark> expected;
  friend bool operator==(const PoolRecord&, const PoolRecord&) = default;

  // One more. Events come in the order of their times.
  void add(PoolExample example);
  // Those of so many days, 1 .. kDays, that end with `now`'s.
  [[nodiscard]] std::uint64_t last_days(Instant now, std::size_t many = kDays) const;
};

}  // namespace muster::core
