#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "client/await_activation.h"

namespace muster::cli {
namespace {

using client::ActivateResult;

void add_problem(JsonObject& out, const std::optional<client::Problem>& problem) {
  if (problem) {
    out.add("error", problem->code).add("title", problem->title);
    out.add("detail", problem->detail).add("hint", problem->hint);
  } else {
    out.add_null("error").add_null("title").add_null("detail").add_null("hint");
  }
}

JsonObject facts_of(const ActivateResult& result) {
  JsonObject out;
  out.add("activated", result.activated);
  out.add("count", result.count).add("threshold", result.threshold);
  out.add("place", result.place).add("limit", result.limit).add("used", result.used);
  add_problem(out, result.error);
  const auto& status = result.status;
  out.add("product", status.product);
  status.cmid ? out.add("cmid", status.cmid->text()) : out.add_null("cmid");
  out.add("license_state", name_of(status.state)).add("valid_until", status.valid_until);
  out.add("grace_until", status.grace_until);
  add_minutes_left(out, status);
  out.add("host", result.host);
  const auto wait = result.retry_after;
  wait ? out.add("retry_after", std::int64_t{wait->count()}) : out.add_null("retry_after");
  out.add("tried", result.tried);
  return out;
}

// The same members where nothing could be tried, so that a program finds each of them always.
JsonObject facts_of(const Error& error, const Invocation& asked) {
  JsonObject out;
  out.add("activated", false).add_null("count").add_null("threshold");
  out.add_null("place").add_null("limit").add_null("used");
  add_problem(out, client::problem_of(error));
  out.add("product", asked.maybe("product"));
  for (const auto name : {"cmid", "license_state", "valid_until", "grace_until", "minutes_left",
                          "host", "retry_after"}) {
    out.add_null(name);
  }
  out.add("tried", std::vector<std::string>{});
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
  if (problem.known == ErrorCode::no_host) {
    print_note(shell, "'muster doctor' shows how hosts are looked for");
  }
  if (const auto left = what_is_left(result.status); !left.empty()) print_note(shell, left);
}

void print_success(Shell& shell, const ActivateResult& result) {
  if (result.place) {
    shell.out << fmt::format("Activated by {}: place {} of {}.\n{}\n",
                             result.host.value_or("the host"), *result.place,
                             result.limit.value_or(0), sentence_of(result.status));
    return;
  }
  shell.out << fmt::format("Activated by {}: {} of {} machines.\n{}\n",
                           result.host.value_or("the host"), result.count.value_or(0),
                           result.threshold.value_or(0), sentence_of(result.status));
}

Expected<ActivateResult> wait_for(ClientSession& session, const Invocation& asked, Shell& shell,
                                  const client::ActivateOptions& options) {
  const auto waiter = client::make_linux_waiter(session.client().directory());
  const auto say = [&](const ActivateResult& result, seconds pause) {
    if (wants_json(asked)) return;
    const auto fact = result.count && result.threshold
                          ? fmt::format("{} of {}", *result.count, *result.threshold)
                          : result.error->title;
    print_note(shell, fmt::format("{}; asking again in {} s", fact, pause.count()));
  };
  return client::await_activation(session.client(), *waiter, shell.client_clock, session.product(),
                                  options, say);
}

Expected<ActivateResult> attempt(const Invocation& asked, Shell& shell) {
  const auto key = typed_key(asked, shell);
  if (!key) return std::unexpected(key.error());
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const client::ActivateOptions options{.host = asked.maybe("host"), .key = *key};
  auto result = asked.flag("wait") ? wait_for(**session, asked, shell, options)
                                   : (*session)->client().activate((*session)->product(), options);
  if (result) (*session)->warn(shell);
  return result;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto result = attempt(asked, shell);
  if (!result && !wants_json(asked)) return std::unexpected(result.error());
  if (!result) {
    print_facts(shell, asked, facts_of(result.error(), asked));
    print_error(shell, result.error(), "", false);
    return entry(result.error().code).exit;
  }
  if (wants_json(asked)) print_facts(shell, asked, facts_of(*result));
  if (result->error) {
    print_problem(shell, *result);
    return result->error->exit;
  }
  if (!wants_json(asked)) print_success(shell, *result);
  return Exit::done;
}

std::vector<Field> fields() {
  return {
      {"activated", "true or false"},
      {"count", "the host's count, this machine included, or null"},
      {"threshold", "the count at which the product activates, or null"},
      {"place", "the place of a multiple activation key's limit, or null"},
      {"limit", "that key's limit, or null"},
      {"used", "places of it that are held, or null"},
      {"error", "a code, or null"},
      {"title", "the error in a sentence, or null"},
      {"detail", "what exactly happened, or null"},
      {"hint", "what to do, or null"},
      {"product", "the product's id, or null"},
      {"cmid", "the client machine id, or null"},
      {"license_state", "as of 'muster status', afterwards, or null"},
      {"valid_until", "when the activation ends, or null"},
      {"grace_until", "when the grace ends, or null"},
      {"minutes_left", "whole number: of the validity or the grace; null where there is no end"},
      {"host", "the host that answered, or null"},
      {"retry_after", "seconds until the agent asks again, or null"},
      {"tried", "list: hosts and name servers that did not answer, and why"}};
}

}  // namespace

Command activate_command() {
  return {
      .path = "activate",
      .summary = "ask a host for an activation, now",
      .description =
          "Asks the hosts in their order until one answers with what verifies: the configured one, "
          "the one that answered last, those that DNS names ('muster doctor' shows them). A "
          "request below the threshold counts, and is refused with the count so far; what was "
          "valid before stays valid. The agent does all of this by itself.\n\n"
          "With a multiple activation key it asks for a place of the key's limit; the activation "
          "has no end. A machine that holds one asks without the key how it stands: whether its "
          "place was released. Other users of the machine see what stands on a command line, so "
          "prefer --key-file.",
      .options = with_key_options(with_discovery_options(
          {{.name = "wait",
            .kind = Kind::flag,
            .help = "ask again, as often as the host allows, until it is activated"},
           {.name = "host",
            .placeholder = "URL",
            .help = "ask this host and no other, this time: http://NAME:8688"},
           product_option(),
           state_option(),
           fact_option(),
           ca_option(),
           json_option()})),
      .fields = fields(),
      .examples = {{"muster activate", "once"},
                   {"muster activate --wait", "in a script that must not go on without"},
                   {"muster activate --key-file key.txt --host http://muster.corp.example:8688",
                    "by a multiple activation key"},
                   {"muster activate --json", "for programs: an answer whether activated or not"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
