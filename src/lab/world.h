// What all machines of a simulation share: the time, the vendor, the hosts. Hosts are the real
// HostService over a store in memory, from request bytes to answer bytes; keys come from the seed.
// Nothing that a world tells depends on the bytes of a signature. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/host_url.h"
#include "client/transport.h"
#include "lab/count_watch.h"
#include "lab/product.h"
#include "lab/streams.h"
#include "service/host_service.h"
#include "wire/documents.h"
#include "wire/exchange.h"
#include "wire/mak_exchange.h"

namespace muster::lab {

// The time of the simulation, as a machine or a host reads it whose clock is off by `off`.
class LabClock final : public Clock {
 public:
  explicit LabClock(const Instant& time, seconds off = {}) : time_(time), off_(off) {}
  Instant now() override { return time_ + off_; }
  std::chrono::milliseconds monotonic() override { return time_.time_since_epoch(); }
  void set_off(seconds off) { off_ = off; }

 private:
  const Instant& time_;
  seconds off_;
};

// One exchange as it went over the network.
struct Exchange {
  Instant at{};
  bool reached = false;                          // an answer came back
  std::optional<wire::ActivationAnswer> said{};  // where it is an answer of the exchange
  std::optional<wire::MakAnswer> sold{};         // or of one by a multiple activation key
};

class World {
 public:
  // Makes the vendor, and its host keys valid from `start` for `lasts`.
  World(std::uint64_t seed, Instant start, std::chrono::days lasts, std::vector<Product> products);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  [[nodiscard]] const Instant& now() const { return now_; }
  // REQUIRES: not backwards.
  void move_to(Instant time) { now_ = time; }
  void pass(seconds time) { now_ += time; }
  [[nodiscard]] const std::vector<Product>& products() const { return products_; }
  [[nodiscard]] const Product& product(std::string_view id) const;
  // The product file's text.
  [[nodiscard]] const std::string& product_file(std::string_view id) const;
  [[nodiscard]] GroupKey group(std::string_view name) const;
  // The vendor's root, for what else it is to sign, and its name.
  [[nodiscard]] const wire::PrivateKey& root() const { return root_; }
  static constexpr std::string_view kVendor = "Acme";
  // The key of whoever is called so, made of the seed.
  [[nodiscard]] wire::PrivateKey key_of(std::string_view name) const;

  // A host that serves every product, up. Its name is a DNS name, found at url_of(name). Fails
  // where a policy is not one (policy_invalid, policy_conflict).
  [[nodiscard]] Expected<void> add_host(const std::string& name);
  [[nodiscard]] static std::string url_of(std::string_view host);
  // Nobody reaches a host that is down; what it knows stays.
  void set_up(const std::string& host, bool up);
  [[nodiscard]] bool is_up(const std::string& host) const;
  [[nodiscard]] service::HostService& host(const std::string& name);
  // What the host has stored by now; and makes it start anew with that.
  [[nodiscard]] std::unique_ptr<store::Store> backup(const std::string& host);
  void restore(const std::string& host, store::Store& backup);
  // Piece by piece what 'muster events export' writes of each epoch, without checkpoints.
  using WriteLog = std::function<void(std::uint32_t epoch, std::string_view piece)>;
  [[nodiscard]] Expected<void> export_log(const std::string& host, const WriteLog& write);
  // The roll as it is now, oldest contact first.
  [[nodiscard]] std::vector<core::RollEntry> roll(const std::string& host, const GroupKey& group);
  // What the host's roll of a group comes to: count now, and the moments that were noted, into
  // `track`.
  std::uint32_t look(const std::string& host, std::string_view group, Track& track);

  // A request of a machine, through the whole life of one. `jitter` spreads the answer's
  // retry_after. no_host where the host is down or there is none of that name.
  [[nodiscard]] Expected<client::HttpAnswer> post(const client::HostUrl& to, std::string_view body,
                                                  const std::string& address, Random& jitter);
  // The same of a request by a multiple activation key.
  [[nodiscard]] Expected<client::HttpAnswer> post_mak(const client::HostUrl& to,
                                                      std::string_view body,
                                                      const std::string& address);

 private:
  struct Host;
  // no_host where it is down or there is none of that name.
  [[nodiscard]] Expected<Host*> reach(const client::HostUrl& to);
  std::uint32_t watch(Host& host, std::string_view group);

  std::uint64_t seed_;
  Instant now_;
  std::vector<Product> products_;
  wire::PrivateKey root_;
  Instant issued_;
  std::chrono::days lasts_;
  std::map<std::string, std::string, std::less<>> product_files_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> hosts_;
};

}  // namespace muster::lab
