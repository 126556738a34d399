// A host in a world of faults: the production service over a store that may be full, may fail, and
// stays when the host is killed. Everything that it is asked and answers goes past the oracle.
// Not thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "client/transport.h"
#include "lab/testing/oracle.h"
#include "lab/testing/plants.h"
#include "lab/world.h"
#include "wire/mak.h"

namespace muster::lab::testing {

// What the disk under the store does.
struct DiskFaults {
  bool full = false;     // every commit fails
  unsigned failing = 0;  // so many commits more fail
  unsigned unsure = 0;   // so many are done and said to have failed: the answer was lost
  double free_part = 1.0;
  [[nodiscard]] bool good() const { return !full && failing == 0; }
};

// A request on its way, and what the host said.
struct Parcel {
  std::size_t from = 0;  // number of the machine
  bool by_key = false;   // the path: a multiple activation key's
  std::string body;
  std::optional<client::HttpAnswer> answer{};
};

// What befalls the host while it decides: it is killed, or the store's answer to its next commit is
// lost.
enum class Kill : std::uint8_t { no, before_commit, after_commit, unsure };

class FaultHost {
 public:
  // Serves the world's products, and sells `mak`, but for its ledger, which is this host's. The
  // oracle's rules are theirs. Both must outlive it.
  FaultHost(World& world, Oracle& oracle, Plant plant, wire::Mak mak);
  ~FaultHost();

  DiskFaults disk;

  // Ahead of true time, from now on.
  void set_clock(seconds off);
  [[nodiscard]] bool up() const { return service_ != nullptr; }
  // Decides them, all of one path in one unit, and answers each; none is answered where it is
  // killed meanwhile.
  void take(std::span<Parcel> parcels, Random& jitter, Kill kill);
  // Comes up again on the store as it is, where it is down and the disk allows it.
  void come_up();
  void kill();
  // The administrator: confirms a clock that is suspect; gives back the place that a machine holds.
  void confirm_clock();
  void release(const Cmid& cmid);
  [[nodiscard]] store::Store& store();

 private:
  void decide(std::span<Parcel> parcels, Random& jitter);
  void tell(const Parcel& parcel, bool answered);

  Oracle& oracle_;
  LabClock clock_;
  Stream random_;
  wire::PrivateKey key_;
  std::unique_ptr<wire::Signer> signer_;
  PlantedStore planted_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<service::HostService> service_;
};

}  // namespace muster::lab::testing
