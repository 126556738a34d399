#include "cli/identity_commands.h"

namespace muster::cli {

Expected<Exit> run_identity(
    const Invocation& asked, Shell& shell,
    const std::function<Expected<client::IdentityResult>(ClientSession&)>& act,
    const std::function<std::string(const client::IdentityResult&, const client::ProductStatus&)>&
        words) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto done = act(**session);
  if (!done) return std::unexpected(done.error());
  (*session)->warn(shell);
  print_products(
      shell, asked, done->products,
      [&](JsonObject& out) {
        out.add("changed", done->changed).add("grace_restarts", done->grace_restarts);
      },
      [&](const client::ProductStatus& status) { return words(*done, status); });
  return Exit::done;
}

std::string_view what_pends(const client::ProductStatus& status) {
  switch (status.pending) {
    case client::Pending::none: return "nothing is pending";
    case client::Pending::rearm:
      return "a rearm is pending: when the machine restarts it takes a new CMID and its grace "
             "starts anew";
    case client::Pending::generalize:
      return "a generalize is pending: when the machine or its clone starts it takes a new CMID";
    case client::Pending::generalize_keep_id:
      return "a generalize that keeps the CMID is pending until the machine or its clone starts";
  }
  return "";
}

std::vector<Field> identity_fields() {
  return status_fields({{"changed", "false: there was nothing to do"},
                        {"grace_restarts", "true: a rearm was left, so the grace starts anew"}});
}

}  // namespace muster::cli
