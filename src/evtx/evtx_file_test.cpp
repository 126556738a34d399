#include "evtx/evtx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "evtx/testing/read.h"
#include "evtx/testing/sample.h"

namespace muster::evtx::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kFileHead = 4096;
constexpr std::size_t kChunk = 65536;

TEST(EvtxFile, AnEmptyLogHasNoRecords) {
  const auto log = read_bytes(LogWriter().finish());
  EXPECT_THAT(log.records, IsEmpty());
  EXPECT_THAT(log.skipped, IsEmpty());
}

TEST(EvtxFile, SeveralThreadsGiveTheSameInTheSameOrder) {
  const auto bytes = sample_log(3000);
  ASSERT_GT(bytes.size(), 10 * kChunk);
  const auto one = read_bytes(bytes, 1);
  ASSERT_THAT(one.records, SizeIs(3000));
  for (const unsigned threads : {2U, 3U, 16U}) {
    const auto several = read_bytes(bytes, threads);
    EXPECT_TRUE(several.records == one.records) << threads;
    EXPECT_EQ(several.skipped, one.skipped) << threads;
  }
}

TEST(EvtxFile, WhoStopsIsAskedNoMore) {
  const auto path = temporary("stop.evtx");
  ASSERT_TRUE(write_file(path, sample_log(3000)).has_value());
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file.has_value());
  for (const unsigned threads : {1U, 3U}) {
    int batches = 0;
    read_evtx(*file, threads, [&](const Batch&) { return ++batches < 3; });
    EXPECT_EQ(batches, 3) << threads;
  }
  std::filesystem::remove(path);
}

TEST(EvtxFile, ALogThatGoesRoundIsReadFromItsOldestChunk) {
  auto bytes = sample_log(1000);
  const auto straight = read_bytes(bytes);
  const auto chunks = bytes.substr(kFileHead);
  bytes = bytes.substr(0, kFileHead) + chunks.substr(2 * kChunk) + chunks.substr(0, 2 * kChunk);
  EXPECT_TRUE(read_bytes(bytes).records == straight.records);
}

TEST(EvtxFile, IsKnownByItsFirstBytes) {
  const auto bytes = sample_log(1);
  EXPECT_TRUE(is_evtx(as_bytes(bytes)));
  EXPECT_TRUE(is_evtx(as_bytes(bytes.substr(kFileHead))));
  EXPECT_FALSE(is_evtx(as_bytes("")));
  EXPECT_FALSE(is_evtx(as_bytes("ElfFile")));
  EXPECT_FALSE(is_evtx(as_bytes("<Events/>")));
}

TEST(MappedFile, SaysWhatCannotBeRead) {
  const auto missing = MappedFile::open("/nowhere/a.evtx");
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error(),
            (Error{ErrorCode::file_unreadable, "/nowhere/a.evtx: No such file or directory"}));
  const auto directory = MappedFile::open(::testing::TempDir());
  ASSERT_FALSE(directory.has_value());
  EXPECT_EQ(directory.error().code, ErrorCode::file_unreadable);
}

TEST(MappedFile, NoticesThatItsFileWasCut) {
  const auto path = temporary("cut.evtx");
  ASSERT_TRUE(write_file(path, sample_log(1000)).has_value());
  const auto file = MappedFile::open(path);
  ASSERT_TRUE(file.has_value());
  std::filesystem::resize_file(path, kFileHead + kChunk);
  EXPECT_TRUE(file->still_holds(kFileHead + kChunk));
  EXPECT_FALSE(file->still_holds(kFileHead + kChunk + 1));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace muster::evtx::testing
