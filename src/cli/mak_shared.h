// What the commands on a host's multiple activation keys share.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/host_call.h"
#include "cli/json_answer.h"

namespace muster::cli {

inline constexpr std::size_t kMakAnswerMost = std::size_t{16} << 20;

// The argument ID, and a path below the key that it names. usage where it is no id.
[[nodiscard]] Argument mak_id_argument();
[[nodiscard]] Expected<std::string> mak_path(std::string_view id, std::string_view tail = {});
// Posts `body` to the key's `verb`.
[[nodiscard]] Expected<std::string> post_to_mak(
    const Invocation& asked, Shell& shell, std::string_view verb, std::string body,
    service::Reply (*handler)(service::HostService&, const service::AdminRequest&));
// What to do where no host answers, or the key or machine is not there.
[[nodiscard]] std::vector<Hint> mak_hints();
// Reads what a host answered; bad_answer.
[[nodiscard]] Expected<void> parse_answer(wire::json::Tree& tree, std::string_view body);
// Prints what a host answered: as it stands under --json, else in words. bad_answer; the body's own
// error where there is none.
using Words = std::function<std::string(const JsonAnswer& answer, const wire::json::Value& root)>;
[[nodiscard]] Expected<Exit> tell(const Invocation& asked, Shell& shell,
                                  const Expected<std::string>& body, const Words& words);

// How a key stands, for people, a fact a line.
[[nodiscard]] std::string words_of_mak(const JsonAnswer& answer, const wire::json::Value& key);
// The members of a key as the host shows it.
[[nodiscard]] std::vector<Field> mak_fields(std::vector<Field> more = {});

}  // namespace muster::cli
