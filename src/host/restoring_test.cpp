#include "host/restoring.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/testing/temporary_directory.h"

namespace muster::host {
namespace {

namespace fs = std::filesystem;

class RestoringTest : public testing::Test {
 protected:
  static void put_parts(const Directory& parts) {
    for (const auto& file : {parts.database(), parts.request(), parts.key()}) {
      std::ofstream(file) << file.filename().string();
    }
  }
  [[nodiscard]] std::optional<ErrorCode> error() const {
    const auto begun = Restoring::begin(path_);
    return begun ? std::nullopt : std::optional(begun.error().code);
  }
  TemporaryDirectory directory_;
  fs::path path_ = directory_ / "host";
};

TEST_F(RestoringTest, makes_a_directory_of_its_parts) {
  auto restoring = Restoring::begin(path_);
  ASSERT_TRUE(restoring) << restoring.error().sentence();
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_all);
  EXPECT_FALSE(open_directory(path_));
  put_parts(restoring->parts());
  EXPECT_FALSE(open_directory(path_));
  ASSERT_TRUE(restoring->finish());
  EXPECT_TRUE(open_directory(path_));
  EXPECT_EQ(read_file(Directory{path_}.database()).value(), "muster.db");
  EXPECT_FALSE(fs::exists(path_ / "restoring"));
}

TEST_F(RestoringTest, leaves_nothing_where_it_is_given_up) {
  {
    auto restoring = Restoring::begin(path_);
    ASSERT_TRUE(restoring);
    put_parts(restoring->parts());
  }
  EXPECT_FALSE(fs::exists(path_));
  fs::create_directory(path_);
  {
    auto restoring = Restoring::begin(path_);
    ASSERT_TRUE(restoring);
    put_parts(restoring->parts());
  }
  EXPECT_EQ(error(), std::nullopt) << "an empty directory stays one that is taken";
}

TEST_F(RestoringTest, is_refused_where_anything_else_is) {
  fs::create_directory(path_);
  for (const auto* name : {"muster.db", "host-request.txt", "database", "notes"}) {
    std::ofstream(path_ / name) << "somebody's";
    EXPECT_EQ(error(), ErrorCode::file_exists) << name;
    EXPECT_EQ(read_file(path_ / name).value(), "somebody's");
    fs::remove(path_ / name);
  }
  std::ofstream(path_ / "host.key") << "a host's";
  fs::create_directory(path_ / "restoring");
  EXPECT_EQ(error(), ErrorCode::file_exists);
  EXPECT_TRUE(fs::exists(path_ / "host.key"));
}

// As a kill -9 leaves it, at each step of the last part.
TEST_F(RestoringTest, is_begun_again_after_it_was_interrupted) {
  for (const int moved : {0, 1, 2}) {
    fs::create_directories(path_ / "restoring");
    const Directory parts{path_ / "restoring"};
    put_parts(parts);
    std::ofstream(path_ / "lock") << "1\n";
    if (moved > 0) fs::rename(parts.database(), path_ / "muster.db");
    if (moved > 1) fs::rename(parts.request(), path_ / "host-request.txt");
    auto restoring = Restoring::begin(path_);
    ASSERT_TRUE(restoring) << moved;
    EXPECT_TRUE(fs::is_empty(restoring->parts().path));
    EXPECT_FALSE(fs::exists(path_ / "muster.db"));
  }
}

TEST_F(RestoringTest, is_done_by_one_at_a_time) {
  const auto first = Restoring::begin(path_);
  ASSERT_TRUE(first);
  put_parts(first->parts());
  EXPECT_EQ(error(), ErrorCode::host_is_running);
  EXPECT_TRUE(fs::exists(first->parts().key()));
}

}  // namespace
}  // namespace muster::host
