#include "client/schedule.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <vector>

namespace muster::client {
namespace {

using Kind = NextStep::Kind;
using std::chrono::hours;

const Instant kNow = *parse_time("2026-01-05T08:00:00Z");

LastAttempt answered(seconds ago, seconds retry_after, bool activated) {
  LastAttempt out;
  out.time = kNow - ago;
  out.activated = activated;
  out.retry_after = retry_after;
  return out;
}
LastAttempt unanswered(seconds ago) {
  LastAttempt out;
  out.time = kNow - ago;
  out.error = "no_host";
  return out;
}

struct Row {
  std::string_view what;
  Situation in;
  NextStep out;
};

Situation situation(std::optional<LastAttempt> last, unsigned silent = 0,
                    bool has_activation = false, double jitter = 0) {
  Situation out;
  out.last = std::move(last);
  out.silent = silent;
  out.has_activation = has_activation;
  out.jitter = jitter;
  out.now = kNow;
  return out;
}

TEST(Schedule, WhenTheAgentAsks) {
  auto pending = situation(std::nullopt);
  pending.restart_pending = true;
  const seconds week = hours(168);
  const std::vector<Row> rows = {
      {"a restart is pending", pending, {Kind::restart, {}}},
      {"never asked", situation(std::nullopt), {Kind::ask, {}}},
      {"refused a minute ago, told 2 h",
       situation(answered(seconds(60), hours(2), false)),
       {Kind::wait, seconds(7140)}},
      {"refused 2 h ago, told 2 h",
       situation(answered(hours(2), hours(2), false)),
       {Kind::ask, {}}},
      {"activated a day ago",
       situation(answered(hours(24), week, true), 0, true),
       {Kind::wait, hours(144)}},
      {"activated a week ago", situation(answered(week, week, true), 0, true), {Kind::ask, {}}},
      {"activated an hour ago, and the activation is gone",
       situation(answered(hours(1), week, true), 0, false),
       {Kind::wait, hours(1)}},
      {"no host, and the agent starts", situation(unanswered(seconds(10))), {Kind::ask, {}}},
      {"no host once", situation(unanswered(seconds(0)), 1), {Kind::wait, seconds(60)}},
      {"no host once, most jitter",
       situation(unanswered(seconds(0)), 1, false, 1),
       {Kind::wait, seconds(120)}},
      {"no host twice", situation(unanswered(seconds(0)), 2), {Kind::wait, seconds(120)}},
      {"no host twice, 10 s ago",
       situation(unanswered(seconds(10)), 2),
       {Kind::wait, seconds(110)}},
      {"no host for long", situation(unanswered(seconds(0)), 40), {Kind::wait, hours(2)}},
      {"no host for long, most jitter",
       situation(unanswered(seconds(0)), 40, false, 1),
       {Kind::wait, seconds(7920)}},
      {"no host seven times, most jitter",
       situation(unanswered(seconds(0)), 7, false, 1),
       {Kind::wait, seconds(7680)}},
      {"the clock was set back since",
       situation(answered(seconds(-1), week, true), 0, true),
       {Kind::ask, {}}},
  };
  for (const auto& row : rows) {
    const auto got = next_step(row.in);
    EXPECT_EQ(got.kind, row.out.kind) << row.what;
    EXPECT_EQ(got.after.count(), row.out.after.count()) << row.what;
  }
}

// A thousand machines find their host gone in the same second. In no tenth of the time in which
// they come back is there much more than a tenth of them.
TEST(Schedule, WhoFoundNoHostTogetherDoesNotComeBackTogether) {
  constexpr int kMachines = 1'000;
  for (const unsigned silent : {1u, 2u, 3u, 6u}) {
    const seconds least(60LL << (silent - 1));
    std::array<int, 10> came{};
    for (int i = 0; i < kMachines; ++i) {
      const double jitter = static_cast<double>(i) / kMachines;
      const auto wait =
          next_step(situation(unanswered(seconds(0)), silent, false, jitter)).after - least;
      ASSERT_GE(wait.count(), 0);
      ASSERT_LT(wait, least);
      ++came.at(static_cast<std::size_t>(wait * 10 / least));
    }
    EXPECT_LE(std::ranges::max(came), kMachines / 5) << silent;
  }
}

}  // namespace
}  // namespace muster::client
