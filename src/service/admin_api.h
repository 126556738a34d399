// The administration's calls: from request values to an answer, with no socket and no thread. The
// process routes, knows who asks and what they may; what a call means stands here. Each is
// described in docs/openapi.yaml.
//
// Threads: all may be called from any thread at the same time. They read the store, so never from
// an io thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/host_service.h"
#include "service/reply.h"

namespace muster::service {

struct AdminRequest {
  std::string id{};  // the path's variable part, decoded: a group, a CMID, a token's id
  std::vector<std::pair<std::string, std::string>>
      query{};  // decoded; no name twice, all names known
  std::string_view body{};
  std::string_view accept{};         // the Accept field
  std::string actor{};               // who asks: "token:3f2a51c0", "socket:0"
  std::string_view version{};        // of the program
  std::string_view last_event_id{};  // the Last-Event-ID field
  // Whether who asks may still read, for an answer that goes on; reads the store.
  std::function<bool()> may_go_on = [] { return true; };

  // The value of a query parameter, or null.
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

// GET /v1/host                      anyone: the host's key, the products it serves, its time and
// version
[[nodiscard]] Reply get_host(HostService& service, const AdminRequest& request);
// GET /v1/status                    the twin of slmgr /dlv, and the host's health
[[nodiscard]] Reply get_status(HostService& service, const AdminRequest& request);
// GET /v1/groups
[[nodiscard]] Reply get_groups(HostService& service, const AdminRequest& request);
// GET /v1/groups/{group}/roll       ?vendor ?format
[[nodiscard]] Reply get_roll(HostService& service, const AdminRequest& request);
// GET /v1/groups/{group}/forecast   ?vendor ?product ?needed ?after ?limit ?format
[[nodiscard]] Reply get_forecast(HostService& service, const AdminRequest& request);
// GET /v1/clients                   ?vendor ?group ?name ?text ?product ?state ?silent_since
//                                   ?evidence ?sort ?after ?limit ?format
[[nodiscard]] Reply get_clients(HostService& service, const AdminRequest& request);
// GET /v1/clients/{cmid}            ?before ?limit
[[nodiscard]] Reply get_client(HostService& service, const AdminRequest& request);
// GET /v1/events                    ?vendor ?group ?product ?cmid ?type ?error ?evidence ?since
//                                   ?until ?text ?order ?after ?limit ?format
[[nodiscard]] Reply get_events(HostService& service, const AdminRequest& request);
// GET /v1/events/stream             ?vendor ?group ?product ?cmid ?type ?error ?evidence ?text
// ?after
[[nodiscard]] Reply get_event_stream(HostService& service, const AdminRequest& request);
// GET /v1/evidence                  ?vendor ?group ?evidence ?expected ?after ?limit ?format
[[nodiscard]] Reply get_evidence(HostService& service, const AdminRequest& request);
// POST /v1/evidence/{pool}/expected {"evidence":"...","expected":true,"note":"..."}
[[nodiscard]] Reply post_evidence_expected(HostService& service, const AdminRequest& request);
// GET /v1/report                    ?from ?to ?format
[[nodiscard]] Reply get_report(HostService& service, const AdminRequest& request);
// POST /v1/host-keys                {"host_keys":["<JWS>", ...]}
[[nodiscard]] Reply post_host_keys(HostService& service, const AdminRequest& request);
// POST /v1/names/forget             {"name":"..."}
[[nodiscard]] Reply post_name_forget(HostService& service, const AdminRequest& request);
// POST /v1/clock/confirm
[[nodiscard]] Reply post_clock_confirm(HostService& service, const AdminRequest& request);
// GET, POST /v1/backup              how far the newest one is; begins one
[[nodiscard]] Reply get_backup(HostService& service, const AdminRequest& request);
[[nodiscard]] Reply post_backup(HostService& service, const AdminRequest& request);
// GET, POST /v1/tokens, DELETE /v1/tokens/{id}
[[nodiscard]] Reply get_tokens(HostService& service, const AdminRequest& request);
[[nodiscard]] Reply post_token(HostService& service, const AdminRequest& request);
[[nodiscard]] Reply delete_token(HostService& service, const AdminRequest& request);

// GET /v1/keys                      ?format: the ledger's id, its keys
[[nodiscard]] Reply get_keys(HostService& service, const AdminRequest& request);
// GET /v1/keys/{id}                 ?after ?format: the key with a page of its places
[[nodiscard]] Reply get_key(HostService& service, const AdminRequest& request);
// POST /v1/keys                     {"mak":"<JWS>"}
[[nodiscard]] Reply post_key(HostService& service, const AdminRequest& request);
// POST /v1/keys/{id}/release        {"cmid":"...","place":number or absent}
[[nodiscard]] Reply post_key_release(HostService& service, const AdminRequest& request);
// POST /v1/keys/{id}/reconcile      {"used":number}
[[nodiscard]] Reply post_key_reconcile(HostService& service, const AdminRequest& request);
// POST /v1/keys/{id}/block, /v1/keys/{id}/unblock
[[nodiscard]] Reply post_key_block(HostService& service, const AdminRequest& request);
[[nodiscard]] Reply post_key_unblock(HostService& service, const AdminRequest& request);

// POST /v1/mak-answers              {"requests":[{...}, ...]}: what machines without a network ask
[[nodiscard]] Reply post_mak_answers(HostService& service, const AdminRequest& request);

// GET /healthz, GET /readyz: alive; able to store. Read no store: fit for an io thread.
[[nodiscard]] Reply get_healthz();
[[nodiscard]] Reply get_readyz(const HostService& service);

}  // namespace muster::service
