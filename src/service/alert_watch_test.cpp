#include "service/alert_watch.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "service/admin_api.h"
#include "service/testing/mak_fixture.h"
#include "wire/json.h"

namespace muster::service::testing {
namespace {

using core::AlertRule;
using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Alerting : HostFixture {
  AlertPlan plan{.hold = seconds(0)};
  std::vector<std::string> receivers{"webhook"};
  std::unique_ptr<AlertOutbox> outbox;
  std::unique_ptr<AlertWatch> watch;

  void SetUp() override {
    // What this test is not about: that machines fall silent is seen by `count`.
    plan.lines.off = {AlertRule::forecast};
    start();
    install({{"acme-cad", threshold_of(2)}});
  }
  void start() {
    watch.reset();
    outbox = std::make_unique<AlertOutbox>();
    open_host();
    ASSERT_TRUE(outbox->open(*host, receivers));
    auto opened = AlertWatch::open(*host, *outbox, plan);
    ASSERT_TRUE(opened) << opened.error().sentence();
    watch = std::move(*opened);
  }
  void machines_ask(int from, int to) {
    for (int n = from; n <= to; ++n) {
      auto each = desk(n);
      ask(each);
    }
  }
  bool look() {
    host->tick();
    const auto looked = watch->look();
    EXPECT_TRUE(looked) << looked.error().sentence();
    return looked.value_or(false);
  }
  std::vector<AlertMessage> waiting(std::string_view receiver = "webhook") {
    std::vector<AlertMessage> out;
    const auto stored = *store.settings("alert_out/" + std::string(receiver));
    for (const auto& [name, text] : stored) {
      out.push_back(decode_alert(text).value());
    }
    return out;
  }
  // Until what was logged is counted.
  void rest() {
    const auto count = [&] {
      while (host->catch_up()) {
      }
    };
    count();
    clock.pass(seconds(5));
    count();
  }
  std::vector<std::string> alert_events() {
    auto out = types();
    std::erase_if(out, [](const std::string& type) { return !type.starts_with("alert_"); });
    return out;
  }
};

struct AlertingOfKeys : MakFixture {
  static constexpr std::string_view kKeyId = "kkkkkkkkkkkkkkkkkkkkkk";
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(2)}});
  }
};

TEST_F(Alerting, AFleetThatFallsSilentIsToldOnceAndItsReturnOnce) {
  machines_ask(1, 1);
  EXPECT_FALSE(look()) << "one machine of two: the fleet is being built";
  machines_ask(2, 4);
  EXPECT_FALSE(look()) << "the roll is full";
  clock.pass(days(31));
  EXPECT_TRUE(look());
  EXPECT_FALSE(look()) << "it is known";
  machines_ask(1, 3);
  EXPECT_FALSE(look()) << "3 are over the first line, and not over the second";
  machines_ask(4, 4);
  EXPECT_TRUE(look());
  EXPECT_FALSE(look());
  EXPECT_THAT(alert_events(), ElementsAre("alert_raised", "alert_ended"));

  const auto told = waiting();
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].state, AlertMessage::State::raised);
  EXPECT_EQ(told[0].rule, "count");
  EXPECT_EQ(told[0].about, "group desktop of Acme");
  EXPECT_THAT(told[0].what, HasSubstr("0 machines count"));
  EXPECT_FALSE(told[0].to_do.empty());
  EXPECT_EQ(told[1].state, AlertMessage::State::ended);
  EXPECT_EQ(told[1].alert, told[0].alert);
  EXPECT_EQ(told[1].since, told[0].since);
  EXPECT_THAT(told[1].what, HasSubstr("4 machines count"));
  EXPECT_NE(told[0].id(), told[1].id());
}

TEST_F(Alerting, ARestartTellsNothingTwiceAndLosesNothing) {
  machines_ask(1, 4);
  clock.pass(days(31));
  EXPECT_TRUE(look());
  const auto before = waiting();
  start();
  EXPECT_FALSE(look());
  ASSERT_THAT(waiting(), SizeIs(1));
  EXPECT_EQ(outbox->first("webhook")->text, encode(before[0]));
  machines_ask(1, 4);
  EXPECT_TRUE(look());
  EXPECT_EQ(waiting().back().alert, before[0].alert) << "the end names what was raised before";
}

TEST_F(Alerting, WhatCannotBeStoredIsToldWhenItCan) {
  machines_ask(1, 4);
  clock.pass(days(31));
  host->tick();
  disk->disk_full = true;
  EXPECT_FALSE(watch->look());
  EXPECT_FALSE(watch->look());
  EXPECT_EQ(outbox->first("webhook"), std::nullopt);
  disk->disk_full = false;
  EXPECT_TRUE(look());
  EXPECT_THAT(alert_events(), ElementsAre("alert_raised"));
  EXPECT_THAT(waiting(), SizeIs(1));
}

TEST_F(Alerting, EveryReceiverHasItsOwnMessages) {
  receivers = {"webhook", "mail"};
  start();
  disk->free_part = 0.12;
  EXPECT_TRUE(look());
  disk->free_part = 0.5;
  EXPECT_TRUE(look());
  const auto first = outbox->first("mail");
  ASSERT_TRUE(first);
  EXPECT_EQ(decode_alert(first->text)->rule, "disk");
  EXPECT_TRUE(outbox->remove("mail", first->number));
  EXPECT_EQ(outbox->waiting("mail"), 1u);
  EXPECT_EQ(outbox->waiting("webhook"), 2u);
  EXPECT_EQ(decode_alert(outbox->first("mail")->text)->state, AlertMessage::State::ended);
  // Who is not configured any more gets nothing, now or later.
  receivers = {"mail"};
  start();
  EXPECT_THAT(waiting("webhook"), IsEmpty());
  EXPECT_THAT(waiting("mail"), SizeIs(1));
}

TEST_F(Alerting, AReceiverThatIsGoneCostsABoundedPlace) {
  for (std::size_t i = 0; i < AlertOutbox::kMost + 5; ++i) {
    const auto text = encode(watch->test_message());
    ASSERT_TRUE(host->put_settings(outbox->plan(text)));
    outbox->stored(text);
  }
  EXPECT_EQ(outbox->waiting("webhook"), AlertOutbox::kMost);
  EXPECT_THAT(waiting(), SizeIs(AlertOutbox::kMost));
  EXPECT_EQ(encode(waiting().front()), outbox->first("webhook")->text) << "the oldest went";
}

TEST_F(Alerting, TwoMachinesUnderOneIdAreToldByTheirKind) {
  auto first = desk(1);
  ask(first);
  EXPECT_FALSE(look());
  auto clone = desk(2);
  clone.request.cmid = first.request.cmid;
  ask(clone);
  rest();
  EXPECT_TRUE(look());
  ASSERT_THAT(waiting(), SizeIs(1));
  EXPECT_EQ(waiting()[0].rule, "evidence");
  EXPECT_EQ(waiting()[0].subject, "clone");
  clock.pass(days(8));
  EXPECT_FALSE(look()) << "the window is still";
  start();
  EXPECT_FALSE(look()) << "a restart forgets nothing";
  clock.pass(days(1));
  EXPECT_TRUE(look());
  EXPECT_THAT(alert_events(), ElementsAre("alert_raised", "alert_ended"));
}

TEST_F(Alerting, WhatIsMarkedAsExpectedIsNotTold) {
  auto first = desk(1);
  ask(first);
  auto clone = desk(2);
  clone.request.cmid = first.request.cmid;
  ask(clone);
  rest();
  const auto pools = store.pools({}, 1000).value();
  ASSERT_THAT(pools, SizeIs(1));
  const auto mark = [&](bool expected) {
    const auto reply = post_evidence_expected(
        *host, {.id = base64url(pools[0].key.id),
                .query = {},
                .body = expected ? R"({"evidence":"clone","expected":true})"
                                 : R"({"evidence":"clone","expected":false})",
                .actor = "token:1"});
    EXPECT_EQ(reply.status, 200);
    rest();
  };
  mark(true);
  EXPECT_FALSE(look());
  mark(false);
  EXPECT_TRUE(look());
  mark(true);
  EXPECT_TRUE(look()) << "the mark ends it";
  EXPECT_THAT(alert_events(), ElementsAre("alert_raised", "alert_ended"));
}

TEST_F(Alerting, ManyRefusalsAreToldAndTooFewMachinesAreNot) {
  plan.lines.refusals_per_minute = 1;
  start();
  for (int n = 1; n <= 9; ++n) {
    auto each = desk(n, "other-cad");
    ask_unserved(each);
  }
  EXPECT_FALSE(look()) << "0.9 a minute";
  auto tenth = desk(10, "other-cad");
  ask_unserved(tenth);
  EXPECT_TRUE(look());
  EXPECT_EQ(waiting()[0].rule, "refusals");
  install({{"big-cad", threshold_of(500)}});
  clock.pass(minutes(11));
  for (int n = 1; n <= 40; ++n) {
    auto each = desk(n, "big-cad");
    EXPECT_EQ(ask(each).error, ErrorCode::count_insufficient);
  }
  EXPECT_TRUE(look()) << "the refusals ended";
}

TEST_F(Alerting, ASwitchedOffRuleEndsWhatItRaised) {
  disk->free_part = 0.01;
  EXPECT_TRUE(look());
  plan.lines.off.push_back(AlertRule::disk);
  start();
  EXPECT_TRUE(look());
  EXPECT_EQ(waiting().back().state, AlertMessage::State::ended);
  EXPECT_THAT(waiting().back().what, HasSubstr("not watched any more"));
}

TEST_F(Alerting, TheListSaysWhatFiresAndWhoTookIt) {
  disk->free_part = 0.01;
  EXPECT_TRUE(look());
  const auto body = watch->body({{.name = "webhook",
                                  .to = "https://hooks.example",
                                  .waiting = 1,
                                  .last_failed = clock.wall,
                                  .last_error = "HTTP 500"}},
                                true);
  wire::json::Tree tree;
  ASSERT_TRUE(tree.parse(body, 1 << 20)) << body;
  EXPECT_THAT(body,
              HasSubstr(R"("rule":"disk","subject":"","standing":"holds","fires":true,"alert":")"));
  EXPECT_THAT(
      body,
      HasSubstr(
          R"("rule":"refusals","subject":"","standing":"between","fires":false,"alert":null)"));
  EXPECT_THAT(body, HasSubstr(R"("off":["forecast"])"));
  EXPECT_THAT(body, HasSubstr(R"("waiting":1,"last_taken":null)"));
  EXPECT_THAT(body, HasSubstr(R"("last_error":"HTTP 500")"));
}

// Keys are no viewer's business: whoever may not see one is shown the end of its id.
TEST_F(AlertingOfKeys, WhoMayNotSeeKeysIsShownTheEndOfAnId) {
  add(mak(2));
  for (int n = 1; n <= 2; ++n) (void)sell(request(n));
  AlertOutbox outbox;
  ASSERT_TRUE(outbox.open(*host, {}));
  const auto watch = AlertWatch::open(*host, outbox, {.hold = seconds(0)}).value();
  ASSERT_TRUE(watch->look());
  const std::string id(kKeyId), end = "\u2026" + id.substr(id.size() - 5);
  const auto whole = watch->body({}, true);
  EXPECT_THAT(whole, HasSubstr(R"("rule":"key","subject":")" + id + R"(","standing":"holds")"));
  const auto shown = watch->body({}, false);
  EXPECT_THAT(shown, ::testing::Not(HasSubstr(id)));
  EXPECT_THAT(shown, HasSubstr(R"("rule":"key","subject":")" + end + R"(","standing":"holds")"));
  EXPECT_THAT(shown, HasSubstr("2 of 2 places of the multiple activation key " + end + " for "));
  EXPECT_THAT(shown, HasSubstr(R"("about":"multiple activation key )" + end));
}

TEST(AlertMessage, IsReadAsItWasWritten) {
  const AlertMessage message{.state = AlertMessage::State::ended,
                             .alert = "a",
                             .rule = "disk",
                             .subject = {},
                             .title = "full",
                             .about = "the \"disk\"",
                             .what = "12 %",
                             .to_do = {},
                             .since = Instant{days(20'000)},
                             .time = Instant{days(20'001)},
                             .host = "h"};
  EXPECT_EQ(encode(*decode_alert(encode(message))), encode(message));
  for (const auto* text : {"", "{}", "[]", R"({"state":"odd"})"}) {
    EXPECT_FALSE(decode_alert(text)) << text;
  }
}

}  // namespace
}  // namespace muster::service::testing
