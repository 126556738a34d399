#include "client/licence.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <array>
#include <string>
#include <vector>

namespace muster::client {
namespace {

constexpr minutes kDay{24 * 60};

Instant day(double days) {
  return Instant{} + std::chrono::days(20'000) + seconds(static_cast<std::int64_t>(days * 86400));
}

Facts facts_of(std::string_view machine) {
  Facts out;
  out.add("machine_id", hash_fact("vendor", "machine_id", machine));
  return out;
}

// A product of 30 d initial grace, installed on day 0, activations of 180 d, 30 d additional grace.
struct Row {
  std::string_view what;
  double now;                       // day
  std::optional<double> activated;  // day of the activation's iat
  std::optional<double> newest_seen;
  std::string_view machine = "this";  // that the activation was made for
  std::optional<double> newest_signed{};
  LicenceState state{};
  std::optional<ErrorCode> error{};
  double left{};  // days
};

LicenceInput input(const Row& row) {
  LicenceInput in;
  in.grace_start = day(0);
  in.initial_grace = 30 * kDay;
  in.additional_grace = 30 * kDay;
  in.facts = facts_of("this");
  in.now = day(row.now);
  in.newest_seen = row.newest_seen ? day(*row.newest_seen) : in.now;
  if (row.activated) {
    in.activation = Held{day(*row.activated), day(*row.activated) + 180 * kDay,
                         facts_of(row.machine), Match::most};
    in.newest_signed = day(*row.activated);
  }
  if (row.newest_signed) in.newest_signed = day(*row.newest_signed);
  return in;
}

TEST(Licence, StatesInDomainWords) {
  using enum LicenceState;
  constexpr auto kBack = ErrorCode::clock_set_back;
  constexpr auto kOther = ErrorCode::wrong_machine;
  constexpr auto kEnded = ErrorCode::not_licensed;
  constexpr double kMinute = 1.0 / 1440;
  const std::vector<Row> rows = {
      {"just installed", 0, {}, {}, "this", {}, initial_grace, {}, 30},
      {"last minute of the initial grace",
       30 - kMinute,
       {},
       {},
       "this",
       {},
       initial_grace,
       {},
       kMinute},
      {"initial grace over", 30, {}, {}, "this", {}, notification, kEnded, 0},
      {"never activated, clock set back after the grace",
       2,
       {},
       31,
       "this",
       {},
       notification,
       kEnded,
       0},
      {"never activated, clock set back within the grace",
       2,
       {},
       20,
       "this",
       {},
       initial_grace,
       {},
       10},
      {"just activated", 40, 40, {}, "this", {}, licensed, {}, 180},
      {"last minute of the validity", 220 - kMinute, 40, {}, "this", {}, licensed, {}, kMinute},
      {"validity over", 220, 40, {}, "this", {}, additional_grace, {}, 30},
      {"last minute of the additional grace",
       250 - kMinute,
       40,
       {},
       "this",
       {},
       additional_grace,
       {},
       kMinute},
      {"additional grace over", 250, 40, {}, "this", {}, notification, kEnded, 0},
      {"clock set back by the skew exactly",
       40 - 240 * kMinute,
       40,
       40,
       "this",
       {},
       licensed,
       {},
       180},
      {"clock set back by a minute more",
       40 - 241 * kMinute,
       40,
       40,
       "this",
       {},
       additional_grace,
       kBack,
       210},
      {"healed", 40.5, 40, 40.5, "this", {}, licensed, {}, 179.5},
      {"clock set back a little after the end: no longer licensed",
       219,
       40,
       221,
       "this",
       {},
       additional_grace,
       {},
       29},
      {"clock set back far after the end", 10, 40, 221, "this", {}, additional_grace, kBack, 29},
      {"clock set back after the additional grace",
       10,
       40,
       260,
       "this",
       {},
       notification,
       kEnded,
       0},
      {"set back below another product's signed time",
       10,
       {},
       10,
       "this",
       20,
       additional_grace,
       kBack,
       20},
      {"a copied state directory", 50, 40, {}, "other", {}, additional_grace, kOther, 200},
      {"copied, and the validity is over", 230, 40, {}, "other", {}, additional_grace, kOther, 20},
      {"copied, and every grace is over", 250, 40, {}, "other", {}, notification, kEnded, 0},
      {"activation deleted in the initial grace", 20, {}, 20, "this", 10, initial_grace, {}, 10},
      {"activation deleted later", 100, {}, 100, "this", 40, notification, kEnded, 0},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    const auto got = licence(input(row));
    EXPECT_EQ(name_of(got.state), name_of(row.state));
    EXPECT_EQ(got.error, row.error);
    EXPECT_NEAR(static_cast<double>(got.left.count()) / 1440, row.left, 2.1 * kMinute);
    EXPECT_EQ(got.valid_until.has_value(), row.activated.has_value());
  }
}

TEST(Licence, AnActivationWithoutFactsIsNotBoundToAMachine) {
  auto in = input({"", 50, 40, {}, "this", {}, {}, {}, 0});
  in.activation->facts = {};
  EXPECT_EQ(licence(in).state, LicenceState::licensed);
}

TEST(Licence, FactsThatCannotBeReadDoNotMakeItThisMachine) {
  auto in = input({"", 50, 40, {}, "this", {}, {}, {}, 0});
  in.facts = {};
  EXPECT_EQ(licence(in).error, ErrorCode::wrong_machine);
}

LicenceInput any_input() {
  LicenceInput in;
  const auto minute = [] { return Instant{} + minutes(*rc::gen::inRange(0, 600 * 1440)); };
  in.grace_start = minute();
  in.initial_grace = minutes(*rc::gen::inRange(0, 60 * 1440));
  in.additional_grace = minutes(*rc::gen::inRange(0, 60 * 1440));
  if (*rc::gen::arbitrary<bool>()) {
    const auto issued = minute();
    in.activation = Held{issued, issued + minutes(*rc::gen::inRange(1, 300 * 1440)),
                         facts_of(*rc::gen::element<std::string>("this", "other")), Match::most};
    in.newest_signed = issued;
  }
  in.facts = facts_of("this");
  in.newest_seen = minute();
  in.now = minute();
  return in;
}

TEST(Licence, NeverLicensedBeyondItsEnd) {
  EXPECT_TRUE(rc::check([] {
    const auto in = any_input();
    const auto got = licence(in);
    if (got.state != LicenceState::licensed) return;
    RC_ASSERT(in.activation.has_value());
    RC_ASSERT(in.now < in.activation->expires.value());
    RC_ASSERT(in.newest_seen < in.activation->expires.value());
    RC_ASSERT(in.activation->facts == in.facts);
  }));
}

// What the state allows, the more the better.
int worth(const Licence& licence) {
  switch (licence.state) {
    case LicenceState::licensed: return 2;
    case LicenceState::initial_grace:
    case LicenceState::additional_grace: return 1;
    default: return 0;
  }
}

TEST(Licence, SettingTheClockBackNeverLengthensAnything) {
  EXPECT_TRUE(rc::check([] {
    auto in = any_input();
    in.newest_seen = std::max(in.newest_seen, in.now);
    const auto before = licence(in);
    in.now -= minutes(*rc::gen::inRange(0, 600 * 1440));
    const auto after = licence(in);
    RC_ASSERT(after.grace_until == before.grace_until);
    RC_ASSERT(after.valid_until == before.valid_until);
    RC_ASSERT(worth(after) <= worth(before));
  }));
}

TEST(Licence, AGraceThatIsOverStaysOver) {
  EXPECT_TRUE(rc::check([] {
    auto in = any_input();
    if (licence(in).state != LicenceState::notification) return;
    in.newest_seen = std::max(in.newest_seen, in.now);
    in.now = Instant{} + minutes(*rc::gen::inRange(0, 1200 * 1440));
    RC_ASSERT(licence(in).state == LicenceState::notification);
  }));
}

// ---- without an end: by a multiple activation key

TEST(Licence, WithoutAnEndItIsLicensedWhateverTheClockSays) {
  EXPECT_TRUE(rc::check([] {
    auto in = any_input();
    in.activation = Held{in.now, std::nullopt, facts_of("this"), Match::most};
    const auto got = licence(in);
    RC_ASSERT(got.state == LicenceState::licensed);
    RC_ASSERT(got.permanent);
    RC_ASSERT(!got.error);
    RC_ASSERT(!got.valid_until);
  }));
}

TEST(Licence, WithoutAnEndOnAnotherMachineItCountsAsNone) {
  EXPECT_TRUE(rc::check([] {
    auto in = any_input();
    in.activation.reset();
    const auto none = licence(in);
    in.activation = Held{in.now, std::nullopt, facts_of("other"), Match::most};
    const auto got = licence(in);
    RC_ASSERT((got.error == ErrorCode::wrong_machine));
    RC_ASSERT(!got.permanent);
    RC_ASSERT(got.state == none.state);
    RC_ASSERT(got.left == none.left);
    RC_ASSERT(got.grace_until == none.grace_until);
  }));
}

}  // namespace
}  // namespace muster::client
