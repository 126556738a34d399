// What stands behind the two listeners.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <exception>
#include <functional>

#include "host/auth_failures.h"
#include "host/connection.h"
#include "host/front.h"
#include "host/log.h"
#include "host/metrics.h"
#include "host/router.h"
#include "host/sessions.h"

namespace muster::host {

class Alerts;

// What both sites need. Outlives them.
struct SiteParts {
  service::HostService& service;
  std::string version;
  HostNames names;
  Networks trusted_proxies;
  Log& log;
  UnitTimes unit_times;
  std::function<std::vector<ListenerFigures>()> listeners;
  Alerts* alerts;                                  // there before anything is served
  std::function<std::optional<DnsFigures>()> dns;  // none: it publishes no record
};

// Threads for what reads the store or takes long, with a bounded queue.
class Background {
 public:
  explicit Background(std::size_t threads) : pool_(threads) {}
  // False, and nothing run, where too much waits already.
  [[nodiscard]] bool run(Task task);
  // Runs it however much waits: the rest of something that has begun.
  void go_on(Task task);
  void join() { pool_.join(); }

 private:
  static constexpr std::size_t kMost = 256;
  boost::asio::thread_pool pool_;
  std::atomic<std::size_t> waiting_{0};
};

// POST /v1/activations, POST /v1/mak-activations, GET /v1/host, /healthz, /readyz, /openapi.json,
// and /metrics for this machine.
class ClientSite final : public Site {
 public:
  ClientSite(SiteParts& parts, Background& background) : parts_(parts), background_(background) {}
  void handle(Exchange& exchange) override;
  void run(Task work) override { background_.go_on(std::move(work)); }

 private:
  [[nodiscard]] std::optional<service::Reply> refuse(const Request& request) const;
  void activate(Exchange& exchange, const Caller& caller);
  void activate_by_mak(Exchange& exchange, const Caller& caller);
  [[nodiscard]] service::Reply mak_reply(std::string_view body, const Caller& caller);
  void answer_metrics(Exchange& exchange, const Caller& caller);
  // Answers later, with what `make` gives on a background thread.
  void answer_from_background(Exchange& exchange, std::string_view path,
                              std::function<service::Reply()> make);

  SiteParts& parts_;
  Background& background_;
  AuthFailures unknown_keys_;  // multiple activation keys that were guessed at, or mistaken
};

// The administration's calls, over TCP with a token or the session of a page that was logged in
// with one, and over the Unix socket.
class AdminSite final : public Site {
 public:
  AdminSite(SiteParts& parts, Background& background) : parts_(parts), background_(background) {}
  void handle(Exchange& exchange) override;
  void run(Task work) override { background_.go_on(std::move(work)); }

 private:
  struct Entry {
    std::string actor;
    std::optional<service::Reply> refusal;
    std::optional<service::Token> token{};  // whose right it is; none: over the socket, or nobody's
  };
  [[nodiscard]] std::optional<service::Reply> refuse(const Exchange& exchange) const;
  [[nodiscard]] service::Reply serve(const Exchange& exchange, const Match& match);
  [[nodiscard]] Entry enter(const Exchange& exchange, AdminRoute::Access access);
  [[nodiscard]] Entry enter_by_socket(uid_t uid) const;
  [[nodiscard]] Entry enter_by_token(std::string_view authorization, const Caller& caller,
                                     service::Role least);
  [[nodiscard]] static Entry with_role(service::Token token, service::Role least);
  [[nodiscard]] Entry enter_by_session(const Request& request, service::Role least);
  [[nodiscard]] service::Reply serve_session(const Exchange& exchange, const Entry& entry);
  [[nodiscard]] service::Reply log_in(const Exchange& exchange);
  [[nodiscard]] Expected<service::CheckedToken> check(std::string_view token, const Caller& caller,
                                                      std::optional<service::Reply>& refusal);
  [[nodiscard]] std::function<bool()> right_to_go_on(const Exchange& exchange, const Entry& entry);
  [[nodiscard]] service::Reply bounded_stream(service::Reply reply);
  [[nodiscard]] service::Reply full() const;
  [[nodiscard]] service::Reply wrong_token(const std::string& address, std::string detail);

  SiteParts& parts_;
  Background& background_;
  AuthFailures failures_;
  Sessions sessions_;
  static constexpr int kStreamsMost = 32;
  std::atomic<int> streams_{0};
};

// What `make` answers, or that something went wrong: an odd question must not take the host down.
// An exception that left a background thread would end the process.
template <class Make>
[[nodiscard]] service::Reply answer_safely(Log& log, std::string_view path, const Make& make) {
  try {
    return make();
  } catch (const std::exception& error) {
    log.error("a call failed", {{"path", path}, {"reason", error.what()}});
    return service::reply_of({ErrorCode::internal, {}});
  }
}

// The metrics as an answer. Reads the store.
[[nodiscard]] service::Reply metrics_reply(SiteParts& parts);
// docs/openapi.yaml as JSON, embedded when the program was built.
[[nodiscard]] std::string_view openapi_json();

}  // namespace muster::host
