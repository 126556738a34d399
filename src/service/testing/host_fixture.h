// For tests of service: a vendor, a host on a store in memory, machines, and a clock that is set by
// hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "service/host_service.h"
#include "service/testing/hand_clock.h"
#include "store/memory/memory_store.h"
#include "wire/documents.h"

namespace muster::service::testing {

// The defaults with another threshold.
[[nodiscard]] Policy threshold_of(std::uint32_t threshold);

// One machine as the wire sees it.
struct Desk {
  wire::ActivationRequest request;
};

class HostFixture : public ::testing::Test {
 public:
  HostFixture();

  // A key file for products "PRODUCT" with the policy, all of group "desktop".
  [[nodiscard]] std::string key_file(const std::vector<std::pair<std::string, Policy>>& products,
                                     Instant issued) const;
  // Installs such a file, issued now.
  void install(const std::vector<std::pair<std::string, Policy>>& products);
  // Opens the host on the store as it is: a start, or a restart.
  void open_host();
  [[nodiscard]] Desk desk(int n, const std::string& product = "acme-cad") const;
  // One request through the whole life; keeps the ticket for the desk's next one.
  wire::ActivationAnswer ask(Desk& desk);
  // One more request: refused by rule 1, which leaves nothing but the event that is returned.
  wire::Event ask_unserved(Desk& desk);
  // The reply's bytes, whatever they are.
  Reply ask_raw(const std::string& body, const std::string& address = "10.0.0.7",
                bool local = false);
  // A row behind the newest, as somebody would put it who writes to the database. Without a hash:
  // that of the chain.
  void put_behind(std::string line, std::optional<Bytes32> hash = std::nullopt);
  // The whole event log, and the types of its events.
  std::vector<store::EventRow> events();
  std::vector<std::string> types();

  HandClock clock;
  SeededRandom random{1};
  wire::PrivateKey root = *wire::PrivateKey::generate();
  wire::PrivateKey host_key = *wire::PrivateKey::generate();
  std::shared_ptr<store::MemoryFaults> disk = std::make_shared<store::MemoryFaults>();
  std::unique_ptr<store::Store> kept = store::make_memory_store(Bytes16{5}, disk);
  store::Store& store = *kept;
  Limits limits;
  std::unique_ptr<HostService> host;
  std::unique_ptr<wire::Signer> signer = host_key.signer();
  wire::ProductFile product_file;
};

}  // namespace muster::service::testing
