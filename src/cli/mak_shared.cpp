#include "cli/mak_shared.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output.h"

namespace muster::cli {
namespace {

bool truth_of(const JsonAnswer& answer, const wire::json::Value& key, std::string_view name) {
  const auto* value = answer.find(key, name);
  return value != nullptr && value->truth;
}

std::string state_of(const JsonAnswer& answer, const wire::json::Value& key) {
  if (truth_of(answer, key, "blocked")) return "blocked: answered as a key that is not there";
  if (truth_of(answer, key, "behind")) {
    return "behind: this host was restored, and sells nothing new until 'muster mak reconcile'";
  }
  if (answer.text(key, "remaining") == "0") return "no place is left";
  return "sells places";
}

}  // namespace

Argument mak_id_argument() {
  return {.name = "ID", .help = "the key's id, as 'muster mak list' shows it"};
}

std::vector<Hint> mak_hints() {
  auto out = admin_hints();
  std::erase_if(out, [](const Hint& hint) { return hint.code == ErrorCode::not_found; });
  out.push_back({ErrorCode::not_found, "'muster mak list' shows the keys' ids"});
  out.push_back({ErrorCode::no_place, "'muster mak show ID' lists who holds a place"});
  return out;
}

Expected<std::string> mak_path(std::string_view id, std::string_view tail) {
  const bool good = !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
  if (good) return fmt::format("/v1/keys/{}{}", id, tail);
  return fail(ErrorCode::usage, fmt::format("'{}' is no key's id; see 'muster mak list'", id));
}

Expected<std::string> post_to_mak(const Invocation& asked, Shell& shell, std::string_view verb,
                                  std::string body,
                                  service::Reply (*handler)(service::HostService&,
                                                            const service::AdminRequest&)) {
  const auto path = mak_path(asked.text("ID"), fmt::format("/{}", verb));
  if (!path) return std::unexpected(path.error());
  return call_host(asked, shell,
                   {.verb = HostCall::Verb::post,
                    .path = *path,
                    .id = asked.text("ID"),
                    .body = std::move(body),
                    .handler = handler});
}

Expected<void> parse_answer(wire::json::Tree& tree, std::string_view body) {
  if (auto parsed = tree.parse(body, kMakAnswerMost); !parsed) {
    return fail(ErrorCode::bad_answer, parsed.error().detail);
  }
  return {};
}

Expected<Exit> tell(const Invocation& asked, Shell& shell, const Expected<std::string>& body,
                    const Words& words) {
  if (!body) return std::unexpected(body.error());
  if (wants_json(asked)) {
    shell.out << *body << '\n';
    return Exit::done;
  }
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, *body); !parsed) return std::unexpected(parsed.error());
  shell.out << printable_lines(words(JsonAnswer(tree), tree.root()));
  return Exit::done;
}

std::string words_of_mak(const JsonAnswer& answer, const wire::json::Value& key) {
  FactTable out;
  const auto of = [&](std::string_view name) { return answer.text(key, name); };
  out.row("key", fmt::format("{} ({})", of("key"), of("id")));
  out.row("  product", fmt::format("{} of {}", of("product"), of("vendor_name")));
  out.row("  customer", of("customer"));
  out.row("  places",
          fmt::format("{} of {} used, {} left", of("used"), of("limit"), of("remaining")));
  out.row("  state", state_of(answer, key));
  out.row("  terms", fmt::format("reactivation {}, match {}, release {}", of("reactivation"),
                                 of("match"), of("release")));
  if (const auto expires = of("expires"); !expires.empty()) out.row("  sells until", expires);
  return out.text();
}

std::vector<Field> mak_fields(std::vector<Field> more) {
  std::vector<Field> out{
      {"id", "the key's id"},
      {"vendor", "the vendor's id"},
      {"vendor_name", "the vendor's name"},
      {"product", "the product's id"},
      {"customer", "whom it is for"},
      {"key", "its last five characters, the others as stars"},
      {"limit", "whole number: machines that may hold a place"},
      {"used", "whole number: places that are held"},
      {"remaining", "whole number: places that are left"},
      {"behind", "true: this host was restored, and the key sells nothing until reconcile"},
      {"blocked", "true: it is answered as a key that is not there"},
      {"reactivation", "free or counts"},
      {"match", "any, most or all"},
      {"release", "allowed or never"},
      {"hint", "what the vendor says where the limit is reached"},
      {"issued", "when the vendor signed it"},
      {"expires", "from when on no new place is sold, or null"},
      {"sold_per_day", "in the last 30 days"},
      {"days_until_empty", "at this rate, or null where nothing is sold"}};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace muster::cli
