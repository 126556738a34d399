// Bytes out: what the process sends, whatever carries it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace muster::service {

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<seconds> retry_after{};
  // Further header fields, each "Name: value\r\n". Never made of a client's bytes.
  std::string more_headers{};
  // A literal. What the interface says is of this moment.
  std::string_view cache_control{"no-store"};
  // Set: behind `body` come these pieces, until there is none; an empty one is a pause for others
  // that wait. An error breaks the answer off. May read the store, so it is called away from the io
  // threads.
  std::function<Expected<std::optional<std::string>>()> next_piece{};
  // Set: the answer follows something. An empty piece then means that there is nothing now, and
  // `next_piece` is called again once this is true. Asked often and on an io thread, so it reads no
  // store; never while `next_piece` runs.
  std::function<bool()> due{};
};

// A problem document (RFC 9457) with the code's status. 429 and 503 always say when to come again:
// after a minute where nothing else is given.
[[nodiscard]] Reply reply_of(const Error& error, std::optional<seconds> retry_after = std::nullopt);

}  // namespace muster::service
