// Rearm and generalize, and the files of the state directory.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "client/client.h"
#include "client/client_fixture.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;

using ClientStateTest = ClientTest;

// ---- rearm and generalize

TEST_F(ClientStateTest, ARearmIsPendingUntilTheMachineStartsAnew) {
  install();
  activate();
  const auto before = status();
  clock_.pass(hours(24 * 10));
  const auto result = must(client().rearm());
  EXPECT_TRUE(result.changed);
  EXPECT_TRUE(result.grace_restarts);
  auto now = status();
  EXPECT_EQ(now.pending, Pending::rearm);
  EXPECT_EQ(now.cmid, before.cmid);
  EXPECT_EQ(now.state, LicenceState::licensed);
  EXPECT_EQ(now.rearms_left, 2u);
  EXPECT_EQ(activate().error->code, "restart_pending");
  EXPECT_EQ(host_.requests.size(), 1u);
  EXPECT_FALSE(must(client().rearm()).changed) << "a second one changes nothing";
  EXPECT_EQ(status().rearms_left, 2u);
  restart();
  now = status();
  EXPECT_EQ(now.pending, Pending::none);
  EXPECT_NE(now.cmid, before.cmid);
  EXPECT_EQ(now.state, LicenceState::initial_grace);
  EXPECT_EQ(now.minutes_left, 43'200);
  EXPECT_EQ(status().cmid, now.cmid);
  EXPECT_TRUE(activate().activated);
  EXPECT_THAT(host_.chain, ElementsAre("first", "first"));
}

TEST_F(ClientStateTest, WhatCompletesAPendingRearm) {
  struct Case {
    std::string_view what;
    std::function<void()> happens;
    bool completes;
  };
  const std::vector<Case> cases = {
      {"nothing", [] {}, false},
      {"a rename", [&] { os_.name = "desk-002"; }, false},
      {"another boot", [&] { os_.boot_now.id = "boot-2"; }, true},
      {"the container starts again", [&] { os_.boot_now.init = "77"; }, true},
      {"PID 1 cannot be read", [&] { os_.boot_now.init = ""; }, false},
      {"an instant clone", [&] { os_.facts["machine_id"] = std::string(31, '1') + "2"; }, true},
      {"personalize", [&] { EXPECT_TRUE(must(client().personalize()).changed); }, true},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    fs::remove_all(directory());
    os_ = FakeOs();
    install();
    const auto before = status();
    must(client().rearm());
    one.happens();
    EXPECT_EQ(status().cmid != before.cmid, one.completes);
    EXPECT_EQ(status().pending == Pending::none, one.completes);
  }
}

TEST_F(ClientStateTest, TheRearmLimitHoldsAndGeneralizeStillGivesACmid) {
  vendor_.policy.rearm_limit = 1;
  install();
  must(client().rearm());
  restart();
  must(client().check());
  clock_.pass(hours(24 * 20));
  EXPECT_EQ(client().rearm().error().code, ErrorCode::no_rearm_left);
  const auto before = status();
  const auto result = must(client().generalize(false));
  EXPECT_TRUE(result.changed);
  EXPECT_FALSE(result.grace_restarts);
  restart();
  const auto now = status();
  EXPECT_NE(now.cmid, before.cmid);
  EXPECT_EQ(now.grace_until, before.grace_until);
  EXPECT_EQ(now.minutes_left, 10 * 1440);
}

TEST_F(ClientStateTest, GeneralizeRestartsTheGraceWhileARearmIsLeft) {
  install();
  clock_.pass(hours(24 * 20));
  EXPECT_TRUE(must(client().generalize(false)).grace_restarts);
  EXPECT_EQ(status().rearms_left, 2u);
  restart();
  EXPECT_EQ(status().minutes_left, 43'200);
}

TEST_F(ClientStateTest, GeneralizeThatKeepsTheIdKeepsEverything) {
  install();
  activate();
  const auto before = status();
  must(client().generalize(true));
  EXPECT_EQ(activate().error->code, "restart_pending");
  restart();
  const auto now = status();
  EXPECT_EQ(now.cmid, before.cmid);
  EXPECT_EQ(now.state, LicenceState::licensed);
  EXPECT_EQ(now.rearms_left, 3u);
  EXPECT_EQ(now.pending, Pending::none);
}

TEST_F(ClientStateTest, PersonalizeWithNothingPendingChangesNothing) {
  install();
  const auto before = status();
  EXPECT_FALSE(must(client().personalize()).changed);
  EXPECT_EQ(status().cmid, before.cmid);
}

// ---- the state's files

TEST_F(ClientStateTest, FilesHaveTheirModes) {
  const auto umask_before = ::umask(0077);
  install();
  activate();
  ::umask(umask_before);
  const std::vector<std::pair<std::string, unsigned>> rows = {
      {"", 0755},     {"identity", 0600},    {"licence", 0644},
      {"lock", 0600}, {"activations", 0755}, {"activations/acme-cad.jws", 0644}};
  for (const auto& [file, mode] : rows) {
    struct stat about{};
    ASSERT_EQ(::stat((directory() / file).c_str(), &about), 0) << file;
    EXPECT_EQ(about.st_mode & 0777u, mode) << file;
  }
}

TEST_F(ClientStateTest, ADeletedActivationIsNoFreeActivation) {
  install();
  activate();
  clock_.pass(hours(24 * 10));
  fs::remove(directory() / "activations" / "acme-cad.jws");
  EXPECT_EQ(status().state, LicenceState::initial_grace);
  EXPECT_EQ(status().minutes_left, 20 * 1440);
  clock_.pass(hours(24 * 20));
  EXPECT_EQ(status().state, LicenceState::notification);
}

TEST_F(ClientStateTest, ADamagedActivationIsNoFreeActivation) {
  install();
  activate();
  const auto file = directory() / "activations" / "acme-cad.jws";
  std::ifstream in(file);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  for (const auto& bad : {std::string(), std::string("x"), good.substr(0, good.size() / 2),
                          good.substr(0, good.size() - 9) + "AAAAAAAA\n"}) {
    write("activations/acme-cad.jws", bad);
    const auto now = status();
    EXPECT_NE(now.state, LicenceState::licensed);
    ASSERT_TRUE(now.error);
    EXPECT_EQ(now.error->code, ErrorCode::state_corrupt);
    EXPECT_THAT(now.error->detail, HasSubstr("acme-cad.jws"));
  }
  EXPECT_TRUE(activate().activated) << "asking again repairs it";
  EXPECT_FALSE(status().error);
}

TEST_F(ClientStateTest, AnotherMachinesActivationInItsPlaceIsNone) {
  install();
  activate();
  const auto other = temporary_.path() / "other";
  must(client_on(other).install(vendor_.product_file()));
  fs::create_directories(other / "activations");
  fs::copy(directory() / "activations" / "acme-cad.jws", other / "activations" / "acme-cad.jws");
  EXPECT_EQ(must(client_on(other).status()).at(0).state, LicenceState::initial_grace);
}

TEST_F(ClientStateTest, ADamagedIdentityStopsEverythingAndSaysSo) {
  install();
  activate();
  for (const auto* bad : {"", "{", "{\"muster_state\":\"identity\",\"version\":1}"}) {
    write("identity", bad);
    EXPECT_EQ(client().status().error().code, ErrorCode::state_corrupt);
    EXPECT_EQ(client().check().error().code, ErrorCode::state_corrupt);
    EXPECT_EQ(client().activate().error().code, ErrorCode::state_corrupt);
    EXPECT_EQ(client().install(vendor_.product_file()).error().code, ErrorCode::state_corrupt);
    EXPECT_THAT(client().rearm().error().detail, HasSubstr("identity"));
  }
  write("identity",
        "{\"muster_state\":\"identity\",\"version\":99,\"checksum\":\"\",\"state\":{}}");
  EXPECT_EQ(client().status().error().code, ErrorCode::state_newer);
}

// Runs `act` as somebody who may not read `identity`.
void as_another_user(const fs::path& directory, const std::function<void()>& act) {
  constexpr uid_t kNobody = 65534;
  if (::geteuid() != 0) {
    fs::permissions(directory / "identity", fs::perms::none);
    act();
    fs::permissions(directory / "identity", static_cast<fs::perms>(0600));
    return;
  }
  fs::permissions(directory.parent_path(), static_cast<fs::perms>(0755));
  ASSERT_EQ(::seteuid(kNobody), 0);
  act();
  ASSERT_EQ(::seteuid(0), 0);
}

TEST_F(ClientStateTest, WhatSomebodyElseHasWrittenIsSeen) {
  install();
  auto held = client();
  ASSERT_FALSE(must(held.activate()).error);
  ASSERT_TRUE(must(client().rearm()).changed);
  EXPECT_EQ(must(held.status()).at(0).pending, Pending::rearm);
  write("identity", "{");
  EXPECT_EQ(held.status().error().code, ErrorCode::state_corrupt);
}

TEST_F(ClientStateTest, AUserWhoIsNotRootSeesTheLicenceAndChangesNothing) {
  os_.facts["product_uuid"] = "4c4c4544-0042-3510-8054-b4c04f595232";
  must(client_on(directory(), "pod-7").install(vendor_.product_file()));
  must(client().set_host(kHost));
  activate();
  const auto root = status();
  os_.facts.erase("product_uuid");
  as_another_user(directory(), [&] {
    const auto user = status();
    EXPECT_TRUE(user.partial);
    EXPECT_EQ(user.state, LicenceState::licensed);
    EXPECT_EQ(user.cmid, root.cmid);
    EXPECT_EQ(user.valid_until, root.valid_until);
    EXPECT_TRUE(must(client().check()).usable);
    EXPECT_EQ(client().activate().error().code, ErrorCode::state_unreadable);
    EXPECT_EQ(client().rearm().error().code, ErrorCode::state_unreadable);
  });
  os_.facts["machine_id"] = std::string(31, '1') + "2";
  as_another_user(directory(), [&] {
    EXPECT_EQ(status().error->code, ErrorCode::wrong_machine) << "and sees a copy for what it is";
  });
}

TEST_F(ClientStateTest, SeveralAtOnceAskOneAfterTheOther) {
  install();
  constexpr std::uint64_t kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      SeededRandom random(100 + i);
      Client one({directory(), {}}, os_, clock_, random, network_);
      for (int n = 0; n < 5; ++n) EXPECT_TRUE(must(one.activate()).activated);
    });
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(host_.chain.size(), 20u);
  EXPECT_EQ(host_.chain[0], "first");
  EXPECT_EQ(std::count(host_.chain.begin(), host_.chain.end(), "renewal"), 19);
}

TEST_F(ClientStateTest, AHomeDirectoryIsWarnedAbout) {
  EXPECT_TRUE(client().warnings().empty());
  os_.home_directories = {temporary_.path()};
  EXPECT_THAT(client().warnings(), ElementsAre(HasSubstr("home directory")));
}

TEST_F(ClientStateTest, ACheckDoesNotWriteEveryTime) {
  install();
  activate();
  const auto written = fs::last_write_time(directory() / "identity");
  fs::last_write_time(directory() / "identity", written - hours(1));
  must(client().check());
  clock_.pass(std::chrono::minutes(9));
  must(client().check());
  EXPECT_EQ(fs::last_write_time(directory() / "identity"), written - hours(1));
  clock_.pass(std::chrono::minutes(1));
  must(client().check());
  EXPECT_GT(fs::last_write_time(directory() / "identity"), written - hours(1));
}

TEST_F(ClientStateTest, WhatACrashLeftUnfinishedIsTakenAway) {
  install();
  activate();
  for (const auto* name : {"identity.a1b2c3.new", "activations/acme-cad.jws.a1b2c3.new"}) {
    write(name, "half");
  }
  activate();
  EXPECT_FALSE(std::filesystem::exists(directory() / "identity.a1b2c3.new"));
  EXPECT_FALSE(std::filesystem::exists(directory() / "activations/acme-cad.jws.a1b2c3.new"));
  EXPECT_EQ(status().state, LicenceState::licensed);
}

TEST_F(ClientStateTest, TheNextAttemptOfALostActivationIsTheAgents) {
  install();
  const auto asked = activate().status.last_attempt->time;
  EXPECT_EQ(status().next_attempt, asked + vendor_.policy.renewal_interval);
  std::filesystem::remove(directory() / "activations" / "acme-cad.jws");
  EXPECT_EQ(status().next_attempt, asked + vendor_.policy.retry_interval);
  clock_.pass(std::chrono::hours(3));
  EXPECT_EQ(status().next_attempt, clock_.time) << "it is due, and asked at once";
}

}  // namespace
}  // namespace muster::client
