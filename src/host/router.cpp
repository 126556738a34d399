#include "host/router.h"

#include <array>

namespace muster::host {
namespace {

using Access = AdminRoute::Access;
using std::string_view;

// Fits `path` to `pattern`; the variable segment, undecoded, goes to `id`.
bool fits(string_view pattern, string_view path, string_view& id) {
  const auto open = pattern.find('{');
  if (open == string_view::npos) return path == pattern;
  const auto close = pattern.find('}');
  const auto tail = pattern.substr(close + 1);
  if (!path.starts_with(pattern.substr(0, open)) || !path.ends_with(tail)) return false;
  if (path.size() <= open + tail.size()) return false;
  id = path.substr(open, path.size() - open - tail.size());
  return id.find('/') == string_view::npos;
}

service::Reply healthz(service::HostService&, const service::AdminRequest&) {
  return service::get_healthz();
}
service::Reply readyz(service::HostService& service, const service::AdminRequest&) {
  return service::get_readyz(service);
}

constexpr std::array<string_view, 2> kRoll{"vendor", "format"};
constexpr std::array<string_view, 6> kForecast{"vendor", "product", "needed",
                                               "after",  "limit",   "format"};
constexpr std::array<string_view, 12> kClients{"vendor",  "group", "name",         "text",
                                               "product", "state", "silent_since", "evidence",
                                               "sort",    "after", "limit",        "format"};
constexpr std::array<string_view, 4> kClient{"vendor", "group", "before", "limit"};
constexpr std::array<string_view, 14> kEvents{"vendor", "group",    "product", "cmid",  "type",
                                              "error",  "evidence", "since",   "until", "text",
                                              "order",  "after",    "limit",   "format"};
constexpr std::array<string_view, 9> kStream{"vendor", "group",    "product", "cmid", "type",
                                             "error",  "evidence", "text",    "after"};
constexpr std::array<string_view, 7> kEvidence{"vendor", "group", "evidence", "expected",
                                               "after",  "limit", "format"};
constexpr std::array<string_view, 3> kReport{"from", "to", "format"};
constexpr std::array<string_view, 1> kKeys{"format"};
constexpr std::array<string_view, 2> kKey{"after", "format"};

const AdminRoute kRoutes[] = {
    {Method::get, "/healthz", Access::local_or_viewer, {}, healthz},
    {Method::get, "/readyz", Access::local_or_viewer, {}, readyz},
    {Method::get, "/metrics", Access::local_or_viewer, {}, nullptr},
    {Method::get, "/openapi.json", Access::anyone, {}, nullptr},
    {Method::get, "/v1/host", Access::anyone, {}, service::get_host},
    {Method::get, "/v1/status", Access::viewer, {}, service::get_status},
    {Method::get, "/v1/groups", Access::viewer, {}, service::get_groups},
    {Method::get, "/v1/groups/{group}/roll", Access::viewer, kRoll, service::get_roll},
    {Method::get, "/v1/groups/{group}/forecast", Access::viewer, kForecast, service::get_forecast},
    {Method::get, "/v1/clients", Access::viewer, kClients, service::get_clients},
    {Method::get, "/v1/clients/{cmid}", Access::viewer, kClient, service::get_client},
    {Method::get, "/v1/events", Access::viewer, kEvents, service::get_events},
    {Method::get, "/v1/events/stream", Access::viewer, kStream, service::get_event_stream},
    {Method::get, "/v1/evidence", Access::viewer, kEvidence, service::get_evidence},
    {Method::post,
     "/v1/evidence/{pool}/expected",
     Access::operating,
     {},
     service::post_evidence_expected},
    {Method::get, "/v1/report", Access::viewer, kReport, service::get_report},
    {Method::post, "/v1/host-keys", Access::admin, {}, service::post_host_keys},
    {Method::post, "/v1/names/forget", Access::admin, {}, service::post_name_forget},
    {Method::post, "/v1/clock/confirm", Access::admin, {}, service::post_clock_confirm},
    {Method::get, "/v1/backup", Access::viewer, {}, service::get_backup},
    {Method::post, "/v1/backup", Access::admin, {}, service::post_backup},
    {Method::get, "/v1/keys", Access::operating, kKeys, service::get_keys},
    {Method::post, "/v1/keys", Access::admin, {}, service::post_key},
    {Method::get, "/v1/keys/{id}", Access::operating, kKey, service::get_key},
    {Method::post, "/v1/keys/{id}/release", Access::operating, {}, service::post_key_release},
    {Method::post, "/v1/keys/{id}/reconcile", Access::operating, {}, service::post_key_reconcile},
    {Method::post, "/v1/keys/{id}/block", Access::operating, {}, service::post_key_block},
    {Method::post, "/v1/keys/{id}/unblock", Access::operating, {}, service::post_key_unblock},
    {Method::post, "/v1/mak-answers", Access::operating, {}, service::post_mak_answers},
    {Method::get, "/v1/alerts", Access::viewer, {}, nullptr},
    {Method::post, "/v1/alerts/test", Access::admin, {}, nullptr},
    {Method::get, "/v1/session", Access::viewer, {}, nullptr},
    {Method::post, "/v1/session", Access::anyone, {}, nullptr},
    {Method::del, "/v1/session", Access::anyone, {}, nullptr},
    {Method::get, "/v1/tokens", Access::admin, {}, service::get_tokens},
    {Method::post, "/v1/tokens", Access::admin, {}, service::post_token},
    {Method::del, "/v1/tokens/{id}", Access::admin, {}, service::delete_token},
};

string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET, HEAD";
    case Method::post: return "POST";
    case Method::del: return "DELETE";
    default: return "";
  }
}

}  // namespace

std::span<const AdminRoute> admin_routes() { return kRoutes; }

Match find_route(std::span<const AdminRoute> routes, Method method, string_view path) {
  Match out;
  const auto wanted = method == Method::head ? Method::get : method;
  for (const auto& route : routes) {
    string_view id;
    if (!fits(route.path, path, id)) continue;
    auto decoded = percent_decode(id, false);
    if (!decoded) continue;
    if (route.method == wanted) return {.route = &route, .id = std::move(*decoded), .allow = {}};
    out.allow.append(out.allow.empty() ? "" : ", ").append(name_of(route.method));
  }
  return out;
}

}  // namespace muster::host
