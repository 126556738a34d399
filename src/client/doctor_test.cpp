#include "client/doctor.h"

#include <gmock/gmock.h>

#include "client/fakes.h"
#include "client/findings.h"
#include "dns/testing/records.h"

namespace muster::client {
namespace {

using dns::SrvLookup;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kPlain = "_muster._tcp.corp.example";
const std::string kVendor(43, 'v');

// Hosts by their base URL; one that is not there has no address.
class FakeProber final : public Prober {
 public:
  std::map<std::string, HostLook> hosts;
  HostLook look(const HostUrl& host) override {
    const auto at = hosts.find(host.base());
    return at == hosts.end() ? HostLook{"Name or service not known"} : at->second;
  }
};

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() { dns_.domains = {"corp.example"}; }

  Diagnosis diagnose(const std::vector<Candidate>& known = {}) {
    return client::diagnose({&dns_, std::nullopt, require_tls_}, known, {{"acme-cad", kVendor}},
                            prober_, clock_, random_);
  }
  static std::vector<std::string> whats(const Diagnosis& seen) {
    std::vector<std::string> out;
    for (const auto& one : seen.findings) {
      EXPECT_FALSE(one.hint.empty()) << one.what;
      out.push_back(one.what);
    }
    return out;
  }
  // A host at an address, whose clock is `ahead` and that serves one product.
  AddressLook answers(std::string address, seconds ahead = {},
                      const std::string& product = "acme-cad") {
    AddressLook out{std::move(address), true};
    out.answer = HttpAnswer{200,
                            R"({"version":"0.1.0","time":")" + format_time(clock_.time + ahead) +
                                R"(","products":[{"product":")" + product + R"(","vendor":")" +
                                kVendor + R"(","valid":true}]})",
                            {}};
    return out;
  }
  void publish(std::string target) { dns_.add(kPlain, {0, 0, 8688, std::move(target)}); }

  dns::Records dns_;
  FakeProber prober_;
  FakeClock clock_;
  SeededRandom random_{1};
  bool require_tls_ = false;
};

const std::string kA = "http://a.corp.example:8688";

TEST_F(DoctorTest, AHostThatAnswersIsUsableAndNothingIsWrong) {
  publish("a.corp.example");
  prober_.hosts[kA].addresses = {answers("192.0.2.7:8688", seconds(2))};
  const auto seen = diagnose();
  EXPECT_TRUE(seen.usable());
  EXPECT_THAT(whats(seen), IsEmpty());
  EXPECT_THAT(seen.domains, ElementsAre("corp.example"));
  ASSERT_EQ(seen.lookups.size(), 2u);
  EXPECT_EQ(seen.lookups[0].lookup.outcome, SrvLookup::Outcome::no_name);
  ASSERT_EQ(seen.hosts.size(), 1u);
  EXPECT_EQ(seen.hosts[0].addresses[0].host->ahead, seconds(2));
}

TEST_F(DoctorTest, NobodyHasPublishedAHost) {
  const auto seen = diagnose();
  EXPECT_FALSE(seen.usable());
  EXPECT_THAT(whats(seen), ElementsAre("no host is published in corp.example"));
  EXPECT_THAT(seen.findings[0].hint, HasSubstr("_muster._tcp.corp.example. SRV 0 0 8688"));
}

TEST_F(DoctorTest, AConfiguredHostNeedsNoRecord) {
  prober_.hosts[kA].addresses = {answers("192.0.2.7:8688")};
  EXPECT_THAT(whats(diagnose({{*parse_host_url(kA), Candidate::From::configured}})), IsEmpty());
}

TEST_F(DoctorTest, WhatDnsSaysIsExplained) {
  const struct {
    SrvLookup::Outcome outcome;
    std::string what;
  } table[] = {
      {SrvLookup::Outcome::not_offered, "the domain says that it has no such service"},
      {SrvLookup::Outcome::bad_answer, "the name server's answer is not valid"},
      {SrvLookup::Outcome::no_answer, "no name server answered"},
  };
  for (const auto& row : table) {
    dns_.names[kPlain].outcome = row.outcome;
    EXPECT_THAT(whats(diagnose()), ElementsAre(kPlain + ": " + row.what));
  }
}

TEST_F(DoctorTest, AMachineWithoutADomainIsToldSo) {
  dns_.domains.clear();
  EXPECT_THAT(whats(diagnose()), ElementsAre(HasSubstr("no search domain")));
}

TEST_F(DoctorTest, WhereDnsIsNotAskedAHostHasToBeNamed) {
  const auto seen = client::diagnose({}, {}, {}, prober_, clock_, random_);
  EXPECT_FALSE(seen.usable());
  EXPECT_THAT(whats(seen), ElementsAre("no host is named, and DNS is asked for none"));
}

TEST_F(DoctorTest, AStaleRecordIsNamed) {
  publish("gone.corp.example");
  const auto seen = diagnose();
  EXPECT_THAT(whats(seen), ElementsAre("http://gone.corp.example:8688: the name has no address: "
                                       "Name or service not known"));
  EXPECT_EQ(seen.findings[0].hint, "correct or remove its record in " + kPlain);
}

TEST_F(DoctorTest, AClosedPortIsNamedWithItsAddressAndTheOtherAddressHelps) {
  publish("a.corp.example");
  AddressLook closed{"192.0.2.7:8688"};
  closed.failure = "connect: Connection refused";
  prober_.hosts[kA].addresses = {closed, answers("[2001:db8::7]:8688")};
  const auto seen = diagnose();
  EXPECT_TRUE(seen.usable());
  EXPECT_THAT(whats(seen), ElementsAre(kA + " at 192.0.2.7:8688: connect: Connection refused"));
}

TEST_F(DoctorTest, AClockThatIsOff) {
  const struct {
    seconds ahead;
    bool usable;
    std::string what;
  } table[] = {
      {minutes(5), true, ""},
      {minutes(-6), true, "its clock is 6 minutes behind this machine's"},
      {hours(4), true, "its clock is 4 hours ahead of this machine's"},
      {hours(5), false, "its clock is 5 hours ahead of this machine's"},
  };
  publish("a.corp.example");
  for (const auto& row : table) {
    prober_.hosts[kA].addresses = {answers("192.0.2.7:8688", row.ahead)};
    const auto seen = diagnose();
    EXPECT_EQ(seen.usable(), row.usable) << row.what;
    if (row.what.empty()) {
      EXPECT_THAT(whats(seen), IsEmpty());
    } else {
      EXPECT_THAT(whats(seen), ElementsAre(HasSubstr(row.what)));
    }
  }
}

TEST_F(DoctorTest, AHostThatServesSomethingElse) {
  publish("a.corp.example");
  prober_.hosts[kA].addresses = {answers("192.0.2.7:8688", {}, "acme-cam")};
  const auto seen = diagnose();
  EXPECT_FALSE(seen.usable());
  EXPECT_THAT(whats(seen), ElementsAre(HasSubstr("it does not serve acme-cad")));
}

TEST_F(DoctorTest, WhatIsNoMusterHost) {
  publish("a.corp.example");
  for (const auto& answer :
       {HttpAnswer{404, "", {}}, HttpAnswer{200, "<html>", {}}, HttpAnswer{200, "{}", {}},
        HttpAnswer{200, R"({"version":"1","time":"yesterday","products":[]})", {}},
        HttpAnswer{200, R"({"version":"1","time":"2026-01-05T08:00:00Z","products":{}})", {}}}) {
    AddressLook look{"192.0.2.7:8688", true};
    look.answer = answer;
    prober_.hosts[kA].addresses = {look};
    const auto seen = diagnose();
    EXPECT_FALSE(seen.usable()) << answer.body;
    ASSERT_EQ(seen.findings.size(), 1u) << answer.body;
    EXPECT_THAT(seen.findings[0].hint, HasSubstr("another service")) << answer.body;
  }
}

TEST_F(DoctorTest, AHostThatDoesNotKnowItsName) {
  publish("a.corp.example");
  AddressLook look{"192.0.2.7:8688", true};
  look.answer = HttpAnswer{421, "", {}};
  prober_.hosts[kA].addresses = {look};
  EXPECT_THAT(diagnose().findings.at(0).hint, HasSubstr("add a.corp.example to allowed_hosts"));
}

TEST_F(DoctorTest, ACertificateThatIsNotTakenAndOneThatEndsSoon) {
  dns_.add("_muster-tls._tcp.corp.example", {0, 0, 8689, "a.corp.example"});
  auto look = answers("192.0.2.7:8689");
  look.certificate = Certificate{{"a.corp.example"}, "CN=ca", {}, clock_.time + hours(24 * 13), ""};
  prober_.hosts["https://a.corp.example:8689"].addresses = {look};
  EXPECT_THAT(whats(diagnose()), ElementsAre(HasSubstr("its certificate ends at 2026-01-18")));
  look.answer.reset();
  look.certificate->refused = "certificate has expired";
  look.failure = "certificate: certificate has expired";
  prober_.hosts["https://a.corp.example:8689"].addresses = {look};
  const auto seen = diagnose();
  EXPECT_FALSE(seen.usable());
  EXPECT_THAT(whats(seen), ElementsAre(HasSubstr("certificate has expired")));
  EXPECT_THAT(seen.findings[0].hint, HasSubstr("a certificate for a.corp.example"));
}

TEST_F(DoctorTest, AHostWithoutTlsWhereItIsRequired) {
  require_tls_ = true;
  prober_.hosts[kA].addresses = {answers("192.0.2.7:8688")};
  const auto seen = diagnose({{*parse_host_url(kA), Candidate::From::configured}});
  EXPECT_FALSE(seen.usable());
  EXPECT_THAT(whats(seen), testing::Contains(HasSubstr("has no TLS, which is required")));
}

}  // namespace
}  // namespace muster::client
