#include "host/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace muster::host {
namespace {

using Access = AdminRoute::Access;
using std::string_view;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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

constexpr std::array<string_view, 1> kVendor{"vendor"};
constexpr std::array<string_view, 4> kClients{"vendor", "group", "after", "limit"};
constexpr std::array<string_view, 4> kClient{"vendor", "group", "before", "limit"};
constexpr std::array<string_view, 3> kEvents{"after", "limit", "format"};

const AdminRoute kRoutes[] = {
    {Method::get, "/healthz", Access::local_or_viewer, {}, healthz},
    {Method::get, "/readyz", Access::local_or_viewer, {}, readyz},
    {Method::get, "/metrics", Access::local_or_viewer, {}, nullptr},
    {Method::get, "/openapi.json", Access::anyone, {}, nullptr},
    {Method::get, "/v1/host", Access::anyone, {}, service::get_host},
    {Method::get, "/v1/status", Access::viewer, {}, service::get_status},
    {Method::get, "/v1/groups", Access::viewer, {}, service::get_groups},
    {Method::get, "/v1/groups/{group}/roll", Access::viewer, kVendor, service::get_roll},
    {Method::get, "/v1/clients", Access::viewer, kClients, service::get_clients},
    {Method::get, "/v1/clients/{cmid}", Access::viewer, kClient, service::get_client},
    {Method::get, "/v1/events", Access::viewer, kEvents, service::get_events},
    {Method::post, "/v1/host-keys", Access::admin, {}, service::post_host_keys},
    {Method::post, "/v1/clock/confirm", Access::admin, {}, service::post_clock_confirm},
    {Method::get, "/v1/tokens", Access::admin, {}, service::get_tokens},
    {Method::post, "/v1/tokens", Access::admin, {}, service::post_token},
    {Method::delete_, "/v1/tokens/{id}", Access::admin, {}, service::delete_token},
};

string_view name_of(Method method) {
  switch (method) {
    case Method::get: return "GET, HEAD";
    case Method::post: return "POST";
    case Method::delete_: return "DELETE";
    default: return "";
  }
}

}  // namespace

std::optional<std::string> percent_decode(string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
  }
  if (!valid_text(out, out.size())) return std::nullopt;
  return out;
}

Expected<Query> parse_query(string_view query, std::span<const string_view> known) {
  Query out;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) {
      return fail(ErrorCode::malformed_request, "the query has an escape that is not valid");
    }
    if (std::ranges::find(known, *name) == known.end()) {
      return fail(ErrorCode::malformed_request, fmt::format("there is no parameter '{}'", *name));
    }
    if (std::ranges::find(out, *name, &Query::value_type::first) != out.end()) {
      return fail(ErrorCode::malformed_request,
                  fmt::format("the parameter '{}' stands twice", *name));
    }
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

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
