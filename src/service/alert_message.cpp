#include "service/alert_message.h"

#include <array>

#include "base/shown.h"
#include "wire/json.h"

namespace muster::service {
namespace {

constexpr std::array<std::string_view, 3> kStates{"raised", "ended", "test"};
constexpr std::size_t kTextMost = 1024;  // characters
constexpr std::size_t kMessageMost = 64 * 1024;

}  // namespace

std::string_view name_of(AlertMessage::State state) {
  return kStates.at(static_cast<std::size_t>(state));
}

std::string AlertMessage::id() const { return alert + "-" + std::string(name_of(state)); }

std::string encode(const AlertMessage& message) {
  std::string out;
  wire::json::Writer writer(out);
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.text(name, shown_text(value, kTextMost));
  };
  text("id", message.id());
  text("state", name_of(message.state));
  text("alert", message.alert);
  text("rule", message.rule);
  text("subject", message.subject);
  text("title", message.title);
  text("about", message.about);
  text("what", message.what);
  text("to_do", message.to_do);
  writer.time("since", message.since).time("time", message.time).plain("host", message.host).end();
  return out;
}

Expected<AlertMessage> decode_alert(std::string_view text) {
  wire::json::Tree tree;
  if (auto done = tree.parse(text, kMessageMost); !done) {
    return fail(ErrorCode::store_corrupt, "an alert's message: " + done.error().detail);
  }
  wire::json::Claims claims(tree, tree.root(), ErrorCode::store_corrupt);
  const auto read = [&](std::string_view name) { return claims.text(name, kMessageMost); };
  AlertMessage out;
  const auto state = read("state");
  out.alert = read("alert");
  out.rule = read("rule");
  out.subject = read("subject");
  out.title = read("title");
  out.about = read("about");
  out.what = read("what");
  out.to_do = read("to_do");
  out.since = claims.time("since");
  out.time = claims.time("time");
  out.host = read("host");
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (state == kStates.at(i)) out.state = static_cast<AlertMessage::State>(i);
  }
  if (name_of(out.state) != state) claims.refuse("state", "raised, ended or test expected");
  if (!claims.ok()) return claims.failure();
  return out;
}

}  // namespace muster::service
