#include "cli/host_call.h"

#include "cli/host_shared.h"
#include "wire/exchange.h"

namespace muster::cli {
namespace {

Expected<std::string> of_stopped(service::HostService& service, const HostCall& call) {
  const auto reply = call.handler(
      service, {.id = call.id, .query = call.query, .body = call.body, .actor = command_actor()});
  if (reply.status / 100 == 2) return reply.body;
  return std::unexpected(wire::decode_problem(reply.body));
}

std::string with_query(const HostCall& call) {
  auto out = call.path;
  for (const auto& [name, value] : call.query) {
    out.append(out.size() == call.path.size() ? "?" : "&").append(name).append("=").append(value);
  }
  return out;
}

}  // namespace

Expected<std::string> call_host(const Invocation& asked, Shell& shell, const HostCall& call) {
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  if (!asked.has("host")) {
    const auto directory = host::open_directory(asked.text("dir"));
    if (!directory) return std::unexpected(directory.error());
    auto host = OpenHost::open(*directory, {}, shell);
    if (host) return of_stopped(host->service(), call);
    if (host.error().code != ErrorCode::host_is_running) return std::unexpected(host.error());
  }
  switch (call.verb) {
    case HostCall::Verb::post: return admin_post(*target, call.path, "application/json", call.body);
    case HostCall::Verb::del: return admin_delete(*target, call.path);
    default: return admin_get(*target, with_query(call));
  }
}

}  // namespace muster::cli
