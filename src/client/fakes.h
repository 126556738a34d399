// For tests: a machine, a clock, a network and a host that live in memory. The host signs real
// documents.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/testing/temporary_directory.h"
#include "client/agent.h"
#include "client/client.h"
#include "client/os.h"
#include "client/transport.h"
#include "wire/documents.h"
#include "wire/exchange.h"

namespace muster::client {

class FakeOs final : public Os {
 public:
  std::map<std::string, std::string> facts{{"machine_id", "0123456789abcdef0123456789abcdef"}};
  Boot boot_now{"boot-1", "25"};
  std::string name = "desk-001.corp.example";
  std::vector<std::filesystem::path> home_directories{};

  std::map<std::string, std::string> machine_facts() override { return facts; }
  Boot boot() override { return boot_now; }
  std::string host_name() override { return name; }
  bool is_virtual() override { return true; }
  std::filesystem::path default_directory() override { return "/nonexistent/muster"; }
  std::vector<std::filesystem::path> homes() override { return home_directories; }
  Expected<std::unique_ptr<FileLock>> lock(const std::filesystem::path& file, bool wait) override {
    return real_->lock(file, wait);
  }
  Disk& disk() override { return real_->disk(); }

 private:
  std::shared_ptr<Os> real_ = make_linux_os();
};

class FakeClock final : public Clock {
 public:
  Instant time = *parse_time("2026-01-05T08:00:00Z");
  std::chrono::milliseconds steady{1'000'000};

  Instant now() override { return time; }
  std::chrono::milliseconds monotonic() override { return steady; }
  // Time passes, on both clocks.
  void pass(std::chrono::milliseconds much) {
    steady += much;
    passed_ += much;
    const auto whole = std::chrono::floor<seconds>(passed_);
    time += whole;
    passed_ -= whole;
  }

 private:
  std::chrono::milliseconds passed_{};
};

// Sleeps by moving the clock, until `stop_at`.
class FakeWaiter final : public Waiter {
 public:
  explicit FakeWaiter(FakeClock& clock) : clock_(clock) {}
  Instant stop_at{};
  std::function<void()> before_each{};
  std::chrono::milliseconds woken_every{0};  // by a change of the state; 0: never

  Woke wait(std::chrono::milliseconds most) override {
    if (stopped_ || clock_.time >= stop_at) return Woke::stop;
    if (before_each) before_each();
    const bool woken = woken_every.count() > 0 && woken_every < most;
    if (woken) most = woken_every;
    clock_.pass(std::min<std::chrono::milliseconds>(most, stop_at - clock_.time));
    return woken ? Woke::state_changed : Woke::time;
  }
  void stop() override { stopped_ = true; }

 private:
  FakeClock& clock_;
  bool stopped_ = false;
};

// Hosts by their base URL; an URL that is not there is silent.
class FakeNetwork final : public Transport {
 public:
  using Answer = std::function<Expected<HttpAnswer>(std::string_view body)>;
  std::map<std::string, Answer> hosts;
  std::vector<std::string> asked;

  Expected<HttpAnswer> post(const HostUrl& host, std::string_view path,
                            std::string_view body) override;
  void cancel() override { cancelled = true; }
  bool cancelled = false;
};

// A vendor with one root key, and what it signs.
struct FakeVendor {
  explicit FakeVendor(std::string name_in = "Acme");
  std::string name;
  wire::PrivateKey root;
  Policy policy;

  [[nodiscard]] std::string id() const { return root.public_key().thumbprint(); }
  [[nodiscard]] std::string product_file(std::string product = "acme-cad",
                                         std::string group = "desktop",
                                         Instant issued = *parse_time("2026-01-01T00:00:00Z"));
};

// A host that counts distinct CMIDs, keeps the renewal chain, and signs.
class FakeHost {
 public:
  FakeHost(FakeVendor& vendor, FakeClock& clock);

  [[nodiscard]] FakeNetwork::Answer answers();
  void seen_before(std::uint32_t machines);

  std::vector<wire::ActivationRequest> requests;
  std::vector<std::string>
      chain;                  // what each request showed: "first", "renewal", "repeat", "older"
  seconds retry_after{7200};  // of refusals
  std::optional<ErrorCode> refuse;                 // every request, uncounted
  bool lose_answers = false;                       // decides, and then nothing arrives
  std::function<void(wire::Activation&)> forge{};  // changes an activation before it is signed

 private:
  struct Known {
    std::uint64_t number = 0;
    Bytes16 nonce{};
  };
  Expected<HttpAnswer> answer(std::string_view body);
  std::array<std::uint8_t, 24> next_ticket(const wire::ActivationRequest& request);
  std::string activation(const wire::ActivationRequest& request);

  FakeVendor& vendor_;
  FakeClock& clock_;
  wire::PrivateKey key_;
  std::map<Cmid, Known> known_;
  std::set<Cmid> roll_;
  SeededRandom random_{7};
};

}  // namespace muster::client
