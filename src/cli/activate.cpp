#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "client/agent.h"

namespace muster::cli {
namespace {

using client::ActivateResult;

// Trying again may help: more machines ask, a host comes up, a clock is set.
bool may_pass_by_waiting(const client::Problem& problem) {
  return problem.exit == Exit::no_host || problem.known == ErrorCode::count_insufficient ||
         problem.known == ErrorCode::clock_skew || problem.known == ErrorCode::over_licensed;
}

JsonObject facts_of(const ActivateResult& result) {
  JsonObject out;
  out.add("activated", result.activated);
  out.add("count", result.count).add("threshold", result.threshold);
  if (result.error) {
    out.add("error", result.error->code).add("title", result.error->title);
    out.add("detail", result.error->detail).add("hint", result.error->hint);
  } else {
    out.add_null("error").add_null("title").add_null("detail").add_null("hint");
  }
  const auto& status = result.status;
  out.add("product", status.product);
  status.cmid ? out.add("cmid", status.cmid->text()) : out.add_null("cmid");
  out.add("license_state", name_of(status.state)).add("valid_until", status.valid_until);
  out.add("grace_until", status.grace_until).add("minutes_left", status.minutes_left);
  out.add("host", result.host);
  const auto wait = result.retry_after;
  wait ? out.add("retry_after", std::int64_t{wait->count()}) : out.add_null("retry_after");
  out.add("tried", result.tried);
  return out;
}

void print_problem(Shell& shell, const ActivateResult& result) {
  const auto& problem = *result.error;
  auto fact = problem.title;
  if (!problem.detail.empty()) fact += ": " + problem.detail;
  if (result.count && result.threshold) {
    fact += fmt::format(" ({} of {})", *result.count, *result.threshold);
  }
  shell.err << "muster: error: " << printable(fact) << '\n';
  if (!problem.hint.empty()) shell.err << "muster: hint: " << printable(problem.hint) << '\n';
  // One host that was tried is in the fact already.
  if (result.tried.size() > 1) {
    for (const auto& tried : result.tried) print_note(shell, "tried " + tried);
  }
  if (const auto left = what_is_left(result.status); !left.empty()) print_note(shell, left);
}

void print_success(Shell& shell, const ActivateResult& result) {
  shell.out << fmt::format("Activated by {}: {} of {} machines.\n{}\n",
                           result.host.value_or("the host"), result.count.value_or(0),
                           result.threshold.value_or(0), sentence_of(result.status));
}

// Asks again until it is activated, by whoever: the agent may be quicker. What cannot pass by
// waiting ends it.
Expected<ActivateResult> wait_for(ClientSession& session, const Invocation& asked, Shell& shell,
                                  const client::ActivateOptions& options) {
  const auto waiter = client::make_linux_waiter(session.client().directory());
  auto result = session.client().activate(session.product(), options);
  while (result && result->error && may_pass_by_waiting(*result->error)) {
    const auto pause = result->retry_after.value_or(seconds(60));
    if (!wants_json(asked)) {
      print_note(shell,
                 fmt::format("{}; asking again in {} s",
                             result->count && result->threshold
                                 ? fmt::format("{} of {}", *result->count, *result->threshold)
                                 : result->error->title,
                             pause.count()));
    }
    if (waiter->wait(pause) == client::Waiter::Woke::state_changed) {
      const auto now = session.client().status(session.product());
      if (!now) return std::unexpected(now.error());
      const bool licensed = !now->empty() && now->front().state == LicenceState::licensed;
      if (!licensed) continue;
    }
    result = session.client().activate(session.product(), options);
  }
  return result;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const client::ActivateOptions options{.host = asked.maybe("host")};
  const auto result = asked.flag("wait")
                          ? wait_for(**session, asked, shell, options)
                          : (*session)->client().activate((*session)->product(), options);
  if (!result) return std::unexpected(result.error());
  (*session)->warn(shell);
  if (wants_json(asked)) print_facts(shell, asked, facts_of(*result));
  if (result->error) {
    print_problem(shell, *result);
    return result->error->exit;
  }
  if (!wants_json(asked)) print_success(shell, *result);
  return Exit::done;
}

std::vector<Field> fields() {
  return {{"activated", "true or false"},
          {"count", "the host's count, this machine included, or null"},
          {"threshold", "the count at which the product activates, or null"},
          {"error", "a code, or null"},
          {"title", "the error in a sentence, or null"},
          {"detail", "what exactly happened, or null"},
          {"hint", "what to do, or null"},
          {"product", "the product's id"},
          {"cmid", "the client machine id"},
          {"license_state", "as of 'muster status', afterwards"},
          {"valid_until", "when the activation ends, or null"},
          {"grace_until", "when the grace ends, or null"},
          {"minutes_left", "whole number: of the validity or the grace"},
          {"host", "the host that answered, or null"},
          {"retry_after", "seconds until the agent asks again, or null"},
          {"tried", "list: hosts that did not answer, and why"}};
}

}  // namespace

Command activate_command() {
  return {
      .path = "activate",
      .summary = "ask a host for an activation, now",
      .description =
          "Asks the hosts in their order until one answers with what verifies. A request below the "
          "threshold counts, and is refused with the count so far; what was valid before stays "
          "valid. The agent does all of this by itself.",
      .options = {{.name = "wait",
                   .kind = Kind::flag,
                   .help = "ask again, as often as the host allows, until it is activated"},
                  {.name = "host",
                   .placeholder = "URL",
                   .help = "ask this host and no other, this time: http://NAME:8688"},
                  product_option(),
                  state_option(),
                  fact_option(),
                  ca_option(),
                  json_option()},
      .fields = fields(),
      .examples = {{"muster activate", "once"},
                   {"muster activate --wait", "in a script that must not go on without"},
                   {"muster activate --json", "for programs: an answer whether activated or not"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
