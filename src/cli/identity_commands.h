// What rearm, generalize and personalize share: each touches products and says of each what became
// of it.
#pragma once

#include <functional>

#include "cli/client_shared.h"

namespace muster::cli {

// Runs `act` on the client of --state and prints each product it touched, in the words of `words`.
[[nodiscard]] Expected<Exit> run_identity(
    const Invocation& asked, Shell& shell,
    const std::function<Expected<client::IdentityResult>(ClientSession&)>& act,
    const std::function<std::string(const client::IdentityResult&, const client::ProductStatus&)>&
        words);

// What is pending for a product, and what becomes of it, in a clause.
[[nodiscard]] std::string_view what_pends(const client::ProductStatus& status);

[[nodiscard]] std::vector<Field> identity_fields();

}  // namespace muster::cli
