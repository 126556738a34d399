// Small things that the administration's handlers share.
#pragma once

#include <fmt/format.h>

#include <charconv>
#include <span>
#include <string>
#include <string_view>

#include "service/admin_groups.h"
#include "wire/json.h"

namespace muster::service {

namespace json = wire::json;

[[nodiscard]] inline Reply json_reply(std::string body, int status = 200) {
  return {.status = status, .body = std::move(body)};
}

// "name":[...], each item by `write(out, item)`.
template <class List, class Write>
void write_list(json::Writer& writer, std::string_view name, const List& list, const Write& write) {
  auto& out = writer.key(name);
  out.push_back('[');
  bool first = true;
  for (const auto& item : list) {
    if (!first) out.push_back(',');
    first = false;
    write(out, item);
  }
  out.push_back(']');
}

// A request's body as a JSON object, at most kActBodyMost; the tree's views point into `body`.
inline constexpr std::size_t kActBodyMost = 256 * 1024;
[[nodiscard]] Expected<void> parse_body(json::Tree& tree, std::string_view body);

// A group as /v1/groups and /v1/status show it.
void write_group(std::string& out, const GroupFacts& facts);

// ?limit: 1 .. 1000.
[[nodiscard]] Expected<std::size_t> limit_of(const AdminRequest& request, std::size_t otherwise);

// ?name as `read` takes it, which gives nothing for what it does not know; nothing where it is not
// there. malformed_request: "name: expected", what is expected in words.
template <class Value, class Read>
Expected<std::optional<Value>> parameter(const AdminRequest& request, std::string_view name,
                                         std::string_view expected, const Read& read) {
  const auto* text = request.find(name);
  if (text == nullptr) return std::nullopt;
  std::optional<Value> value = read(*text);
  if (value) return value;
  return fail(ErrorCode::malformed_request, fmt::format("{}: {} expected", name, expected));
}
// ?state and ?evidence; one that is unknown is refused with the names of all.
[[nodiscard]] Expected<std::optional<LicenceState>> state_in(const AdminRequest& request);
[[nodiscard]] Expected<std::optional<core::Evidence>> evidence_in(const AdminRequest& request);
// "a, b or c".
[[nodiscard]] std::string any_of(std::span<const std::string_view> names);

// What ?format and Accept ask for: CSV, or JSON. malformed_request.
[[nodiscard]] Expected<bool> wants_csv(const AdminRequest& request);

// One line of CSV (RFC 4180) for people and their spreadsheets: nothing in it is a formula, and
// what nobody sees in a client's text is written out (base/shown.h).
[[nodiscard]] std::string csv_line(std::span<const std::string> fields);
// The answer that begins with the columns' names; `next_piece` or the rest of `body` follows.
[[nodiscard]] Reply csv_reply(std::span<const std::string_view> columns, std::string_view file);

// A place of the log as a cursor: "EPOCH-SEQ", "1-2041"; of another host's log "EPOCH-SEQ-HOST".
[[nodiscard]] std::string cursor_of(core::EventPlace place);
[[nodiscard]] Expected<core::EventPlace> place_of(std::string_view name, std::string_view cursor);

// How far the log goes, is signed, and has been checked: the members of "log", without the object's
// end.
void write_log_reach(json::Writer& writer, HostService& service, const store::ChainHead& head);

// The value of a salted hash, or nothing: none was given, or it has been forgotten.
[[nodiscard]] std::optional<std::string> value_of(HostService& service, const Bytes16& hash);
// "name": the value or null.
void write_value(json::Writer& writer, std::string_view name,
                 const std::optional<std::string>& value);

}  // namespace muster::service
