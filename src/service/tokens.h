// Administrators' tokens. A token is shown once, when it is made; the host keeps its SHA-256 under
// the setting `token/ID` as {"name","role","hash","created","expires"}. Made and revoked tokens are
// events.
//   token = "muster_" ID "_" SECRET     ID: 8 hex digits, SECRET: base64url of 32 random bytes
// Thread-safe: every function may be called from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "service/host_service.h"

namespace muster::service {

// Each may do what the ones before may.
enum class Role : std::uint8_t { viewer, operating, admin };
[[nodiscard]] std::string_view name_of(Role role);  // "viewer", "operator", "admin"
[[nodiscard]] std::optional<Role> role_of(std::string_view name);

struct Token {
  std::string id;
  std::string name;  // for people, 1 .. 64 bytes
  Role role = Role::viewer;
  Instant created{};
  std::optional<Instant> expires;
  std::optional<Instant> last_used{};  // by list_tokens(); see token_uses.h on what a crash loses
};
struct NewToken {
  Token token;
  std::string text;  // the secret; kept nowhere
};

// `lifetime` none: until it is revoked. malformed_request where the name does not do;
// store_unavailable.
[[nodiscard]] Expected<NewToken> create_token(HostService& service, std::string_view name,
                                              Role role, std::optional<minutes> lifetime,
                                              Actor actor);
// Expired ones included, by id.
[[nodiscard]] Expected<std::vector<Token>> list_tokens(HostService& service);
// not_found.
[[nodiscard]] Expected<void> revoke_token(HostService& service, std::string_view id, Actor actor);
struct CheckedToken {
  Token token;
  bool expired = false;  // its holder may do nothing any more, but has not guessed
};
// Whose token `text` is, and that it was used; unauthorized where it is nobody's. The comparison
// takes the same time wherever a wrong secret differs.
[[nodiscard]] Expected<CheckedToken> check_token(HostService& service, std::string_view text);

// The token with this id as it is now, and that it was used: for whoever has shown its secret
// before. unauthorized where it was revoked.
[[nodiscard]] Expected<CheckedToken> token_of(HostService& service, std::string_view id);

}  // namespace muster::service
