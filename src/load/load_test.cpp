#include "load/load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <thread>

#include "load/http_reader.h"
#include "load/scan.h"
#include "wire/exchange.h"

namespace muster::load {
namespace {

using testing::HasSubstr;

constexpr Instant kToday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};

class StandingClock final : public Clock {
 public:
  Instant now() override { return kToday; }
  std::chrono::milliseconds monotonic() override { return {}; }
};

// How the test's host treats the n-th request (from 1).
enum class Treats { well, drops, other_nonce, other_cmid, wrong_count, bad_signature, is_full };

// A host that really signs and counts, one thread a connection.
class TestHost {
 public:
  explicit TestHost(std::function<Treats(int)> treats = [](int) { return Treats::well; })
      : treats_(std::move(treats)) {
    root_ = wire::PrivateKey::generate().value();
    host_ = wire::PrivateKey::generate().value();
    product_ = {.vendor = "Acme",
                .vendor_id = root_->public_key().thumbprint(),
                .product = "acme-cad",
                .name = "Acme CAD",
                .group = "desktop",
                .vendor_keys = {root_->public_key()},
                .initial_grace = minutes{43'200},
                .additional_grace = minutes{43'200},
                .retry_interval = minutes{120},
                .rearm_limit = 3,
                .issued = kToday};
    wire::HostKey key;
    key.vendor = "Acme";
    key.vendor_id = product_.vendor_id;
    key.id = "AAAAAAAAAAAAAAAAAAAAAA";
    key.host = host_->public_key();
    key.customer = "Customer";
    key.product = product_.product;
    key.name = product_.name;
    key.group = product_.group;
    key.policy.threshold = 5;
    key.issued = kToday;
    key.expires = kToday + std::chrono::days{700};
    header_ = wire::activation_header(wire::sign_host_key(key, *root_->signer()).value());

    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 512), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept(); });
  }
  ~TestHost() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    served_.clear();
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  [[nodiscard]] Target target() const { return {"127.0.0.1", port_}; }
  [[nodiscard]] const wire::ProductFile& product() const { return product_; }
  // Machines that showed the newest ticket they had been given, and those that showed another one.
  [[nodiscard]] int renewals() const { return renewals_; }
  [[nodiscard]] int broken_chains() const { return broken_chains_; }

 private:
  void accept() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      served_.emplace_back([this, fd] {
        serve(fd);
        ::close(fd);
      });
    }
  }

  void serve(int fd) {
    std::string in;
    char buffer[8192];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      in.append(buffer, static_cast<std::size_t>(n));
      const auto head = in.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const auto length = std::stoul(in.substr(in.find("Content-Length: ") + 16));
      if (in.size() < head + 4 + length) continue;
      const bool close = in.find("Connection: close") < head;
      const auto out = answer(in.substr(head + 4, length), close);
      in.clear();
      if (out.empty()) return;
      (void)!::send(fd, out.data(), out.size(), MSG_NOSIGNAL);
      if (close) return;
    }
  }

  std::string answer(std::string_view body, bool close) {
    const std::scoped_lock lock(mutex_);
    const auto treats = treats_(++requests_);
    if (treats == Treats::drops) return {};
    if (treats == Treats::is_full) return http(503, "{\"code\":\"host_full\"}", close);
    const auto request = wire::decode_request(body).value();
    auto& given = tickets_[request.cmid];
    if (request.ticket) ++(*request.ticket == given ? renewals_ : broken_chains_);
    given.fill(0);
    given[7] = static_cast<std::uint8_t>(requests_);
    given[6] = static_cast<std::uint8_t>(requests_ >> 8);

    wire::ActivationAnswer out;
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(tickets_.size(), 10));
    out.count = treats == Treats::wrong_count ? 1 : count;
    out.threshold = 5;
    out.ticket = given;
    out.retry_after = seconds{7200};
    out.time = kToday;
    out.activated = *out.count >= 5;
    if (out.activated) {
      out.activation = sign(request, *out.count, treats);
    } else {
      out.error = ErrorCode::count_insufficient;
    }
    return http(200, wire::encode_answer(out), close);
  }

  std::string sign(const wire::ActivationRequest& request, std::uint32_t count, Treats treats) {
    wire::Activation activation;
    activation.host_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
    activation.cmid = request.cmid;
    activation.product = request.product;
    activation.issued = kToday;
    activation.not_before = kToday - minutes{240};
    activation.expires = kToday + std::chrono::days{180};
    activation.id = fmt::format("{:022}", requests_);
    activation.nonce = request.nonce;
    activation.facts = request.facts;
    activation.count = count;
    activation.threshold = 5;
    activation.renewal_interval = minutes{10'080};
    activation.retry_interval = minutes{120};
    activation.additional_grace = minutes{43'200};
    activation.rearm_limit = 3;
    activation.log = {1, static_cast<std::uint64_t>(requests_), {}};
    if (treats == Treats::other_nonce) activation.nonce[0] ^= 1;
    if (treats == Treats::other_cmid) activation.cmid.bytes[0] ^= 1;
    auto text = wire::sign_activation(activation, header_, *host_->signer()).value();
    // A character in the middle of the signature: still base64url, of the right length.
    if (treats == Treats::bad_signature) {
      text[text.size() - 40] = text[text.size() - 40] == 'A' ? 'B' : 'A';
    }
    return text;
  }

  static std::string http(int status, std::string_view body, bool close) {
    return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", status,
                       close ? "connection: close\r\n" : "", body.size(), body);
  }

  std::function<Treats(int)> treats_;
  std::optional<wire::PrivateKey> root_, host_;
  wire::ProductFile product_;
  wire::PreparedHeader header_;
  std::mutex mutex_;
  std::map<Cmid, TicketBytes> tickets_;
  int requests_ = 0, renewals_ = 0, broken_chains_ = 0;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::jthread> served_;
  std::jthread acceptor_;
};

Report run_on(TestHost& host, Plan plan) {
  StandingClock clock;
  plan.target = host.target();
  auto report = run(plan, host.product(), clock);
  EXPECT_TRUE(report.has_value()) << report.error().sentence();
  return report.value_or(Report{});
}

TEST(Load, KeepsConnectionsOpenAndRenewsWithTheNewestTicket) {
  TestHost host;
  const auto report = run_on(host, {.connections = 4, .requests = 300, .machines = 30});
  EXPECT_TRUE(report.clean()) << report.first_wrong;
  EXPECT_EQ(report.answers, 300u);
  EXPECT_EQ(report.activated + report.refused, 300u);
  EXPECT_EQ(report.refused, 4u);
  EXPECT_EQ(report.verified, report.activated);
  EXPECT_EQ(host.renewals(), 270);
  EXPECT_EQ(host.broken_chains(), 0);
}

TEST(Load, RandomOrderNeverAsksTwiceForOneMachineAtATime) {
  TestHost host;
  const auto report = run_on(
      host, {.connections = 8, .requests = 400, .machines = 10, .order = Order::random, .seed = 9});
  EXPECT_TRUE(report.clean()) << report.first_wrong;
  EXPECT_EQ(host.broken_chains(), 0);
}

TEST(Load, MakesAConnectionForEachRequest) {
  TestHost host;
  const auto report = run_on(
      host, {.mode = Mode::new_connections, .connections = 5, .requests = 60, .machines = 60});
  EXPECT_TRUE(report.clean()) << report.first_wrong;
  EXPECT_EQ(report.answers, 60u);
}

TEST(Load, AStormIsAnsweredWhole) {
  TestHost host;
  const auto report = run_on(host, {.mode = Mode::storm, .requests = 100, .machines = 100});
  EXPECT_TRUE(report.clean()) << report.first_wrong;
  EXPECT_EQ(report.answers, 100u);
}

TEST(Load, TellsEveryAnswerInOrder) {
  TestHost host;
  std::set<std::uint64_t> machines;
  std::uint64_t activated = 0;
  Plan plan{.connections = 3, .requests = 40, .machines = 40, .first_machine = 1000};
  plan.told = [&](const Told& told) {
    machines.insert(told.machine);
    activated += told.activated ? 1 : 0;
    EXPECT_EQ(told.cmid, machine_identity(1, told.machine).cmid);
    EXPECT_EQ(told.ticket.size(), 32u);
    EXPECT_EQ(told.activation.empty(), !told.activated);
  };
  const auto report = run_on(host, plan);
  EXPECT_EQ(machines.size(), 40u);
  EXPECT_EQ(*machines.begin(), 1000u);
  EXPECT_EQ(activated, report.activated);
}

struct Fault {
  const char* name;
  Treats treats;
  std::uint64_t wrong, lost, problems;
  const char* says;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.name; }
class LoadFinds : public testing::TestWithParam<Fault> {};
TEST_P(LoadFinds, OneAmongFifty) {
  const auto& fault = GetParam();
  TestHost host([&](int n) { return n == 30 ? fault.treats : Treats::well; });
  const auto report = run_on(host, {.connections = 2, .requests = 50, .machines = 50});
  EXPECT_FALSE(report.clean());
  EXPECT_EQ(report.wrong, fault.wrong) << report.first_wrong;
  EXPECT_EQ(report.lost, fault.lost);
  EXPECT_EQ(report.problems, fault.problems);
  EXPECT_EQ(report.answers + report.lost, 50u);
  EXPECT_THAT(report.first_wrong, HasSubstr(fault.says));
}
INSTANTIATE_TEST_SUITE_P(
    Faults, LoadFinds,
    testing::Values(Fault{"lost", Treats::drops, 0, 1, 0, ""},
                    Fault{"full", Treats::is_full, 0, 0, 1, "status 503"},
                    Fault{"nonce", Treats::other_nonce, 2, 0, 0, "does not name"},
                    Fault{"cmid", Treats::other_cmid, 2, 0, 0, "does not name"},
                    Fault{"count", Treats::wrong_count, 1, 0, 0, "machines had been counted"},
                    Fault{"signature", Treats::bad_signature, 1, 0, 0, "signature"}),
    [](const auto& fault) { return std::string(fault.param.name); });

TEST(Load, SaysThatNothingListens) {
  Target gone;
  {
    TestHost host;
    gone = host.target();
  }
  TestHost other;
  StandingClock clock;
  const auto report =
      run({.target = gone, .connections = 2, .requests = 4, .machines = 4}, other.product(), clock);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::no_host);
}

TEST(Load, RefusesAPlanThatCannotBe) {
  TestHost host;
  StandingClock clock;
  const auto report =
      run({.target = host.target(), .connections = 50, .requests = 50, .machines = 49},
          host.product(), clock);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::usage);
}

TEST(LoadTarget, IsAnAddressAndAPort) {
  EXPECT_EQ(parse_target("http://127.0.0.1:8688").value().port, 8688);
  EXPECT_EQ(parse_target("http://localhost:80/").value().address, "127.0.0.1");
  for (const auto* bad :
       {"", "127.0.0.1:1", "https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:0",
        "http://127.0.0.1:99999", "http://desk.example:1", "http://:1", "http://127.0.0.1:1x"}) {
    EXPECT_FALSE(parse_target(bad).has_value()) << bad;
  }
}

TEST(LoadMachines, AreTheSameForTheSameSeedAndOthersForAnother) {
  std::set<std::string> cmids;
  for (std::uint64_t i = 0; i < 1000; ++i) cmids.insert(machine_identity(7, i).cmid.text());
  EXPECT_EQ(cmids.size(), 1000u);
  EXPECT_EQ(machine_identity(7, 3).cmid, machine_identity(7, 3).cmid);
  EXPECT_EQ(machine_identity(7, 3).facts, machine_identity(7, 3).facts);
  EXPECT_NE(machine_identity(7, 3).cmid, machine_identity(8, 3).cmid);
  EXPECT_NE(machine_identity(7, 3).facts, machine_identity(7, 4).facts);
}

TEST(LoadHttp, ReadsAnAnswer) {
  const std::string whole = "HTTP/1.1 429 Too\r\nServer: x\r\nContent-Length:  2 \r\n\r\nab";
  const auto answer = read_answer(whole);
  EXPECT_EQ(answer.kind, HttpAnswer::Kind::whole);
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.body, "ab");
  EXPECT_FALSE(answer.close);
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    EXPECT_EQ(read_answer(whole.substr(0, cut)).kind, HttpAnswer::Kind::partial) << cut;
  }
  EXPECT_TRUE(
      read_answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nCONNECTION: Close\r\n\r\n").close);
  for (const auto* bad : {"SSH-2.0-OpenSSH_9\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"}) {
    EXPECT_EQ(read_answer(bad).kind, HttpAnswer::Kind::broken) << bad;
  }
}

TEST(LoadScan, FindsWhatStandsInAnAnswer) {
  const auto yes = scan_answer(
      R"({"activated":true,"count":25,"threshold":25,"activation":"a.b.c","ticket":"T"})");
  ASSERT_TRUE(yes);
  EXPECT_TRUE(yes->activated);
  EXPECT_EQ(yes->count, 25u);
  EXPECT_EQ(yes->activation, "a.b.c");
  EXPECT_EQ(yes->ticket, "T");
  const auto other_order = scan_answer(R"({"ticket":"T","activation":"a.b.c","activated":true})");
  EXPECT_EQ(other_order->ticket, "T");
  const auto no = scan_answer(R"({"activated":false,"count":null,"threshold":null,"ticket":null})");
  ASSERT_TRUE(no);
  EXPECT_FALSE(no->count);
  EXPECT_TRUE(no->ticket.empty());
  EXPECT_FALSE(scan_answer("{}"));
}

TEST(LoadReport, JsonNamesEveryFigure) {
  Report report;
  report.answers = 3;
  report.first_wrong = "a \"quoted\"\nthing";
  const auto json = to_json(report, Mode::storm);
  EXPECT_THAT(json, HasSubstr(R"({"mode":"storm","requests":0,"answers":3,)"));
  EXPECT_THAT(json, HasSubstr(R"("first_wrong":"a \"quoted\"\u000athing"})"));
}

}  // namespace
}  // namespace muster::load
