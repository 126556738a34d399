// Logs that Windows wrote, where they are at hand; they are not part of this project.
// MUSTER_SHARED_DATA names the folder that holds evtx/; without it ../shared/data beside the
// source.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "evtx/testing/read.h"

namespace muster::evtx::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RealLogs : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* named = std::getenv("MUSTER_SHARED_DATA");
    folder_ = named != nullptr ? fs::path(named) / "evtx"
                               : fs::path(MUSTER_SOURCE_DIR) / "../shared/data/evtx";
    if (!fs::is_directory(folder_)) {
      GTEST_SKIP() << "no logs in " << folder_ << "; name their folder's parent in "
                   << "MUSTER_SHARED_DATA";
    }
  }
  [[nodiscard]] std::vector<fs::path> logs() const {
    std::vector<fs::path> out;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      if (entry.path().extension() == ".evtx") out.push_back(entry.path());
    }
    EXPECT_THAT(out, Not(IsEmpty()));
    return out;
  }
  fs::path folder_;
};

TEST_F(RealLogs, EveryWholeRecordIsRead) {
  const std::map<std::string, std::size_t> records{
      {"application-win11.evtx", 366},
      {"application-win11-b.evtx", 195},
      {"no-crc32.evtx", 17},
      {"kms-log-cleared.evtx", 91},
      {"near-miss-provider.evtx", 3},
      {"kms-empty.evtx", 0},
      {"bad-unsupported-token.evtx", 1},
      {"bad-string-cache.evtx", 2261},
      {"bad-malformed.evtx", 5},
  };
  for (const auto& [name, count] : records) {
    const auto log = read_file(folder_ / name);
    EXPECT_THAT(log.records, SizeIs(count)) << name;
    EXPECT_THAT(log.skipped, IsEmpty()) << name;
  }
}

TEST_F(RealLogs, AWrongChunkLeavesTheOthers) {
  const auto log = read_file(folder_ / "bad-chunk-magic.evtx");
  // 267 of chunks with a head, and those of the damaged ones whose templates are still there.
  EXPECT_GE(log.records.size(), 267U);
  EXPECT_THAT(log.skipped,
              ::testing::Contains(::testing::HasSubstr("the head of a chunk is damaged")));
}

TEST_F(RealLogs, CutAnywhereNothingIsInvented) {
  for (const auto& path : logs()) {
    const auto copy = temporary("real.evtx");
    fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
    std::map<std::uint64_t, Kept> whole;
    for (auto& record : read_file(path).records) whole.emplace(record.record_id, record);
    const auto size = fs::file_size(path);
    for (std::size_t i = 200; i-- > 0;) {
      fs::resize_file(copy, size * i / 200 + i % 13);
      const auto cut = read_file(copy);
      for (const auto& record : cut.records) {
        ASSERT_TRUE(whole.contains(record.record_id)) << path << " cut " << i;
        ASSERT_EQ(record, whole.at(record.record_id)) << path << " cut " << i;
      }
    }
    fs::remove(copy);
  }
}

}  // namespace
}  // namespace muster::evtx::testing
