#include "host/dns_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/testing/temporary_directory.h"
#include "host/publisher.h"
#include "publish/testing/zone.h"
#include "service/testing/hand_clock.h"
#include "store/memory/memory_store.h"

namespace muster::host {
namespace {

using publish::testing::kKey;
using publish::testing::Zone;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr seconds kDay = hours(24);

DnsPlan plan_of(int number) {
  return {.record = {.service = "_muster._tcp",
                     .zone = "corp.example",
                     .srv = {.priority = 0,
                             .weight = 10,
                             .port = 8688,
                             .target = "muster" + std::to_string(number) + ".corp.example"}},
          .ttl = seconds(300),
          .server = std::nullopt,
          .key = kKey};
}

std::string line(int number, int port = 8688) {
  return "_muster._tcp.corp.example 0 10 " + std::to_string(port) + " muster" +
         std::to_string(number) + ".corp.example";
}

// A host as far as its record goes, on a store that outlives its runs.
class OneHost {
 public:
  OneHost(Zone& zone, int number) : plan(plan_of(number)), zone_(zone) { begin(); }

  void begin() {
    service_ = service::HostService::open(*store, clock, random, key_, {}).value();
    record = std::make_unique<DnsRecord>(plan, zone_, *service_, log_);
  }
  // As kill -9 does it.
  void die() {
    record.reset();
    service_.reset();
  }
  milliseconds look() { return record->look(stop); }
  [[nodiscard]] std::vector<std::string> events() {
    std::vector<std::string> out;
    const auto rows = store->events({}, 1000).value();
    for (const auto& row : rows) {
      const auto event = wire::parse_event_line(row.line).value();
      if (event.type.starts_with("dns_")) out.push_back(event.type + " " + event.detail);
    }
    return out;
  }
  void say_what_stays() { say_what_stays_in_dns(*service_, log_); }

  DnsPlan plan;
  std::atomic<bool> stop{false};
  service::testing::HandClock clock;
  SeededRandom random{3};
  std::shared_ptr<store::MemoryFaults> disk = std::make_shared<store::MemoryFaults>();
  std::unique_ptr<store::Store> store = store::make_memory_store(Bytes16{7}, disk);
  std::unique_ptr<DnsRecord> record;

 private:
  Zone& zone_;
  Log log_{LogFormat::text, LogLevel::error};
  wire::PrivateKey key_ = wire::PrivateKey::generate().value();
  std::unique_ptr<service::HostService> service_;
};

class DnsRecords : public ::testing::Test {
 public:
  Zone zone;
  OneHost one{zone, 1};
};

TEST_F(DnsRecords, ARecordIsPublishedAndSaidOnce) {
  EXPECT_EQ(one.look(), kDay);
  EXPECT_THAT(zone.records, ElementsAre(::testing::Pair(line(1), 300u)));
  EXPECT_EQ(zone.server, "ns.corp.example:53") << "the one that the SOA record names";
  EXPECT_THAT(one.events(),
              ElementsAre(R"(dns_published {"service":"_muster._tcp","priority":0,"weight":10,)"
                          R"("port":8688})"));
  const auto figures = one.record->figures();
  EXPECT_TRUE(figures.published);
  EXPECT_EQ(figures.done, 1u);
  EXPECT_EQ(figures.failed, 0u);
  EXPECT_EQ(figures.last_done, one.clock.now());
}

TEST_F(DnsRecords, EveryDayItIsPublishedAgain) {
  (void)one.look();
  zone.records.clear();  // somebody loaded an old zone
  one.clock.pass(kDay - seconds(1));
  EXPECT_EQ(one.look(), seconds(1));
  EXPECT_EQ(zone.updates, 1) << "not before its time";
  one.clock.pass(seconds(1));
  EXPECT_EQ(one.look(), kDay);
  EXPECT_THAT(zone.names(), ElementsAre(line(1)));
  EXPECT_EQ(one.events().size(), 1u) << "nothing has changed";
  EXPECT_EQ(one.record->figures().done, 2u);
  EXPECT_EQ(one.record->figures().last_done, one.clock.now());
}

TEST_F(DnsRecords, TwoHostsKeepEachOthersRecord) {
  OneHost two(zone, 2);
  (void)one.look();
  (void)two.look();
  EXPECT_THAT(zone.names(), ElementsAre(line(1), line(2)));
  one.record->withdraw(one.stop);
  EXPECT_THAT(zone.names(), ElementsAre(line(2)));
  EXPECT_FALSE(one.record->figures().published);
  EXPECT_THAT(one.events().back(), HasSubstr("dns_withdrawn"));
  two.record->withdraw(two.stop);
  EXPECT_THAT(zone.names(), IsEmpty());
}

TEST_F(DnsRecords, AHostThatWasKilledAndComesBackOtherwiseTakesItsOldRecordAway) {
  OneHost two(zone, 2);
  (void)two.look();
  (void)one.look();
  one.die();
  one.plan.record.srv.port = 9000;
  one.begin();
  (void)one.look();
  EXPECT_THAT(zone.names(), UnorderedElementsAre(line(1, 9000), line(2)));
  EXPECT_EQ(zone.updates, 3) << "in one update: machines find it all the time";

  one.die();
  one.plan.record.service = "_muster-tls._tcp";
  one.begin();
  (void)one.look();
  EXPECT_THAT(zone.names(), UnorderedElementsAre("_muster-tls._tcp.corp.example 0 10 9000 "
                                                 "muster1.corp.example",
                                                 line(2)));
}

TEST_F(DnsRecords, KilledBetweenTheUpdateAndItsNoteItIsFoundAllTheSame) {
  zone.asked = [&] { one.disk->disk_full = true; };  // from then on nothing is stored
  (void)one.look();
  ASSERT_THAT(zone.names(), ElementsAre(line(1)));
  one.disk->disk_full = false;
  zone.asked = {};
  one.die();
  one.plan.record.srv.port = 9000;
  one.begin();
  (void)one.look();
  EXPECT_THAT(zone.names(), ElementsAre(line(1, 9000)));
}

TEST_F(DnsRecords, WhatCannotBeNotedIsNotPublished) {
  one.disk->disk_full = true;
  EXPECT_LE(one.look(), seconds(2));
  EXPECT_EQ(zone.updates, 0);
  one.disk->disk_full = false;
  one.clock.pass(seconds(2));
  EXPECT_EQ(one.look(), kDay);
  EXPECT_THAT(zone.names(), ElementsAre(line(1)));
}

TEST_F(DnsRecords, AServerThatIsAwayIsAskedAgainSlowerAndSlower) {
  zone.away = true;
  const std::array<seconds, 12> doubled{seconds(1),   seconds(2),   seconds(4),   seconds(8),
                                        seconds(16),  seconds(32),  seconds(64),  seconds(128),
                                        seconds(256), seconds(512), seconds(600), seconds(600)};
  for (const auto& each : doubled) {
    const auto wait = one.look();
    EXPECT_THAT(wait, AllOf(Ge(each / 2), Le(each + each / 2)));
    one.clock.pass(std::chrono::ceil<seconds>(wait));
  }
  EXPECT_THAT(one.events(), ElementsAre(AllOf(HasSubstr("dns_failed"), HasSubstr(R"("silent")"))))
      << "said once";
  EXPECT_EQ(one.record->figures().failed, 12u);
  EXPECT_FALSE(one.record->figures().published);

  zone.away = false;
  EXPECT_EQ(one.look(), kDay);
  EXPECT_THAT(zone.names(), ElementsAre(line(1)));
  EXPECT_THAT(one.events(), ElementsAre(HasSubstr("dns_failed"), HasSubstr("dns_published")));
  zone.away = true;
  one.clock.pass(kDay);
  EXPECT_LE(one.look(), seconds(2)) << "from the shortest time again";
  EXPECT_TRUE(one.record->figures().published) << "it stands there, as far as the host knows";
}

TEST_F(DnsRecords, AnotherReasonIsAnotherEvent) {
  zone.refuse_with = 5;
  (void)one.look();
  zone.refuse_with = 0;
  zone.key.secret = "YW5vdGhlciBzZWNyZXQgb2Ygc2l4dGVlbg==";
  one.clock.pass(seconds(2));
  (void)one.look();
  EXPECT_THAT(one.events(), ElementsAre(HasSubstr(R"("doing":"publish","reason":"refused"})"),
                                        HasSubstr(R"("doing":"publish","reason":"wrong_key"})")));
  for (const auto& event : one.events()) EXPECT_THAT(event, Not(HasSubstr(kKey.secret)));
  EXPECT_THAT(zone.names(), IsEmpty());
}

TEST_F(DnsRecords, WhatCouldNotBeTakenAwayIsRememberedForTheNextStart) {
  (void)one.look();
  zone.away = true;
  one.record->withdraw(one.stop);
  EXPECT_THAT(one.events().back(), HasSubstr(R"("doing":"withdraw","reason":"silent"})"));
  one.die();
  zone.away = false;
  one.plan.record.srv.port = 9000;
  one.begin();
  (void)one.look();
  EXPECT_THAT(zone.names(), ElementsAre(line(1, 9000)));
}

TEST_F(DnsRecords, AHostThatPublishedNothingTakesNothingAway) {
  zone.records[line(1)] = 300;  // an administrator's
  one.record->withdraw(one.stop);
  EXPECT_EQ(zone.updates, 0);
  EXPECT_THAT(one.events(), IsEmpty());
}

TEST_F(DnsRecords, AStopInTheMiddleOfAnUpdateIsNoFailure) {
  zone.asked = [&] { one.stop = true; };
  (void)one.look();
  EXPECT_THAT(one.events(), IsEmpty());
  EXPECT_EQ(one.record->figures().failed, 0u);
  // The server may have done it all the same.
  const std::atomic<bool> cut{false};
  zone.asked = {};
  zone.records[line(1)] = 300;
  one.record->withdraw(cut);
  EXPECT_THAT(zone.names(), IsEmpty());
}

TEST_F(DnsRecords, ARecordOfAnotherZoneIsNotTouchedWithThisOnesKey) {
  (void)one.look();
  one.die();
  zone.name = "other.example";
  one.plan.record.zone = "other.example";
  one.begin();
  EXPECT_EQ(one.look(), kDay);
  EXPECT_THAT(zone.names(), ElementsAre(line(1),
                                        "_muster._tcp.other.example 0 10 8688 "
                                        "muster1.corp.example"));
}

TEST_F(DnsRecords, AHostThatPublishesNoMoreForgetsWhatItHasSaid) {
  (void)one.look();
  one.say_what_stays();
  EXPECT_FALSE(one.store->setting("dns_record").value().has_value());
  EXPECT_THAT(zone.names(), ElementsAre(line(1)));
}

TEST(Publisher, PublishesOnAThreadOfItsOwnAndTakesAwayAtTheEnd) {
  auto owned = std::make_unique<Zone>();
  auto& zone = *owned;
  std::mutex mutex;
  std::condition_variable changed;
  int asked = 0;
  zone.asked = [&] {
    const std::scoped_lock lock(mutex);
    ++asked;
    changed.notify_all();
  };
  service::testing::HandClock clock;
  SystemRandom random;
  Log log(LogFormat::text, LogLevel::error);
  const auto store = store::make_memory_store(Bytes16{7});
  const auto service =
      service::HostService::open(*store, clock, random, wire::PrivateKey::generate().value(), {})
          .value();
  Publisher publisher(plan_of(1), std::move(owned), *service, log);
  publisher.start();
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, seconds(60), [&] { return asked == 1; }));
  }
  publisher.end(seconds(60));
  EXPECT_EQ(asked, 2);
  EXPECT_THAT(zone.names(), IsEmpty());
  EXPECT_FALSE(publisher.figures().published);
}

class Plan : public ::testing::Test {
 public:
  [[nodiscard]] Expected<DnsPlan> plan(std::string_view machine, bool tls = false) const {
    return plan_dns(options, machine, 8688, tls);
  }
  [[nodiscard]] std::string file(std::string_view text) const {
    const auto path = scratch.path() / "update.key";
    EXPECT_TRUE(write_file(path, text, 0600));
    return path.string();
  }

  TemporaryDirectory scratch;
  DnsOptions options{.zone = "corp.example",
                     .server = {},
                     .key_file = file("key \"muster-update\" { algorithm hmac-sha256; secret \"" +
                                      kKey.secret + "\"; };"),
                     .target = {}};
};

TEST_F(Plan, TheTargetIsTheMachinesName) {
  struct Row {
    std::string machine, set, target;
  };
  const std::vector<Row> rows = {
      {"Muster1.corp.example", "", "muster1.corp.example"},
      {"muster1", "", "muster1.corp.example"},
      {"muster1", "front.example", "front.example"},
  };
  for (const auto& row : rows) {
    options.target = row.set;
    const auto made = plan(row.machine);
    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->record.text(), "_muster._tcp corp.example 0 10 8688 " + row.target);
    EXPECT_EQ(made->key.name, "muster-update");
    EXPECT_FALSE(made->server);
  }
  options.target.clear();
  const auto odd = plan("my machine");
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error().detail, HasSubstr("dns.target is needed"));
}

TEST_F(Plan, WithTlsItIsTheOtherService) {
  options.port = 443;
  options.priority = 20;
  options.server = "[::1]:5353";
  const auto made = plan("muster1", true);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->record.text(), "_muster-tls._tcp corp.example 20 10 443 muster1.corp.example");
  EXPECT_EQ(made->server.value().text(), "[::1]:5353");
}

TEST_F(Plan, AKeyFileThatIsNoneStopsTheStart) {
  const auto keep = options.key_file;
  options.key_file = (scratch.path() / "nothing").string();
  const auto missing = plan("muster1");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::file_unreadable);
  EXPECT_THAT(missing.error().detail, HasSubstr("dns.key_file"));
  options.key_file = file("key k {\n algorithm hmac-md5;\n secret \"" + kKey.secret + "\"; };");
  EXPECT_EQ(options.key_file, keep);
  const auto wrong = plan("muster1");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::config_invalid);
  EXPECT_THAT(wrong.error().detail, AllOf(HasSubstr("update.key: line 2:"),
                                          HasSubstr("hmac-sha256"), Not(HasSubstr(kKey.secret))));
}

}  // namespace
}  // namespace muster::host
