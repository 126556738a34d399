// What the commands on a host's tokens share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/host_call.h"
#include "cli/json_answer.h"

namespace muster::cli {

// What to do where no host answers, or the token is not there.
[[nodiscard]] std::vector<Hint> token_hints();
// Revokes a token. usage where `id` is none; what call_host() says.
[[nodiscard]] Expected<void> revoke_token(const Invocation& asked, Shell& shell,
                                          std::string_view id);

}  // namespace muster::cli
