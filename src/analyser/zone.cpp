#include "analyser/zone.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace muster::analyser {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

std::int64_t big_endian(ByteView bytes) {
  std::uint64_t out = bytes[0] >= 0x80 && bytes.size() < 8 ? ~std::uint64_t{0} : 0;
  for (const auto byte : bytes) out = out << 8 | byte;
  return static_cast<std::int64_t>(out);
}

// A number at the text's begin, taken off it.
std::optional<int> take_number(std::string_view& text) {
  int out = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return out;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// "5", "-5:30", "+2:00:30" as seconds.
std::optional<std::int32_t> take_time(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const auto hours = take_number(text);
  if (!hours || *hours < 0 || *hours > 167) return std::nullopt;
  std::int32_t out = *hours * 3600;
  for (const std::int32_t unit : {60, 1}) {
    if (!take(text, ':')) break;
    const auto part = take_number(text);
    if (!part || *part < 0 || *part > 59) return std::nullopt;
    out += *part * unit;
  }
  return negative ? -out : out;
}

// "CET" or "<+03>".
bool take_name(std::string_view& text) {
  if (take(text, '<')) {
    const auto end = text.find('>');
    if (end == text.npos) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  const auto end = text.find_first_of("+-0123456789,");
  const bool any = end != 0;
  text.remove_prefix(std::min(end, text.size()));
  return any;
}

}  // namespace

std::optional<Zone> Zone::from_offset(std::string_view text) {
  Zone out;
  if (text == "Z" || text == "z" || text == "UTC" || text == "utc") return out;
  if (!text.starts_with('+') && !text.starts_with('-')) return std::nullopt;
  const bool west = text.starts_with('-');
  text.remove_prefix(1);
  const auto digits = text.find(':') == text.npos ? text.size() : text.find(':');
  const auto is_digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 2 && part.find_first_not_of("0123456789") == part.npos;
  };
  auto hours = text.substr(0, digits);
  auto minutes = digits < text.size() ? text.substr(digits + 1) : std::string_view("00");
  if (digits == text.size() && text.size() == 4) {
    minutes = hours.substr(2);
    hours = hours.substr(0, 2);
  }
  if (!is_digits(hours) || !is_digits(minutes) || minutes.size() != 2) return std::nullopt;
  const auto h = *take_number(hours);
  const auto m = *take_number(minutes);
  if (h > 14 || m > 59) return std::nullopt;
  out.first_ = (west ? -1 : 1) * (h * 3600 + m * 60);
  return out;
}

std::optional<Zone> Zone::from_file(ByteView bytes) {
  constexpr std::size_t kHead = 44;
  const auto is_head = [](ByteView at) {
    return at.size() >= kHead && as_text(at.first(4)) == "TZif";
  };
  const auto count = [](ByteView head, std::size_t i) {
    return static_cast<std::size_t>(
        static_cast<std::uint32_t>(big_endian(head.subspan(20 + 4 * i, 4))));
  };
  const auto body = [&](ByteView head, std::size_t time) {  // in the order of the head's counts
    return count(head, 3) * (time + 1) + count(head, 4) * 6 + count(head, 5) +
           count(head, 2) * (time + 4) + count(head, 1) + count(head, 0);
  };
  // The data of version 1 come first, and are passed over.
  if (!is_head(bytes) || bytes[4] < '2') return std::nullopt;
  const auto second_head = kHead + body(bytes, 4);
  if (second_head > bytes.size() || !is_head(bytes.subspan(second_head))) return std::nullopt;
  const auto head = bytes.subspan(second_head, kHead);
  bytes = bytes.subspan(second_head + kHead);
  if (body(head, 8) > bytes.size()) return std::nullopt;

  const auto changes = count(head, 3), types = count(head, 4);
  if (types == 0) return std::nullopt;
  const auto indices = bytes.subspan(changes * 8, changes);
  const auto records = bytes.subspan(changes * 9, types * 6);
  const auto offset = [&](std::size_t type) {
    return static_cast<std::int32_t>(big_endian(records.subspan(type * 6, 4)));
  };
  Zone out;
  out.first_ = offset(0);
  for (std::size_t i = 0; i < changes; ++i) {
    if (indices[i] >= types) return std::nullopt;
    out.changes_.push_back({big_endian(bytes.subspan(i * 8, 8)), offset(indices[i])});
  }
  if (!std::ranges::is_sorted(out.changes_, {}, &Change::at)) return std::nullopt;
  auto footer = as_text(bytes.subspan(body(head, 8)));
  if (footer.starts_with('\n')) footer.remove_prefix(1);
  footer = footer.substr(0, footer.find('\n'));
  if (!footer.empty() && !out.read_footer(footer)) return std::nullopt;
  return out;
}

bool Zone::read_footer(std::string_view text) {
  if (!take_name(text)) return false;
  const auto west = take_time(text);
  if (!west) return false;
  standard_ = -*west;
  has_footer_ = true;
  if (text.empty()) return true;
  if (!take_name(text)) return false;
  summer_ = standard_ + 3600;
  if (!text.empty() && !text.starts_with(',')) {
    const auto summer = take_time(text);
    if (!summer) return false;
    summer_ = -*summer;
  }
  for (auto* rule : {&to_summer_, &to_standard_}) {
    if (!take(text, ',') || !take(text, 'M')) return false;
    const auto month = take_number(text);
    if (!month || !take(text, '.')) return false;
    const auto week = take_number(text);
    if (!week || !take(text, '.')) return false;
    const auto weekday = take_number(text);
    if (!weekday || *month < 1 || *month > 12 || *week < 1 || *week > 5 || *weekday < 0 ||
        *weekday > 6) {
      return false;
    }
    *rule = {.month = *month, .week = *week, .weekday = *weekday};
    if (take(text, '/')) {
      const auto second = take_time(text);
      if (!second) return false;
      rule->second = *second;
    }
  }
  has_summer_ = true;
  return text.empty();
}

// By the zone's own clock, as if it were UTC.
std::int64_t Zone::moment(const Rule& rule, int year) {
  const auto month =
      std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(rule.month));
  const auto weekday = std::chrono::weekday(static_cast<unsigned>(rule.weekday));
  const auto day = rule.week == 5 ? sys_days(month / weekday[std::chrono::last])
                                  : sys_days(month / weekday[static_cast<unsigned>(rule.week)]);
  return Instant(day).time_since_epoch().count() + rule.second;
}

std::int32_t Zone::offset_at(Instant utc) const {
  const auto at = utc.time_since_epoch().count();
  const auto next = std::ranges::upper_bound(changes_, at, {}, &Change::at);
  if (next != changes_.end() || !has_footer_) {
    return next == changes_.begin() ? first_ : std::prev(next)->offset;
  }
  if (!has_summer_) return standard_;
  const auto day = std::chrono::floor<days>(utc + seconds(standard_));
  const int year = static_cast<int>(std::chrono::year_month_day(day).year());
  const auto begin = moment(to_summer_, year) - standard_;
  const auto end = moment(to_standard_, year) - summer_;
  const bool summer = begin < end ? at >= begin && at < end : at >= begin || at < end;
  return summer ? summer_ : standard_;
}

Instant Zone::to_utc(Instant local) const {
  // The offset is one of those a day before and after; the larger one gives the earlier moment.
  const auto before = offset_at(local - days(1));
  const auto after = offset_at(local + days(1));
  for (const auto offset : {std::max(before, after), std::min(before, after)}) {
    const auto utc = local - seconds(offset);
    if (offset_at(utc) == offset) return utc;
  }
  return local - seconds(before);
}

}  // namespace muster::analyser
