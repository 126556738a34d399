#include "cli/demo_world.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace muster::cli {
namespace {

class DemoWorldTest : public ::testing::Test {
 protected:
  std::filesystem::path root_ =
      std::filesystem::path(::testing::TempDir()) / ("muster-demo-" + std::to_string(::getpid()));
  DemoWorld world_{root_ / ".muster"};
  void SetUp() override { std::filesystem::create_directories(root_); }
  void TearDown() override { std::filesystem::remove_all(root_); }
};

TEST_F(DemoWorldTest, AnAbsentOrAnEmptyDirectoryIsTaken) {
  EXPECT_TRUE(world_.clear());
  EXPECT_TRUE(std::filesystem::is_directory(world_.logs()));
  const DemoWorld other{root_ / "empty"};
  std::filesystem::create_directory(other.dir);
  EXPECT_TRUE(other.clear());
}

TEST_F(DemoWorldTest, WhatAnEarlierDemoLeftIsReplaced) {
  ASSERT_TRUE(world_.clear());
  std::ofstream(world_.dir / "machines.txt") << "old";
  EXPECT_TRUE(world_.clear());
  EXPECT_FALSE(std::filesystem::exists(world_.dir / "machines.txt"));
}

TEST_F(DemoWorldTest, WhatIsNotTheDemosIsLeftAlone) {
  std::filesystem::create_directory(world_.dir);
  std::ofstream(world_.dir / "precious") << "mine";
  std::ofstream(world_.dir / "demo.json") << "{}";
  const auto cleared = world_.clear();
  ASSERT_FALSE(cleared);
  EXPECT_EQ(cleared.error().code, ErrorCode::file_exists);
  EXPECT_TRUE(std::filesystem::exists(world_.dir / "precious"));
}

}  // namespace
}  // namespace muster::cli
