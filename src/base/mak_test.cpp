#include "base/mak.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(MakPolicy, HasALimitInBounds) {
  MakPolicy policy;
  EXPECT_EQ(check(policy).error().code, ErrorCode::policy_invalid) << "none was said";
  for (const std::uint32_t good : {1U, 100U, 1'000'000U}) {
    policy.limit = good;
    EXPECT_TRUE(check(policy)) << good;
  }
  policy.limit = 1'000'001;
  const auto over = check(policy);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error(),
            (Error{ErrorCode::policy_invalid, "limit is 1000001: 1 to 1000000 expected"}));
}

TEST(MakPolicy, ItsWordsAreReadAsTheyAreWritten) {
  EXPECT_EQ(reactivation_of("free"), Reactivation::free);
  EXPECT_EQ(reactivation_of("counts"), Reactivation::counts);
  EXPECT_EQ(reactivation_of("Free"), std::nullopt);
  EXPECT_EQ(release_of("allowed"), Release::allowed);
  EXPECT_EQ(release_of("never"), Release::never);
  EXPECT_EQ(release_of(""), std::nullopt);
  for (const auto match : {Match::any, Match::most, Match::all}) {
    EXPECT_EQ(match_of(name_of(match)), match);
  }
  EXPECT_EQ(match_of("some"), std::nullopt);
}

}  // namespace
}  // namespace muster
