#include "host/front.h"

#include <unistd.h>

#include <algorithm>

#include "base/ascii.h"

namespace muster::host {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes ":8688" away. Nothing where what stands behind the colon is no port.
std::optional<std::string_view> without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  const auto bracket = host.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) {
    return host;
  }
  const auto port = host.substr(colon + 1);
  const bool digits =
      port.size() <= 5 && std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  return host.substr(0, colon);
}

// An item of X-Forwarded-For: an address, maybe with a port.
std::optional<Address> forwarded_address(std::string_view item) {
  item = trim(item);
  if (const auto address = Address::parse(item)) return address;
  const auto name = without_port(item);
  if (!name) return std::nullopt;
  if (name->size() > 2 && name->front() == '[' && name->back() == ']') {
    return Address::parse(name->substr(1, name->size() - 2));
  }
  return Address::parse(*name);
}

}  // namespace

HostNames::HostNames(std::vector<std::string> own, const std::vector<std::string>& allowed) {
  own.insert(own.end(), allowed.begin(), allowed.end());
  own.emplace_back("localhost");
  for (const auto& name : own) {
    if (name.empty()) continue;
    if (name == "*") {
      any_ = true;
    } else {
      (name.front() == '.' ? suffixes_ : names_).push_back(lower(name));
    }
  }
}

bool HostNames::allow(std::string_view host) const {
  if (any_) return true;
  const auto bare = without_port(host);
  if (!bare) return false;
  auto name = lower(*bare);
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    return Address::parse(std::string_view(name).substr(1, name.size() - 2)).has_value();
  }
  if (name.ends_with('.')) name.pop_back();
  if (Address::parse(name)) return true;
  if (std::ranges::find(names_, name) != names_.end()) return true;
  return std::ranges::any_of(suffixes_, [&](const std::string& suffix) {
    return name.size() > suffix.size() && name.ends_with(suffix);
  });
}

std::vector<std::string> own_names() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return {};
  std::string whole = name;
  return {whole, whole.substr(0, whole.find('.'))};
}

Caller caller_of(const Peer& peer, std::string_view forwarded_for, const Networks& trusted) {
  Caller out{.address = peer.address};
  if (!peer.address) {
    out.local = true;
    return out;
  }
  out.local = peer.address->is_loopback() && forwarded_for.empty() && !peer.proxied;
  while (trusted.contains(*out.address) && !forwarded_for.empty()) {
    const auto comma = forwarded_for.rfind(',');
    const auto item =
        comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
    forwarded_for = comma == std::string_view::npos ? "" : forwarded_for.substr(0, comma);
    const auto address = forwarded_address(item);
    if (!address) break;  // whatever stands further left may be anybody's invention
    out.address = address;
  }
  return out;
}

bool is_json(std::string_view content_type) {
  return lower(trim(content_type.substr(0, content_type.find(';')))) == "application/json";
}

}  // namespace muster::host
