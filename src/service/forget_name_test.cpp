#include "service/forget_name.h"

#include <gmock/gmock.h>

#include "service/admin_api.h"
#include "service/testing/admin_body.h"
#include "service/testing/host_fixture.h"

namespace muster::service::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct ForgettingNames : HostFixture {
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(1)}});
  }
  void count() {
    for (int again = 0; again < 2; ++again) {
      while (host->catch_up()) {
      }
      clock.pass(seconds(5));
    }
  }
  Desk named(int n, std::string name) {
    auto out = desk(n);
    out.request.name = std::move(name);
    ask(out);
    return out;
  }
  void lose_state(Desk& one) {
    one.request.ticket.reset();
    ask(one);
  }
  std::string page(std::string_view name) {
    return get_clients(*host, {.query = {{"name", std::string(name)}}}).body;
  }
  Reply forget(std::string_view body) {
    return post_name_forget(*host, {.body = body, .actor = "token:1"});
  }
};

TEST_F(ForgettingNames, ANameIsGoneFromListsSearchAndPools) {
  auto anna = named(1, "Annas-Laptop"), again = named(2, "annas-laptop"), other = named(3, "lab7");
  for (auto* one : {&anna, &again, &other}) lose_state(*one);
  count();
  ASSERT_THAT(page("annas"), HasSubstr("Annas-Laptop"));
  ASSERT_THAT(get_evidence(*host, {}).body, HasSubstr("annas-laptop"));

  const Body body(forget(R"({"name":"ANNAS-laptop"})"));
  EXPECT_EQ(body.at("names"), "2") << "in whatever letters it was written";
  EXPECT_EQ(body.at("machines"), "2");
  EXPECT_EQ(body.at("pools"), "1");
  count();
  EXPECT_THAT(page("annas"), Not(HasSubstr("cmid")));
  EXPECT_THAT(page("lab"), HasSubstr("lab7"));
  for (const auto& reply :
       {get_clients(*host, {}), get_evidence(*host, {}), get_events(*host, {}),
        get_client(*host, {.id = anna.request.cmid.text()}), get_roll(*host, {.id = "desktop"})}) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_THAT(whole(reply), Not(HasSubstr("nnas-")));
  }
  EXPECT_EQ(types().back(), "name_forgotten");
  const auto event = *wire::parse_event_line(events().back().line);
  EXPECT_EQ(event.actor, "token:1");
  EXPECT_THAT(event.detail, Not(HasSubstr("nnas")));
  EXPECT_EQ(forget(R"({"name":"annas-laptop"})").status, 404) << "there is nothing more";
}

TEST_F(ForgettingNames, WhoGoesOnUnderTheNameStaysNamelessAndAnotherNameIsShown) {
  auto one = named(1, "annas-laptop");
  count();
  ASSERT_EQ(forget(R"({"name":"annas-laptop"})").status, 200);
  ask(one);
  count();
  EXPECT_THAT(get_clients(*host, {}).body, Not(HasSubstr("annas")));
  one.request.name = "desk-1";
  ask(one);
  count();
  EXPECT_THAT(page("desk"), HasSubstr("desk-1"));
}

TEST_F(ForgettingNames, APatternThatOthersHaveMadeTooStays) {
  auto one = named(1, "vdi-0001"), other = named(2, "vdi-0002");
  lose_state(one);
  lose_state(other);
  count();
  EXPECT_EQ(Body(forget(R"({"name":"vdi-0001"})")).at("pools"), "0");
  EXPECT_THAT(get_evidence(*host, {}).body, HasSubstr("vdi-#"));
  EXPECT_THAT(get_evidence(*host, {}).body, Not(HasSubstr("vdi-0001")));
  EXPECT_EQ(Body(forget(R"({"name":"vdi-0002"})")).at("pools"), "1") << "of the last of them";
  EXPECT_THAT(get_evidence(*host, {}).body, Not(HasSubstr("vdi-#")));
}

TEST_F(ForgettingNames, AnAddressCanBeForgottenToo) {
  named(1, "lab7");
  ASSERT_THAT(whole(get_events(*host, {})), HasSubstr("10.0.0.7"));
  EXPECT_EQ(forget(R"({"name":"10.0.0.7"})").status, 200);
  EXPECT_THAT(whole(get_events(*host, {})), Not(HasSubstr("10.0.0.7")));
}

TEST_F(ForgettingNames, WhatCannotBeDoneIsRefusedAndChangesNothing) {
  named(1, "lab7");
  const auto before = events().size();
  EXPECT_EQ(forget(R"({"name":"lab"})").status, 404) << "a whole name, not its beginning";
  EXPECT_EQ(forget(R"({"name":""})").status, 400);
  EXPECT_EQ(forget("{}").status, 400);
  EXPECT_EQ(events().size(), before);
  disk->disk_full = true;
  EXPECT_EQ(forget(R"({"name":"lab7"})").status, 503);
  disk->disk_full = false;
  EXPECT_THAT(page("lab"), HasSubstr("lab7"));
}

}  // namespace
}  // namespace muster::service::testing
