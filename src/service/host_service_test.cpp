#include "service/host_service.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "service/admin_api.h"
#include "service/testing/host_fixture.h"
#include "wire/event.h"
#include "wire/log_export.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;

struct Host : HostFixture {
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(3)}});
  }
  // Holds the chain, the numbering and the back references of the whole log.
  void expect_whole_log() {
    Bytes32 head{};
    std::uint64_t seq = 0;
    for (const auto& row : events()) {
      EXPECT_EQ(row.place.seq, ++seq);
      head = wire::chain_hash(head, row.line);
      EXPECT_EQ(row.hash, head);
    }
    EXPECT_EQ(store.chain_head()->seq, seq);
  }
  std::uint32_t count() {
    std::uint32_t out = 0;
    const GroupKey key{root.public_key().thumbprint(), "desktop"};
    EXPECT_TRUE(store.look(key, [&](const core::Group& group) { out = group.roll.size(); }));
    return out;
  }
};

TEST_F(Host, ActivatesTheThirdOfThreeAndItsActivationProvesItself) {
  auto a = desk(1), b = desk(2), c = desk(3);
  EXPECT_EQ(ask(a).error, ErrorCode::count_insufficient);
  EXPECT_EQ(ask(b).count, 2u);
  const auto answer = ask(c);
  ASSERT_TRUE(answer.activated);
  EXPECT_EQ(answer.count, 3u);
  EXPECT_EQ(answer.threshold, 3u);
  EXPECT_GE(answer.retry_after, days(7));
  EXPECT_LE(answer.retry_after, seconds(days(7)) * 11 / 10);

  const auto verified = wire::verify_activation(*answer.activation, product_file);
  ASSERT_TRUE(verified) << verified.error().sentence();
  EXPECT_EQ(verified->activation.cmid, c.request.cmid);
  EXPECT_EQ(verified->activation.nonce, c.request.nonce);
  EXPECT_EQ(verified->activation.facts, c.request.facts);
  EXPECT_EQ(verified->activation.expires, clock.wall + days(180));
  const auto event = store.event({verified->activation.log.epoch, verified->activation.log.seq});
  EXPECT_EQ(first16((*event)->hash), verified->activation.log.hash);
  expect_whole_log();
}

TEST_F(Host, ARefusalCarriesCountThresholdTicketAndAJitteredRetry) {
  auto a = desk(1);
  const auto answer = ask(a);
  EXPECT_FALSE(answer.activated);
  EXPECT_FALSE(answer.activation);
  EXPECT_TRUE(answer.ticket);
  EXPECT_GE(answer.retry_after, minutes(120));
  EXPECT_LE(answer.retry_after, minutes(132));
}

TEST_F(Host, AProductWithoutAKeyIsRefusedLoggedAndNotCounted) {
  auto a = desk(1, "other-cad");
  EXPECT_EQ(ask_unserved(a).product, "other-cad");
}

TEST_F(Host, AClockThatIsOffIsRefusedWithoutCountAndTicketAndStaysInItsHistory) {
  auto a = desk(1);
  ask(a);
  auto late = a;
  late.request.time = clock.wall - std::chrono::hours(4) - seconds(1);
  late.request.nonce = {9};
  const auto answer = *wire::decode_answer(ask_raw(wire::encode_request(late.request)).body);
  EXPECT_EQ(answer.error, ErrorCode::clock_skew);
  EXPECT_FALSE(answer.count);
  EXPECT_FALSE(answer.ticket);
  const GroupKey key{root.public_key().thumbprint(), "desktop"};
  const auto row = **store.machine(key, a.request.cmid);
  EXPECT_EQ(row.requests, 1u);
  EXPECT_EQ(row.last_event.seq, store.chain_head()->seq);
}

TEST_F(Host, AWholeBatchIsOneUnitDecidedInOrder) {
  std::vector<Desk> desks;
  std::vector<std::optional<std::uint32_t>> counts;
  for (int n = 0; n < 10; ++n) {
    // Every second request repeats the machine before it.
    auto each = desk(n / 2);
    each.request.time = clock.wall;
    auto pending = host->decode(wire::encode_request(each.request), "", true);
    ASSERT_TRUE(pending);
    (*pending)->done = [&](std::unique_ptr<Pending> decided) {
      counts.push_back(wire::decode_answer(host->finish(*decided, *signer).body)->count);
    };
    ASSERT_FALSE(host->submit(std::move(*pending)));
  }
  EXPECT_EQ(host->run_batch(), 10u);
  EXPECT_THAT(counts, ::testing::ElementsAre(1, 1, 2, 2, 3, 3, 4, 4, 5, 5));
  EXPECT_EQ(host->figures().units, 1u);
  expect_whole_log();
}

TEST_F(Host, TwoNewIdsOfOneMachineInOneBatchSeeEachOther) {
  std::vector<std::string> evidence;
  for (int n = 0; n < 2; ++n) {
    auto each = desk(n);
    each.request.facts = desk(0).request.facts;
    each.request.time = clock.wall;
    auto pending = host->decode(wire::encode_request(each.request), "", true);
    (*pending)->done = [&](std::unique_ptr<Pending> decided) {
      evidence.emplace_back(core::name_of(*decided->decision.evidence));
    };
    ASSERT_FALSE(host->submit(std::move(*pending)));
  }
  host->run_batch();
  EXPECT_THAT(evidence, ::testing::ElementsAre("new", "rebuilt"));
}

TEST_F(Host, WhatCannotBeStoredIsNotAnsweredAndLeavesNothingBehind) {
  auto a = desk(1), b = desk(2);
  ask(a);
  const auto head = *store.chain_head();
  disk->disk_full = true;
  b.request.time = clock.wall;
  const auto reply = ask_raw(wire::encode_request(b.request));
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(reply.retry_after);
  EXPECT_THAT(reply.body, ::testing::HasSubstr("store_unavailable"));
  EXPECT_EQ(store.chain_head()->seq, head.seq);
  EXPECT_EQ(count(), 1u);
  ASSERT_TRUE(host->not_ready());
  EXPECT_EQ(host->not_ready()->code, ErrorCode::store_unavailable);

  host->tick();
  EXPECT_TRUE(host->not_ready());
  disk->disk_full = false;
  host->tick();
  EXPECT_FALSE(host->not_ready());
  EXPECT_EQ(ask(b).count, 2u);
  expect_whole_log();
}

TEST_F(Host, UnderTenPercentFreeMachinesNeverSeenWait) {
  auto known = desk(1), never_seen = desk(2);
  ask(known);
  disk->free_part = 0.09;
  host->tick();
  never_seen.request.time = clock.wall;
  const auto reply = ask_raw(wire::encode_request(never_seen.request));
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, ::testing::HasSubstr("disk_low"));
  EXPECT_EQ(ask(known).count, 1u);
  disk->free_part = 0.2;
  host->tick();
  EXPECT_EQ(ask(never_seen).count, 2u);
}

TEST_F(Host, WhoIsSentAwayComesAgainBetweenOneAndTwoMinutes) {
  disk->disk_full = true;
  std::set<seconds> waits;
  for (int n = 0; n < 40; ++n) {
    auto each = desk(n);
    each.request.time = clock.wall;
    const auto reply = ask_raw(wire::encode_request(each.request));
    ASSERT_EQ(reply.status, 503);
    ASSERT_TRUE(reply.retry_after);
    EXPECT_GE(*reply.retry_after, seconds(60)) << "a client waits so long whatever it is told";
    EXPECT_LE(*reply.retry_after, seconds(120));
    waits.insert(*reply.retry_after);
  }
  EXPECT_GT(waits.size(), 10u);
}

TEST_F(Host, UnderTenPercentFreeAProductThatIsNotServedFillsNoDisk) {
  disk->free_part = 0.09;
  host->tick();
  auto stranger = desk(1, "other-cad");
  stranger.request.time = clock.wall;
  const auto head = store.chain_head()->seq;
  const auto reply = ask_raw(wire::encode_request(stranger.request));
  EXPECT_EQ(reply.status, 503);
  EXPECT_THAT(reply.body, ::testing::HasSubstr("disk_low"));
  EXPECT_EQ(store.chain_head()->seq, head);
}

TEST_F(Host, AFullDiskIsFoundBeforeARequestIs) {
  disk->disk_full = true;
  disk->free_part = 0.001;
  clock.pass(seconds(10));
  host->tick();
  ASSERT_TRUE(host->not_ready());
  EXPECT_EQ(host->not_ready()->code, ErrorCode::store_unavailable);
  disk->disk_full = false;
  host->tick();
  EXPECT_FALSE(host->not_ready());
}

TEST_F(Host, AnIdleHostTriesToStoreEveryMinute) {
  for (int second = 0; second < 120; ++second) {
    clock.pass(seconds(1));
    host->tick();
  }
  disk->disk_full = true;  // a quota, a file system that was mounted read-only: room there is
  clock.pass(seconds(60));
  host->tick();
  EXPECT_TRUE(host->not_ready());
}

TEST_F(Host, AFullQueueAnswersAtOnce) {
  limits.queue_most = 2;
  open_host();
  for (int n = 0; n < 3; ++n) {
    auto each = desk(n);
    auto pending = host->decode(wire::encode_request(each.request), "", true);
    ASSERT_TRUE(pending);
    (*pending)->done = [](std::unique_ptr<Pending>) {};
    const auto refused = host->submit(std::move(*pending));
    EXPECT_EQ(refused ? refused->status : 200, n == 2 ? 503 : 200);
  }
  while (host->run_batch() > 0) {
  }
}

TEST_F(Host, RatesOfOneCmidAndOneAddressAreLimitedAndThisMachinesAreNot) {
  limits.rates.cmid_burst = 2;
  open_host();
  auto a = desk(1);
  a.request.time = clock.wall;
  const auto body = wire::encode_request(a.request);
  EXPECT_EQ(ask_raw(body).status, 200);
  EXPECT_EQ(ask_raw(body).status, 200);
  const auto limited = ask_raw(body);
  EXPECT_EQ(limited.status, 429);
  EXPECT_TRUE(limited.retry_after);
  for (int n = 0; n < 50; ++n) EXPECT_EQ(ask_raw(body, "127.0.0.1", true).status, 200);
  clock.pass(minutes(2));
  EXPECT_EQ(ask_raw(body).status, 200);
}

TEST_F(Host, ARestartKeepsRollTicketsKeysAndChain) {
  auto a = desk(1), b = desk(2), c = desk(3);
  ask(a);
  ask(b);
  ASSERT_TRUE(host->stop());
  clock.pass(days(1));
  open_host();
  EXPECT_EQ(ask(c).count, 3u);
  EXPECT_TRUE(ask(a).activated);
  const auto event = *wire::parse_event_line(events().back().line);
  EXPECT_EQ(event.evidence, "renewal");
  expect_whole_log();
}

// As after a restore: what the desk was told last, the host has forgotten.
void forget_the_last_answer(HostFixture& of, Desk& desk) {
  const GroupKey key{of.host->keys()->served().front().group};
  const auto before = of.store.machine(key, desk.request.cmid);
  of.ask(desk);
  const auto unit = *of.store.open(std::span(&key, 1));
  unit->put_machine(key, **before);
  ASSERT_TRUE(unit->commit());
}

TEST_F(Host, WhoHasRestoredItSaysSoBeforeAnyMachineDoes) {
  install({{"acme-cad", threshold_of(1)}});
  auto first = desk(1);
  ask(first);
  open_host();
  const auto last = events().back().place;
  ASSERT_TRUE(host->go_on_restored("command:0"));
  EXPECT_EQ(host->logged(), (core::EventPlace{2, 1}));
  const auto begun = *wire::parse_event_line(events().back().line);
  EXPECT_EQ(begun.type, "epoch_begun");
  EXPECT_EQ(begun.actor, "command:0");
  EXPECT_EQ(begun.detail.find("evidence"), std::string::npos) << "nobody has shown it";
  EXPECT_NE(begun.detail.find(fmt::format(R"("seq_before":{})", last.seq)), std::string::npos);
  EXPECT_EQ(store.checkpoints({}, 10)->back().place, (store::EventPlace{2, 1}));
  open_host();
  EXPECT_EQ(ask(first).count, 1u);
  EXPECT_EQ(host->logged().epoch, 2u);
}

TEST_F(Host, AStoreThatIsNoFileIsNotCopied) {
  const auto begun = host->begin_backup("socket:0");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::conflict);
  EXPECT_EQ(host->backup().stage, HostService::Backup::Stage::none);
  for (const auto& type : types()) EXPECT_NE(type, "backup_begun");
  disk->free_part = 0.05;
  host->tick();
  EXPECT_EQ(host->begin_backup("socket:0").error().code, ErrorCode::disk_low);
}

TEST_F(Host, TheLogOfARestoredHostGoesOnInANewEpoch) {
  install({{"acme-cad", threshold_of(1)}});
  auto first = desk(1), second = desk(2);
  ask(first);
  ask(second);
  forget_the_last_answer(*this, first);
  forget_the_last_answer(*this, second);
  const auto last = host->logged();
  EXPECT_EQ(last.epoch, 1u);

  const auto answer = ask(first);
  EXPECT_TRUE(answer.activated) << "a restore costs no machine its licence";
  EXPECT_EQ(answer.count, 2u) << "and counts none twice";
  EXPECT_EQ(host->logged(), (core::EventPlace{2, 2}));
  const auto types = this->types();
  EXPECT_EQ(types[types.size() - 2], "epoch_begun");
  EXPECT_EQ(wire::parse_event_line(events().back().line)->evidence, "host_behind");
  const auto verified = wire::verify_activation(*answer.activation, product_file);
  ASSERT_TRUE(verified) << verified.error().sentence();
  EXPECT_EQ(verified->activation.log.epoch, 2u) << "the client is a witness of the new numbers";

  ask(second);
  EXPECT_EQ(host->logged(), (core::EventPlace{2, 3})) << "one restore is one epoch";
  EXPECT_EQ(
      store.machine({host->keys()->served().front().group}, first.request.cmid)->value().last_event,
      (core::EventPlace{2, 2}));

  for (const auto* epoch : {"1-0", "2-0", ""}) {
    AdminRequest request;
    request.query.emplace_back("format", "ndjson");
    if (*epoch != 0) request.query.emplace_back("after", epoch);
    auto reply = get_events(*host, request);
    ASSERT_EQ(reply.status, 200) << reply.body;
    std::stringstream text(reply.body, std::ios::in | std::ios::out | std::ios::ate);
    for (auto piece = reply.next_piece(); *piece; piece = reply.next_piece()) text << **piece;
    const auto report = wire::verify_log(text, host_key.public_key(), 0, {});
    EXPECT_TRUE(report) << epoch << ": " << report.error().sentence();
  }
  EXPECT_EQ(get_events(*host, {.query = {{"format", "ndjson"}, {"after", "3-0"}}}).status, 404);

  open_host();
  forget_the_last_answer(*this, second);
  ask(second);
  EXPECT_EQ(host->logged(), (core::EventPlace{3, 2})) << "restored again";
}

TEST_F(Host, ANewerKeyReplacesThePolicyAndTheRollStays) {
  auto a = desk(1), b = desk(2);
  ask(a);
  clock.pass(minutes(1));
  install({{"acme-cad", threshold_of(2)}});
  EXPECT_TRUE(ask(b).activated);
}

TEST_F(Host, AnOlderKeyDoesNotReplaceANewerOne) {
  const auto older = key_file({{"acme-cad", threshold_of(1)}}, clock.wall - days(1));
  EXPECT_FALSE(host->install_keys(older, "socket:0"));
  auto a = desk(1);
  EXPECT_EQ(ask(a).threshold, 3u);
  open_host();
  EXPECT_EQ(ask(a).threshold, 3u);
}

TEST_F(Host, KeysThatDisagreeWithinAGroupAreRefusedAndChangeNothing) {
  auto other = threshold_of(5);
  other.retention = days(60);
  const auto refused = host->install_keys(key_file({{"acme-cam", other}}, clock.wall), "socket:0");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::policy_conflict);
  EXPECT_EQ(host->keys()->served().size(), 1u);
  open_host();
  EXPECT_EQ(host->keys()->served().size(), 1u);
}

TEST_F(Host, AKeyForAnotherHostIsRefused) {
  const auto file = key_file({{"acme-cad", threshold_of(3)}}, clock.wall);
  host_key = *wire::PrivateKey::generate();
  auto opened = HostService::open(store, clock, random, host_key, limits);
  ASSERT_FALSE(opened);  // its stored keys name the host it was
  EXPECT_EQ(opened.error().code, ErrorCode::wrong_host_key);
  EXPECT_EQ(host->install_keys(file, "socket:0").has_value(), true);
}

TEST_F(Host, ActsAreEventsWithWhoDidThem) {
  ASSERT_TRUE(
      host->act("token_created", R"({"token":"3f2a"})", "token:0001", {{"token/3f2a", "x"}}));
  EXPECT_EQ(*store.setting("token/3f2a"), "x");
  ASSERT_TRUE(host->stop());
  EXPECT_THAT(types(), ::testing::ElementsAre("start", "key_installed", "token_created", "stop"));
  EXPECT_EQ(wire::parse_event_line(events()[2].line)->actor, "token:0001");
}

TEST_F(Host, ACheckpointComesAfterAMinuteAndAtStop) {
  auto a = desk(1);
  ask(a);
  host->tick();
  EXPECT_TRUE(store.checkpoints({}, 10)->empty());
  clock.pass(seconds(60));
  host->tick();
  ASSERT_EQ(store.checkpoints({}, 10)->size(), 1u);
  ask(a);
  ASSERT_TRUE(host->stop());
  const auto all = *store.checkpoints({}, 10);
  ASSERT_EQ(all.size(), 2u);
  const auto last = wire::verify_checkpoint(all.back().jws, host_key.public_key());
  ASSERT_TRUE(last);
  EXPECT_EQ(last->seq, store.chain_head()->seq);
  EXPECT_EQ(last->previous_seq, all.front().place.seq);
  EXPECT_EQ(last->previous, sha256(as_bytes(all.front().jws)));
}

TEST_F(Host, MalformedBodiesAreProblemsThatChangeNothing) {
  const auto head = store.chain_head()->seq;
  for (const auto* body : {"", "{", "[]", R"({"product":"acme-cad"})", R"({"product":"ACME"})"}) {
    const auto reply = ask_raw(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(reply.content_type, "application/problem+json");
  }
  EXPECT_EQ(store.chain_head()->seq, head);
}

}  // namespace
}  // namespace muster::service::testing
