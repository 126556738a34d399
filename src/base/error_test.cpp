#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace muster {
namespace {

constexpr Exit kExits[] = {Exit::usage,    Exit::no_host, Exit::refused,
                           Exit::document, Exit::state,   Exit::internal};

TEST(ErrorTable, HasEachNameAndEachCValueOnce) {
  std::set<std::string_view> names;
  std::set<int> values;
  for (const auto& row : error_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(values.insert(static_cast<int>(row.code)).second) << row.name;
  }
  EXPECT_GT(names.size(), 50u);
}

// C values are for ever: a program that was compiled against them must keep its meaning.
TEST(ErrorTable, KeepsItsCValues) {
  EXPECT_EQ(static_cast<int>(ErrorCode::count_insufficient), 101);
  EXPECT_EQ(static_cast<int>(ErrorCode::malformed_request), 201);
  EXPECT_EQ(static_cast<int>(ErrorCode::document_malformed), 301);
  EXPECT_EQ(static_cast<int>(ErrorCode::no_rearm_left), 401);
  EXPECT_EQ(static_cast<int>(ErrorCode::no_host), 501);
  EXPECT_EQ(static_cast<int>(ErrorCode::usage), 601);
}

TEST(ErrorTable, EveryRowHasAllItsFaces) {
  const std::set<int> statuses = {200, 400, 401, 403, 404, 405, 408, 409,
                                  413, 415, 421, 429, 431, 500, 502, 503};
  for (const auto& row : error_table()) {
    EXPECT_TRUE(statuses.contains(row.http)) << row.name;
    EXPECT_NE(std::ranges::find(kExits, row.exit), std::end(kExits)) << row.name;
    EXPECT_GE(row.title.size(), 10u) << row.name;
    EXPECT_FALSE(row.hint.empty()) << row.name;
    EXPECT_FALSE(row.title.ends_with('.')) << row.name << ": a detail may follow";
    EXPECT_TRUE(row.kms.empty() || (row.kms.starts_with("0xC004") && row.kms.size() == 10))
        << row.name;
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), row.name.npos) << row.name;
  }
}

TEST(ErrorTable, RulesAnswer200AndExit4) {
  for (const auto& row : error_table()) {
    if (static_cast<int>(row.code) >= 200) continue;
    EXPECT_EQ(row.http, 200) << row.name;
    EXPECT_EQ(row.exit, Exit::refused) << row.name;
  }
}

TEST(ErrorTable, FindsByCodeAndByName) {
  for (const auto& row : error_table()) {
    EXPECT_EQ(entry(row.code).name, row.name);
    EXPECT_EQ(error_code(row.name), row.code);
  }
  EXPECT_FALSE(error_code("no_such_code"));
  EXPECT_FALSE(error_code(""));
}

TEST(Error, ItsSentenceIsTheTitleAndTheDetail) {
  EXPECT_EQ((Error{ErrorCode::not_found, "/v2"}.sentence()),
            "there is nothing at this address: /v2");
  EXPECT_EQ((Error{ErrorCode::not_found}.sentence()), "there is nothing at this address");
}

TEST(Error, TravelsAsAValue) {
  const Expected<int> failed = fail(ErrorCode::usage, "--threshold");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error(), (Error{ErrorCode::usage, "--threshold"}));
}

}  // namespace
}  // namespace muster
