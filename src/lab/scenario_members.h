// One table of a scenario file, read member by member, and the first thing that is wrong with it.
// For scenario_file.cpp alone.
#pragma once

#include <fmt/format.h>

#include <toml++/toml.h>

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "base/ids.h"
#include "lab/scenario.h"

namespace muster::lab {

inline constexpr std::size_t kScenarioTextMost = 2'000;

// The first thing that is wrong; what follows it is not looked at.
struct Trouble {
  std::string_view file;
  std::optional<Error> error;

  void say(const toml::source_region& where, std::string_view what) {
    if (error) return;
    error =
        Error{ErrorCode::config_invalid, fmt::format("{}:{}: {}", file, where.begin.line, what)};
  }
};

inline std::string found_in(const toml::node& node) {
  if (const auto* text = node.as_string()) return fmt::format("\"{}\"", text->get());
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  return "a date or a time";
}

// "08:30", "24:00" included.
inline std::optional<minutes> time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = whole_number<int>(text.substr(0, 2));
  const auto minute = whole_number<int>(text.substr(3));
  if (!hour || !minute || *hour < 0 || *minute < 0 || *minute > 59) return std::nullopt;
  if (*hour * 60 + *minute > 24 * 60) return std::nullopt;
  return minutes(*hour * 60 + *minute);
}

// One table of the file, read member by member; whatever was never asked for is unknown.
class Members {
 public:
  Members(Trouble& trouble, std::string name, const toml::table& table)
      : trouble_(trouble), name_(std::move(name)), table_(table) {}

  [[nodiscard]] const toml::node* find(std::string_view member, bool required = false) {
    asked_.insert(std::string(member));
    const auto* node = table_.get(member);
    if (node == nullptr && required) {
      trouble_.say(table_.source(), fmt::format("{}{} is missing", name_, member));
    }
    return node;
  }
  void wrong(std::string_view member, const toml::node& node, std::string_view expected) {
    trouble_.say(node.source(), fmt::format("{}{}: {} found, {} expected", name_, member,
                                            found_in(node), expected));
  }

  std::string text(std::string_view member, std::string otherwise, bool required = false) {
    const auto* node = find(member, required);
    if (node == nullptr) return otherwise;
    const auto* text = node->as_string();
    if (text != nullptr && !text->get().empty() && valid_text(text->get(), kScenarioTextMost)) {
      return text->get();
    }
    wrong(member, *node, "a text in quotes");
    return otherwise;
  }
  std::string id(std::string_view member, std::string otherwise, bool required = false) {
    const auto* node = find(member, required);
    if (node == nullptr) return otherwise;
    const auto* text = node->as_string();
    if (text != nullptr && valid_id(text->get())) return text->get();
    wrong(member, *node, "a name of a-z, 0-9 and dashes");
    return otherwise;
  }
  std::int64_t number(std::string_view member, std::int64_t otherwise, std::int64_t least,
                      std::int64_t most, bool required = false) {
    const auto* node = find(member, required);
    if (node == nullptr) return otherwise;
    const auto* number = node->as_integer();
    if (number != nullptr && number->get() >= least && number->get() <= most) return number->get();
    wrong(member, *node, fmt::format("a whole number from {} to {}", least, most));
    return otherwise;
  }
  minutes duration(std::string_view member, minutes otherwise, minutes least = {}) {
    const auto* node = find(member);
    return node == nullptr ? otherwise : duration_of(member, *node, least).value_or(otherwise);
  }
  std::optional<minutes> duration_of(std::string_view member, const toml::node& node,
                                     minutes least = {}) {
    const auto* text = node.as_string();
    const auto value = text == nullptr ? std::nullopt : parsed(text->get());
    if (value && *value >= least) return value;
    wrong(member, node,
          least > minutes(0)
              ? fmt::format("a duration such as \"2h\", at least {}", format_duration(least))
              : std::string("a duration such as \"30m\", \"2h\" or \"14d\""));
    return std::nullopt;
  }
  // After the begin, and before `end`: what comes later would never happen.
  std::optional<minutes> moment_of(std::string_view member, const toml::node& node, minutes end) {
    const auto at = duration_of(member, node);
    if (at && *at >= end) {
      wrong(member, node,
            fmt::format("a moment before the end, which `days` puts at {}", format_duration(end)));
    }
    return at;
  }
  minutes moment(std::string_view member, minutes end) {
    const auto* node = find(member);
    return node == nullptr ? minutes(0) : moment_of(member, *node, end).value_or(minutes(0));
  }
  // Of a member that is there and says nothing, because of another that is not.
  void idle(std::string_view member, std::string_view without) {
    const auto* node = table_.get(member);
    if (node == nullptr) return;
    trouble_.say(node->source(), fmt::format("{}{}: {} found, which means nothing without {}",
                                             name_, member, found_in(*node), without));
  }
  bool truth(std::string_view member, bool otherwise) {
    const auto* node = find(member);
    if (node == nullptr) return otherwise;
    if (const auto* truth = node->as_boolean()) return truth->get();
    wrong(member, *node, "true or false");
    return otherwise;
  }
  std::optional<minutes> clock(std::string_view member) {
    const auto* node = find(member);
    if (node == nullptr) return std::nullopt;
    const auto* text = node->as_string();
    const auto out = text == nullptr ? std::nullopt : time_of_day(text->get());
    if (!out) wrong(member, *node, "a time of the day such as \"08:30\"");
    return out;
  }
  // The items of a list, each with its node.
  [[nodiscard]] std::vector<const toml::node*> list(std::string_view member,
                                                    std::string_view expected) {
    std::vector<const toml::node*> out;
    const auto* node = find(member);
    if (node == nullptr) return out;
    const auto* items = node->as_array();
    if (items == nullptr) {
      wrong(member, *node, expected);
      return out;
    }
    for (const auto& item : *items) out.push_back(&item);
    return out;
  }
  // One may last longer than to the end.
  std::vector<Span> spans(std::string_view member, minutes end) {
    std::vector<Span> out;
    each_table(member, "a list of {at = \"10d\", lasts = \"8h\"}", "lasts", [&](Members& one) {
      out.push_back({one.moment("at", end), one.duration("lasts", {}, minutes(1))});
    });
    return out;
  }
  // One of a few words; the first where there is none.
  template <class Value, class ValueOf>
  Value one_of(std::string_view member, Value otherwise, ValueOf value_of,
               std::string_view expected) {
    const auto* node = find(member);
    if (node == nullptr) return otherwise;
    const auto* text = node->as_string();
    const auto value = text == nullptr ? std::nullopt : value_of(text->get());
    if (value) return *value;
    wrong(member, *node, expected);
    return otherwise;
  }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const toml::node* peek(std::string_view member) const { return table_.get(member); }
  std::vector<Restore> restores(std::string_view member, minutes end) {
    std::vector<Restore> out;
    each_table(member, "a list of {at = \"20d\", backup = \"17d\"}", "backup", [&](Members& one) {
      out.push_back({one.moment("at", end), one.duration("backup", {})});
      if (out.back().backup < out.back().at) return;
      trouble_.say(one.source(), fmt::format("{}{}: the backup must be earlier than `at`, when the "
                                             "host comes back from it",
                                             name_, member));
    });
    return out;
  }
  [[nodiscard]] const toml::source_region& source() const { return table_.source(); }
  // Of the first of these members that is there, or of the table.
  [[nodiscard]] const toml::source_region& source_of(
      std::initializer_list<std::string_view> members) const {
    for (const auto member : members) {
      if (const auto* node = table_.get(member)) return node->source();
    }
    return source();
  }
  // Says what is there that nobody asked for.
  void end() {
    for (const auto& [key, node] : table_) {
      if (asked_.contains(std::string(key.str()))) continue;
      std::string known;
      for (const auto& one : asked_) known.append(known.empty() ? "" : ", ").append(one);
      trouble_.say(key.source(), fmt::format("there is no '{}{}'; known are {}", name_,
                                             printable_key(key.str()), known));
    }
  }

 private:
  // Each of a list of tables that have `at` and another member.
  template <class Read>
  void each_table(std::string_view member, std::string_view expected, std::string_view other,
                  const Read& read) {
    for (const auto* item : list(member, expected)) {
      const auto* table = item->as_table();
      if (table == nullptr) {
        wrong(member, *item, expected);
        continue;
      }
      Members one(trouble_, fmt::format("{}{}.", name_, member), *table);
      (void)one.find("at", true);
      (void)one.find(other, true);
      read(one);
      one.end();
    }
  }

  static std::optional<minutes> parsed(std::string_view text) {
    const auto value = parse_duration(text);
    return value ? std::optional(*value) : std::nullopt;
  }
  static std::string printable_key(std::string_view key) {
    return valid_text(key, 60) ? std::string(key) : "?";
  }

  Trouble& trouble_;
  std::string name_;
  const toml::table& table_;
  std::set<std::string> asked_;
};

}  // namespace muster::lab
