#include "lab/agenda.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "lab/streams.h"

namespace muster::lab {
namespace {

// Whoever was taken is put again some time later, by a rule that both sides follow.
RC_GTEST_PROP(Agenda, comes_by_time_and_then_by_order_of_entry, ()) {
  const auto things = *rc::gen::inRange<std::uint32_t>(1, 20);
  const auto steps = *rc::gen::container<std::vector<Tick>>(
      rc::gen::oneOf(rc::gen::inRange<Tick>(0, 4), rc::gen::inRange<Tick>(0, 900'000)));
  std::vector<std::tuple<Tick, std::uint64_t, std::uint32_t>> model;
  std::uint64_t order = 0;
  Agenda agenda(things);
  const auto put = [&](std::uint32_t thing, Tick at) {
    agenda.put(thing, at);
    model.emplace_back(at, order++, thing);
  };
  for (std::uint32_t thing = 0; thing < things; ++thing) put(thing, thing % 3);
  for (const auto step : steps) {
    const auto first = std::ranges::min_element(model);
    const auto [at, entered, thing] = *first;
    const auto due = agenda.take(kNever);
    RC_ASSERT((due && due->at == at && due->thing == thing));
    model.erase(first);
    put(thing, at + step);
  }
}

// Further away than the wheel turns.
TEST(Agenda, ends_where_it_is_told_to_and_goes_on_from_there) {
  Agenda agenda(2);
  agenda.put(0, 40'000'000);
  agenda.put(1, 12);
  EXPECT_FALSE(agenda.take(12));
  ASSERT_EQ(agenda.take(13)->thing, 1u);
  agenda.put(1, kNever);
  EXPECT_FALSE(agenda.take(40'000'000));
  const auto due = agenda.take(40'000'001);
  ASSERT_TRUE(due);
  EXPECT_EQ(due->thing, 0u);
  EXPECT_EQ(due->at, 40'000'000u);
  EXPECT_FALSE(agenda.take(80'000'000));
}

TEST(Stream, is_known_by_its_key_and_how_far_it_was_drawn) {
  Stream stream(stream_key(1, "a"));
  const auto first = stream.bytes<8>();
  const auto drawn = stream.drawn();
  const auto second = stream.bytes<16>();
  EXPECT_EQ(Stream(stream_key(1, "a")).bytes<8>(), first);
  EXPECT_EQ(Stream(stream_key(1, "a"), drawn).bytes<16>(), second);
  EXPECT_NE(Stream(stream_key(2, "a")).bytes<8>(), first);
  EXPECT_NE(Stream(stream_key(1, "b")).bytes<8>(), first);
  EXPECT_NE(Stream(numbered_key(stream_key(1, "a"), 0)).bytes<8>(),
            Stream(numbered_key(stream_key(1, "a"), 1)).bytes<8>());
}

}  // namespace
}  // namespace muster::lab
