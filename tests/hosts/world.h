// Several hosts on one database, machines that ask now this one and now that one, and the one host
// that all of them are held against.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "service/host_service.h"
#include "service/testing/hand_clock.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/testing/postgres_server.h"
#include "wire/documents.h"
#include "wire/event.h"

namespace muster::hosts {

// A host: its own key, clock and store, on whatever the store stands.
struct Host {
  explicit Host(std::uint64_t seed) : random(seed) {}

  wire::PrivateKey key = *wire::PrivateKey::generate();
  service::testing::HandClock clock;
  SeededRandom random;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<service::HostService> service;
  std::unique_ptr<wire::Signer> signer = key.signer();

  // Opens the service on the store.
  void open();
  // One batch; replies in the order of the bodies. 503 where the host could not store.
  std::vector<service::Reply> ask(const std::vector<std::string>& bodies);
};

// The vendor of every product.
class Vendor {
 public:
  // Signs this host keys for acme-cad (threshold 3) and acme-sim (threshold 5, 4 licensed and no
  // more), both of one group, and installs them.
  void install(Host& host) const;
  [[nodiscard]] const wire::PrivateKey& root() const { return root_; }
  [[nodiscard]] GroupKey group() const { return {root_.public_key().thumbprint(), "desktop"}; }

 private:
  wire::PrivateKey root_ = *wire::PrivateKey::generate();
};

// An event as it was committed, and what its host answered, where the answer came.
struct Committed {
  core::EventPlace place;  // its host as the database numbers it
  core::EventPlace prev;
  wire::Event event;
};

class World {
 public:
  // On a new database of this server.
  World(store::PostgresServer& server, std::size_t hosts, std::uint64_t seed);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A batch of up to `most` machines' requests at host `at`, drawn from `random`, and of requests
  // that were sent away before, as they were. From any thread, of each host from one.
  void ask_some(std::size_t at, std::size_t most, SeededRandom& random);
  // Time goes by; every clock is some minutes off, as clocks are.
  void pass(seconds span);
  // What the host does about once a second: tries to store again where it could not.
  void tick(std::size_t at) { host(at).service->tick(); }

  [[nodiscard]] Host& host(std::size_t at) { return *hosts_.at(at); }
  [[nodiscard]] std::size_t size() const { return hosts_.size(); }
  [[nodiscard]] const Vendor& vendor() const { return vendor_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] std::size_t answered() const { return answers_.size(); }
  [[nodiscard]] std::size_t sent_away() const { return sent_away_; }

  // Events of requests in the order of the commits.
  [[nodiscard]] std::vector<Committed> committed();
  // Every event has the answer that one host gives that is asked in this order; what was answered
  // is stored; every chain holds; every host shows the same, and what the one host shows.
  void check();

 private:
  struct Machine {
    Cmid cmid;
    std::vector<std::array<std::uint8_t, 24>> tickets;
  };
  [[nodiscard]] std::string request(SeededRandom& random, Instant now, std::size_t& machine);
  void take(std::size_t machine, const std::string& body, const service::Reply& reply);
  void open_host(std::size_t at);
  void check_chain(std::size_t at);
  void check_same(Host& one, Host& other);

  store::PostgresServer& server_;
  std::string url_;
  Vendor vendor_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::mutex mutex_;  // guards the rest
  Instant now_{std::chrono::days(20'000)};
  std::vector<Machine> machines_;
  std::map<Bytes16, std::string> bodies_;                           // by nonce
  std::map<Bytes16, std::vector<wire::ActivationAnswer>> answers_;  // by nonce
  std::vector<std::pair<std::size_t, std::string>> unanswered_;     // machine and body
  std::size_t sent_away_ = 0;
  std::uint32_t nonces_ = 0;
};

}  // namespace muster::hosts
