#include <fmt/format.h>
#include <unistd.h>

#include "host/sites.h"

namespace muster::host {
namespace {

using service::Reply;
using service::reply_of;

// A page of this very host may call it (the dashboard); any other may not.
bool same_origin(const Request& request, bool tls) {
  return request.origin == fmt::format("{}://{}", tls ? "https" : "http", request.host);
}

Reply unauthorized(std::string detail) {
  auto out = reply_of({ErrorCode::unauthorized, std::move(detail)});
  out.more_headers = "WWW-Authenticate: Bearer realm=\"muster\"\r\n";
  return out;
}

service::Role least_role(AdminRoute::Access access) {
  switch (access) {
    case AdminRoute::Access::operating: return service::Role::operating;
    case AdminRoute::Access::admin: return service::Role::admin;
    default: return service::Role::viewer;
  }
}

}  // namespace

std::optional<Reply> AdminSite::refuse(const Exchange& exchange) const {
  const auto& request = exchange.request();
  const bool by_socket = exchange.peer().uid.has_value();
  if (request.has_host && !by_socket && !parts_.names.allow(request.host)) {
    return reply_of({ErrorCode::wrong_host, {}});
  }
  if (!request.origin.empty() && !same_origin(request, exchange.peer().tls)) {
    return reply_of({ErrorCode::origin_refused, {}});
  }
  return std::nullopt;
}

void AdminSite::handle(Exchange& exchange) {
  if (auto refusal = refuse(exchange)) return exchange.answer(std::move(*refusal));
  auto match = find_route(admin_routes(), exchange.request().method, exchange.request().path());
  if (match.route == nullptr) {
    if (match.allow.empty()) return exchange.answer(reply_of({ErrorCode::not_found, {}}));
    auto refusal = reply_of({ErrorCode::method_not_allowed, {}});
    refusal.more_headers = "Allow: " + match.allow + "\r\n";
    return exchange.answer(std::move(refusal));
  }
  const bool taken = background_.run([this, &exchange, found = std::move(match)] {
    auto reply =
        answer_safely(parts_.log, found.route->path, [&] { return serve(exchange, found); });
    exchange.worker().post(
        [&exchange, made = std::move(reply)]() mutable { exchange.answer(std::move(made)); });
  });
  if (!taken) {
    exchange.answer(
        reply_of({ErrorCode::host_full, {}}, service::come_again(parts_.service.random())));
  }
}

Reply AdminSite::serve(const Exchange& exchange, const Match& match) {
  const auto& request = exchange.request();
  auto entry = enter(exchange, match.route->access);
  if (entry.refusal) return std::move(*entry.refusal);
  auto query = parse_query(request.query(), match.route->query);
  if (!query) return reply_of(query.error());
  if (!request.body.empty() && !is_json(request.content_type)) {
    return reply_of({ErrorCode::unsupported_media_type, {}});
  }
  if (match.route->path == "/metrics") return metrics_reply(parts_);
  if (match.route->path == "/openapi.json") return {.body = std::string(openapi_json())};
  const bool act = match.route->method != Method::get;
  auto reply = match.route->handler(parts_.service, {.id = match.id,
                                                     .query = std::move(*query),
                                                     .body = request.body,
                                                     .accept = request.accept,
                                                     .actor = entry.actor,
                                                     .version = parts_.version});
  if (act) {
    parts_.log.info("administrative act", {{"actor", entry.actor},
                                           {"path", match.route->path},
                                           {"status", std::to_string(reply.status)}});
  }
  return reply;
}

AdminSite::Entry AdminSite::enter(const Exchange& exchange, AdminRoute::Access access) {
  const auto& request = exchange.request();
  if (exchange.peer().uid) return enter_by_socket(*exchange.peer().uid);
  if (access == AdminRoute::Access::anyone) return {};
  const auto caller = caller_of(exchange.peer(), request.forwarded_for, parts_.trusted_proxies);
  if (access == AdminRoute::Access::local_or_viewer && caller.local) return {};
  return enter_by_token(request.authorization, caller, least_role(access));
}

AdminSite::Entry AdminSite::enter_by_socket(uid_t uid) const {
  if (uid == ::geteuid() || uid == 0)
    return {.actor = fmt::format("socket:{}", uid), .refusal = {}};
  return {.actor = {}, .refusal = reply_of({ErrorCode::forbidden, "the socket is its owner's"})};
}

AdminSite::Entry AdminSite::enter_by_token(std::string_view authorization, const Caller& caller,
                                           service::Role least) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto refused = [](Reply reply) { return Entry{.actor = {}, .refusal = std::move(reply)}; };
  if (authorization.empty()) return refused(unauthorized({}));
  auto checked = authorization.starts_with(kBearer)
                     ? service::check_token(parts_.service, authorization.substr(kBearer.size()))
                     : fail(ErrorCode::unauthorized, "Authorization: Bearer expected");
  if (!checked && checked.error().code != ErrorCode::unauthorized) {
    return refused(reply_of(checked.error()));
  }
  if (!checked) return refused(wrong_token(caller.text(), checked.error().detail));
  // Whoever has its secret has not guessed.
  if (checked->expired) return refused(unauthorized("the token has expired"));
  const auto& token = checked->token;
  if (token.role < least) {
    return refused(reply_of({ErrorCode::forbidden,
                             fmt::format("the token's role is {}, this needs {}",
                                         service::name_of(token.role), service::name_of(least))}));
  }
  return {.actor = "token:" + token.id, .refusal = {}};
}

// Who has guessed too often waits. A right token passes all the same: behind one address there may
// be one who guesses and many who do not.
Reply AdminSite::wrong_token(const std::string& address, std::string detail) {
  const auto now = parts_.service.clock().monotonic();
  if (const auto wait = failures_.blocked(address, now)) {
    return reply_of({ErrorCode::too_many_requests, "too many wrong tokens"}, wait);
  }
  failures_.failed(address, now);
  parts_.log.warn("wrong token", {{"address", address}, {"reason", detail}});
  return unauthorized(std::move(detail));
}

}  // namespace muster::host
