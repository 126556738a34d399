#include "cli/policy_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "base/ids.h"
#include "cli/parse.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

namespace json = wire::json;

constexpr std::size_t kFileMost = 1 << 20;

// One field of a policy: reads the value, or says what was expected instead.
struct PolicyField {
  std::string_view name;
  std::function<std::optional<std::string>(const json::Tree&, const json::Value&, Policy&)> read;
};

PolicyField duration_field(std::string_view name, minutes Policy::* member) {
  return {name, [member](const auto&, const json::Value& value, Policy& policy) {
            const auto read = value.kind == json::Kind::string ? parse_duration(value.text)
                                                               : fail(ErrorCode::usage);
            if (!read) return std::optional<std::string>("a duration such as \"30d\" is expected");
            policy.*member = *read;
            return std::optional<std::string>();
          }};
}

bool is_count(const json::Value& value) {
  return value.kind == json::Kind::integer && value.integer >= 0 && value.integer <= UINT32_MAX;
}

PolicyField count_field(std::string_view name, std::uint32_t Policy::* member) {
  return {name, [member](const auto&, const json::Value& value, Policy& policy) {
            if (!is_count(value)) return std::optional<std::string>("a whole number is expected");
            policy.*member = static_cast<std::uint32_t>(value.integer);
            return std::optional<std::string>();
          }};
}

std::vector<PolicyField> make_fields() {
  using Wrong = std::optional<std::string>;
  const auto text_of = [](const json::Value& value) {
    return value.kind == json::Kind::string ? value.text : std::string_view();
  };
  return {
      count_field("threshold", &Policy::threshold),
      duration_field("validity", &Policy::validity),
      duration_field("renewal_interval", &Policy::renewal_interval),
      duration_field("retry_interval", &Policy::retry_interval),
      duration_field("initial_grace", &Policy::initial_grace),
      duration_field("additional_grace", &Policy::additional_grace),
      duration_field("retention", &Policy::retention),
      duration_field("clock_skew", &Policy::clock_skew),
      count_field("rearm_limit", &Policy::rearm_limit),
      {"count_by",
       [text_of](const auto&, const json::Value& value, Policy& policy) {
         const auto read = count_by_of(text_of(value));
         if (!read) return Wrong("\"cmid\" or \"machine\" is expected");
         policy.count_by = *read;
         return Wrong();
       }},
      {"licensed",
       [](const auto&, const json::Value& value, Policy& policy) {
         if (value.kind != json::Kind::null && !is_count(value)) {
           return Wrong("a whole number or null is expected");
         }
         policy.licensed.reset();
         if (is_count(value)) policy.licensed = static_cast<std::uint32_t>(value.integer);
         return Wrong();
       }},
      {"over",
       [text_of](const auto&, const json::Value& value, Policy& policy) {
         const auto read = over_of(text_of(value));
         if (!read) return Wrong("\"report\" or \"refuse\" is expected");
         policy.over = *read;
         return Wrong();
       }},
      {"entitlements",
       [](const json::Tree& tree, const json::Value& value, Policy& policy) {
         if (value.kind != json::Kind::object) return Wrong("an object is expected");
         policy.entitlements.clear();
         tree.append(policy.entitlements, value);
         return Wrong();
       }},
  };
}

std::unexpected<Error> wrong(std::string_view product, std::string_view field,
                             std::string_view what) {
  return fail(ErrorCode::config_invalid,
              fmt::format("product '{}', field '{}': {}", product, field, what));
}

// The terms of a multiple activation key, in the words of its document.
Expected<MakPolicy> read_mak(const json::Tree& tree, const json::Value& object) {
  json::Claims claims(tree, object, ErrorCode::config_invalid);
  MakPolicy out;
  out.limit = claims.count("limit");
  const auto word = [&](std::string_view name, auto word_of, auto& into,
                        std::string_view expected) {
    if (!claims.has(name)) return;
    const auto read = word_of(claims.nonempty(name, 64));
    if (read) into = *read;
    if (!read) claims.refuse(name, expected);
  };
  word("reactivation", reactivation_of, out.reactivation, "free or counts expected");
  word("match", match_of, out.match, "any, most or all expected");
  word("release", release_of, out.release, "allowed or never expected");
  for (const auto* value = tree.first(object); value != nullptr; value = tree.next(*value)) {
    const auto known = {"limit", "reactivation", "match", "release"};
    if (std::ranges::find(known, value->key) == known.end()) {
      claims.refuse(value->key, "there is no such field");
    }
  }
  if (!claims.ok()) return claims.failure();
  if (auto ok = check(out); !ok) return std::unexpected(ok.error());
  return out;
}

Expected<ReplayProduct> read_product(const json::Tree& tree, std::string_view id,
                                     const json::Value& object) {
  static const auto fields = make_fields();
  if (object.kind != json::Kind::object) {
    return fail(ErrorCode::config_invalid, fmt::format("product '{}': an object is expected", id));
  }
  ReplayProduct out;
  for (const auto* value = tree.first(object); value != nullptr; value = tree.next(*value)) {
    if (value->key == "group") {
      if (value->kind != json::Kind::string || !valid_id(value->text)) {
        return wrong(id, "group", "an id of small letters, digits and dashes is expected");
      }
      out.group = value->text;
      continue;
    }
    if (value->key == "mak") {
      const auto mak = value->kind == json::Kind::object
                           ? read_mak(tree, *value)
                           : fail(ErrorCode::config_invalid, "an object is expected");
      if (!mak) {
        return fail(mak.error().code,
                    fmt::format("product '{}', field 'mak': {}", id, mak.error().detail));
      }
      out.mak = *mak;
      continue;
    }
    const auto at = std::ranges::find(fields, value->key, &PolicyField::name);
    if (at == fields.end()) {
      std::vector<std::string> names{"group", "mak"};
      for (const auto& field : fields) names.emplace_back(field.name);
      const auto meant = probably_meant(value->key, names);
      return wrong(id, value->key,
                   meant ? fmt::format("there is no such field; did you mean '{}'?", *meant)
                         : "there is no such field");
    }
    if (const auto what = at->read(tree, *value, out.policy)) return wrong(id, value->key, *what);
  }
  if (out.group.empty()) return wrong(id, "group", "it is missing");
  if (const auto ok = check(out.policy); !ok) {
    return fail(ok.error().code, fmt::format("product '{}': {}", id, ok.error().detail));
  }
  return out;
}

Expected<void> check_agreement(const PolicyFile& file) {
  std::map<std::string_view, std::pair<std::string_view, const ReplayProduct*>> first;
  for (const auto& [id, product] : file) {
    const auto& [other, of_group] = first.try_emplace(product.group, id, &product).first->second;
    for (const auto& [field, same] :
         {std::pair{"retention", product.policy.retention == of_group->policy.retention},
          std::pair{"count_by", product.policy.count_by == of_group->policy.count_by}}) {
      if (same) continue;
      return fail(ErrorCode::policy_conflict,
                  fmt::format("products '{}' and '{}' of group '{}' differ in {}", other, id,
                              product.group, field));
    }
  }
  return {};
}

}  // namespace

Expected<PolicyFile> read_policy_file(std::string_view text) {
  json::Tree tree;
  if (auto read = tree.parse(text, kFileMost); !read) {
    const bool repeated = read.error().code == ErrorCode::repeated_member;
    return fail(repeated ? ErrorCode::repeated_member : ErrorCode::config_invalid,
                read.error().detail);
  }
  const auto& root = tree.root();
  const auto* products = root.kind == json::Kind::object ? tree.find(root, "products") : nullptr;
  if (products == nullptr || products->kind != json::Kind::object ||
      tree.next(*tree.first(root)) != nullptr) {
    return fail(ErrorCode::config_invalid,
                "the policy file must be {\"products\":{...}} and nothing else");
  }
  PolicyFile out;
  for (const auto* value = tree.first(*products); value != nullptr; value = tree.next(*value)) {
    if (!valid_id(value->key)) {
      return fail(ErrorCode::config_invalid, fmt::format("'{}' is not a product's id", value->key));
    }
    auto product = read_product(tree, value->key, *value);
    if (!product) return std::unexpected(product.error());
    out.emplace(value->key, std::move(*product));
  }
  if (out.empty()) return fail(ErrorCode::config_invalid, "the policy file names no product");
  if (auto ok = check_agreement(out); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace muster::cli
