#include "host/sessions.h"

#include <gmock/gmock.h>

#include <set>

namespace muster::host {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::Optional;

struct SessionsTest : ::testing::Test {
  Sessions sessions;
  SeededRandom random{1};
  milliseconds now{0};
};

TEST_F(SessionsTest, ACookieIsItsSessionsAndNoOthers) {
  const auto first = sessions.begin("aaaaaaaa", random, now);
  const auto second = sessions.begin("bbbbbbbb", random, now);
  EXPECT_THAT(sessions.find(first, now), Optional(std::string("aaaaaaaa")));
  EXPECT_THAT(sessions.find(second, now), Optional(std::string("bbbbbbbb")));
  for (std::size_t i = 0; i < first.size(); ++i) {
    auto wrong = first;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(sessions.find(wrong, now)) << i;
  }
  EXPECT_FALSE(sessions.find("", now));
  sessions.end(first);
  EXPECT_FALSE(sessions.find(first, now));
  EXPECT_TRUE(sessions.find(second, now));
}

TEST_F(SessionsTest, WhoAsksForNothingIsLoggedOut) {
  const auto busy = sessions.begin("aaaaaaaa", random, now);
  const auto idle = sessions.begin("bbbbbbbb", random, now);
  now += Sessions::kIdleMost - milliseconds(1);
  EXPECT_TRUE(sessions.find(busy, now));
  now += milliseconds(1);
  EXPECT_TRUE(sessions.find(busy, now));
  EXPECT_FALSE(sessions.find(idle, now));
}

TEST_F(SessionsTest, ThereIsRoomForANewOne) {
  const auto oldest = sessions.begin("aaaaaaaa", random, now);
  std::set<std::string> cookies;
  for (std::size_t i = 0; i < Sessions::kMost; ++i) {
    now += milliseconds(1);
    cookies.insert(sessions.begin("bbbbbbbb", random, now));
  }
  EXPECT_EQ(cookies.size(), Sessions::kMost);
  EXPECT_FALSE(sessions.find(oldest, now));
  for (const auto& cookie : cookies) EXPECT_TRUE(sessions.find(cookie, now));
}

TEST(SessionCookie, IsFoundAmongOthers) {
  const struct {
    const char *field, *value;
  } rows[] = {
      {"muster_session=abc", "abc"},
      {"theme=dark; muster_session=abc; x=y", "abc"},
      {"a=b;muster_session=abc", "abc"},
      {"", ""},
      {"muster_session", ""},
      {"muster_session=", ""},
      {"muster_sessions=abc", ""},
      {"xmuster_session=abc", ""},
      {"x=muster_session=abc", ""},
      {"muster_session=abc; muster_session=def", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(session_cookie(row.field), row.value) << row.field;
}

TEST(SessionCookie, IsTheHostsAlone) {
  EXPECT_EQ(set_cookie("abc", true),
            "Set-Cookie: muster_session=abc; Path=/; HttpOnly; SameSite=Strict; Secure\r\n");
  EXPECT_EQ(set_cookie("", false),
            "Set-Cookie: muster_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0\r\n");
}

}  // namespace
}  // namespace muster::host
