#include "host/webhook.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/file.h"
#include "host/curl_call.h"

namespace muster::host {
namespace {

constexpr std::size_t kSecretFileMost = 4096;
constexpr std::size_t kSecretLeast = 16;

// base64 with the other alphabet and padding (RFC 4648 section 4).
std::string padded_base64(ByteView bytes) {
  auto out = base64url(bytes);
  for (auto& c : out) c = c == '-' ? '+' : c == '_' ? '/' : c;
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::optional<std::string> from_padded_base64(std::string_view text) {
  std::string plain(text.substr(0, text.find('=')));
  if (text.find_first_of("-_") != text.npos) return std::nullopt;
  for (auto& c : plain) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return from_base64url(plain);
}

class Webhook final : public Receiver {
 public:
  Webhook(WebhookOptions options, std::string secret, std::string_view version)
      : options_(std::move(options)), secret_(std::move(secret)), version_(version) {}
  [[nodiscard]] std::string_view name() const override { return "webhook"; }
  [[nodiscard]] std::string to() const override { return without_path(options_.url); }

  [[nodiscard]] Delivery deliver(const service::AlertMessage& message, std::string_view text,
                                 Instant now, const std::atomic<bool>& stop) const override {
    CurlCall call(options_.url, "http,https", options_.timeout, options_.ca_file, stop);
    if (!options_.proxy.empty()) call.set(CURLOPT_PROXY, options_.proxy.c_str());
    const auto id = message.id();
    call.set_list(
        CURLOPT_HTTPHEADER,
        {"Content-Type: application/json", "Accept:", "Expect:", "User-Agent: muster/" + version_,
         "webhook-id: " + id, fmt::format("webhook-timestamp: {}", now.time_since_epoch().count()),
         "webhook-signature: " + webhook_signature(secret_, id, now, text)});
    call.set(CURLOPT_POST, 1L);
    call.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(text.size()));
    call.set(CURLOPT_POSTFIELDS, text.data());
    const auto code = call.run();
    long status = 0;
    curl_easy_getinfo(call.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK) return {.taken = false, .said = call.why(code)};
    Delivery out{.taken = status >= 200 && status < 300, .said = fmt::format("HTTP {}", status)};
    curl_off_t wait = 0;
    if (curl_easy_getinfo(call.get(), CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0) {
      out.wait = seconds(wait);
    }
    return out;
  }

 private:
  WebhookOptions options_;
  std::string secret_, version_;
};

}  // namespace

std::string without_path(std::string_view url) {
  const auto name = url.find("://") + 3;
  return std::string(url.substr(0, url.find('/', name)));
}

Expected<std::string> read_webhook_secret(const std::string& file) {
  const auto text = read_file(file, kSecretFileMost);
  if (!text) return std::unexpected(text.error());
  constexpr std::string_view kEncoded = "whsec_";
  auto secret = std::string(trimmed(std::string_view(*text).substr(0, text->find('\n'))));
  if (secret.starts_with(kEncoded)) {
    auto bytes = from_padded_base64(std::string_view(secret).substr(kEncoded.size()));
    if (!bytes) {
      return fail(
          ErrorCode::config_invalid,
          fmt::format("alerts.webhook.secret_file: {}: base64 expected behind whsec_", file));
    }
    secret = std::move(*bytes);
  }
  if (secret.size() < kSecretLeast) {
    return fail(
        ErrorCode::config_invalid,
        fmt::format("alerts.webhook.secret_file: {}: at least {} bytes expected in its first "
                    "line, as `openssl rand -hex 32` gives them",
                    file, kSecretLeast));
  }
  return secret;
}

std::string webhook_signature(std::string_view secret, std::string_view id, Instant time,
                              std::string_view body) {
  const auto text = fmt::format("{}.{}.{}", id, time.time_since_epoch().count(), body);
  return "v1," + padded_base64(hmac_sha256(as_bytes(secret), as_bytes(text)));
}

Expected<std::unique_ptr<Receiver>> make_webhook(const WebhookOptions& options,
                                                 std::string_view version) {
  auto secret = read_webhook_secret(options.secret_file);
  if (!secret) return std::unexpected(secret.error());
  return std::make_unique<Webhook>(options, std::move(*secret), version);
}

}  // namespace muster::host
