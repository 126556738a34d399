#include "lab/machine.h"

#include <gmock/gmock.h>

#include "lab/office.h"

namespace muster::lab {
namespace {

using std::chrono::days;
using std::chrono::hours;

const std::string kHost = "host-1";
const Instant kStart = *parse_time("2026-01-05T08:00:00Z");

class LabTest : public testing::Test {
 protected:
  static Policy policy() {
    Policy out;
    out.threshold = 2;
    return out;
  }
  LabTest() { EXPECT_TRUE(world_.add_host(kHost)); }

  std::unique_ptr<Machine> desktop(const std::string& name) {
    auto out = std::make_unique<Machine>(world_, Machine::Options{.name = name});
    out->install("acme-cad", kHost);
    out->start();
    return out;
  }
  static client::ProductStatus status(Machine& machine) {
    return machine.client().status().value().at(0);
  }
  static client::ActivateResult activate(Machine& machine) {
    return machine.client().activate().value();
  }
  std::vector<std::string> evidence() {
    std::vector<std::string> out;
    const auto& seen = world_.host(kHost).figures().evidence;
    for (std::size_t i = 1; i < seen.size(); ++i) {
      for (auto times = seen[i].load(); times > 0; --times) {
        out.emplace_back(core::name_of(static_cast<core::Evidence>(i)));
      }
    }
    return out;
  }

  World world_{1, kStart, days(730), {{"acme-cad", "desktop", "Acme CAD", policy()}}};
};

TEST_F(LabTest, the_real_client_climbs_to_the_threshold_and_renews) {
  auto one = desktop("one");
  auto two = desktop("two");
  EXPECT_EQ(activate(*one).error->code, "count_insufficient");
  EXPECT_TRUE(activate(*two).activated);
  EXPECT_EQ(*two->step(), *status(*two).last_attempt->retry_after);
  EXPECT_EQ(*one->step(), *status(*one).last_attempt->retry_after);
  world_.pass(*one->step());
  (void)one->step();
  EXPECT_TRUE(status(*one).usable());
  EXPECT_EQ(status(*one).state, LicenceState::licensed);
}

TEST_F(LabTest, a_revert_brings_everything_back) {
  auto one = desktop("one");
  const auto snapshot = one->image();
  const auto before = status(*one);
  EXPECT_EQ(activate(*one).count, 1u);
  ASSERT_TRUE(one->client().rearm());
  one->restart();
  EXPECT_NE(status(*one).cmid, before.cmid);
  EXPECT_EQ(status(*one).rearms_left, 2u);
  EXPECT_TRUE(activate(*one).activated);
  one->revert(snapshot);
  EXPECT_FALSE(one->running());
  one->start();
  EXPECT_EQ(status(*one).cmid, before.cmid);
  EXPECT_EQ(status(*one).rearms_left, 3u);
  EXPECT_EQ(status(*one).state, LicenceState::initial_grace);
  EXPECT_EQ(activate(*one).count, 2u) << "its first CMID is on the roll";
  EXPECT_THAT(evidence(), testing::Contains("state_lost"));
}

TEST_F(LabTest, clones_by_how_their_image_was_made) {
  const struct {
    std::string_view what;
    std::optional<bool> generalize;  // with --keep-id?
    Clone clone;
    bool same_cmid;
  } cases[] = {{"copied as it is", std::nullopt, Clone::copied, true},
               {"an instant clone of a running machine", std::nullopt, Clone::forked, true},
               {"generalized", false, Clone::fresh, false},
               {"generalized, with its CMID", true, Clone::fresh, true},
               {"an instant clone of a generalized machine", false, Clone::forked, false}};
  for (const auto& one : cases) {
    auto golden = desktop(std::string(one.what));
    const auto before = status(*golden).cmid;
    if (one.generalize) {
      ASSERT_TRUE(golden->client().generalize(*one.generalize));
    }
    const auto image = golden->image();
    Machine clone(world_, {.name = "clone " + std::string(one.what)});
    clone.build(image, one.clone);
    if (!clone.running()) clone.start();
    EXPECT_TRUE(activate(clone).host) << one.what;
    EXPECT_EQ(status(clone).cmid == before, one.same_cmid) << one.what;
  }
}

TEST_F(LabTest, a_host_that_is_down_is_not_reached_and_forgets_nothing) {
  auto one = desktop("one");
  EXPECT_EQ(activate(*one).count, 1u);
  world_.set_up(kHost, false);
  EXPECT_EQ(activate(*one).error->code, "no_host");
  world_.set_up(kHost, true);
  auto two = desktop("two");
  EXPECT_EQ(activate(*two).count, 2u);
}

TEST_F(LabTest, a_clock_that_is_off_by_hours_is_refused) {
  Machine off(world_, {.name = "off", .clock_off = hours(5)});
  off.install("acme-cad", kHost);
  off.start();
  EXPECT_EQ(activate(off).error->code, "clock_skew");
  EXPECT_TRUE(world_.roll(kHost, world_.group("desktop")).empty());
}

// When machine "a" asked, by the hour, and what all came to.
struct Seen {
  std::vector<Instant> asked;
  std::vector<std::uint32_t> counts;
  std::vector<std::string> cmids;
};
Seen seen_with(std::uint64_t seed, int machines) {
  Seen out;
  World world(seed, kStart, days(730), {{"acme-cad", "desktop", "Acme CAD", Policy{}}});
  EXPECT_TRUE(world.add_host(kHost));
  Track track;
  Office office(world, kHost, "desktop", hours(6), track);
  for (int number = 0; number < machines; ++number) {
    auto& machine = office.add({.name = std::string(1, static_cast<char>('a' + number))});
    machine.install("acme-cad", kHost);
    machine.start();
    office.wake(static_cast<std::size_t>(number));
  }
  for (int hour = 1; hour <= 48; ++hour) {
    office.run(kStart + hours(hour));
    const auto status = office.machine(0).client().status().value().at(0);
    out.asked.push_back(status.last_attempt->time);
    out.cmids.push_back(status.cmid->text());
  }
  for (const auto& sample : track.samples) out.counts.push_back(sample.count);
  return out;
}

TEST(LabStreams, the_same_seed_is_the_same_run_and_a_machine_more_moves_no_other) {
  const auto once = seen_with(1, 3);
  const auto again = seen_with(1, 3);
  EXPECT_EQ(once.asked, again.asked);
  EXPECT_EQ(once.cmids, again.cmids);
  EXPECT_EQ(once.counts, again.counts);
  const auto more = seen_with(1, 7);
  EXPECT_EQ(once.asked, more.asked);
  EXPECT_EQ(once.cmids, more.cmids);
  EXPECT_NE(once.counts, more.counts);
  const auto other = seen_with(2, 3);
  EXPECT_NE(once.asked, other.asked);
  EXPECT_NE(once.cmids, other.cmids);
}

}  // namespace
}  // namespace muster::lab
