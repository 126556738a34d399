// One call of a host's administration: of a running one over its socket or over HTTP, of a stopped
// one in its directory, whose lock is held meanwhile. What it means is the same.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/admin_client.h"
#include "cli/shell.h"
#include "service/admin_api.h"

namespace muster::cli {

struct HostCall {
  enum class Verb : std::uint8_t { get, post, del };
  Verb verb = Verb::get;
  std::string path;  // "/v1/keys/ID", percent-encoded where it needs to be
  std::string id{};  // the path's variable part
  std::vector<std::pair<std::string, std::string>> query{};
  std::string body{};  // JSON; of a post
  service::Reply (*handler)(service::HostService&, const service::AdminRequest&) = nullptr;
};
// The body of a 2xx answer. What admin_get() and OpenHost::open() say; not_a_host_directory.
[[nodiscard]] Expected<std::string> call_host(const Invocation& asked, Shell& shell,
                                              const HostCall& call);

}  // namespace muster::cli
