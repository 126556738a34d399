#include "base/time.h"

#include <fmt/format.h>

#include <charconv>

namespace muster {
namespace {

// Reads exactly `digits` decimal digits from the front of `text`.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int out = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return out;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "Z", "z" or "+hh:mm" / "-hh:mm", in seconds east of UTC.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, "Zz")) return 0;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take(text, ":")) return std::nullopt;
  const auto mins = take_number(text, 2);
  if (!mins || *mins > 59) return std::nullopt;
  const int out = (*hours * 60 + *mins) * 60;
  return west ? -out : out;
}

bool take_fraction(std::string_view& text) {
  if (!take(text, ".")) return true;
  if (!take(text, "0123456789")) return false;
  while (take(text, "0123456789")) {
  }
  return true;
}

void put(char* at, int value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

void append_time(std::string& out, Instant time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto second = static_cast<int>((time - day).count());
  char text[] = "0000-00-00T00:00:00Z";
  put(text, static_cast<int>(date.year()), 4);
  put(text + 5, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  put(text + 8, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  put(text + 11, second / 3600, 2);
  put(text + 14, second / 60 % 60, 2);
  put(text + 17, second % 60, 2);
  out.append(text, 20);
}

std::string format_time(Instant time) {
  std::string out;
  append_time(out, time);
  return out;
}

std::optional<Instant> parse_time(std::string_view text) {
  const auto year = take_number(text, 4);
  if (!year || *year < 1970 || !take(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 59 || !take_fraction(text)) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  const Instant out =
      std::chrono::sys_days(date) + seconds(*hour * 3600 + *minute * 60 + *second - *offset);
  if (out < Instant{} || out > Instant{seconds{253402300799}}) return std::nullopt;
  return out;
}

Expected<minutes> parse_duration(std::string_view text) {
  constexpr std::int64_t most = std::int64_t{100} * 365 * 24 * 60;
  std::int64_t count = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, count);
  std::int64_t unit = 0;
  if (failed == std::errc() && rest + 1 == end && text.front() != '-') {
    switch (*rest) {
      case 'm': unit = 1; break;
      case 'h': unit = 60; break;
      case 'd': unit = 24 * 60; break;
      case 'y': unit = 365 * 24 * 60; break;
      default: break;
    }
  }
  if (unit == 0) {
    return fail(ErrorCode::usage,
                fmt::format("'{}' is not a duration; write 90m, 2h, 180d or 2y", text));
  }
  if (count > most / unit) {
    return fail(ErrorCode::usage, fmt::format("'{}' is longer than 100 years", text));
  }
  return minutes(count * unit);
}

std::string format_duration(minutes duration) {
  const auto count = duration.count();
  if (count != 0 && count % (24 * 60) == 0) return fmt::format("{}d", count / (24 * 60));
  if (count != 0 && count % 60 == 0) return fmt::format("{}h", count / 60);
  return fmt::format("{}m", count);
}

std::string spoken_duration(seconds duration) {
  const auto up = [&](std::int64_t unit) { return (duration.count() + unit - 1) / unit; };
  const auto say = [](std::int64_t n, std::string_view unit) {
    return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s");
  };
  if (duration.count() <= 0) return "0 minutes";
  if (duration >= std::chrono::hours(48)) return say(up(86400), "day");
  if (duration >= minutes(120)) return say(up(3600), "hour");
  return say(up(60), "minute");
}

}  // namespace muster
