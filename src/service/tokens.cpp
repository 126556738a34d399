#include "service/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "wire/json.h"

namespace muster::service {
namespace {

namespace json = wire::json;

// The setting token/ID = {"name":text,"role":text,"hash":64 hex digits,"created":RFC
// 3339,"expires":RFC 3339 or null}
constexpr std::string_view kTextPrefix = "muster_";
constexpr std::size_t kIdSize = 8;
constexpr std::size_t kSecretSize = 43;  // base64url of 32 bytes
constexpr std::size_t kNameMost = 64;

constexpr std::array<std::string_view, 3> kRoles{"viewer", "operator", "admin"};

struct Stored {
  Token token;
  std::string hash;  // hex
};

std::string encode(const Stored& stored) {
  std::string out;
  json::Writer writer(out);
  writer.text("name", stored.token.name)
      .plain("role", name_of(stored.token.role))
      .plain("hash", stored.hash)
      .time("created", stored.token.created);
  if (stored.token.expires) {
    writer.time("expires", *stored.token.expires);
  } else {
    writer.null("expires");
  }
  writer.end();
  return out;
}

Expected<Stored> decode(std::string_view id, std::string_view value) {
  const auto damaged = [&] {
    return fail(ErrorCode::store_corrupt, fmt::format("the setting token/{} is damaged", id));
  };
  json::Tree tree;
  if (!tree.parse(value, 4096)) return damaged();
  json::Claims claims(tree, tree.root(), ErrorCode::store_corrupt);
  Stored out;
  out.token.id = id;
  out.token.name = claims.nonempty("name", kNameMost);
  const auto role = role_of(claims.nonempty("role", 16));
  out.hash = claims.nonempty("hash", 64);
  out.token.created = claims.time("created");
  if (claims.has("expires")) out.token.expires = claims.time("expires");
  if (!claims.ok() || !role) return damaged();
  out.token.role = *role;
  return out;
}

std::string hash_of(std::string_view token_text) { return hex(sha256(as_bytes(token_text))); }

bool valid_token_id(std::string_view id) {
  return id.size() == kIdSize && std::ranges::all_of(id, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string setting_of(std::string_view id) { return std::string(kTokenPrefix) + std::string(id); }

}  // namespace

std::string_view name_of(Role role) { return kRoles.at(static_cast<std::size_t>(role)); }

std::optional<Role> role_of(std::string_view name) {
  const auto at = std::ranges::find(kRoles, name);
  if (at == kRoles.end()) return std::nullopt;
  return static_cast<Role>(at - kRoles.begin());
}

Expected<NewToken> create_token(HostService& service, std::string_view name, Role role,
                                std::optional<minutes> lifetime, Actor actor) {
  if (name.empty() || !valid_text(name, kNameMost)) {
    return fail(ErrorCode::malformed_request, "name: 1 to 64 bytes of text expected");
  }
  if (lifetime && *lifetime < minutes(1)) {
    return fail(ErrorCode::malformed_request, "expires_in: at least a minute expected");
  }
  NewToken out;
  out.token.id = hex(service.random().bytes<kIdSize / 2>());
  out.token.name = name;
  out.token.role = role;
  out.token.created = service.now();
  if (lifetime) out.token.expires = out.token.created + *lifetime;
  out.text =
      fmt::format("{}{}_{}", kTextPrefix, out.token.id, base64url(service.random().bytes<32>()));
  std::string detail;
  json::Writer(detail)
      .plain("token", out.token.id)
      .text("name", name)
      .plain("role", name_of(role))
      .end();
  const auto done =
      service.act("token_created", detail, actor,
                  {{setting_of(out.token.id), encode({out.token, hash_of(out.text)})}});
  if (!done) return std::unexpected(done.error());
  return out;
}

Expected<std::vector<Token>> list_tokens(HostService& service) {
  const auto stored = service.store().settings(kTokenPrefix);
  if (!stored) return std::unexpected(stored.error());
  std::vector<Token> out;
  for (const auto& [name, value] : *stored) {
    auto token = decode(std::string_view(name).substr(kTokenPrefix.size()), value);
    if (!token) return std::unexpected(token.error());
    token->token.last_used = service.token_uses().last(token->token.id);
    out.push_back(std::move(token->token));
  }
  return out;
}

Expected<void> revoke_token(HostService& service, std::string_view id, Actor actor) {
  const auto unknown = [&] {
    return fail(ErrorCode::not_found, fmt::format("there is no token '{}'", id));
  };
  if (!valid_token_id(id)) return unknown();
  const auto stored = service.store().setting(setting_of(id));
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return unknown();
  std::string detail;
  json::Writer(detail).plain("token", id).end();
  auto done = service.act("token_revoked", detail, actor,
                          {{setting_of(id), ""}, {TokenUses::setting_of(id), ""}});
  if (done) service.token_uses().forget(id);
  return done;
}

namespace {

Expected<Stored> read_token(HostService& service, std::string_view id) {
  const auto stored = service.store().setting(setting_of(id));
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return fail(ErrorCode::unauthorized, "the token is not valid");
  return decode(id, **stored);
}

CheckedToken checked(HostService& service, Token token) {
  const auto now = service.now();
  const bool expired = token.expires && now >= *token.expires;
  if (!expired) service.token_uses().used(token.id, now);
  return {std::move(token), expired};
}

}  // namespace

Expected<CheckedToken> check_token(HostService& service, std::string_view text) {
  const auto wrong = [] { return fail(ErrorCode::unauthorized, "the token is not valid"); };
  if (text.size() != kTextPrefix.size() + kIdSize + 1 + kSecretSize) return wrong();
  const auto id = text.substr(kTextPrefix.size(), kIdSize);
  if (!text.starts_with(kTextPrefix) || !valid_token_id(id)) return wrong();
  auto stored = read_token(service, id);
  if (!stored) return std::unexpected(stored.error());
  if (!equal_constant_time(as_bytes(hash_of(text)), as_bytes(stored->hash))) return wrong();
  return checked(service, std::move(stored->token));
}

Expected<CheckedToken> token_of(HostService& service, std::string_view id) {
  auto stored = read_token(service, id);
  if (!stored) return std::unexpected(stored.error());
  return checked(service, std::move(stored->token));
}

}  // namespace muster::service
