// The book reads no other rows than a store would: it decides as a ledger does that looks at every
// place.
#include "core/key_book.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/testing/ledger_trace.h"

namespace muster::core {
namespace {

using testing::LedgerTrace;

struct Step {
  int who = 0, hardware = 0, system = 0;
  bool releases = false;
};

std::string on(const Step& step) {
  return "pc-" + std::to_string(step.hardware) + ",os-" + std::to_string(step.system);
}

RC_GTEST_PROP(KeyBook, decides_as_who_looks_at_every_place, ()) {
  const MakPolicy policy{
      .limit = *rc::gen::inRange(1u, 7u),
      .reactivation = *rc::gen::element(Reactivation::free, Reactivation::counts),
      .match = *rc::gen::element(Match::any, Match::most, Match::all),
      .release = *rc::gen::element(Release::allowed, Release::never)};
  KeyBook book(policy, 64);
  LedgerTrace all;
  all.policy = policy;
  const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
      rc::gen::set(&Step::who, rc::gen::inRange(0, 6)),
      rc::gen::set(&Step::hardware, rc::gen::inRange(0, 6)),
      rc::gen::set(&Step::system, rc::gen::inRange(0, 6)),
      rc::gen::set(&Step::releases, rc::gen::weightedElement<bool>({{3, false}, {1, true}}))));
  for (const auto& step : steps) {
    all.now += seconds(60);
    const auto cmid = LedgerTrace::cmid(std::to_string(step.who));
    if (!step.releases) {
      const auto facts = LedgerTrace::facts_on(on(step));
      const auto expected = all.ask({.cmid = cmid, .facts = facts, .shown = {}});
      const auto got = book.activate(cmid, facts, all.now);
      RC_ASSERT(got.error == expected.error);
      RC_ASSERT(got.gain == expected.gain);
      RC_ASSERT(got.place == expected.place);
    } else {
      const auto got = book.release(cmid, all.now);
      KeyPlace* held = nullptr;
      for (auto& [number, place] : all.places) {
        if (place.cmid == cmid && !place.released) held = &place;
      }
      const bool held_and_allowed = held != nullptr && policy.release == Release::allowed;
      RC_ASSERT(got.has_value() == held_and_allowed);
      if (held_and_allowed) RC_ASSERT(release(policy, all.record, *held, all.now).has_value());
    }
    RC_ASSERT(book.record() == all.record);
  }
}

TEST(KeyBook, gives_back_by_number_what_somebody_holds) {
  KeyBook book({.limit = 2}, 64);
  const auto now = Instant(std::chrono::days(20'000));
  const auto facts = LedgerTrace::facts_on("pc-1,os-1");
  ASSERT_TRUE(book.activate(LedgerTrace::cmid("A"), facts, now).gain);
  EXPECT_EQ(book.release(2u, now).error().code, ErrorCode::no_place);
  EXPECT_EQ(book.release(0u, now).error().code, ErrorCode::no_place);
  EXPECT_EQ(book.release(1u, now)->number, 1u);
  EXPECT_EQ(book.record().used(), 0u);
  EXPECT_EQ(book.release(1u, now).error().code, ErrorCode::no_place);
  EXPECT_EQ(book.release(LedgerTrace::cmid("A"), now).error().code, ErrorCode::no_place);
}

}  // namespace
}  // namespace muster::core
