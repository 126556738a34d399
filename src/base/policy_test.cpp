#include "base/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace muster {
namespace {

constexpr minutes days(std::int64_t count) { return minutes(count * 24 * 60); }

TEST(Policy, ItsDefaultsAreThoseOfTheDocument) {
  const Policy policy;
  EXPECT_EQ(policy.threshold, 25u);
  EXPECT_EQ(policy.validity, days(180));
  EXPECT_EQ(policy.renewal_interval, days(7));
  EXPECT_EQ(policy.retry_interval, minutes(120));
  EXPECT_EQ(policy.initial_grace, days(30));
  EXPECT_EQ(policy.additional_grace, days(30));
  EXPECT_EQ(policy.retention, days(30));
  EXPECT_EQ(policy.clock_skew, minutes(240));
  EXPECT_EQ(policy.rearm_limit, 3u);
  EXPECT_EQ(policy.count_by, CountBy::cmid);
  EXPECT_FALSE(policy.licensed);
  EXPECT_EQ(policy.over, Over::report);
  EXPECT_TRUE(check(policy));
}

TEST(Policy, IsHeldToItsBounds) {
  const struct {
    const char* field;
    std::function<void(Policy&)> set;
    bool valid;
  } rows[] = {
      {"threshold", [](Policy& p) { p.threshold = 0; }, false},
      {"threshold", [](Policy& p) { p.threshold = 1; }, true},
      {"threshold", [](Policy& p) { p.threshold = 5000; }, true},
      {"threshold", [](Policy& p) { p.threshold = 5001; }, false},
      {"validity", [](Policy& p) { p.validity = minutes(0); }, false},
      {"validity", [](Policy& p) { p.validity = days(36500); }, true},
      {"validity", [](Policy& p) { p.validity = days(36501); }, false},
      {"renewal_interval", [](Policy& p) { p.validity = days(6); }, false},
      {"renewal_interval", [](Policy& p) { p.validity = days(7); }, true},
      {"retry_interval", [](Policy& p) { p.retry_interval = minutes(0); }, false},
      {"retry_interval", [](Policy& p) { p.retry_interval = days(8); }, false},
      {"initial_grace", [](Policy& p) { p.initial_grace = minutes(0); }, true},
      {"initial_grace", [](Policy& p) { p.initial_grace = minutes(-1); }, false},
      {"additional_grace", [](Policy& p) { p.additional_grace = days(36501); }, false},
      {"retention", [](Policy& p) { p.retention = days(14); }, true},
      {"retention", [](Policy& p) { p.retention = days(14) - minutes(1); }, false},
      {"clock_skew", [](Policy& p) { p.clock_skew = minutes(0); }, false},
      {"clock_skew", [](Policy& p) { p.clock_skew = minutes(1); }, true},
      {"clock_skew", [](Policy& p) { p.clock_skew = days(7); }, true},
      {"clock_skew", [](Policy& p) { p.clock_skew = days(8); }, false},
      {"rearm_limit", [](Policy& p) { p.rearm_limit = 0; }, true},
      {"rearm_limit", [](Policy& p) { p.rearm_limit = 1'000'001; }, false},
      {"licensed", [](Policy& p) { p.licensed = 0; }, false},
      {"licensed", [](Policy& p) { p.licensed = 1; }, true},
  };
  for (const auto& row : rows) {
    Policy policy;
    row.set(policy);
    const auto checked = check(policy);
    EXPECT_EQ(checked.has_value(), row.valid) << row.field;
    if (checked) continue;
    EXPECT_EQ(checked.error().code, ErrorCode::policy_invalid);
    EXPECT_THAT(checked.error().detail, testing::StartsWith(row.field));
  }
}

TEST(Policy, ARefusalNamesTheFieldItsValueAndTheBounds) {
  Policy policy;
  policy.retention = days(13);
  EXPECT_EQ(check(policy).error().detail, "retention is 13d, and must be 14d to 36500d");
}

TEST(Policy, ItsWordsAreReadAsTheyAreWritten) {
  for (const auto value : {CountBy::cmid, CountBy::machine}) {
    EXPECT_EQ(count_by_of(name_of(value)), value);
  }
  for (const auto value : {Over::report, Over::refuse}) EXPECT_EQ(over_of(name_of(value)), value);
  EXPECT_FALSE(count_by_of("CMID"));
  EXPECT_FALSE(over_of(""));
}

TEST(LicenceState, HasTheNumbersOfKmsEvents) {
  const std::string_view names[] = {"unlicensed",       "licensed",          "initial_grace",
                                    "additional_grace", "non_genuine_grace", "notification",
                                    "extended_grace"};
  ASSERT_EQ(std::size(names), static_cast<std::size_t>(kLicenceStates));
  for (std::uint8_t i = 0; i < kLicenceStates; ++i) {
    EXPECT_EQ(name_of(static_cast<LicenceState>(i)), names[i]);
  }
}

}  // namespace
}  // namespace muster
