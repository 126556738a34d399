// A host's answer in JSON, as commands say it to people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/json.h"

namespace muster::cli {

// What the host answered, read as it is said to people. Members that are not there are empty.
class JsonAnswer {
 public:
  explicit JsonAnswer(const wire::json::Tree& tree) : tree_(tree) {}

  [[nodiscard]] std::string text(const wire::json::Value& object, std::string_view name) const {
    const auto* value = tree_.find(object, name);
    if (value == nullptr) return "";
    if (value->kind == wire::json::Kind::integer) return std::to_string(value->integer);
    return std::string(value->text);
  }
  [[nodiscard]] std::vector<const wire::json::Value*> list(const wire::json::Value& object,
                                                           std::string_view name) const {
    std::vector<const wire::json::Value*> out;
    const auto* value = tree_.find(object, name);
    if (value == nullptr || value->kind != wire::json::Kind::array) return out;
    for (const auto* item = tree_.first(*value); item != nullptr; item = tree_.next(*item)) {
      out.push_back(item);
    }
    return out;
  }
  [[nodiscard]] const wire::json::Value* find(const wire::json::Value& object,
                                              std::string_view name) const {
    return tree_.find(object, name);
  }

 private:
  const wire::json::Tree& tree_;
};

}  // namespace muster::cli
