#include "client/host_url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace muster::client {
namespace {

constexpr std::size_t kNameMost = 253;

std::unexpected<Error> refused(std::string_view text, std::string_view why, std::uint16_t port) {
  return fail(
      ErrorCode::usage,
      fmt::format("'{}' is not a host: {}; write http://NAME:{} or https://NAME", text, why, port));
}

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMost && name.front() != '-' && name.front() != '.' &&
         std::ranges::all_of(
             name, [](char c) { return letter_or_digit(c) || c == '-' || c == '.' || c == '_'; });
}

// Whether it really is an address is for the system to say when it is used.
bool valid_ipv6(std::string_view name) {
  return name.size() >= 2 && name.size() <= 64 && name.find(':') != std::string_view::npos &&
         std::ranges::all_of(
             name, [](char c) { return letter_or_digit(c) || c == ':' || c == '.' || c == '%'; });
}

}  // namespace

std::string HostUrl::authority() const {
  const bool ipv6 = name.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", ipv6 ? "[" : "", name, ipv6 ? "]" : "", port);
}

std::string HostUrl::base() const {
  return fmt::format("{}://{}", tls ? "https" : "http", authority());
}

Expected<HostUrl> parse_host_url(std::string_view text, std::uint16_t default_port) {
  const auto refuse = [&](std::string_view why) { return refused(text, why, default_port); };
  HostUrl out;
  out.port = default_port;
  std::string_view rest = text;
  if (const auto at = rest.find("://"); at != std::string_view::npos) {
    const auto scheme = lower(rest.substr(0, at));
    if (scheme != "http" && scheme != "https") return refuse("the scheme is not http or https");
    out.tls = scheme == "https";
    rest.remove_prefix(at + 3);
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@ ") != std::string_view::npos) {
    return refuse("only a name and a port are expected");
  }
  std::string_view port;
  bool has_port = false;
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    if (end == std::string_view::npos) return refuse("']' is missing");
    out.name = lower(rest.substr(1, end - 1));
    if (!valid_ipv6(out.name)) return refuse("there is no IPv6 address in the brackets");
    port = rest.substr(end + 1);
    has_port = !port.empty();
    if (has_port && port.front() != ':') return refuse("':' is expected after ']'");
    if (has_port) port.remove_prefix(1);
  } else {
    const auto colon = rest.find(':');
    has_port = colon != std::string_view::npos;
    out.name = lower(rest.substr(0, colon));
    if (has_port) port = rest.substr(colon + 1);
    if (!valid_name(out.name)) return refuse("the name is not valid");
  }
  if (!has_port) return out;
  const auto number = whole_number<std::uint16_t>(port);
  if (!number || *number == 0) return refuse("the port is not 1 to 65535");
  out.port = *number;
  return out;
}

}  // namespace muster::client
