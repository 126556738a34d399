#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "client/fakes.h"
#include "client/os.h"

namespace muster::client {
namespace {

class LinuxOsTest : public testing::Test {
 protected:
  void put(const std::string& file, const std::string& text) {
    const auto path = root_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  TemporaryDirectory root_;
  std::unique_ptr<Os> os_ = make_linux_os(root_.path());
};

TEST_F(LinuxOsTest, ReadsTheMachinesFacts) {
  put("sys/class/dmi/id/product_uuid", "4C4C4544-0042-3510-8054-B4C04F595232\n");
  put("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
  EXPECT_THAT(
      os_->machine_facts(),
      testing::ElementsAre(testing::Pair("machine_id", "3d1219c7c4c5404aaa1f6d2a48adfda4"),
                           testing::Pair("product_uuid", "4c4c4544-0042-3510-8054-b4c04f595232")));
}

TEST_F(LinuxOsTest, LeavesJunkOut) {
  for (const auto* uuid :
       {"", "To be filled by O.E.M.", "Default string", "Not Specified",
        "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
        "03000200-0400-0500-0006-000700080009", "11111111-1111-1111-1111-111111111111"}) {
    put("sys/class/dmi/id/product_uuid", uuid);
    put("etc/machine-id", "uninitialized\n");
    EXPECT_TRUE(os_->machine_facts().empty()) << uuid;
  }
}

TEST_F(LinuxOsTest, TakesDbusMachineIdWhereSystemdHasNone) {
  put("var/lib/dbus/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
  EXPECT_EQ(os_->machine_facts().count("machine_id"), 1u);
}

TEST_F(LinuxOsTest, KnowsAStartByBootIdAndByTheFirstProcess) {
  put("proc/sys/kernel/random/boot_id", "5f8b\n");
  put("proc/1/stat", "1 (a ) b) S 0 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9\n");
  EXPECT_EQ(os_->boot(), (Boot{"5f8b", "4711"}));
  put("proc/1/stat", "cut");
  EXPECT_EQ(os_->boot(), (Boot{"5f8b", ""}));
}

TEST(Boot, IsAnewWhereAPartThatBothHoldDiffers) {
  EXPECT_FALSE(started_anew({"a", "1"}, {"a", "1"}));
  EXPECT_TRUE(started_anew({"a", "1"}, {"b", "1"}));
  EXPECT_TRUE(started_anew({"a", "1"}, {"a", "2"}));
  EXPECT_FALSE(started_anew({"a", "1"}, {"a", ""}));
  EXPECT_FALSE(started_anew({"a", ""}, {"a", "2"}));
}

TEST_F(LinuxOsTest, TellsAVirtualMachine) {
  EXPECT_FALSE(os_->is_virtual());
  put("sys/class/dmi/id/sys_vendor", "QEMU\n");
  EXPECT_TRUE(os_->is_virtual());
}

TEST_F(LinuxOsTest, ALockIsHeldAgainstThisProcessToo) {
  const auto file = root_.path() / "lock";
  auto first = os_->lock(file, true);
  ASSERT_TRUE(first && *first);
  const auto second = os_->lock(file, false);
  ASSERT_TRUE(second);
  EXPECT_EQ(*second, nullptr);
  first->reset();
  const auto third = os_->lock(file, false);
  EXPECT_TRUE(third && *third);
  struct stat about{};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777u, 0600u);
}

TEST_F(LinuxOsTest, ALockThatCannotBeMadeIsAnError) {
  const auto lock = os_->lock(root_.path() / "missing" / "lock", true);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ErrorCode::state_unreadable);
}

}  // namespace
}  // namespace muster::client
