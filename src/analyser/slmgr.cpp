#include "analyser/slmgr.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/ids.h"

namespace muster::analyser {
namespace {

constexpr std::size_t kLongest = 1 << 20;
constexpr std::uint64_t kNoCount = 4'294'967'295;

std::optional<std::uint64_t> number_of(std::string_view text) {
  text = trimmed(text);
  if (text == "-1") return kNoCount;
  return whole_number<std::uint64_t>(text);
}

// A line's end behind its last colon, ASCII or full width.
struct Line {
  std::string_view text;
  bool has_value = false;  // a colon, and something behind it
  std::optional<std::uint64_t> number{};
};

Line line_of(std::string_view text) {
  Line out{.text = trimmed(text)};
  constexpr std::string_view wide = "\xef\xbc\x9a";
  auto at = out.text.rfind(':');
  std::size_t size = 1;
  if (const auto other = out.text.rfind(wide);
      other != out.text.npos && (at == out.text.npos || other > at)) {
    at = other;
    size = wide.size();
  }
  if (at == out.text.npos) return out;
  const auto value = trimmed(out.text.substr(at + size));
  out.has_value = !value.empty();
  out.number = number_of(value);
  return out;
}

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = line_of(text.substr(0, end));
    if (!line.text.empty()) out.push_back(line);
    if (end == text.npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

// By the application's id, else by the word that Microsoft does not translate.
std::string group_of(std::string_view line) {
  const auto words = lower(line.substr(0, 400));
  for (const std::string_view id : {"55c92734-d682-4d71-983e-d6ec3f16059f"}) {
    if (words.find(id) != words.npos) return "windows";
  }
  for (const std::string_view id : {"0ff1ce1", "59a52881-a989-479d"}) {
    if (words.find(id) != words.npos) return "office";
  }
  if (words.find("office") != words.npos) return "office";
  if (words.find("windows") != words.npos) return "windows";
  return {};
}

bool is_heading(const Line& line) { return !line.has_value && !line.number; }

std::optional<std::uint32_t> count_of(std::uint64_t number) {
  if (number >= kNoCount) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

// The block that begins behind lines[at], a heading; where it ends.
std::optional<std::size_t> read_block(const std::vector<Line>& lines, std::size_t at,
                                      HostFacts& out) {
  if (at + 2 >= lines.size() || !is_heading(lines[at])) return std::nullopt;
  const auto count = lines[at + 1].number, port = lines[at + 2].number;
  if (!count || !port || *port < 1 || *port > 65'535) return std::nullopt;
  out.count = count_of(*count);
  auto next = at + 3;
  while (next < lines.size() && next < at + 8 && !lines[next].number) ++next;
  constexpr std::size_t kNumbers = 8;
  std::size_t numbers = 0;
  while (next + numbers < lines.size() && numbers < kNumbers && lines[next + numbers].number) {
    ++numbers;
  }
  if (numbers == kNumbers) {
    out.requests = lines[next].number;
    out.failed = lines[next + 1].number;
    for (std::size_t i = 0; i < 6; ++i) out.by_state[i] = *lines[next + 2 + i].number;
    next += kNumbers;
  }
  return next;
}

std::vector<HostFacts> read_slmgr(std::string_view text) {
  const auto lines = lines_of(text);
  std::vector<HostFacts> out;
  std::string group;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    // A description may say Windows where the application's id says nothing; the id comes later.
    if (auto said = group_of(lines[at].text); !said.empty() && lines[at].has_value) {
      if (group.empty() || lines[at].text.find('-') != std::string_view::npos) group = said;
    }
    HostFacts facts;
    const auto end = read_block(lines, at, facts);
    if (!end) continue;
    facts.group = group;
    group.clear();
    out.push_back(std::move(facts));
    at = *end - 1;
  }
  return out;
}

// The number behind a property's name: "Name": 50, or Name : 50.
std::optional<std::uint64_t> property(std::string_view text, std::string_view name) {
  for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
    auto rest = text.substr(at + name.size());
    const auto value = rest.find_first_not_of("\" \t");
    if (value == rest.npos || (rest[value] != ':' && rest[value] != '=')) continue;
    rest = rest.substr(value + 1);
    const auto begin = rest.find_first_not_of(" \t\"");
    if (begin == rest.npos) return std::nullopt;
    rest = rest.substr(begin);
    return number_of(rest.substr(0, rest.find_first_not_of("-0123456789")));
  }
  return std::nullopt;
}

std::vector<HostFacts> read_properties(std::string_view text) {
  constexpr std::string_view kCount = "KeyManagementServiceCurrentCount";
  constexpr std::array<std::string_view, 6> kStates{
      "KeyManagementServiceUnlicensedRequests",      "KeyManagementServiceLicensedRequests",
      "KeyManagementServiceOOBGraceRequests",        "KeyManagementServiceOOTGraceRequests",
      "KeyManagementServiceNonGenuineGraceRequests", "KeyManagementServiceNotificationRequests"};
  std::vector<HostFacts> out;
  for (auto at = text.find(kCount); at != text.npos;) {
    const auto next = text.find(kCount, at + kCount.size());
    // Properties of one object stand before and behind its count; those behind tell it from the
    // next object's, as WMI lists them by their names.
    const auto piece = text.substr(at, next == text.npos ? text.npos : next - at);
    HostFacts facts;
    if (const auto count = property(piece, kCount)) facts.count = count_of(*count);
    facts.requests = property(piece, "KeyManagementServiceTotalRequests");
    facts.failed = property(piece, "KeyManagementServiceFailedRequests");
    for (std::size_t i = 0; i < kStates.size(); ++i) {
      facts.by_state[i] = property(piece, kStates[i]).value_or(0);
    }
    const auto whole = text.substr(0, next);
    for (const std::string_view name : {"ApplicationID", "Description", "Name"}) {
      const auto place = whole.rfind(name);
      if (!facts.group.empty() || place == whole.npos) continue;
      const auto line = whole.substr(place, whole.substr(place).find('\n'));
      facts.group = group_of(line);
    }
    out.push_back(std::move(facts));
    at = next;
  }
  return out;
}

}  // namespace

Expected<std::vector<HostFacts>> read_host_facts(std::string_view text) {
  text = text.substr(0, kLongest);
  auto out = text.find("KeyManagementServiceCurrentCount") != text.npos ? read_properties(text)
                                                                        : read_slmgr(text);
  if (out.empty()) {
    return fail(ErrorCode::config_invalid,
                "no KMS host's count in it, neither as slmgr /dlv "
                "prints it nor as a property of WMI");
  }
  return out;
}

}  // namespace muster::analyser
