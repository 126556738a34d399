// Which call a request means: by method and path, and what its query says.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/http.h"
#include "host/query.h"
#include "service/admin_api.h"
#include "service/tokens.h"

namespace muster::host {

// A call of the administration's side.
struct AdminRoute {
  enum class Access : std::uint8_t { anyone, local_or_viewer, viewer, operating, admin };
  Method method;
  std::string_view path;  // one segment may be {variable}
  Access access;
  std::span<const std::string_view> query;  // the names it knows
  // Null: the site answers it itself (/metrics, /openapi.json, /v1/alerts, /v1/session).
  service::Reply (*handler)(service::HostService&, const service::AdminRequest&);
};
[[nodiscard]] std::span<const AdminRoute> admin_routes();

struct Match {
  const AdminRoute* route = nullptr;
  std::string id;     // the variable segment, decoded
  std::string allow;  // of a path that is there with other methods: "GET, HEAD"
};
// A route that is null: not_found where `allow` is empty, else method_not_allowed. HEAD is taken
// for GET.
[[nodiscard]] Match find_route(std::span<const AdminRoute> routes, Method method,
                               std::string_view path);

}  // namespace muster::host
