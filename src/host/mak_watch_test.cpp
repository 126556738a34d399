#include "host/mak_watch.h"

#include <gmock/gmock.h>

namespace muster::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct MakWatching : ::testing::Test {
  std::shared_ptr<service::InstalledMak> entry = [] {
    wire::Mak mak;
    mak.vendor_id = "v";
    mak.id = "k";
    mak.product = "acme-cad";
    mak.policy.limit = 100;
    return std::make_shared<service::InstalledMak>(std::move(mak), core::KeyRecord{});
  }();
  std::shared_ptr<const service::MakRing> ring = service::MakRing().with(entry);
  MakWatch watch;

  std::vector<std::string> said_at(std::uint32_t used, bool behind = false) {
    entry->show({.sold = used, .behind = behind});
    std::vector<std::string> out;
    for (const auto& warning : watch.look(*ring)) {
      EXPECT_EQ(warning.used, used);
      EXPECT_EQ(warning.limit, 100u);
      EXPECT_EQ(warning.mak, "k");
      out.emplace_back(warning.message);
    }
    return out;
  }
};

TEST_F(MakWatching, EachLevelIsToldOnce) {
  EXPECT_THAT(said_at(79), IsEmpty());
  EXPECT_THAT(said_at(80), ElementsAre(HasSubstr("80 %")));
  EXPECT_THAT(said_at(81), IsEmpty());
  EXPECT_THAT(said_at(95), ElementsAre(HasSubstr("95 %")));
  EXPECT_THAT(said_at(99), IsEmpty());
  EXPECT_THAT(said_at(100), ElementsAre(HasSubstr("no place left")));
  EXPECT_THAT(said_at(100), IsEmpty());
}

TEST_F(MakWatching, ALevelThatWasLeftIsToldAgain) {
  EXPECT_THAT(said_at(96), ElementsAre(HasSubstr("95 %")));
  EXPECT_THAT(said_at(80), IsEmpty());
  EXPECT_THAT(said_at(95), ElementsAre(HasSubstr("95 %")));
}

TEST_F(MakWatching, AKeyThatWaitsToBeReconciledIsTold) {
  EXPECT_THAT(said_at(5, true), ElementsAre(HasSubstr("mak reconcile")));
  EXPECT_THAT(said_at(5, true), IsEmpty());
  EXPECT_THAT(said_at(5, false), IsEmpty());
  EXPECT_THAT(said_at(5, true), ElementsAre(HasSubstr("mak reconcile")));
}

}  // namespace
}  // namespace muster::host
