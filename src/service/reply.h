// Bytes out: what the process sends, whatever carries it.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace muster::service {

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<seconds> retry_after{};
};

// A problem document (RFC 9457) with the code's status.
[[nodiscard]] Reply reply_of(const Error& error, std::optional<seconds> retry_after = std::nullopt);

}  // namespace muster::service
