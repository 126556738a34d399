// A wall clock that cannot be trusted: nobody is served, nothing expires, until an administrator
// has confirmed it, a restart or not.
#include <gmock/gmock.h>

#include "service/host_service.h"
#include "service/testing/host_fixture.h"
#include "service/tokens.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;

struct SuspectClock : HostFixture {
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(3)}});
  }
  [[nodiscard]] bool suspect() const {
    return host->not_ready() && host->not_ready()->code == ErrorCode::clock_suspect;
  }

  void expect_nobody_is_served_until_confirmed() {
    auto a = desk(1);
    a.request.time = clock.wall;
    const auto reply = ask_raw(wire::encode_request(a.request));
    EXPECT_EQ(reply.status, 503);
    EXPECT_THAT(reply.body, ::testing::HasSubstr("clock_suspect"));
    ASSERT_TRUE(host->not_ready());
    EXPECT_EQ(host->not_ready()->code, ErrorCode::clock_suspect);
    EXPECT_THAT(types(), ::testing::Contains("clock_suspect"));
    ASSERT_TRUE(host->confirm_clock("token:0001"));
    EXPECT_FALSE(host->not_ready());
    EXPECT_EQ(types().back(), "clock_confirmed");
  }
};

TEST_F(SuspectClock, AJumpAheadLetsNothingExpireBeforeItIsConfirmed) {
  auto a = desk(1), b = desk(2);
  ask(a);
  clock.wall += days(31);
  clock.since_start += seconds(1);
  expect_nobody_is_served_until_confirmed();
  EXPECT_EQ(ask(b).count, 1u);  // confirmed: a is 31 days silent
}

TEST_F(SuspectClock, AJumpBack) {
  auto a = desk(1), b = desk(2);
  ask(a);
  clock.wall -= days(1);
  expect_nobody_is_served_until_confirmed();
  // The rules' time stands still until the wall clock has caught up.
  const auto stands = host->now();
  clock.pass(minutes(1));
  b.request.time = stands;
  EXPECT_EQ(wire::decode_answer(ask_raw(wire::encode_request(b.request)).body)->count, 2u);
  EXPECT_EQ(host->now(), stands);
}

TEST_F(SuspectClock, AStartBeforeTheNewestEvent) {
  auto a = desk(1);
  ask(a);
  clock.wall -= days(2);
  open_host();
  expect_nobody_is_served_until_confirmed();
}

TEST_F(SuspectClock, AnHourIsNotSuspect) {
  clock.wall += std::chrono::hours(1);
  host->tick();
  EXPECT_FALSE(host->not_ready());
}

TEST_F(SuspectClock, TheRulesTimeStaysAtTheNewestThatWasTrusted) {
  auto a = desk(1);
  ask(a);
  const auto token = create_token(*host, "a day", Role::viewer, minutes(24 * 60), "host")->text;
  const auto trusted = host->now();
  clock.wall += days(31);
  for (int second = 0; second < 3; ++second) {
    clock.pass(seconds(1));
    host->tick();
    ASSERT_TRUE(suspect());
    EXPECT_EQ(host->now(), trusted);
  }
  EXPECT_FALSE(check_token(*host, token)->expired) << "no token ends by a clock that nobody trusts";
  ASSERT_TRUE(host->stop());
  for (const auto& row : events()) EXPECT_LE(row.time, trusted) << row.line;
}

TEST_F(SuspectClock, ARestartWithTheClockStillWrongLeavesItSuspect) {
  auto a = desk(1), b = desk(2);
  ask(a);
  const auto trusted = host->now();
  clock.wall += days(31);
  host->tick();
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(host->stop());
    clock.pass(minutes(5));
    open_host();
    ASSERT_TRUE(suspect());
    EXPECT_EQ(host->now(), trusted);
    host->tick();
    ASSERT_TRUE(suspect());
  }
  EXPECT_EQ(std::ranges::count(types(), "clock_suspect"), 1);
  ASSERT_TRUE(host->confirm_clock("socket:0"));
  EXPECT_EQ(ask(b).count, 1u) << "confirmed: a is 31 days silent";
  ASSERT_TRUE(host->stop());
  open_host();
  EXPECT_FALSE(host->not_ready());
}

TEST_F(SuspectClock, AClockPutRightIsConfirmedAfterARestartAndGoesOnAtOnce) {
  auto a = desk(1), b = desk(2);
  ask(a);
  clock.wall += days(400);
  host->tick();
  ASSERT_TRUE(host->stop());
  clock.wall -= days(400);
  clock.pass(minutes(5));
  open_host();
  ASSERT_TRUE(suspect()) << "an administrator has to say so";
  ASSERT_TRUE(host->confirm_clock("socket:0"));
  EXPECT_EQ(host->now(), clock.wall);
  clock.pass(minutes(1));
  EXPECT_EQ(ask(b).count, 2u);
  EXPECT_EQ(host->now(), clock.wall);
}

TEST_F(SuspectClock, AConfirmationThatCannotBeStoredConfirmsNothing) {
  clock.wall += days(31);
  host->tick();
  ASSERT_TRUE(suspect());
  const auto stands = host->now();
  disk->disk_full = true;
  EXPECT_FALSE(host->confirm_clock("socket:0"));
  disk->disk_full = false;
  host->tick();
  EXPECT_TRUE(suspect());
  EXPECT_EQ(host->now(), stands);
  ASSERT_TRUE(host->confirm_clock("socket:0"));
  EXPECT_FALSE(host->not_ready());
}

TEST_F(SuspectClock, ASuspicionThatCouldNotBeStoredIsStoredWhenThereIsRoom) {
  disk->disk_full = true;
  clock.wall += days(31);
  host->tick();
  ASSERT_TRUE(suspect());
  disk->disk_full = false;
  host->tick();
  EXPECT_EQ(types().back(), "clock_suspect");
  ASSERT_TRUE(host->stop());
  open_host();
  EXPECT_TRUE(suspect());
}

TEST_F(SuspectClock, CheckpointsByAgeGoOnWhileTheRulesTimeStandsStill) {
  clock.wall += days(31);
  host->tick();
  ASSERT_TRUE(suspect());
  clock.pass(seconds(30));
  host->tick();
  EXPECT_TRUE(store.checkpoints({}, 10)->empty());
  clock.pass(seconds(30));
  host->tick();
  EXPECT_EQ(store.checkpoints({}, 10)->size(), 1u);
}

}  // namespace
}  // namespace muster::service::testing
