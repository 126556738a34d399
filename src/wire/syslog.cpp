#include "wire/syslog.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/event.h"
#include "wire/json.h"

namespace muster::wire {
namespace {

constexpr std::size_t kLineMost = 64 * 1024;
constexpr std::size_t kNameMost = 32;  // of MSGID and of a parameter's name
constexpr std::size_t kHostMost = 255;

bool printable(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

// Syslog's severities.
int severity_of(const Event& event) {
  constexpr int kWarning = 4, kNotice = 5, kInformational = 6;
  if (event.type == "alert_raised" || event.type == "clock_suspect") return kWarning;
  return event.type == "activation" && event.activated ? kInformational : kNotice;
}

void append_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '"' || c == '\\' || c == ']') out.push_back('\\');
    out.push_back(c);
  }
}

std::string structured(const json::Tree& tree) {
  std::string out = "[muster@32473";
  std::string text;
  for (const auto* member = tree.first(tree.root()); member != nullptr;
       member = tree.next(*member)) {
    if (member->kind == json::Kind::null || !printable(member->key, kNameMost)) continue;
    out.append(" ").append(member->key).append("=\"");
    if (member->kind == json::Kind::string) {
      append_value(out, member->text);
    } else {
      text.clear();
      tree.append(text, *member);
      append_value(out, text);
    }
    out.push_back('"');
  }
  out.push_back(']');
  return out;
}

}  // namespace

Expected<void> append_syslog(std::string& out, std::string_view line, std::string_view hostname,
                             int facility) {
  const auto event = parse_event_line(line);
  if (!event) return std::unexpected(event.error());
  json::Tree tree;
  if (auto parsed = tree.parse(line, kLineMost); !parsed) {
    return fail(ErrorCode::log_broken, parsed.error().detail);
  }
  const auto message =
      fmt::format("<{}>1 {} {} muster - {} {} {}", facility * 8 + severity_of(*event),
                  format_time(event->time), printable(hostname, kHostMost) ? hostname : "-",
                  printable(event->type, kNameMost) ? event->type : "-", structured(tree), line);
  fmt::format_to(std::back_inserter(out), "{} {}", message.size(), message);
  return {};
}

}  // namespace muster::wire
