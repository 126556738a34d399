#include "host/sites.h"

#include <boost/asio/post.hpp>

#include "service/mak_activate.h"

namespace muster::host {
namespace {

// What is wrong with a request that is to be a POST of JSON.
std::optional<service::Reply> refuse_post(const Request& request) {
  if (request.method != Method::post) {
    auto refusal = service::reply_of({ErrorCode::method_not_allowed, {}});
    refusal.more_headers = "Allow: POST\r\n";
    return refusal;
  }
  if (is_json(request.content_type)) return std::nullopt;
  return service::reply_of({ErrorCode::unsupported_media_type, {}});
}

}  // namespace

bool Background::run(Task task) {
  if (waiting_.fetch_add(1) >= kMost) {
    waiting_.fetch_sub(1);
    return false;
  }
  boost::asio::post(pool_, [this, work = std::move(task)]() mutable {
    waiting_.fetch_sub(1);
    work();
  });
  return true;
}

void Background::go_on(Task task) { boost::asio::post(pool_, std::move(task)); }

service::Reply metrics_reply(SiteParts& parts) {
  const auto listeners = parts.listeners();
  auto text = metrics_text(parts.service, parts.version, listeners, parts.unit_times, parts.dns());
  if (!text) return service::reply_of(text.error());
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(*text)};
}

std::optional<service::Reply> ClientSite::refuse(const Request& request) const {
  if (request.has_host && !parts_.names.allow(request.host)) {
    return service::reply_of({ErrorCode::wrong_host, {}});
  }
  if (!request.origin.empty()) return service::reply_of({ErrorCode::origin_refused, {}});
  return std::nullopt;
}

void ClientSite::handle(Exchange& exchange) {
  const auto& request = exchange.request();
  if (auto refusal = refuse(request)) return exchange.answer(std::move(*refusal));
  const auto path = request.path();
  const auto caller = caller_of(exchange.peer(), request.forwarded_for, parts_.trusted_proxies);
  if (path == "/v1/activations") return activate(exchange, caller);
  if (path == "/v1/mak-activations") return activate_by_mak(exchange, caller);
  const bool known = path == "/v1/host" || path == "/healthz" || path == "/readyz" ||
                     path == "/metrics" || path == "/openapi.json";
  if (!known) return exchange.answer(service::reply_of({ErrorCode::not_found, {}}));
  if (request.method != Method::get && request.method != Method::head) {
    auto refusal = service::reply_of({ErrorCode::method_not_allowed, {}});
    refusal.more_headers = "Allow: GET, HEAD\r\n";
    return exchange.answer(std::move(refusal));
  }
  if (path == "/healthz") return exchange.answer(service::get_healthz());
  if (path == "/readyz") return exchange.answer(service::get_readyz(parts_.service));
  if (path == "/metrics") return answer_metrics(exchange, caller);
  if (path == "/openapi.json") return exchange.answer({.body = std::string(openapi_json())});
  exchange.answer(service::get_host(parts_.service, {.version = parts_.version}));
}

void ClientSite::answer_metrics(Exchange& exchange, const Caller& caller) {
  if (!caller.local) {
    return exchange.answer(
        service::reply_of({ErrorCode::forbidden,
                           "the clients' side shows metrics to this machine alone; the "
                           "administration's side shows them for a token"}));
  }
  answer_from_background(exchange, "/metrics", [this] { return metrics_reply(parts_); });
}

void ClientSite::answer_from_background(Exchange& exchange, std::string_view path,
                                        std::function<service::Reply()> make) {
  const bool taken = background_.run([this, &exchange, path, work = std::move(make)] {
    auto reply = answer_safely(parts_.log, path, work);
    exchange.worker().post(
        [&exchange, made = std::move(reply)]() mutable { exchange.answer(std::move(made)); });
  });
  if (!taken) {
    exchange.answer(service::reply_of({ErrorCode::host_full, {}},
                                      service::come_again(parts_.service.random())));
  }
}

void ClientSite::activate_by_mak(Exchange& exchange, const Caller& caller) {
  if (auto refusal = refuse_post(exchange.request())) return exchange.answer(std::move(*refusal));
  answer_from_background(exchange, "/v1/mak-activations", [this, &exchange, caller] {
    return mak_reply(exchange.request().body, caller);
  });
}

// Whoever has named wrong keys too often waits, whatever he names next: otherwise the answer to the
// right one would tell him. It is by address alone; a limit over all would shut out everybody.
service::Reply ClientSite::mak_reply(std::string_view body, const Caller& caller) {
  const auto now = parts_.service.clock().monotonic();
  const auto address = caller.text();
  if (const auto wait = unknown_keys_.blocked(address, now)) {
    ++parts_.service.figures_to_count().mak_sent_away;
    return parts_.service.sent_away({ErrorCode::too_many_requests, "too many unknown keys"}, *wait);
  }
  auto made = service::post_mak_activation(parts_.service, body, address, caller.local);
  if (made.unknown_key) {
    unknown_keys_.failed(address, now, made.unknown_key);
    parts_.log.warn("unknown multiple activation key", {{"address", address}});
  }
  return std::move(made.reply);
}

void ClientSite::activate(Exchange& exchange, const Caller& caller) {
  const auto& request = exchange.request();
  if (auto refusal = refuse_post(request)) return exchange.answer(std::move(*refusal));
  auto pending = parts_.service.decode(request.body, caller.text(), caller.local);
  if (!pending) return exchange.answer(std::move(pending.error()));
  auto* waiting = &exchange;
  auto* service = &parts_.service;
  (*pending)->done = [waiting, service](std::unique_ptr<service::Pending> decided) {
    // Signing is the dearest step, so it happens on the connection's own thread.
    waiting->worker().post([waiting, service, ready = std::move(decided)] {
      waiting->answer(service->finish(*ready, waiting->worker().signer()));
    });
  };
  if (auto refusal = parts_.service.submit(std::move(*pending))) {
    return exchange.answer(std::move(*refusal));
  }
  // Woken by the first of many that are ready, the unit would hold that one alone, and the next
  // wait for its commit.
  exchange.worker().after_ready([service] { service->wake(); });
}

}  // namespace muster::host
