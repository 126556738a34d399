// Alerts as an HTTP POST. The body is signed as the Standard Webhooks specification has it, so that
// its libraries verify it:
//   webhook-id         the message's id, the same at every try
//   webhook-timestamp  seconds since 1970, of this try
//   webhook-signature  "v1," and base64 of HMAC-SHA-256(secret, "ID.TIMESTAMP.BODY")
// Taken is what is answered with 2xx; nothing else is, and redirections are not followed.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "host/alert_options.h"
#include "host/receiver.h"

namespace muster::host {

// The secret of a file: its first line; "whsec_" and base64 stand for those bytes, anything else
// for itself. config_invalid: fewer than 16 bytes, or no base64. file_unreadable.
[[nodiscard]] Expected<std::string> read_webhook_secret(const std::string& file);
[[nodiscard]] std::string webhook_signature(std::string_view secret, std::string_view id,
                                            Instant time, std::string_view body);

// Reads the secret; what read_webhook_secret() says.
[[nodiscard]] Expected<std::unique_ptr<Receiver>> make_webhook(const WebhookOptions& options,
                                                               std::string_view version);
// "https://hooks.corp.example" of an address: its path often is a secret.
[[nodiscard]] std::string without_path(std::string_view url);

}  // namespace muster::host
