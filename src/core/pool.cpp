#include "core/pool.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <numeric>

#include "base/ascii.h"

namespace muster::core {
namespace {

constexpr std::size_t kNameMost = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of UTF-8 beyond ASCII are letters.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (static_cast<unsigned char>(c) & 0x80U); }

std::string_view cut(std::string_view name) {
  if (name.size() <= kNameMost) return name;
  auto end = kNameMost;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80U) --end;
  return name.substr(0, end);
}

std::string folded(std::string_view word) {
  const auto digit = std::ranges::find_if(word, is_digit);
  if (std::find_if(digit, word.end(), is_letter) != word.end()) return "*";
  std::string out(word.begin(), digit);
  if (digit != word.end()) out.push_back('#');
  return out;
}

std::int64_t day_of(Instant time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

std::size_t place_of(std::int64_t day) { return static_cast<std::size_t>(day) % PoolRecord::kDays; }

std::string v4_subnet(std::string_view address) {
  const auto last = address.rfind('.');
  if (std::ranges::count(address, '.') != 3) return {};
  const bool plain = std::ranges::all_of(address, [](char c) { return is_digit(c) || c == '.'; });
  return plain ? std::string(address.substr(0, last)) + ".0/24" : std::string();
}

// The groups of one side of "::", which stands for those that are missing.
std::optional<std::vector<std::uint16_t>> groups_of(std::string_view text) {
  std::vector<std::uint16_t> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(':'), text.size());
    std::uint16_t value = 0;
    const auto part = text.substr(0, end);
    const auto [rest, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (error != std::errc() || rest != part.data() + part.size()) return std::nullopt;
    out.push_back(value);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string v6_subnet(std::string_view address) {
  const auto gap = address.find("::");
  auto left = groups_of(address.substr(0, gap));
  const auto right = groups_of(gap == std::string_view::npos ? "" : address.substr(gap + 2));
  if (!left || !right || left->size() + right->size() > 8) return {};
  if (gap == std::string_view::npos && left->size() != 8) return {};
  left->resize(8 - right->size());
  left->insert(left->end(), right->begin(), right->end());
  std::array<char, 64> out{};
  const auto size = std::snprintf(out.data(), out.size(), "%x:%x:%x:%x::/64", (*left)[0],
                                  (*left)[1], (*left)[2], (*left)[3]);
  return {out.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::string name_pattern(std::string_view name) {
  const auto text = lower(cut(name));
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && (is_digit(text[end]) || is_letter(text[end]))) ++end;
    out += folded(std::string_view(text).substr(at, end - at));
    if (end < text.size()) out.push_back(text[end]);
    at = end + 1;
  }
  return out;
}

std::string subnet_of(std::string_view address) {
  return address.find(':') == std::string_view::npos ? v4_subnet(address) : v6_subnet(address);
}

bool is_news(Evidence evidence) {
  return evidence != Evidence::renewal && evidence != Evidence::first;
}

std::string_view advice(Evidence evidence) {
  switch (evidence) {
    case Evidence::renewal:
    case Evidence::first: return "Nothing to do.";
    case Evidence::revert:
      return "Where these machines are reset on purpose, mark it as expected; otherwise find out "
             "who restores them.";
    case Evidence::state_lost:
      return "Keep the client's state directory across updates and reboots of these machines.";
    case Evidence::host_behind:
      return "This host was restored from a backup: reconcile its multiple activation keys.";
    case Evidence::machine_changed:
      return "Nothing to do where hardware was replaced, or a disk moved on purpose; otherwise "
             "look at the machine.";
    case Evidence::clone:
      return "Run 'muster generalize' in the image before it is cloned, and 'muster rearm' on one "
             "machine of each pair.";
    case Evidence::rebuilt: return "Where the pool is refreshed on purpose, mark it as expected.";
    case Evidence::many_ids:
      return "Look at one of the machines: something on it makes new identities over and over, "
             "which raises the count.";
    case Evidence::foreign_ticket:
      return "Look at one of the machines: its state came from another host, or was written by "
             "hand.";
  }
  return "";
}

void PoolRecord::add(PoolExample example) {
  const auto day = day_of(example.time);
  if (count == 0) {
    first = example.time;
  } else {
    // The days between are over, and nothing has come in them.
    const auto gone = std::min<std::int64_t>(day - day_of(newest), kDays);
    for (std::int64_t i = 0; i < gone; ++i) days[place_of(day - i)] = 0;
  }
  ++count;
  ++days[place_of(day)];
  newest = std::max(newest, example.time);
  newest_event = example.event;
  std::erase_if(examples, [&](const PoolExample& old) { return old.cmid == example.cmid; });
  examples.insert(examples.begin(), std::move(example));
  if (examples.size() > kExamples) examples.resize(kExamples);
}

std::uint64_t PoolRecord::last_days(Instant now, std::size_t many) const {
  const auto last = day_of(newest);
  const auto oldest = std::max(day_of(now), last) - static_cast<std::int64_t>(many) + 1;
  std::uint64_t out = 0;
  for (auto day = last; day >= oldest && day > last - static_cast<std::int64_t>(kDays); --day) {
    out += days[place_of(day)];
  }
  return out;
}

}  // namespace muster::core
