// What the administration's calls answer, as tests read it.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <charconv>
#include <string>
#include <string_view>

#include "service/reply.h"
#include "wire/json.h"

namespace muster::service::testing {

// An answer's body, by paths such as "machines.0.history.1.evidence".
class Body {
 public:
  explicit Body(const Reply& reply) : text_(reply.body) {
    EXPECT_TRUE(tree_.parse(text_, 16 << 20)) << text_;
  }
  // The value as text: "null", "true", a number, a text, or an array's size as "[3]".
  [[nodiscard]] std::string at(std::string_view path) const {
    const auto* value = &tree_.root();
    while (!path.empty() && value != nullptr) {
      const auto step = path.substr(0, path.find('.'));
      path.remove_prefix(std::min(step.size() + 1, path.size()));
      value =
          value->kind == wire::json::Kind::array ? item(*value, step) : tree_.find(*value, step);
    }
    if (value == nullptr) return "absent";
    if (value->kind == wire::json::Kind::string) return std::string(value->text);
    if (value->kind == wire::json::Kind::array) return fmt::format("[{}]", size(*value));
    std::string out;
    tree_.append(out, *value);
    return out;
  }

 private:
  [[nodiscard]] const wire::json::Value* item(const wire::json::Value& array,
                                              std::string_view index) const {
    int at = 0;
    std::from_chars(index.data(), index.data() + index.size(), at);
    const auto* value = tree_.first(array);
    for (; value != nullptr && at > 0; --at) value = tree_.next(*value);
    return value;
  }
  [[nodiscard]] int size(const wire::json::Value& array) const {
    int out = 0;
    for (const auto* value = tree_.first(array); value != nullptr; value = tree_.next(*value))
      ++out;
    return out;
  }
  std::string text_;
  wire::json::Tree tree_;
};

// Everything of a streamed answer.
inline std::string whole(const Reply& reply) {
  std::string out = reply.body;
  while (reply.next_piece) {
    const auto piece = reply.next_piece();
    EXPECT_TRUE(piece) << piece.error().sentence();
    if (!piece || !*piece) break;
    out += **piece;
  }
  return out;
}

}  // namespace muster::service::testing
