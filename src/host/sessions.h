// Pages that are logged in with a token: the browser holds a cookie, the host its hash. In memory
// alone, so a restart ends every session. Thread-safe.
//   cookie = base64url of 32 random bytes
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace muster::host {

class Sessions {
 public:
  // A page that asks for nothing for so long is logged out; one that shows live figures never is.
  static constexpr std::chrono::milliseconds kIdleMost = std::chrono::hours(8);
  static constexpr std::size_t kMost = 1024;  // the one that has been idle longest goes first

  // A session of the token with this id: the cookie's value. `now` is monotonic, here and below.
  [[nodiscard]] std::string begin(std::string token_id, Random& random,
                                  std::chrono::milliseconds now);
  // The token's id; nothing where the cookie is of no session. Whether the token is still good is
  // the caller's business.
  [[nodiscard]] std::optional<std::string> find(std::string_view cookie,
                                                std::chrono::milliseconds now);
  void end(std::string_view cookie);

 private:
  struct Session {
    std::string token_id;
    std::chrono::milliseconds used;
  };
  void forget_idle(std::chrono::milliseconds now);

  std::mutex mutex_;
  std::map<Bytes32, Session>
      sessions_;  // by the cookie's hash, so that looking tells nothing of it
};

// The value of the session's cookie in a Cookie field; empty where it holds none, or two.
[[nodiscard]] std::string_view session_cookie(std::string_view field);
// The Set-Cookie field that begins a session, or with an empty value ends it.
[[nodiscard]] std::string set_cookie(std::string_view value, bool tls);

}  // namespace muster::host
