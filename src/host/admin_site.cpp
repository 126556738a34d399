#include <fmt/format.h>
#include <unistd.h>

#include "host/alerts.h"
#include "host/dashboard.h"
#include "host/sites.h"
#include "service/admin_json.h"

namespace muster::host {
namespace {

using service::Reply;
using service::reply_of;

// A page of this very host may call it (the dashboard); any other may not.
bool same_origin(const Request& request, bool tls) {
  return request.origin == fmt::format("{}://{}", tls ? "https" : "http", request.host);
}

// What browsers say of who has made the request: nothing in old ones, "none" where a person typed
// the address. Another port of this name gets the cookie too, and is "same-site".
bool of_own_page(const Request& request) {
  const auto& site = request.fetch_site;
  return site.empty() || site == "same-origin" || site == "none";
}

// No call answers with a page: where a browser shows it, it may load and run nothing,
// and stand in no other page.
Reply for_browsers(Reply reply) {
  reply.more_headers += "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
  return reply;
}

const DashboardFile* dashboard_file(const Request& request) {
  if (request.method != Method::get && request.method != Method::head) return nullptr;
  return find_dashboard_file(dashboard_files(), request.path());
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

// Who asks and may do what; over the socket the owner, without a token.
Reply session_reply(const std::optional<service::Token>& token) {
  std::string body;
  wire::json::Writer writer(body);
  writer.plain("role", service::name_of(token ? token->role : service::Role::admin));
  if (token) {
    writer.plain("token", token->id).text("name", token->name);
  } else {
    writer.null("token").null("name");
  }
  if (token && token->expires) {
    writer.time("expires", *token->expires);
  } else {
    writer.null("expires");
  }
  writer.end();
  return {.body = std::move(body)};
}

}  // namespace

AdminSite::Entry AdminSite::with_role(service::Token token, service::Role least) {
  Entry out;
  if (token.role < least) {
    out.refusal = reply_of(
        {ErrorCode::forbidden, fmt::format("the token's role is {}, this needs {}",
                                           service::name_of(token.role), service::name_of(least))});
    return out;
  }
  out.actor = "token:" + token.id;
  out.token = std::move(token);
  return out;
}

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
  const auto answer = [&exchange](Reply reply) { exchange.answer(for_browsers(std::move(reply))); };
  if (auto refusal = refuse(exchange)) return answer(std::move(*refusal));
  if (const auto* file = dashboard_file(exchange.request())) {
    return exchange.answer(dashboard_reply(*file, exchange.request()));
  }
  auto match = find_route(admin_routes(), exchange.request().method, exchange.request().path());
  if (match.route == nullptr && match.allow.empty())
    return answer(reply_of({ErrorCode::not_found, {}}));
  if (match.route == nullptr) {
    auto refusal = reply_of({ErrorCode::method_not_allowed, {}});
    refusal.more_headers = "Allow: " + match.allow + "\r\n";
    return answer(std::move(refusal));
  }
  const bool taken = background_.run([this, &exchange, answer, found = std::move(match)] {
    auto reply =
        answer_safely(parts_.log, found.route->path, [&] { return serve(exchange, found); });
    exchange.worker().post(
        [answer, made = std::move(reply)]() mutable { answer(std::move(made)); });
  });
  if (!taken) answer(full());
}

Reply AdminSite::full() const {
  return reply_of({ErrorCode::host_full, {}}, service::come_again(parts_.service.random()));
}

// Whether whoever has been let in may still read: what follows the log asks this again and again,
// so that it ends with its token or its session.
std::function<bool()> AdminSite::right_to_go_on(const Exchange& exchange, const Entry& entry) {
  if (!entry.token) return [] { return true; };
  const auto& request = exchange.request();
  std::string cookie;
  if (request.authorization.empty()) cookie = session_cookie(request.cookie);
  return [this, cookie, id = entry.token->id] {
    auto& service = parts_.service;
    if (!cookie.empty() && !sessions_.find(cookie, service.clock().monotonic())) return false;
    const auto token = service::token_of(service, id);
    return token && !token->expired;
  };
}

Reply AdminSite::bounded_stream(Reply reply) {
  if (!reply.due) return reply;
  const auto open = ++streams_;
  // Given back when the connection lets go of the answer, however it ends.
  const std::shared_ptr<void> place(nullptr, [this](void*) { --streams_; });
  if (open > kStreamsMost) return full();
  reply.next_piece = [place, next = std::move(reply.next_piece)] { return next(); };
  return reply;
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
  if (match.route->path == "/v1/session") return serve_session(exchange, entry);
  if (match.route->path == "/metrics") return metrics_reply(parts_);
  if (match.route->path == "/openapi.json") return {.body = std::string(openapi_json())};
  if (match.route->path == "/v1/alerts") {
    return parts_.alerts->list(!entry.token || entry.token->role >= service::Role::operating);
  }
  const bool act = match.route->method != Method::get;
  service::AdminRequest asked{.id = match.id,
                              .query = std::move(*query),
                              .body = request.body,
                              .accept = request.accept,
                              .actor = entry.actor,
                              .version = parts_.version,
                              .last_event_id = request.last_event_id,
                              .may_go_on = right_to_go_on(exchange, entry)};
  auto reply = match.route->path == "/v1/alerts/test" ? parts_.alerts->test(request.body)
                                                      : match.route->handler(parts_.service, asked);
  if (act) {
    parts_.log.info("administrative act", {{"actor", entry.actor},
                                           {"path", match.route->path},
                                           {"status", std::to_string(reply.status)}});
  }
  return bounded_stream(std::move(reply));
}

AdminSite::Entry AdminSite::enter(const Exchange& exchange, AdminRoute::Access access) {
  const auto& request = exchange.request();
  if (exchange.peer().uid) return enter_by_socket(*exchange.peer().uid);
  if (access == AdminRoute::Access::anyone) return {};
  const auto caller = caller_of(exchange.peer(), request.forwarded_for, parts_.trusted_proxies);
  if (access == AdminRoute::Access::local_or_viewer && caller.local) return {};
  const auto least = least_role(access);
  if (request.authorization.empty() && !session_cookie(request.cookie).empty()) {
    return enter_by_session(request, least);
  }
  return enter_by_token(request.authorization, caller, least);
}

AdminSite::Entry AdminSite::enter_by_socket(uid_t uid) const {
  if (uid == ::geteuid() || uid == 0)
    return {.actor = fmt::format("socket:{}", uid), .refusal = {}};
  return {.actor = {}, .refusal = reply_of({ErrorCode::forbidden, "the socket is its owner's"})};
}

// Nothing, and why in `refusal`: a guess is counted, whichever way it came.
Expected<service::CheckedToken> AdminSite::check(std::string_view token, const Caller& caller,
                                                 std::optional<Reply>& refusal) {
  auto checked = service::check_token(parts_.service, token);
  if (checked && checked->expired) {
    // Whoever has its secret has not guessed.
    refusal = unauthorized("the token has expired");
  } else if (!checked && checked.error().code == ErrorCode::unauthorized) {
    refusal = wrong_token(caller.text(), checked.error().detail);
  } else if (!checked) {
    refusal = reply_of(checked.error());
  }
  return checked;
}

AdminSite::Entry AdminSite::enter_by_token(std::string_view authorization, const Caller& caller,
                                           service::Role least) {
  constexpr std::string_view kBearer = "Bearer ";
  Entry out;
  if (authorization.empty()) {
    out.refusal = unauthorized({});
    return out;
  }
  if (!authorization.starts_with(kBearer)) {
    out.refusal = wrong_token(caller.text(), "Authorization: Bearer expected");
    return out;
  }
  auto checked = check(authorization.substr(kBearer.size()), caller, out.refusal);
  return out.refusal ? std::move(out) : with_role(std::move(checked->token), least);
}

// A cookie comes by itself, whoever has made the page that asks. So a page that acts must say that
// it is this host's own, which browsers do and no other page can (refuse() has looked at it).
AdminSite::Entry AdminSite::enter_by_session(const Request& request, service::Role least) {
  Entry out;
  const auto id =
      sessions_.find(session_cookie(request.cookie), parts_.service.clock().monotonic());
  if (!id) {
    out.refusal = unauthorized("the session has ended; log in again");
    return out;
  }
  if (!of_own_page(request)) {
    out.refusal = reply_of({ErrorCode::origin_refused,
                            "a session is for this host's own pages: another site's page, "
                            "or another port's, has asked (Sec-Fetch-Site)"});
    return out;
  }
  if (request.method != Method::get && request.method != Method::head && request.origin.empty()) {
    out.refusal = reply_of({ErrorCode::origin_refused,
                            "a session acts for this host's own pages: its Origin is needed"});
    return out;
  }
  auto token = service::token_of(parts_.service, *id);
  if (!token && token.error().code != ErrorCode::unauthorized) {
    out.refusal = reply_of(token.error());
  } else if (!token || token->expired) {
    // The session stays until it is idle, so that each call of a page hears the same reason.
    out.refusal = unauthorized(token ? "the token has expired" : "the token was revoked");
  }
  return out.refusal ? std::move(out) : with_role(std::move(token->token), least);
}

Reply AdminSite::log_in(const Exchange& exchange) {
  const auto& request = exchange.request();
  wire::json::Tree tree;
  if (auto parsed = service::parse_body(tree, request.body); !parsed)
    return reply_of(parsed.error());
  wire::json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto text = claims.nonempty("token", 256);
  if (!claims.ok()) return reply_of(claims.failure().error());
  std::optional<Reply> refusal;
  auto checked = check(
      text, caller_of(exchange.peer(), request.forwarded_for, parts_.trusted_proxies), refusal);
  if (refusal) return std::move(*refusal);
  auto out = session_reply(checked->token);
  const auto cookie = sessions_.begin(checked->token.id, parts_.service.random(),
                                      parts_.service.clock().monotonic());
  out.more_headers = set_cookie(cookie, exchange.peer().tls);
  return out;
}

Reply AdminSite::serve_session(const Exchange& exchange, const Entry& entry) {
  const auto& request = exchange.request();
  if (request.method == Method::post) return log_in(exchange);
  if (request.method == Method::del) {
    sessions_.end(session_cookie(request.cookie));
    return {.status = 204,
            .content_type = "",
            .body = {},
            .more_headers = set_cookie({}, exchange.peer().tls)};
  }
  return session_reply(entry.token);
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
