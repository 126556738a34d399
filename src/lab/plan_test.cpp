#include "lab/plan.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "lab/fleet.h"

namespace muster::lab {
namespace {

using std::chrono::days;
using testing::Contains;
using testing::HasSubstr;

const Instant kMonday = *parse_time("2026-01-05T00:00:00Z");

Site site_of(std::uint32_t desktops, std::uint32_t servers) {
  Site out;
  out.desktops = desktops;
  out.servers = servers;
  out.start = kMonday;
  return out;
}

const Change* change(const std::vector<Change>& changes, ChangeKind kind) {
  const auto at = std::ranges::find(changes, kind, &Change::kind);
  return at == changes.end() ? nullptr : &*at;
}

const Verdict& verdict(const Judgement& judgement, std::string_view product) {
  return *std::ranges::find(judgement.products, product, &Verdict::product);
}

Instant hour_of(const std::optional<Instant>& at) {
  return at ? Instant(std::chrono::floor<std::chrono::hours>(*at)) : Instant{};
}

// By arithmetic: 12 and 4 are 16 on one roll.
TEST(Plan, twelve_persistent_desktops_cannot_hold_a_threshold_of_25_and_are_told_what_can) {
  const auto site = site_of(12, 4);
  const auto plan = plan_of(site, {});
  EXPECT_FALSE(plan.judgement.holds());
  const auto& desktops = verdict(plan.judgement, "desktops");
  EXPECT_FALSE(desktops.reached);
  EXPECT_EQ(desktops.most, 12u + 4u);
  // Grace begins with the first desktop that is switched on, in the first minutes of the day.
  EXPECT_EQ(hour_of(desktops.earliest), kMonday + site.from + site.policy.initial_grace);
  EXPECT_EQ(hour_of(desktops.sure), hour_of(desktops.earliest));
  EXPECT_TRUE(verdict(plan.judgement, "servers").holds);
  EXPECT_EQ(change(plan.changes, ChangeKind::machines)->site.physical, 25u - 16u);
  EXPECT_EQ(change(plan.changes, ChangeKind::thresholds)->site.policy.threshold, 16u);
  EXPECT_EQ(change(plan.changes, ChangeKind::workdays), nullptr);
  // A key takes the desktops off the roll, and leaves the servers alone with their threshold.
  EXPECT_EQ(change(plan.changes, ChangeKind::key), nullptr);
  const auto* both = change(plan.changes, ChangeKind::key_and_counts);
  EXPECT_EQ(both->site.key.limit, 12u);
  EXPECT_EQ(both->site.server_threshold, 4u);
  EXPECT_EQ(change(plan.changes, ChangeKind::key_for_all)->site.server_limit, 4u);
  EXPECT_THAT(plan.outcome.sentences,
              Contains("That is 16 machines that are counted, and the threshold of the desktops is "
                       "25: no power schedule makes them more."));
}

// 12 new CMIDs every night fill the roll with machines that are gone.
TEST(Plan, what_holds_only_because_rebuilt_machines_count_anew_is_not_called_plain) {
  auto site = site_of(12, 4);
  site.rebuild = days(1);
  const auto plan = plan_of(site, {});
  const auto& desktops = verdict(plan.judgement, "desktops");
  EXPECT_TRUE(desktops.holds);
  EXPECT_TRUE(desktops.only_by_rebuilds);
  EXPECT_FALSE(verdict(plan.judgement, "servers").only_by_rebuilds);
  EXPECT_THAT(plan.outcome.sentences, Contains(HasSubstr("only because what is rebuilt")));
  EXPECT_EQ(change(plan.changes, ChangeKind::thresholds)->site.policy.threshold, 16u);
  auto enough = site;
  enough.desktops = 25;
  EXPECT_TRUE(judge(enough, {}).holds_plainly());
}

TEST(Plan, desktops_that_share_a_cmid_need_another_image) {
  auto site = site_of(40, 0);
  site.image = Origin::clone;
  const auto plan = plan_of(site, {});
  EXPECT_EQ(verdict(plan.judgement, "desktops").most, 1u);
  EXPECT_EQ(change(plan.changes, ChangeKind::image)->site.image, Origin::generalized);
  EXPECT_EQ(change(plan.changes, ChangeKind::machines)->site.physical, 24u);
}

// 12 clones under one CMID count 1, which leaves a threshold of 1; as machines of their own they
// are 12.
TEST(Plan, too_few_that_share_a_cmid_need_another_image_and_a_lower_threshold) {
  auto site = site_of(12, 0);
  site.image = Origin::instant;
  const auto changes = changes_of(site, {});
  EXPECT_EQ(change(changes, ChangeKind::image), nullptr);
  const auto* both = change(changes, ChangeKind::image_and_thresholds);
  ASSERT_NE(both, nullptr);
  EXPECT_EQ(both->site.policy.threshold, 12u);
  const auto* alone = change(changes, ChangeKind::thresholds);
  ASSERT_NE(alone, nullptr);
  EXPECT_EQ(alone->site.policy.threshold, 1u);
  EXPECT_THAT(sentence(site, *alone), HasSubstr("no counting at all: every copy that asks"));
  EXPECT_THAT(sentence(site, *both), testing::Not(HasSubstr("no counting")));
}

// A closure that is longer than the retention empties the roll. Its first refusal comes with the
// first morning after it, unless the machines are woken now and then.
TEST(Plan, a_long_closure_ends_the_count_and_a_day_a_week_keeps_it) {
  auto site = site_of(40, 0);
  site.days = days(200);
  site.closures = {{days(56), days(35)}};
  const auto plan = plan_of(site, {});
  const auto& desktops = verdict(plan.judgement, "desktops");
  EXPECT_FALSE(desktops.holds);
  const auto reopens = kMonday + days(56 + 35);
  EXPECT_EQ(std::chrono::floor<days>(*desktops.earliest), reopens);
  EXPECT_EQ(std::chrono::floor<days>(*desktops.sure), reopens);
  EXPECT_FALSE(desktops.lost) << "35 days are fewer than 180";
  EXPECT_EQ(change(plan.changes, ChangeKind::closure_days)->site.closure_days, 1u);
  EXPECT_EQ(change(plan.changes, ChangeKind::machines), nullptr);
}

TEST(Plan, clones_that_close_for_long_need_another_image_and_to_be_woken) {
  auto site = site_of(30, 0);
  site.days = days(150);
  site.image = Origin::clone;
  site.closures = {{days(56), days(35)}};
  const auto changes = changes_of(site, {});
  const auto* both = change(changes, ChangeKind::image_and_closure_days);
  ASSERT_NE(both, nullptr);
  EXPECT_EQ(both->site.image, Origin::generalized);
  EXPECT_EQ(both->site.closure_days, 1u);
}

// One desktop on five days a week, anew at each start, is 20 to 22 CMIDs in 30 days; on seven it
// is 30. But it is one machine, and that is not offered.
TEST(Plan, no_schedule_is_offered_that_only_makes_more_of_the_same_machine) {
  auto site = site_of(1, 0);
  site.rebuild_start = true;
  site.policy.threshold = 25;
  const auto changes = changes_of(site, {});
  EXPECT_EQ(change(changes, ChangeKind::workdays), nullptr);
  EXPECT_EQ(change(changes, ChangeKind::thresholds)->site.policy.threshold, 1u);
  site.workdays = 7;
  const auto all_week = judge(site, {});
  EXPECT_TRUE(all_week.holds());
  EXPECT_FALSE(all_week.holds_plainly());
}

// 20 grow to 25 on the 30th day, a Wednesday: in the morning after the first grace has ended.
TEST(Plan, growth_that_comes_too_late_fails_when_the_first_grace_ends) {
  auto site = site_of(20, 0);
  site.growth = 5;
  site.days = days(120);
  const auto judged = judge(site, {});
  const auto& desktops = verdict(judged, "desktops");
  EXPECT_FALSE(desktops.holds);
  EXPECT_EQ(desktops.machines, 20u + 5u * (120 / 30));
  EXPECT_EQ(hour_of(desktops.earliest), kMonday + site.from + site.policy.initial_grace);
  ASSERT_TRUE(desktops.reached);
  EXPECT_GE(*desktops.reached, kMonday + days(30));
}

TEST(Plan, a_key_that_is_too_small_fails_on_the_day_on_which_it_is_used_up) {
  auto site = site_of(12, 0);
  site.rebuild = days(1);
  site.new_hardware = true;
  site.workdays = 7;
  site.by_key = ByKey::desktops;
  site.key.limit = 100;
  const auto plan = plan_of(site, {});
  const auto& desktops = verdict(plan.judgement, "desktops");
  EXPECT_TRUE(desktops.by_key);
  EXPECT_EQ(desktops.most, 100u);
  EXPECT_EQ(std::chrono::floor<days>(*desktops.earliest), kMonday + days(100 / 12));
  EXPECT_EQ(change(plan.changes, ChangeKind::key)->site.key.limit, 12u * 365u);
}

TEST(Plan, says_what_a_key_costs_under_every_term) {
  auto site = site_of(12, 0);
  site.rebuild = days(1);
  site.workdays = 7;
  const auto plan = plan_of(site, {});
  const auto& costs = plan.outcome.tables.back();
  ASSERT_EQ(costs.id, "key-costs");
  const auto burnt = std::to_string(12 * 365);
  ASSERT_EQ(costs.rows.size(), 4u);
  EXPECT_EQ(costs.rows[0][1], "12");
  EXPECT_EQ(costs.rows[1][1], burnt);
  EXPECT_EQ(costs.rows[2][1], burnt);
  EXPECT_EQ(costs.rows[3][1], "12");
  EXPECT_EQ(costs.rows[3][2], std::to_string(12 * 364));
}

// The host goes on day 28 and does not come back: the last renewals were in the week before that.
TEST(Plan, who_is_left_without_an_activation_by_a_host_that_is_down_is_told) {
  auto site = site_of(40, 0);
  site.outages = {{days(28), days(365)}};
  const auto judged = judge(site, {});
  const auto& desktops = verdict(judged, "desktops");
  EXPECT_FALSE(desktops.holds);
  EXPECT_EQ(desktops.why, Why::lost);
  EXPECT_EQ(desktops.earliest, desktops.lost);
  EXPECT_GE(*desktops.earliest, kMonday + site.policy.validity);
  EXPECT_LT(*desktops.earliest, kMonday + days(28 + 3) + site.policy.validity);
}

// The count is gone 30 days after the last renewal, and nobody is there to be refused.
TEST(Plan, a_plan_that_ends_in_a_closure_that_empties_the_roll_does_not_hold) {
  auto site = site_of(40, 0);
  site.days = days(100);
  site.closures = {{days(63), days(40)}};
  const auto plan = plan_of(site, {});
  const auto& desktops = verdict(plan.judgement, "desktops");
  EXPECT_EQ(plan.outcome.tracks.front().last(), 0u);
  EXPECT_FALSE(desktops.holds);
  EXPECT_EQ(desktops.why, Why::under);
  EXPECT_GT(*desktops.earliest, kMonday + days(56 + 28));
  EXPECT_LE(*desktops.earliest, kMonday + days(63 + 30));
  EXPECT_EQ(change(plan.changes, ChangeKind::closure_days)->site.closure_days, 1u);
  site.days = days(84);
  EXPECT_TRUE(judge(site, {}).holds()) << "before that it is not too low";
}

TEST(Plan, a_key_of_a_host_that_does_not_answer_in_time_is_none) {
  auto site = site_of(30, 0);
  site.outages = {{days(0), days(400)}};
  site.by_key = ByKey::desktops;
  site.key.limit = 30;
  EXPECT_EQ(verdict(judge(site, {}), "desktops").why, Why::not_activated);
  site.outages = {{days(0), days(36)}};
  const auto late = judge(site, {});
  EXPECT_EQ(verdict(late, "desktops").why, Why::late);
  EXPECT_EQ(verdict(late, "desktops").most, 30u);
  site.by_key = ByKey::nobody;
  EXPECT_EQ(change(changes_of(site, {}), ChangeKind::key), nullptr);
}

// Whatever may come after it: so far nobody is activated.
TEST(Plan, a_plan_shorter_than_the_grace_says_so_and_offers_what_makes_it_hold) {
  auto site = site_of(12, 0);
  site.days = days(10);
  const auto plan = plan_of(site, {});
  EXPECT_FALSE(plan.judgement.holds());
  EXPECT_EQ(hour_of(verdict(plan.judgement, "desktops").earliest),
            kMonday + site.from + site.policy.initial_grace);
  EXPECT_THAT(plan.outcome.sentences, Contains(HasSubstr("(day 31), after the plan.")));
  EXPECT_EQ(change(plan.changes, ChangeKind::machines)->site.physical, 13u);
  EXPECT_EQ(change(plan.changes, ChangeKind::thresholds)->site.policy.threshold, 12u);
  EXPECT_EQ(change(plan.changes, ChangeKind::key)->site.key.limit, 12u);
}

TEST(Plan, the_grace_begins_when_the_first_machine_is_switched_on) {
  auto site = site_of(40, 0);
  site.closures = {{days(0), days(36)}};
  const auto judged = judge(site, {});
  const auto& desktops = verdict(judged, "desktops");
  EXPECT_TRUE(desktops.holds);
  EXPECT_EQ(std::chrono::floor<days>(*desktops.reached), kMonday + days(36));
  site.days = days(30);
  EXPECT_EQ(verdict(judge(site, {}), "desktops").why, Why::never_on);
}

TEST(Plan, servers_alone_need_more_servers) {
  const auto changes = changes_of(site_of(0, 4), {});
  EXPECT_EQ(change(changes, ChangeKind::servers)->site.servers, 5u);
  EXPECT_EQ(change(changes, ChangeKind::machines), nullptr);
}

TEST(Plan, desktops_that_share_a_cmid_are_said_to_count_as_one) {
  auto site = site_of(12, 4);
  site.image = Origin::clone;
  EXPECT_THAT(plan_of(site, {}).outcome.sentences,
              Contains(HasSubstr("5 machines that are counted, the desktops that share a CMID as "
                                 "one")));
}

// 25 machines that ask on Mondays are all forgotten by then where nothing is kept for longer than
// four days.
TEST(Plan, more_days_a_week_are_offered_where_that_is_what_helps) {
  auto site = site_of(25, 0);
  site.days = days(120);
  site.workdays = 1;
  site.policy.retention = days(14);
  const auto changes = changes_of(site, {});
  ASSERT_NE(change(changes, ChangeKind::workdays), nullptr);
  EXPECT_EQ(change(changes, ChangeKind::workdays)->site.workdays, 2u);
}

TEST(Plan, a_site_that_is_none_is_refused) {
  Site site = site_of(0, 0);
  EXPECT_EQ(check(site).error().code, ErrorCode::usage);
  const std::function<void(Site&)> wrongs[] = {
      [](Site& one) { one.workdays = 0; },
      [](Site& one) { one.workdays = 8; },
      [](Site& one) { one.closure_days = 6; },
      [](Site& one) { one.until = one.from; },
      [](Site& one) { one.closures = {{days(-1), days(2)}}; },
      [](Site& one) { one.outages = {{days(1), days(0)}}; },
      [](Site& one) { one.by_key = ByKey::desktops; },
      [](Site& one) { one.policy.threshold = 0; },
      [](Site& one) { one.server_threshold = 5'001; },
      [](Site& one) { one.desktops = 0, one.growth = 1; },
  };
  for (const auto& wrong : wrongs) {
    auto one = site_of(3, 3);
    ASSERT_TRUE(check(one));
    wrong(one);
    EXPECT_FALSE(check(one));
  }
}

// Small sites of every kind, for two months.
Site any_site() {
  using rc::gen::element;
  using rc::gen::inRange;
  Site out;
  out.start = kMonday;
  out.days = days(*inRange(5, 76));
  out.desktops = *inRange(1u, 9u);
  out.physical = *inRange(0u, 4u);
  out.servers = *inRange(0u, 4u);
  out.rebuild = *element(minutes(0), minutes(days(1)), minutes(days(7)));
  out.rebuild_start = out.rebuild == minutes(0) && *element(true, false);
  out.image = *element(Origin::generalized, Origin::keep_id, Origin::clone, Origin::instant);
  out.new_hardware = *element(true, false);
  out.growth = *element(0u, 0u, 2u);
  out.workdays = *inRange(1u, 8u);
  if (*element(true, false)) out.closures = {{days(*inRange(0, 30)), days(*inRange(7, 60))}};
  if (*element(true, false)) out.outages = {{days(*inRange(0, 40)), days(*inRange(1, 50))}};
  out.policy.threshold = *inRange(1u, 14u);
  out.server_threshold = *inRange(1u, 7u);
  out.key.reactivation = *element(Reactivation::free, Reactivation::counts);
  out.by_key = *element(ByKey::nobody, ByKey::nobody, ByKey::desktops);
  if (out.by_key == ByKey::desktops) out.key.limit = *inRange(1u, 30u);
  return out;
}

RC_GTEST_PROP(PlanProperty, what_is_offered_holds_when_planned_again_and_one_less_does_not, ()) {
  const auto site = any_site();
  RC_PRE(check(site).has_value());
  const PlanOptions options{.seed = *rc::gen::inRange<std::uint64_t>(1, 100), .runs = 2};
  const auto changes = changes_of(site, options);
  if (judge(site, options).holds_plainly()) RC_ASSERT(changes.empty());
  RC_LOG() << changes.size() << " changes\n";
  for (const auto& change : changes) {
    RC_LOG() << sentence(site, change) << '\n';
    RC_ASSERT(check(change.site).has_value());
    RC_ASSERT(judge(change.site, options).holds_plainly());
    RC_ASSERT(!change.less.empty());
    for (const auto& less : change.less) RC_ASSERT(!judge(less, options).holds_plainly());
  }
}

// By the samples alone: whether a site of one product that is counted holds. A sample says what was
// since the one before; none: the first activation and the grace's end lie too near for them.
std::optional<bool> holds_by_samples(const Site& site, const Track& track) {
  constexpr auto kStep = std::chrono::hours(6);
  const auto threshold = site.policy.threshold;
  const auto activated = [](const Sample& one) { return one.tally.activated > 0; };
  const auto on = [](const Sample& one) { return one.running > 0; };
  const auto first = std::ranges::find_if(track.samples, activated);
  if (first == track.samples.end() || track.samples.back().count < threshold) return false;
  const auto grace_end =
      std::ranges::find_if(track.samples, on)->at + site.policy.initial_grace;  // at the latest
  if (first->at - kStep >= grace_end) return false;
  if (first->at > grace_end - kStep) return std::nullopt;
  return std::none_of(first + 1, track.samples.end(),
                      [](const Sample& one) { return one.tally.refused > 0; });
}

// Some days beyond the retention, no grace that could be over, and no renewal that could end.
RC_GTEST_PROP(PlanProperty, the_verdict_is_what_the_samples_show, ()) {
  auto site = any_site();
  site.servers = 0;
  site.by_key = ByKey::nobody;
  RC_PRE(check(site).has_value());
  const auto seed = *rc::gen::inRange<std::uint64_t>(1, 100);
  const auto outcome = run_scenario(scenario_of(site), {.seed = seed}).value();
  const auto judged = judge(site, {.seed = seed, .runs = 1});
  const auto shown = holds_by_samples(site, outcome.tracks.front());
  RC_PRE(shown.has_value());
  RC_CLASSIFY(judged.holds(), "holds");
  RC_ASSERT(judged.holds() == *shown);
}

// What the rules alone say of a site, the real client and host say too.
TEST(Plan, the_verdict_of_the_rules_is_that_of_the_real_client_and_host) {
  std::vector<Site> sites(5, site_of(3, 2));
  for (auto& site : sites) {
    site.days = days(50);
    site.policy.threshold = 6;
    site.server_threshold = 3;
  }
  sites[1].physical = 1;
  sites[2].rebuild = days(1);
  sites[3].policy.threshold = 5;
  sites[3].closures = {{days(7), days(35)}};
  sites[3].servers = 0;
  sites[3].desktops = 6;
  sites[4].by_key = ByKey::all;
  sites[4].key.limit = 40;
  sites[4].server_limit = 2;
  sites[4].rebuild = days(1);
  sites[4].new_hardware = true;
  int held = 0;
  for (const auto& site : sites) {
    const auto rules = judge(site, {.runs = 1});
    const auto full = judge(site, {.runs = 1, .fidelity = Fidelity::full});
    ASSERT_EQ(rules.products.size(), full.products.size());
    for (std::size_t i = 0; i < rules.products.size(); ++i) {
      const auto &a = rules.products[i], &b = full.products[i];
      EXPECT_EQ(a.holds, b.holds);
      EXPECT_EQ(a.only_by_rebuilds, b.only_by_rebuilds);
      EXPECT_EQ(a.most, b.most);
      EXPECT_EQ(a.reached, b.reached);
      EXPECT_EQ(a.earliest, b.earliest);
      EXPECT_EQ(a.sure, b.sure);
      EXPECT_EQ(a.lost, b.lost);
    }
    held += rules.holds() ? 1 : 0;
  }
  EXPECT_GT(held, 0);
  EXPECT_LT(held, 5);
}

}  // namespace
}  // namespace muster::lab
