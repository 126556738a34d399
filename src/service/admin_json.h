// Small things that the administration's handlers share.
#pragma once

#include <fmt/format.h>

#include <charconv>
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

// What ?format and Accept ask for: CSV, or JSON. malformed_request.
[[nodiscard]] Expected<bool> wants_csv(const AdminRequest& request);

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
