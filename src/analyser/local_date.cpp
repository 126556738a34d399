#include "analyser/local_date.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace muster::analyser {
namespace {

constexpr std::int64_t kQuarter = 15 * 60;
constexpr std::int64_t kFarthest = 14 * 3600 + kQuarter;
constexpr std::size_t kLeastLines = 3;
constexpr std::array kOrders{DateOrder::year_first, DateOrder::month_first, DateOrder::day_first};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Characters outside ASCII that say nothing: blanks that do not break, marks of direction.
std::string without_blanks(std::string_view text) {
  std::string out(text);
  for (const std::string_view blank :
       {"\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x8e", "\xe2\x80\x8f"}) {
    for (auto at = out.find(blank); at != out.npos; at = out.find(blank)) {
      out.erase(at, blank.size());
    }
  }
  return out;
}

// Words of another script: a half of the day, most likely, which nothing here can read.
bool holds_words_of_others(std::string_view text) {
  return std::ranges::any_of(without_blanks(text), [](char c) { return c < 0; });
}

// A month's name, or another form.
bool holds_words(std::string_view text) {
  const auto is_letter = [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; };
  return holds_words_of_others(text) || std::ranges::any_of(text, is_letter);
}

// "2:30:00 PM" after the numbers of the date; -1: none.
std::int32_t clock_of(std::string_view text, std::span<const int> parts) {
  if (parts.size() < 2 || parts[0] > 23 || parts[1] > 59) return -1;
  const int second = parts.size() > 2 ? parts[2] : 0;
  if (second > 60) return -1;
  int hour = parts[0];
  std::string letters;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') letters += c;
    if (c >= 'a' && c <= 'z') letters += static_cast<char>(c - 'a' + 'A');
  }
  if (letters == "PM" || letters == "AM") {
    if (hour < 1 || hour > 12) return -1;
    hour = hour % 12 + (letters == "PM" ? 12 : 0);
  } else if (!letters.empty()) {
    return -1;
  }
  return hour * 3600 + parts[1] * 60 + std::min(second, 59);
}

std::int64_t rounded(std::int64_t difference) {
  const auto half = difference >= 0 ? kQuarter / 2 : -kQuarter / 2;
  return (difference + half) / kQuarter * kQuarter;
}

// How far local dates are from the clients' times, in quarters of an hour.
struct Fit {
  std::vector<std::optional<Instant>> times;  // as if UTC
  std::map<std::int64_t, std::size_t> offsets;
  std::size_t told = 0;     // lines with a client's time
  std::size_t missing = 0;  // dates that are none in this order
  std::size_t backward = 0;

  [[nodiscard]] std::int64_t common() const {
    const auto at = std::ranges::max_element(offsets, {}, [](const auto& o) { return o.second; });
    return at == offsets.end() ? 0 : at->first;
  }
  // Lines within an hour of the commonest offset: summer and winter both.
  [[nodiscard]] std::size_t agreeing() const {
    std::size_t out = 0;
    for (const auto& [offset, lines] : offsets) {
      if (std::abs(offset - common()) <= 3600) out += lines;
    }
    return out;
  }
};

Fit fit_of(std::span<const DatedLine> lines, DateOrder order) {
  Fit out;
  std::size_t up = 0, down = 0;
  std::optional<Instant> last;
  for (const auto& line : lines) {
    const auto local = line.date.in(order);
    out.times.push_back(local);
    if (!local) {
      ++out.missing;
      continue;
    }
    if (last && *local != *last) ++(*local > *last ? up : down);
    last = local;
    if (!line.client_time) continue;
    ++out.told;
    const auto difference = (*local - *line.client_time).count();
    if (std::abs(difference) <= kFarthest) ++out.offsets[rounded(difference)];
  }
  out.backward = std::min(up, down);  // Event Viewer writes the newest first
  return out;
}

// Better first: fewer days that are none, more clients that agree, fewer steps back in time.
bool better(const Fit& a, const Fit& b) {
  if (a.missing != b.missing) return a.missing < b.missing;
  if (a.agreeing() != b.agreeing()) return a.agreeing() > b.agreeing();
  return a.backward < b.backward;
}

// Each day's offset: the file's own, or an hour beside it where more of the day's lines say so.
std::map<std::int64_t, std::int64_t> offsets_by_day(const Fit& fit,
                                                    std::span<const DatedLine> lines) {
  std::map<std::int64_t, std::map<std::int64_t, std::size_t>> days;
  const auto common = fit.common();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!fit.times[i] || !lines[i].client_time) continue;
    const auto offset = rounded((*fit.times[i] - *lines[i].client_time).count());
    if (offset != common && std::abs(offset - common) != 3600) continue;
    ++days[fit.times[i]->time_since_epoch().count() / 86'400][offset];
  }
  std::map<std::int64_t, std::int64_t> out;
  auto last = common;
  for (const auto& [day, votes] : days) {
    std::size_t most = votes.contains(last) ? votes.at(last) : 0;
    for (const auto& [offset, lines_of_it] : votes) {
      if (lines_of_it <= most) continue;
      most = lines_of_it;
      last = offset;
    }
    out[day] = last;
  }
  return out;
}

}  // namespace

std::string_view words_of(DateOrder order) {
  switch (order) {
    case DateOrder::year_first: return "year, month, day";
    case DateOrder::month_first: return "month, day, year";
    case DateOrder::day_first: return "day, month, year";
  }
  return "";
}

std::optional<LocalDate> LocalDate::parse(std::string_view text) {
  if (text.size() > 64) return std::nullopt;
  std::vector<int> numbers;
  std::size_t at = 0, rest = 0;
  std::string between;  // the numbers
  while (at < text.size() && numbers.size() < 6) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    between += text.substr(rest, at - rest);
    int number = 0;
    std::size_t digits = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      number = number * 10 + (text[at] - '0');
      if (++digits > 4) return std::nullopt;
    }
    numbers.push_back(number);
    rest = at;
  }
  if (numbers.size() < 5) return std::nullopt;
  if (holds_words(between)) return std::nullopt;
  auto tail = text.substr(rest);
  if (holds_words_of_others(tail)) return std::nullopt;
  while (!tail.empty() && (is_digit(tail.front()) || tail.front() == '.')) tail.remove_prefix(1);
  const auto clock = clock_of(tail, std::span(numbers).subspan(3));
  if (clock < 0) return std::nullopt;
  return LocalDate{.first = static_cast<std::int16_t>(numbers[0]),
                   .second = static_cast<std::int16_t>(numbers[1]),
                   .third = static_cast<std::int16_t>(numbers[2]),
                   .second_of_day = clock};
}

std::optional<Instant> LocalDate::in(DateOrder order) const {
  const bool year_is_first = first > 31;
  if (year_is_first != (order == DateOrder::year_first)) return std::nullopt;
  int year = third, month = first, day = second;
  if (order == DateOrder::day_first) std::swap(month, day);
  if (year_is_first) {
    year = first;
    month = second;
    day = third;
  }
  if (year < 100) year += 2000;
  if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1) return std::nullopt;
  const auto date = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) /
                    std::chrono::day(static_cast<unsigned>(day));
  if (!date.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(date)) + seconds(second_of_day);
}

Expected<Dating> date_lines(std::span<const DatedLine> lines, const Zone* zone) {
  std::optional<Fit> best;
  std::optional<Fit> second;
  auto order = DateOrder::year_first;
  for (const auto one : kOrders) {
    auto fit = fit_of(lines, one);
    if (fit.missing == lines.size() && one != DateOrder::day_first) continue;
    if (!best || better(fit, *best)) {
      second = std::move(best);
      best = std::move(fit);
      order = one;
    } else if (!second || better(fit, *second)) {
      second = std::move(fit);
    }
  }
  if (second && !better(*best, *second) && best->times != second->times) {
    return fail(ErrorCode::usage,
                "its dates may be month, day, year or day, month, year, and nothing in it tells");
  }
  Dating out{.order = order, .zone_inferred = zone == nullptr};
  std::map<std::int32_t, bool> used;
  if (zone != nullptr) {
    for (const auto& local : best->times) {
      out.times.push_back(local ? std::optional(zone->to_utc(*local)) : std::nullopt);
      if (local) used[static_cast<std::int32_t>((*local - *out.times.back()).count())] = true;
    }
  } else {
    const auto agreeing = best->agreeing();
    if (best->told < kLeastLines || agreeing * 2 <= best->told) {
      return fail(ErrorCode::usage,
                  fmt::format("its dates say no zone, and the clients' own times do not tell: "
                              "{} of {} lines agree",
                              agreeing, best->told));
    }
    const auto by_day = offsets_by_day(*best, lines);
    for (const auto& local : best->times) {
      if (!local) {
        out.times.push_back(std::nullopt);
        continue;
      }
      auto at = by_day.upper_bound(local->time_since_epoch().count() / 86'400);
      if (at != by_day.begin()) --at;
      const auto offset = at == by_day.end() ? best->common() : at->second;
      out.times.push_back(*local - seconds(offset));
      used[static_cast<std::int32_t>(offset)] = true;
    }
  }
  for (const auto& [offset, yes] : used) out.offsets_used.push_back(offset);
  return out;
}

}  // namespace muster::analyser
