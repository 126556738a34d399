#include "core/pool.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

namespace muster::core {
namespace {

using std::chrono::days;

TEST(NamePattern, LeavesOutWhatTellsMachinesApart) {
  const struct {
    std::string_view name, pattern;
  } table[] = {
      {"desk-017.corp.example", "desk-#.corp.example"},
      {"desk-9", "desk-#"},
      {"VDI-0042", "vdi-#"},
      {"pc017", "pc#"},
      {"DESKTOP-7KXQA2B", "desktop-*"},
      {"WIN-4F3A9B1C2D", "win-*"},
      {"pool3-desk12", "pool#-desk#"},
      {"10.1.2.3", "#.#.#.#"},
      {"alice", "alice"},
      {"b\xc3\xbcro-7", "b\xc3\xbcro-#"},
      {"lab <b>5</b>", "lab <b>#</b>"},
      {"-", "-"},
      {"", ""},
  };
  for (const auto& row : table) EXPECT_EQ(name_pattern(row.name), row.pattern);
  const std::string a(63, 'a');
  EXPECT_EQ(name_pattern(a + "\xc3\xbc-long"), a) << "a character is not cut through";
  EXPECT_EQ(name_pattern(a + "b" + "c"), a + "b");
}

TEST(SubnetOf, IsTheNetworkOfAnAddress) {
  const struct {
    std::string_view address, subnet;
  } table[] = {
      {"10.1.2.3", "10.1.2.0/24"},
      {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
      {"2001:db8::7", "2001:db8:0:0::/64"},
      {"::1", "0:0:0:0::/64"},
      {"fd00:1:2:3::", "fd00:1:2:3::/64"},
      {"", ""},
      {"localhost", ""},
      {"1.2.3", ""},
      {"1.2.3.x", ""},
      {"1:2:3", ""},
      {"1:2:3:4:5:6:7:8:9", ""},
      {"g::1", ""},
      {"::1%eth0", ""},
  };
  for (const auto& row : table) EXPECT_EQ(subnet_of(row.address), row.subnet) << row.address;
}

TEST(Advice, IsThereForEveryKind) {
  for (int i = 1; i <= kEvidences; ++i) {
    EXPECT_FALSE(advice(static_cast<Evidence>(i)).empty()) << i;
  }
}

PoolExample example(unsigned machine, Instant time, std::uint64_t seq) {
  return {.cmid = Cmid{{static_cast<std::uint8_t>(machine + 1)}},
          .time = time,
          .event = {.epoch = 1, .seq = seq}};
}

TEST(PoolRecord, KeepsTheLastExamplesOfDifferentMachines) {
  PoolRecord record;
  const Instant noon{days(20'000)};
  for (const unsigned machine : {1U, 2U, 3U, 2U, 4U, 5U, 6U, 2U}) {
    record.add(example(machine, noon + seconds{record.count}, record.count + 1));
  }
  EXPECT_EQ(record.count, 8U);
  EXPECT_EQ(record.first, noon);
  EXPECT_EQ(record.newest, noon + seconds{7});
  EXPECT_EQ(record.newest_event.seq, 8U);
  ASSERT_EQ(record.examples.size(), PoolRecord::kExamples);
  std::vector<std::uint64_t> seqs;
  for (const auto& one : record.examples) seqs.push_back(one.event.seq);
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{8, 7, 6, 5, 3}));
}

// The counters of days against counting them.
RC_GTEST_PROP(PoolRecord, CountsTheLastDays, ()) {
  const auto gaps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20 * 24));
  PoolRecord record;
  std::map<std::int64_t, std::uint64_t> by_day;
  Instant now{days(20'000)};
  for (const auto gap : gaps) {
    now += std::chrono::hours(gap);
    record.add(example(1, now, 1));
    ++by_day[now.time_since_epoch().count() / 86'400];
  }
  const auto later = now + std::chrono::hours(*rc::gen::inRange(0, 40 * 24));
  const auto today = later.time_since_epoch().count() / 86'400;
  for (const int many : {1, 9, 30}) {
    std::uint64_t expected = 0;
    for (const auto& [day, count] : by_day) expected += day > today - many ? count : 0;
    RC_ASSERT(record.last_days(later, static_cast<std::size_t>(many)) == expected);
  }
  RC_ASSERT(record.count == gaps.size());
}

}  // namespace
}  // namespace muster::core
