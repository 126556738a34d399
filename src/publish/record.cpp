#include "publish/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace muster::publish {
namespace {

constexpr std::size_t kNameMost = 253;
constexpr std::size_t kLabelMost = 63;
constexpr std::size_t kAddressMost = 45;

bool digit(char c) { return c >= '0' && c <= '9'; }

bool is_label(std::string_view label) {
  const auto fits = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || digit(c) || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= kLabelMost && std::ranges::all_of(label, fits) &&
         label.front() != '-' && label.back() != '-';
}

// Loosely: what it is not is found when somebody wants to reach it.
bool is_address(std::string_view text) {
  const bool v6 = text.find(':') != text.npos;
  const auto fits = [v6](char c) {
    return digit(c) || c == '.' || (v6 && (c == ':' || (lower(c) >= 'a' && lower(c) <= 'f')));
  };
  return !text.empty() && text.size() <= kAddressMost && std::ranges::all_of(text, fits) &&
         (v6 || std::ranges::count(text, '.') == 3);
}

}  // namespace

bool is_domain_name(std::string_view text) {
  if (text.empty() || text.size() > kNameMost) return false;
  for (auto rest = text;;) {
    const auto dot = rest.find('.');
    const auto label = rest.substr(0, dot);
    if (!is_label(label)) return false;
    // A last label of digits is an address, or one that was typed wrong.
    if (dot == rest.npos) return !std::ranges::all_of(label, digit);
    rest.remove_prefix(dot + 1);
  }
}

std::string HostRecord::text() const {
  return fmt::format("{} {} {} {} {} {}", service, zone, srv.priority, srv.weight, srv.port,
                     srv.target);
}

std::optional<HostRecord> HostRecord::parse(std::string_view text) {
  std::array<std::string_view, 6> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto blank = text.find(' ');
    if ((blank == text.npos) != (i + 1 == words.size())) return std::nullopt;
    words.at(i) = text.substr(0, blank);
    text.remove_prefix(blank == text.npos ? text.size() : blank + 1);
  }
  const auto& [service, zone, priority, weight, port, target] = words;
  const auto p = whole_number<std::uint16_t>(priority);
  const auto w = whole_number<std::uint16_t>(weight);
  const auto n = whole_number<std::uint16_t>(port);
  const bool names = is_domain_name(service) && is_domain_name(zone) && is_domain_name(target);
  if (!names || !p || !w || !n) return std::nullopt;
  return HostRecord{
      .service = std::string(service),
      .zone = std::string(zone),
      .srv = {.priority = *p, .weight = *w, .port = *n, .target = std::string(target)}};
}

std::optional<Server> Server::parse(std::string_view text) {
  auto name = text;
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == text.npos) return std::nullopt;
    name = text.substr(1, bracket - 1);
    const auto rest = text.substr(bracket + 1);
    if (!rest.empty() && rest.front() != ':') return std::nullopt;
    if (!rest.empty()) port = rest.substr(1);
  } else if (std::ranges::count(text, ':') == 1) {  // more of them: an address of IPv6
    const auto colon = text.find(':');
    name = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (!is_domain_name(name) && !is_address(name)) return std::nullopt;
  Server out{.name = std::string(name)};
  if (!port) return out;
  const auto number = whole_number<std::uint16_t>(*port);
  if (!number || *number == 0) return std::nullopt;
  out.port = *number;
  return out;
}

std::string Server::text() const {
  return name.find(':') == name.npos ? fmt::format("{}:{}", name, port)
                                     : fmt::format("[{}]:{}", name, port);
}

}  // namespace muster::publish
