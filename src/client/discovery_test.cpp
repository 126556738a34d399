// A machine whose host nobody has named: Client with DNS in memory.
#include "client/client_fixture.h"
#include "dns/testing/records.h"

namespace muster::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DiscoveryTest : public ClientTest {
 protected:
  DiscoveryTest() {
    dns_.domains = {"example"};
    must(machine().install(vendor_.product_file()));
  }
  Client machine() {
    ClientOptions options{directory(), {}, {&dns_, std::nullopt, require_tls_}};
    return {std::move(options), os_, clock_, random_, network_};
  }
  void publish(std::uint16_t priority, std::string target) {
    dns_.add("_muster._tcp.example", {priority, 0, 8688, std::move(target)});
  }

  dns::Records dns_;
  bool require_tls_ = false;
};

TEST_F(DiscoveryTest, AHostThatDnsNamesIsAskedAndKept) {
  publish(0, "host.example");
  const auto result = must(machine().activate());
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(result.host, kHost);
  EXPECT_EQ(must(machine().status()).at(0).host, kHost);
  dns_.asked.clear();
  EXPECT_TRUE(must(machine().activate()).activated);
  EXPECT_THAT(dns_.asked, IsEmpty()) << "the one that answered is asked first";
}

TEST_F(DiscoveryTest, WhereTheOneThatAnsweredIsGoneAnotherIsFound) {
  publish(0, "host.example");
  ASSERT_TRUE(must(machine().activate()).activated);
  network_.hosts["http://new.example:8688"] = network_.hosts[kHost];
  network_.hosts.erase(kHost);
  publish(1, "new.example");
  const auto result = must(machine().activate());
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(result.host, "http://new.example:8688");
  EXPECT_EQ(must(machine().status()).at(0).host, "http://new.example:8688");
}

TEST_F(DiscoveryTest, TheConfiguredHostComesFirstAndDnsAfterIt) {
  publish(0, "host.example");
  must(machine().set_host("http://configured.example"));
  const auto result = must(machine().activate());
  EXPECT_TRUE(result.activated);
  EXPECT_THAT(network_.asked, ElementsAre("http://configured.example:8688", kHost));
}

TEST_F(DiscoveryTest, AHostNamedForOnceIsTheOnlyOne) {
  publish(0, "host.example");
  const auto result = must(machine().activate({}, {.host = "http://other.example"}));
  EXPECT_EQ(result.error->code, "no_host");
  EXPECT_THAT(network_.asked, ElementsAre("http://other.example:8688"));
  EXPECT_THAT(dns_.asked, IsEmpty());
}

TEST_F(DiscoveryTest, AnAnswerThatDoesNotVerifyIsNoEnd) {
  FakeVendor other("Evil");
  FakeHost rogue(other, clock_);
  rogue.seen_before(50);
  network_.hosts["http://rogue.example:8688"] = rogue.answers();
  publish(0, "rogue.example");
  publish(1, "host.example");
  const auto result = must(machine().activate());
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(result.host, kHost);
  EXPECT_THAT(result.tried, ElementsAre(HasSubstr("http://rogue.example:8688: ")));
}

TEST_F(DiscoveryTest, AHostThatDoesNotServeTheProductIsNoEnd) {
  FakeHost another(vendor_, clock_);
  another.refuse = ErrorCode::product_not_served;
  network_.hosts["http://another.example:8688"] = another.answers();
  publish(0, "another.example");
  publish(1, "host.example");
  EXPECT_EQ(must(machine().activate()).host, kHost);
  network_.hosts.erase(kHost);
  const auto result = must(machine().activate());
  EXPECT_EQ(result.error->code, "product_not_served") << "that tells more than that one is silent";
}

TEST_F(DiscoveryTest, ARefusalByARuleIsAnAnswer) {
  host_.refuse = ErrorCode::over_licensed;
  publish(0, "host.example");
  publish(1, "second.example");
  const auto result = must(machine().activate());
  EXPECT_EQ(result.error->code, "over_licensed");
  EXPECT_THAT(network_.asked, ElementsAre(kHost));
}

TEST_F(DiscoveryTest, AFullHostSendsOnToTheNext) {
  network_.hosts["http://full.example:8688"] = [](std::string_view) -> Expected<HttpAnswer> {
    return HttpAnswer{503, wire::encode_problem(Error{ErrorCode::host_full, {}}), seconds(90)};
  };
  publish(0, "full.example");
  publish(1, "host.example");
  EXPECT_EQ(must(machine().activate()).host, kHost);
}

TEST_F(DiscoveryTest, WhereNobodyIsFoundTheErrorSaysWhatDnsSaid) {
  const auto result = must(machine().activate());
  EXPECT_EQ(result.error->code, "no_host");
  EXPECT_EQ(result.error->detail,
            "none is configured, and DNS names none: _muster-tls._tcp.example: no such name; "
            "_muster._tcp.example: no such name");
}

// A command that waits goes on waiting, as for a silent host.
TEST_F(DiscoveryTest, SilentNameServersAreAmongWhatWasTried) {
  dns_.names["_muster-tls._tcp.example"].outcome = dns::SrvLookup::Outcome::no_answer;
  const auto result = must(machine().activate());
  EXPECT_EQ(result.error->code, "no_host");
  EXPECT_THAT(result.tried, ElementsAre("_muster-tls._tcp.example: no name server answered"));
  EXPECT_EQ(result.error->detail, result.tried.front());
}

TEST_F(DiscoveryTest, WhereTlsIsRequiredAPlainHostIsNotAsked) {
  require_tls_ = true;
  publish(0, "host.example");
  must(machine().set_host(kHost));
  const auto result = must(machine().activate());
  EXPECT_EQ(result.error->detail, kHost + " has no TLS, which is required");
  EXPECT_THAT(must(machine().activate({}, {.host = kHost})).error->detail,
              HasSubstr("which is required"));
  EXPECT_THAT(network_.asked, IsEmpty());
  network_.hosts["https://host.example:8689"] = host_.answers();
  dns_.add("_muster-tls._tcp.example", {0, 0, 8689, "host.example"});
  EXPECT_TRUE(must(machine().activate()).activated);
}

TEST_F(DiscoveryTest, CancelEndsTheSearch) {
  publish(0, "host.example");
  auto one = machine();
  one.cancel();
  EXPECT_EQ(must(one.activate()).error->code, "no_host");
  EXPECT_THAT(network_.asked, IsEmpty());
}

}  // namespace
}  // namespace muster::client
