#include "client/host_search.h"

#include <gmock/gmock.h>

#include "dns/testing/records.h"

namespace muster::client {
namespace {

using dns::SrvLookup;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kTls = "_muster-tls._tcp.corp.example";
const std::string kPlain = "_muster._tcp.corp.example";

class HostSearchTest : public testing::Test {
 protected:
  HostSearchTest() { dns_.domains = {"corp.example"}; }

  HostSearch search(const std::vector<std::string>& known = {}) {
    std::vector<Candidate> out;
    out.reserve(known.size());
    for (const auto& one : known) out.push_back({*parse_host_url(one), Candidate::From::answered});
    return {{&dns_, domain_, require_tls_}, random_, out};
  }
  static std::vector<std::string> all(HostSearch& search) {
    std::vector<std::string> out;
    while (const auto host = search.next()) out.push_back(host->url.base());
    EXPECT_FALSE(search.may_have_more());
    return out;
  }
  std::vector<std::string> all() {
    auto one = search();
    return all(one);
  }

  dns::Records dns_;
  SeededRandom random_{1};
  std::optional<std::string> domain_;
  bool require_tls_ = false;
};

TEST_F(HostSearchTest, DnsIsAskedOnlyWhereNoOtherHostIsLeft) {
  dns_.add(kTls, {0, 0, 8689, "a.corp.example"});
  auto one = search({"http://known:8688"});
  EXPECT_EQ(one.next()->url.base(), "http://known:8688");
  EXPECT_THAT(dns_.asked, IsEmpty());
  EXPECT_TRUE(one.may_have_more());
  EXPECT_EQ(one.next()->url.base(), "https://a.corp.example:8689");
  EXPECT_THAT(dns_.asked, ElementsAre(kTls));
}

TEST_F(HostSearchTest, HostsWithTlsComeBeforeThoseWithout) {
  dns_.add(kPlain, {0, 0, 8688, "plain.corp.example"});
  dns_.add(kTls, {50, 0, 8689, "late.corp.example"});
  dns_.add(kTls, {10, 0, 8689, "early.corp.example"});
  EXPECT_THAT(all(),
              ElementsAre("https://early.corp.example:8689", "https://late.corp.example:8689",
                          "http://plain.corp.example:8688"));
}

TEST_F(HostSearchTest, EachHostIsGivenOnce) {
  dns_.add(kPlain, {0, 0, 8688, "a.corp.example"});
  auto one = search({"http://a.corp.example:8688", "http://a.corp.example:8688"});
  EXPECT_THAT(all(one), ElementsAre("http://a.corp.example:8688"));
}

TEST_F(HostSearchTest, TheDomainsAreAskedAboutInTheirOrder) {
  dns_.domains = {"eu.corp.example", "corp.example"};
  dns_.add(kPlain, {0, 0, 8688, "a.corp.example"});
  EXPECT_THAT(all(), ElementsAre("http://a.corp.example:8688"));
  EXPECT_THAT(dns_.asked, ElementsAre("_muster-tls._tcp.eu.corp.example",
                                      "_muster._tcp.eu.corp.example", kTls, kPlain));
}

TEST_F(HostSearchTest, AGivenDomainStandsForTheMachinesOwn) {
  domain_ = "other.example";
  dns_.add(kPlain, {0, 0, 8688, "a.corp.example"});
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_THAT(dns_.asked,
              ElementsAre("_muster-tls._tcp.other.example", "_muster._tcp.other.example"));
}

TEST_F(HostSearchTest, WhereTlsIsRequiredNobodyIsAskedWithoutIt) {
  require_tls_ = true;
  dns_.add(kPlain, {0, 0, 8688, "plain.corp.example"});
  auto one = search({"http://known:8688"});
  EXPECT_THAT(all(one), IsEmpty());
  EXPECT_THAT(dns_.asked, ElementsAre(kTls));
  EXPECT_EQ(one.why_none(), "http://known:8688 has no TLS, which is required");
  dns_.add(kTls, {0, 0, 8689, "a.corp.example"});
  EXPECT_THAT(all(), ElementsAre("https://a.corp.example:8689"));
}

TEST_F(HostSearchTest, ADomainWithoutTheServiceEndsNothing) {
  dns_.domains = {"eu.corp.example", "corp.example"};
  dns_.names["_muster-tls._tcp.eu.corp.example"].outcome = SrvLookup::Outcome::not_offered;
  dns_.names["_muster._tcp.eu.corp.example"].outcome = SrvLookup::Outcome::bad_answer;
  dns_.add(kPlain, {0, 0, 8688, "a.corp.example"});
  EXPECT_THAT(all(), ElementsAre("http://a.corp.example:8688"));
}

TEST_F(HostSearchTest, ADomainThatNoNameServerAnswersForIsLeftForTheNext) {
  dns_.domains = {"eu.corp.example", "corp.example"};
  dns_.names["_muster-tls._tcp.eu.corp.example"].outcome = SrvLookup::Outcome::no_answer;
  dns_.add(kPlain, {0, 0, 8688, "a.corp.example"});
  EXPECT_THAT(all(), ElementsAre("http://a.corp.example:8688"));
  EXPECT_THAT(dns_.asked, ElementsAre("_muster-tls._tcp.eu.corp.example", kTls, kPlain));
}

TEST_F(HostSearchTest, ADomainMayBeOneLetter) {
  dns_.domains = {"a"};
  dns_.names["_muster._tcp.a"].outcome = SrvLookup::Outcome::no_answer;
  EXPECT_THAT(all(), IsEmpty());
  EXPECT_EQ(dns_.asked.size(), 2u);
}

TEST_F(HostSearchTest, SilentNameServersAreAskedTwoQuestions) {
  dns_.domains = {"a.example", "b.example", "c.example"};
  for (const auto& domain : dns_.domains) {
    dns_.names["_muster-tls._tcp." + domain].outcome = SrvLookup::Outcome::no_answer;
  }
  auto one = search();
  EXPECT_THAT(all(one), IsEmpty());
  EXPECT_THAT(dns_.asked, ElementsAre("_muster-tls._tcp.a.example", "_muster-tls._tcp.b.example"));
  EXPECT_THAT(one.why_none(), HasSubstr("_muster-tls._tcp.a.example: no name server answered"));
}

TEST_F(HostSearchTest, WhatDnsSaidIsNotAskedTwice) {
  dns_.add(kPlain, {0, 0, 8688, "a.corp.example"});
  auto one = search();
  EXPECT_EQ(all(one).size(), 1u);
  one.rewind();
  EXPECT_THAT(all(one), ElementsAre("http://a.corp.example:8688"));
  EXPECT_EQ(dns_.asked.size(), 2u);
}

TEST_F(HostSearchTest, SaysWhyThereIsNone) {
  EXPECT_EQ(HostSearch({}, random_, {}).why_none(), "none is configured");
  dns_.domains.clear();
  EXPECT_THAT(search().why_none(), HasSubstr("no search domain"));
}

// Whole fleets: each host of one priority is first as often as its weight says.
TEST_F(HostSearchTest, WeightsSteerMachines) {
  dns_.add(kPlain, {0, 1, 8688, "small.corp.example"});
  dns_.add(kPlain, {0, 3, 8688, "large.corp.example"});
  int large = 0;
  for (int machine = 0; machine < 4000; ++machine) {
    if (search().next()->url.name == "large.corp.example") ++large;
  }
  EXPECT_NEAR(large, 2800, 150);  // of 5 draws 0 .. 4: 3, and half of the one that either may get
}

TEST(Domain, AsPeopleWriteIt) {
  EXPECT_EQ(*parse_domain("Corp.Example."), "corp.example");
  EXPECT_EQ(*parse_domain("_sites.corp-1.example"), "_sites.corp-1.example");
  for (const auto* wrong :
       {"", ".", "a..b", ".a", "a b", "http://a", "a/b", "caf\xc3\xa9.example", "a\n.example"}) {
    const auto domain = parse_domain(wrong);
    ASSERT_FALSE(domain) << wrong;
    EXPECT_EQ(domain.error().code, ErrorCode::usage);
  }
  EXPECT_FALSE(parse_domain(std::string(231, 'a')));
}

}  // namespace
}  // namespace muster::client
