#include "cli/policy_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace muster::cli {
namespace {

TEST(PolicyFile, EveryFieldOfAPolicyIsRead) {
  const auto file = read_policy_file(R"({"products":{"acme-cad":{
      "group":"desktop","threshold":10,"validity":"90d","renewal_interval":"3d",
      "retry_interval":"1h","initial_grace":"10d","additional_grace":"0m","retention":"20d",
      "clock_skew":"1h","rearm_limit":5,"count_by":"machine","licensed":40,"over":"refuse",
      "entitlements":{"seats":[1,2]}}}})");
  ASSERT_TRUE(file) << file.error().sentence();
  const auto& product = file->at("acme-cad");
  EXPECT_EQ(product.group, "desktop");
  const Policy expected{.threshold = 10,
                        .validity = minutes(90 * 1440),
                        .renewal_interval = minutes(3 * 1440),
                        .retry_interval = minutes(60),
                        .initial_grace = minutes(10 * 1440),
                        .additional_grace = minutes(0),
                        .retention = minutes(20 * 1440),
                        .clock_skew = minutes(60),
                        .rearm_limit = 5,
                        .count_by = CountBy::machine,
                        .licensed = 40,
                        .over = Over::refuse,
                        .entitlements = R"({"seats":[1,2]})"};
  EXPECT_EQ(product.policy, expected);
}

TEST(PolicyFile, WhatIsNotSaidIsTheDefault) {
  const auto file = read_policy_file(R"({"products":{"a":{"group":"g","licensed":null}}})");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->at("a").policy, Policy{});
}

TEST(PolicyFile, AMistakeIsNamedByProductAndField) {
  struct Bad {
    std::string_view fields;
    ErrorCode code;
    std::string_view said;
  };
  const Bad bad[] = {
      {R"("threshold":25)", ErrorCode::config_invalid, "'group': it is missing"},
      {R"("group":"Desk")", ErrorCode::config_invalid, "'group': an id"},
      {R"("group":"g","treshold":25)", ErrorCode::config_invalid, "did you mean 'threshold'?"},
      {R"("group":"g","colour":"red")", ErrorCode::config_invalid, "'colour': there is no such"},
      {R"("group":"g","threshold":"25")", ErrorCode::config_invalid, "'threshold': a whole number"},
      {R"("group":"g","threshold":-1)", ErrorCode::config_invalid, "'threshold': a whole number"},
      {R"("group":"g","threshold":0)", ErrorCode::policy_invalid, "threshold is 0"},
      {R"("group":"g","threshold":5001)", ErrorCode::policy_invalid, "threshold is 5001"},
      {R"("group":"g","retention":30)", ErrorCode::config_invalid, "'retention': a duration"},
      {R"("group":"g","retention":"30")", ErrorCode::config_invalid, "'retention': a duration"},
      {R"("group":"g","retention":"13d")", ErrorCode::policy_invalid, "retention is 13d"},
      {R"("group":"g","count_by":"host")", ErrorCode::config_invalid, "'count_by'"},
      {R"("group":"g","licensed":0)", ErrorCode::policy_invalid, "licensed is 0"},
      {R"("group":"g","over":"ignore")", ErrorCode::config_invalid, "'over'"},
      {R"("group":"g","entitlements":[])", ErrorCode::config_invalid, "'entitlements'"},
      {R"("group":"g","group":"g")", ErrorCode::repeated_member, "group"},
  };
  for (const auto& [fields, code, said] : bad) {
    const auto file = read_policy_file(fmt::format(R"({{"products":{{"acme":{{{}}}}}}})", fields));
    ASSERT_FALSE(file) << fields;
    EXPECT_EQ(file.error().code, code) << fields;
    EXPECT_NE(file.error().detail.find(said), std::string::npos) << file.error().detail;
    if (code != ErrorCode::repeated_member) {
      EXPECT_NE(file.error().detail.find("'acme'"), std::string::npos) << file.error().detail;
    }
  }
}

TEST(PolicyFile, ProductsOfOneGroupMustAgree) {
  const auto of = [](std::string_view other, std::string_view fields) {
    return read_policy_file(fmt::format(
        R"({{"products":{{"a":{{"group":"g"}},"b":{{"group":"{}",{}}}}}}})", other, fields));
  };
  EXPECT_TRUE(of("g", R"("threshold":5)"));
  EXPECT_TRUE(of("h", R"("retention":"60d")"));
  EXPECT_EQ(
      of("g", R"("retention":"60d")").error(),
      (Error{ErrorCode::policy_conflict, "products 'a' and 'b' of group 'g' differ in retention"}));
  EXPECT_EQ(of("g", R"("count_by":"machine")").error().code, ErrorCode::policy_conflict);
}

TEST(PolicyFile, OtherFilesAreRefused) {
  for (const auto text : {"", "[]", "{}", R"({"products":[]})", R"({"products":{}})",
                          R"({"products":{"A":{"group":"g"}}})", R"({"products":{"a":1}})",
                          R"({"products":{"a":{"group":"g"}},"more":1})", R"({"product":{}})"}) {
    EXPECT_FALSE(read_policy_file(text)) << text;
  }
}

}  // namespace
}  // namespace muster::cli
