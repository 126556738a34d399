#include "host/sessions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace muster::host {
namespace {

constexpr std::string_view kName = "muster_session";

}  // namespace

void Sessions::forget_idle(std::chrono::milliseconds now) {
  std::erase_if(sessions_, [&](const auto& pair) { return now - pair.second.used >= kIdleMost; });
}

std::string Sessions::begin(std::string token_id, Random& random, std::chrono::milliseconds now) {
  const auto cookie = base64url(random.bytes<32>());
  const std::scoped_lock lock(mutex_);
  forget_idle(now);
  if (sessions_.size() >= kMost) {
    sessions_.erase(
        std::ranges::min_element(sessions_, {}, [](const auto& pair) { return pair.second.used; }));
  }
  sessions_.insert_or_assign(sha256(as_bytes(cookie)), Session{std::move(token_id), now});
  return cookie;
}

std::optional<std::string> Sessions::find(std::string_view cookie, std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  forget_idle(now);
  const auto at = sessions_.find(sha256(as_bytes(cookie)));
  if (at == sessions_.end()) return std::nullopt;
  at->second.used = now;
  return at->second.token_id;
}

void Sessions::end(std::string_view cookie) {
  const std::scoped_lock lock(mutex_);
  sessions_.erase(sha256(as_bytes(cookie)));
}

std::string_view session_cookie(std::string_view field) {
  std::string_view out;
  while (!field.empty()) {
    auto pair = field.substr(0, field.find(';'));
    field.remove_prefix(std::min(pair.size() + 1, field.size()));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (!pair.starts_with(kName) || pair.substr(kName.size()).substr(0, 1) != "=") continue;
    // Another site of this name's domain may have set a second one: neither is to be believed.
    if (!out.empty()) return {};
    out = pair.substr(kName.size() + 1);
  }
  return out;
}

std::string set_cookie(std::string_view value, bool tls) {
  return fmt::format("Set-Cookie: {}={}; Path=/; HttpOnly; SameSite=Strict{}{}\r\n", kName, value,
                     tls ? "; Secure" : "", value.empty() ? "; Max-Age=0" : "");
}

}  // namespace muster::host
