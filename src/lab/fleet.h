// The machines and hosts of a scenario, in one of two fidelities behind one face: what happens to a
// machine is the same in both (timetable.h), what it is differs. Not thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "core/roll.h"
#include "lab/scenario.h"
#include "lab/timetable.h"

namespace muster::lab {

// How one attempt of a machine went.
enum class Result : std::uint8_t { activated, refused, sent_away, unreached };

// The end of a host's log.
struct HostLog {
  std::uint32_t epoch = 0;
  std::uint64_t events = 0;
  std::uint64_t behind = 0;  // requests since it started that showed that it was restored
};

class Fleet {
 public:
  // Told of every attempt as it is made.
  using Watch = std::function<void(std::uint32_t machine, Result result)>;
  // Told whenever a host counts somebody.
  using Hear = std::function<void(std::size_t host, std::size_t product, const core::RollKey& who,
                                  Instant at)>;

  virtual ~Fleet() = default;

  // Every call is for this moment; never backwards.
  virtual void move_to(Tick now) = 0;
  virtual void set_up(std::size_t host, bool up) = 0;
  // Keeps what the host knows now under this number, and makes it know that again. REQUIRES of
  // restore: of this host.
  virtual void backup(std::size_t host, std::size_t number) = 0;
  virtual void restore(std::size_t host, std::size_t number) = 0;
  // How far the host's log is; none in a fidelity that has no log.
  [[nodiscard]] virtual std::optional<HostLog> log(std::size_t host) = 0;

  // The machine's system is made, or made anew, as its pool says. REQUIRES: it is off; before
  // anything else.
  virtual void build(std::uint32_t machine) = 0;
  virtual void start(std::uint32_t machine) = 0;
  virtual void stop(std::uint32_t machine) = 0;
  // A turn of the agent of a machine that is on; when it wants the next, kNever: not before
  // something happens to the machine.
  [[nodiscard]] virtual Tick turn(std::uint32_t machine) = 0;
  // REQUIRES of revert: a snapshot was taken; the machine is off.
  virtual void snapshot(std::uint32_t machine) = 0;
  virtual void revert(std::uint32_t machine) = 0;

  // Where what is kept of each machine lies, one after the other, and how many bytes each has;
  // null: not in one place.
  [[nodiscard]] virtual std::pair<const void*, std::size_t> kept() const { return {nullptr, 0}; }

  // The count of the product's group on the host, and its moments into `track`.
  virtual std::uint32_t look(std::size_t host, std::size_t product, Track& track) = 0;
  // Places of the key that are held.
  [[nodiscard]] virtual std::uint32_t used(std::size_t key) const = 0;

  // From now on. A full fleet tells nothing here: its hosts keep a log.
  virtual void listen(Hear) {}
  // What 'muster events export' writes of each epoch of a host's log, but for the checkpoints,
  // whose bytes differ from run to run; piece by piece. Nothing where it keeps none.
  using WriteLog = std::function<void(std::uint32_t epoch, std::string_view piece)>;
  [[nodiscard]] virtual Expected<void> export_log(std::size_t, const WriteLog&) { return {}; }
};

// Documents, clients and hosts as they are. Fails where a product's policy is not one.
[[nodiscard]] Expected<std::unique_ptr<Fleet>> make_full_fleet(const Scenario& scenario,
                                                               const Timetable& timetable,
                                                               std::uint64_t seed,
                                                               Fleet::Watch watch);
// The roll alone, asked as an agent would ask: 20 bytes a machine.
[[nodiscard]] std::unique_ptr<Fleet> make_rules_fleet(const Scenario& scenario,
                                                      const Timetable& timetable,
                                                      std::uint64_t seed, Fleet::Watch watch);

// Of a pool that activates by a key, a script at each start asks for its machine where that holds
// no place, and again after this time where it was refused or reached nobody. `drawn`: of its
// stream.
[[nodiscard]] seconds script_wait(const Pool& pool, const Policy& policy, const Bytes16& jitter_key,
                                  std::uint32_t& drawn);
// `interval` spread by the stream's next draw, where the pool's are.
[[nodiscard]] seconds spread(const Pool& pool, seconds interval, const Bytes16& jitter_key,
                             std::uint32_t& drawn);

// The name of a machine's stream of jitter, by which both fidelities draw the same.
[[nodiscard]] Bytes16 jitter_key(std::uint64_t seed, const Pool& pool, std::uint32_t number);

struct RunOptions {
  std::uint64_t seed = 1;
  // Told now and then how far it is, 0 .. 1. May be empty.
  std::function<void(double)> progress{};
  // Asked at each sample, the last one at the end included; true: what is known by now is enough,
  // and the run ends there. May be empty.
  std::function<bool(Instant now, const std::vector<ProductStory>&, const std::vector<KeyTrack>&)>
      enough{};
  // Told of every contact that counted, under the rules alone. May be empty.
  Fleet::Hear hear{};
  // Told at the end of the event log of each host, piece by piece, in full fidelity. May be empty.
  std::function<void(std::size_t host, std::uint32_t epoch, std::string_view piece)> log{};
};
// config_invalid where it has more samples or grows to more machines than are kept.
[[nodiscard]] Expected<Outcome> run_scenario(const Scenario& scenario, const RunOptions& options);

}  // namespace muster::lab
