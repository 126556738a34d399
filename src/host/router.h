// Which call a request means: by method and path, and what its query says.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/http.h"
#include "service/admin_api.h"
#include "service/tokens.h"

namespace muster::host {

using Query = std::vector<std::pair<std::string, std::string>>;

// Percent-decoding; nothing for a cut or wrong escape, or text that is not UTF-8 without control
// characters.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// "a=b&c=d". malformed_request for a name twice, a name not in `known`, or an escape that is wrong.
[[nodiscard]] Expected<Query> parse_query(std::string_view query,
                                          std::span<const std::string_view> known);

// A call of the administration's side.
struct AdminRoute {
  enum class Access : std::uint8_t { anyone, local_or_viewer, viewer, operator_, admin };
  Method method;
  std::string_view path;  // one segment may be {variable}
  Access access;
  std::span<const std::string_view> query;  // the names it knows
  // Null: the site answers it itself (/metrics, /openapi.json).
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
