#include "load/http_reader.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"

namespace muster::load {
namespace {

constexpr std::size_t kHeadMost = 16 * 1024;
constexpr std::size_t kBodyMost = 1024 * 1024;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

struct Head {
  std::optional<std::size_t> content_length;
  bool close = false;
};

Head read_fields(std::string_view fields) {
  Head head;
  while (!fields.empty()) {
    const auto end = std::min(fields.find("\r\n"), fields.size());
    const auto line = fields.substr(0, end);
    fields.remove_prefix(std::min(end + 2, fields.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (same_letters(name, "content-length"))
      head.content_length = whole_number<std::size_t>(value);
    if (same_letters(name, "connection")) head.close = same_letters(value, "close");
  }
  return head;
}

}  // namespace

HttpAnswer read_answer(std::string_view bytes) {
  using Kind = HttpAnswer::Kind;
  const auto head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) {
    return {.kind = bytes.size() > kHeadMost ? Kind::broken : Kind::partial};
  }
  const auto head = bytes.substr(0, head_end);
  if (head.size() < 12 || !head.starts_with("HTTP/1.")) return {.kind = Kind::broken};
  const auto status = whole_number<int>(head.substr(9, 3));
  const auto line_end = std::min(head.find("\r\n"), head.size());
  const auto fields = read_fields(head.substr(std::min(line_end + 2, head.size())));
  if (!status || !fields.content_length || *fields.content_length > kBodyMost) {
    return {.kind = Kind::broken};
  }
  const auto body_at = head_end + 4;
  if (bytes.size() - body_at < *fields.content_length) return {.kind = Kind::partial};
  return {.kind = Kind::whole,
          .status = *status,
          .close = fields.close,
          .body = bytes.substr(body_at, *fields.content_length)};
}

}  // namespace muster::load
