// Dates of text exports: numbers in an order, and of a zone, that the file does not say.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyser/zone.h"
#include "base/error.h"
#include "base/time.h"

namespace muster::analyser {

enum class DateOrder : std::uint8_t { year_first, month_first, day_first };
[[nodiscard]] std::string_view words_of(DateOrder order);

// "1/14/2006 2:30:00 PM", "14.01.2006 02:30", "2006/1/14 22:36": three numbers and a time of day.
struct LocalDate {
  std::int16_t first = 0, second = 0, third = 0;
  std::int32_t second_of_day = 0;

  [[nodiscard]] static std::optional<LocalDate> parse(std::string_view text);
  // The date as if its zone were UTC; nothing where there is no such day in this order.
  [[nodiscard]] std::optional<Instant> in(DateOrder order) const;
};

// What is known of one line: its date, and the client's own UTC time where the line holds one.
struct DatedLine {
  LocalDate date;
  std::optional<Instant> client_time;
};

// How a file's dates become times.
struct Dating {
  DateOrder order = DateOrder::month_first;
  bool zone_inferred = false;                   // else it was given
  std::vector<std::int32_t> offsets_used{};     // seconds east of UTC, ascending
  std::vector<std::optional<Instant>> times{};  // a line each; none: no such day
};

// The order is the one under which every day exists and the dates lie closest to the clients'
// times. Without `zone`, each day's offset from UTC is what most lines of that day differ by from
// their clients' times, in quarters of an hour, of those within an hour of the file's own. usage
// with a hint at --tz where fewer than three lines tell, or fewer than half agree.
[[nodiscard]] Expected<Dating> date_lines(std::span<const DatedLine> lines, const Zone* zone);

}  // namespace muster::analyser
