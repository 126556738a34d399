#include "evtx/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace muster::evtx {
namespace {

constexpr std::int64_t kTicksPerSecond = 10'000'000;
constexpr std::int64_t kSecondsFrom1601To1970 = 11'644'473'600;

void put_digits(char* at, unsigned number, int digits) {
  for (int i = digits - 1; i >= 0; --i, number /= 10) at[i] = static_cast<char>('0' + number % 10);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

unsigned digits(std::string_view text) {
  unsigned out = 0;
  for (const char c : text) out = out * 10 + static_cast<unsigned>(c - '0');
  return out;
}

// Of "" or a point and one to nine digits.
std::optional<Time::duration> ticks_of(std::string_view fraction) {
  if (fraction.empty()) return Time::duration(0);
  if (fraction.front() != '.') return std::nullopt;
  fraction.remove_prefix(1);
  if (fraction.empty() || fraction.size() > 9) return std::nullopt;
  if (!std::ranges::all_of(fraction, is_digit)) return std::nullopt;
  const auto kept = fraction.substr(0, 7);
  std::int64_t ticks = digits(kept);
  for (auto size = kept.size(); size < 7; ++size) ticks *= 10;
  return Time::duration(ticks);
}

std::string reason(const Skipped& skipped) {
  const auto n = skipped.detail;
  switch (skipped.why) {
    case Trouble::cut: return "a length leads out of the record";
    case Trouble::token: return fmt::format("token 0x{:02x} is not known here", n);
    case Trouble::value_type: return fmt::format("value type 0x{:02x} is not known", n);
    case Trouble::value_size:
      return fmt::format("a value of type 0x{:02x} has a size that is not that type's", n);
    case Trouble::too_deep: return "too many elements or templates within one another";
    case Trouble::too_much_work: return "its templates ask for more work than a log does";
    case Trouble::no_system: return "no event with a System part and an EventID";
    case Trouble::bad_number: return "a number or time of its System part is none";
    case Trouble::no_substitute:
      return fmt::format("its template asks for value {}, which is not there", n);
    case Trouble::no_record: return fmt::format("{} bytes that are no record", n);
    case Trouble::no_chunk: return "the head of a chunk is damaged";
    case Trouble::cut_file: return "the file ends here, inside a chunk";
    case Trouble::no_line: return "the line is none of this format";
    case Trouble::no_xml: return "the XML is not well formed";
  }
  return {};
}

}  // namespace

bool known_time(Time time) {
  using std::chrono::sys_days, std::chrono::year;
  return time >= sys_days(year{1} / 1 / 1) && time < sys_days(year{10000} / 1 / 1);
}

void append_time(std::string& out, Time time) {
  assert(known_time(time));
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto ticks = static_cast<std::uint64_t>((time - day).count());
  const auto second = static_cast<unsigned>(ticks / kTicksPerSecond);
  char text[] = "0000-00-00T00:00:00.0000000Z";
  put_digits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(text + 5, static_cast<unsigned>(date.month()), 2);
  put_digits(text + 8, static_cast<unsigned>(date.day()), 2);
  put_digits(text + 11, second / 3600, 2);
  put_digits(text + 14, second / 60 % 60, 2);
  put_digits(text + 17, second % 60, 2);
  put_digits(text + 20, static_cast<unsigned>(ticks % kTicksPerSecond), 7);
  out.append(text, sizeof text - 1);
}

std::optional<Time> parse_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (text.size() <= form.size() || text.back() != 'Z') return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    if (form[i] == '0' ? !is_digit(text[i]) : text[i] != form[i]) return std::nullopt;
  }
  using std::chrono::year, std::chrono::month, std::chrono::day;
  const auto date = year(static_cast<int>(digits(text.substr(0, 4)))) /
                    month(digits(text.substr(5, 2))) / day(digits(text.substr(8, 2)));
  const auto hour = digits(text.substr(11, 2));
  const auto minute = digits(text.substr(14, 2));
  const auto second = digits(text.substr(17, 2));
  const auto fraction = ticks_of(text.substr(form.size(), text.size() - form.size() - 1));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59 || !fraction) return std::nullopt;
  const Time time = std::chrono::sys_days(date) + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + std::chrono::seconds(second) + *fraction;
  if (!known_time(time)) return std::nullopt;
  return time;
}

std::optional<Time> time_of(std::uint64_t filetime) {
  constexpr auto most = std::uint64_t{INT64_MAX};
  if (filetime > most) return std::nullopt;
  const auto ticks = static_cast<std::int64_t>(filetime) - kSecondsFrom1601To1970 * kTicksPerSecond;
  const Time time{Time::duration(ticks)};
  if (!known_time(time)) return std::nullopt;
  return time;
}

std::string describe(const Skipped& skipped) {
  const auto where = skipped.record_id
                         ? fmt::format("record {} at byte {}", *skipped.record_id, skipped.offset)
                         : fmt::format("at byte {}", skipped.offset);
  return fmt::format("{}: {}", where, reason(skipped));
}

}  // namespace muster::evtx
