#include "evtx/overlap.h"

#include <gtest/gtest.h>

#include "evtx/testing/sample.h"

namespace muster::evtx {
namespace {

Record record(std::uint64_t id) {
  Record out;
  out.record_id = id;
  out.time = testing::sample_time();
  out.event_id = 12290;
  out.channel = "Key Management Service";
  out.computer = "kms1";
  return out;
}

TEST(Overlap, WhatAnEarlierFileHeldIsNotNew) {
  Overlap overlap;
  EXPECT_TRUE(overlap.is_new(record(2)));
  EXPECT_TRUE(overlap.is_new(record(1)));
  overlap.next_file();
  EXPECT_FALSE(overlap.is_new(record(1)));
  EXPECT_FALSE(overlap.is_new(record(2)));
  EXPECT_TRUE(overlap.is_new(record(3)));
  overlap.next_file();
  EXPECT_FALSE(overlap.is_new(record(3)));
  EXPECT_EQ(overlap.repeated(), 3U);
}

TEST(Overlap, AnotherLogTimeOrEventIsAnotherRecord) {
  Overlap overlap;
  EXPECT_TRUE(overlap.is_new(record(1)));
  overlap.next_file();
  auto other = record(1);
  other.computer = "kms2";
  EXPECT_TRUE(overlap.is_new(other));
  other = record(1);
  other.channel = "Application";
  EXPECT_TRUE(overlap.is_new(other));
  other = record(1);  // the log was cleared and began anew
  *other.time += std::chrono::hours(1);
  EXPECT_TRUE(overlap.is_new(other));
  other = record(1);
  other.event_id = 12293;
  EXPECT_TRUE(overlap.is_new(other));
  EXPECT_FALSE(overlap.is_new(record(1)));
}

// winlogbeat cuts what is finer than a millisecond.
TEST(Overlap, AShippersCopyIsTheSameRecord) {
  Overlap overlap;
  auto fine = record(1);
  *fine.time += Time::duration(1'234'567);
  EXPECT_TRUE(overlap.is_new(fine));
  overlap.next_file();
  auto cut = record(1);
  *cut.time += std::chrono::milliseconds(123);
  EXPECT_FALSE(overlap.is_new(cut));
  *cut.time += std::chrono::milliseconds(1);
  EXPECT_TRUE(overlap.is_new(cut));
}

TEST(Overlap, WithoutAnIdNothingIsTheSame) {
  Overlap overlap;
  EXPECT_TRUE(overlap.is_new(record(0)));
  overlap.next_file();
  EXPECT_TRUE(overlap.is_new(record(0)));
  EXPECT_EQ(overlap.repeated(), 0U);
}

TEST(Overlap, WithinOneFileNothingIsCompared) {
  Overlap overlap;
  EXPECT_TRUE(overlap.is_new(record(1)));
  EXPECT_TRUE(overlap.is_new(record(1)));
}

}  // namespace
}  // namespace muster::evtx
