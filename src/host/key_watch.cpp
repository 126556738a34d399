#include "host/key_watch.h"

namespace muster::host {
namespace {

// Empty: nothing is wrong.
std::string_view message_of(const wire::HostKey& key, Instant now) {
  if (now >= key.expires) return "a host key has expired: its product is not served";
  if (!key.valid_at(now)) return "a host key is not valid yet: its product is not served";
  return key.expires - now <= KeyWatch::kSoon ? "a host key expires soon" : "";
}

}  // namespace

std::vector<KeyWatch::Warning> KeyWatch::look(const service::Keyring& keys, Instant now,
                                              std::chrono::milliseconds monotonic) {
  std::vector<Warning> out;
  for (const auto& served : keys.served()) {
    const auto& key = served.key;
    const auto message = message_of(key, now);
    auto& said = said_[{key.vendor_id, key.product}];
    if (message == said.message && (message.empty() || monotonic - said.at < kAgain)) continue;
    said = {message, monotonic};
    if (message.empty()) continue;
    out.push_back({.message = message,
                   .product = key.product,
                   .issued = format_time(key.issued),
                   .expires = format_time(key.expires)});
  }
  return out;
}

}  // namespace muster::host
