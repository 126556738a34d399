// The host without its process: bytes in, bytes out, no socket, no thread, no file. The process
// (host/) moves bytes and runs the threads; the lab does the same in simulated time.
//
// Threads: decode(), submit(), finish() and the readers may be called from any thread. run_batch(),
// tick() and the acts are serialised by a lock inside.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/random.h"
#include "service/admission.h"
#include "service/chain_patrol.h"
#include "service/clock_guard.h"
#include "service/digest.h"
#include "service/journal.h"
#include "service/keyring.h"
#include "service/mak_ring.h"
#include "service/peaks.h"
#include "service/pending.h"
#include "service/request_rate.h"
#include "service/sweep.h"
#include "service/token_uses.h"
#include "store/store.h"

namespace muster::service {

struct Limits {
  Rates rates;
  std::size_t queue_most = 20'000;  // requests that wait for the next unit; more get host_full
  std::size_t batch_most = 512;     // requests in one unit
  double disk_low = 0.10;           // free part under which machines never seen wait
  minutes clock_skew{240};          // a wall clock jump that is suspect
  Keep keep{};                      // how long what is silent, or past, is kept
};

// The setting that keeps HostService::unserved().
inline constexpr std::string_view kUnservedSetting = "unserved_requests";

// Who did an administrative act: "token:3f2a", "socket:0" ("socket:" and the user id), "host".
using Actor = std::string_view;

// Where the document of a multiple activation key is kept.
[[nodiscard]] std::string mak_setting(const MakId& key);

class HostService {
 public:
  // Reads keys, ticket key, salt and chain head from the store, makes what is not there yet.
  // `store`, `clock` and `random` must outlive the service; `random` must be thread-safe.
  [[nodiscard]] static Expected<std::unique_ptr<HostService>> open(store::Store& store,
                                                                   Clock& clock, Random& random,
                                                                   wire::PrivateKey host_key,
                                                                   const Limits& limits);

  // ---- the life of a request
  // Decodes and admits; an error already is the whole answer. `local`: this machine itself asks.
  [[nodiscard]] std::expected<std::unique_ptr<Pending>, Reply> decode(std::string_view body,
                                                                      std::string_view address,
                                                                      bool local);
  // Queues it for the next unit, and wakes nobody: whoever queues calls wake() after the last that
  // he has. Where the host is full, stopping, or not ready, returns the answer
  // instead (503 with a jittered Retry-After) and `pending` is dropped without calling done.
  [[nodiscard]] std::optional<Reply> submit(std::unique_ptr<Pending> pending);
  // Decides everything that is queued (up to batch_most) in one unit and commits; then calls each
  // one's done. Returns how many. A commit that fails refuses them all with store_unavailable.
  std::size_t run_batch();
  // Does a part of what the store has put off, or counts some events (digest.h), or lets some leave
  // that were kept long enough (sweep.h), or reads some of the log again (chain_patrol.h), some
  // milliseconds; true: there may be more. To be called while nothing is queued, by one thread.
  bool catch_up();
  // Blocks until `most` has passed or wake() was called; not at all where something is queued.
  void wait_for_work(std::chrono::milliseconds most);
  void wake();
  // Signs and encodes. One signer per thread (host_signer()).
  [[nodiscard]] Reply finish(const Pending& pending, wire::Signer& signer);
  // The same with the spread of `retry_after` drawn from `jitter`: the lab draws each machine's
  // from a stream of its own.
  [[nodiscard]] Reply finish(const Pending& pending, wire::Signer& signer, Random& jitter);
  [[nodiscard]] std::unique_ptr<wire::Signer> host_signer() const { return host_key_.signer(); }

  // ---- time and health
  // At least once every 10 s: clock, checkpoint by age, uses of tokens, free disk, and a try to
  // store after a failure.
  void tick();
  // Nothing: ready. Otherwise why not (store_unavailable, clock_suspect, stopping).
  [[nodiscard]] std::optional<Error> not_ready() const;
  [[nodiscard]] Instant now() const;  // the rules' time
  void stop_accepting() { stopping_ = true; }

  // ---- acts; each is one event with who did it, in one unit with what it changes
  [[nodiscard]] Expected<void> start(std::string_view version);
  [[nodiscard]] Expected<void> stop();  // the stop event and a last checkpoint
  // Installs the documents of a host's key file: of every product the newest wins, the rolls stay.
  // Returns those that were taken. Where none was: host_key_expired (a key that is not valid now
  // never replaces another), conflict (the host holds newer ones); nothing is logged then.
  [[nodiscard]] Expected<std::vector<wire::HostKey>> install_keys(std::string_view file,
                                                                  Actor actor);
  [[nodiscard]] Expected<void> confirm_clock(Actor actor);
  // Any other act: changes settings (name, value; an empty value removes) and logs `type` with
  // `detail`, a JSON object as text.
  [[nodiscard]] Expected<void> act(
      std::string_view type, std::string_view detail, Actor actor,
      const std::vector<std::pair<std::string, std::string>>& settings);
  // The store was put back from an older state, and nothing was served since: the log goes on in a
  // new epoch, and no key sells a new place until it is reconciled, as after the first request that
  // shows it (host_behind).
  [[nodiscard]] Expected<void> go_on_restored(Actor actor);
  // Changes settings that are nobody's act: what was sent, how far. No event.
  [[nodiscard]] Expected<void> put_settings(
      const std::vector<std::pair<std::string, std::string>>& settings);

  // ---- a copy of the store (store/copy.h), with the host's key as its paper "host.key"
  struct Backup {
    enum class Stage : std::uint8_t { none, begun, made, failed };
    Stage stage = Stage::none;  // of the last one that was begun since the start
    store::StoreCopy::Progress progress;
    std::optional<Error> error;  // of one that failed
  };
  // Whoever calls run_batch() and catch_up() makes it, a step after each unit. conflict where one
  // is under way, or where the store is no file; disk_low, then also in the middle of it.
  [[nodiscard]] Expected<void> begin_backup(Actor actor);
  [[nodiscard]] Backup backup() const;

  // ---- the ledger (mak_activate.h, mak_acts.h), beside the batches of ordinary requests
  // Runs `work` in one unit on these keys and commits. Where the work or the commit fails nothing
  // is left of it. clock_suspect, store_unavailable, and what the work says. Waits for units: not
  // from an io thread.
  [[nodiscard]] Expected<void> in_unit(std::span<const MakId> keys, const UnitWork& work);
  // The same on every group: what it does is done between other hosts' units.
  [[nodiscard]] Expected<void> in_unit_of_all(const UnitWork& work);
  // Which ledger this is: made with the database.
  [[nodiscard]] const Bytes16& ledger() const { return ledger_; }
  [[nodiscard]] std::shared_ptr<const MakRing> maks() const;
  void add_to_ring(MakRing::Entry entry);
  // Too many requests of this address, or of this CMID: the whole answer, counted by nobody.
  [[nodiscard]] std::optional<Error> too_many(std::string_view address, bool local, seconds& wait);
  [[nodiscard]] std::optional<Error> too_many(const Cmid& cmid, bool local, seconds& wait);
  // The answer of one that is sent away: when to come again is spread.
  [[nodiscard]] Reply sent_away(const Error& error, seconds least = seconds{0});

  // ---- for readers
  [[nodiscard]] std::shared_ptr<const Keyring> keys() const;
  [[nodiscard]] store::Store& store() { return store_; }
  [[nodiscard]] Clock& clock() { return clock_; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] const wire::PublicKey& host_public_key() const { return host_key_.public_key(); }
  [[nodiscard]] const Limits& limits() const { return limits_; }
  [[nodiscard]] TokenUses& token_uses() { return token_uses_; }
  // The newest event that is durable; number 0: none yet in this epoch. Reads no store.
  [[nodiscard]] core::EventPlace logged() const;
  [[nodiscard]] RequestRate::Figures request_rate() const;
  // The same of a group, whose counter stands at `total` now; of hosts that share a store all.
  [[nodiscard]] RequestRate::Figures request_rate(const GroupKey& group, std::uint64_t total) const;
  // How far the log has been counted and checked.
  [[nodiscard]] DigestState digested() const;
  // So many events a second are read again from now on, as far as nobody asks; 0: none, as before
  // the first call.
  void read_log_again(std::uint32_t per_second) { again_per_second_ = per_second; }
  // What that has found of the log. While something is wrong nothing of it leaves.
  [[nodiscard]] core::AlertFigures::Log log_standing() const;
  [[nodiscard]] const Peaks& peaks() const { return peaks_; }
  // The salt of names, and of pools' ids.
  [[nodiscard]] const Hmac& name_salt() const { return name_salt_; }

  // What has happened since the start, for /metrics. Monotonic.
  struct Figures {
    // What a request may be refused with; anything else counts as the last.
    static constexpr std::array kRefusals{ErrorCode::count_insufficient,
                                          ErrorCode::over_licensed,
                                          ErrorCode::clock_skew,
                                          ErrorCode::product_not_served,
                                          ErrorCode::malformed_request,
                                          ErrorCode::repeated_member,
                                          ErrorCode::too_many_requests,
                                          ErrorCode::host_full,
                                          ErrorCode::disk_low,
                                          ErrorCode::store_unavailable,
                                          ErrorCode::clock_suspect,
                                          ErrorCode::stopping,
                                          ErrorCode::internal};
    // Every request is one of these, once.
    std::atomic<std::uint64_t> activated{0};
    std::array<std::atomic<std::uint64_t>, kRefusals.size()> refused{};
    void count_refusal(ErrorCode code);
    // REQUIRES: one of kRefusals.
    [[nodiscard]] std::uint64_t refused_with(ErrorCode code) const;
    // All of them, those by multiple activation keys included.
    [[nodiscard]] std::uint64_t requests() const;
    // Of requests by a multiple activation key: those that were given a place or had theirs, those
    // that a rule refused, and those that were not decided.
    std::atomic<std::uint64_t> mak_activated{0}, mak_refused{0}, mak_sent_away{0};

    std::atomic<std::uint64_t> units{0}, unit_requests{0}, units_failed{0};
    std::array<std::atomic<std::uint64_t>, core::kEvidences + 1>
        evidence{};  // of counted requests, by Evidence; [0]: none
  };
  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] Figures& figures_to_count() { return figures_; }
  [[nodiscard]] std::size_t queued() const;
  // Requests that no key served, which are in no group's counters, since the database was made.
  [[nodiscard]] std::uint64_t unserved() const { return unserved_; }

 private:
  HostService(store::Store& store, Clock& clock, Random& random, wire::PrivateKey host_key,
              const Limits& limits, const store::ChainHead& head);
  [[nodiscard]] Expected<void> read_settings();
  [[nodiscard]] Expected<Bytes32> secret(std::string_view name);
  // Every unit but those of settings begins here. `now` is raised to the unit's newest time.
  [[nodiscard]] Expected<std::unique_ptr<store::Unit>> open_unit(std::span<const GroupKey> groups,
                                                                 std::span<const MakId> keys,
                                                                 Instant& now);
  [[nodiscard]] Expected<void> commit_act(
      wire::Event event, const std::vector<std::pair<std::string, std::string>>& settings);
  [[nodiscard]] std::vector<std::unique_ptr<Pending>> take_queued();
  [[nodiscard]] Expected<void> decide_batch(std::span<const std::unique_ptr<Pending>> batch);
  // After a failure `in_the_way` says that another try in a new unit is worth while.
  [[nodiscard]] Expected<void> decide_once(std::span<const std::unique_ptr<Pending>> batch,
                                           bool& in_the_way);
  void count_figures(const Pending& pending);
  [[nodiscard]] Expected<void> read_clock();
  void look_at_clock();
  void publish_clock();
  [[nodiscard]] bool probe_due(double free_part, std::chrono::milliseconds monotonic) const;
  void committed();
  // sent_away(), and counted.
  [[nodiscard]] Reply refuse(const Error& error, seconds least = seconds{0});
  [[nodiscard]] Expected<void> read_ledger();
  [[nodiscard]] Expected<void> one_unit(std::span<const GroupKey> groups,
                                        std::span<const MakId> keys, const UnitWork& work);
  // The same; `failed`: the store has, and not the work.
  [[nodiscard]] Expected<void> try_unit(std::span<const GroupKey> groups,
                                        std::span<const MakId> keys, const UnitWork& work,
                                        bool& failed);
  // True: a copy is under way, and there is more of it.
  bool copy_some();
  [[nodiscard]] bool put_off();
  [[nodiscard]] bool let_leave();
  [[nodiscard]] bool read_again();
  [[nodiscard]] Expected<void> mark_keys_behind();
  // Multiple activation keys that other hosts of the store have added, and what they have sold.
  // Where the store cannot be read the ring stays as it is.
  void follow_keys();
  void look_at_rates();
  // A machine has shown that this host was restored: in the unit, and after its commit.
  void note_behind(store::Unit& unit);
  void behind_noted();
  void set_store_error(const std::optional<Error>& error);

  store::Store& store_;
  Clock& clock_;
  Random& random_;
  BlockRandom jitter_{random_};
  wire::PrivateKey host_key_;
  Limits limits_;
  Hmac ticket_key_{Bytes32{}};
  Hmac name_salt_{Bytes32{}};
  Bytes16 hash_key_{};  // of tables that live as long as a unit
  Bytes16 ledger_{};
  Admission admission_;
  TokenUses token_uses_;
  Figures figures_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> disk_low_{false};
  std::atomic<bool> copies_{false};  // copy_ is there
  std::atomic<std::uint32_t> again_per_second_{0};
  std::atomic<std::uint64_t> unserved_{0};
  ChainPatrol patrol_;         // this and the next two are of the thread that calls catch_up()
  std::size_t again_now_ = 0;  // events that may be read again by now
  std::optional<std::chrono::milliseconds> again_at_;
  RequestRate rate_;
  mutable std::mutex rates_mutex_;  // guards the next two
  std::map<GroupKey, RequestRate> group_rates_;
  std::optional<std::chrono::milliseconds> rates_at_;  // when they were looked at

  mutable std::mutex unit_mutex_;  // guards the next eleven and every unit of the store
  Journal journal_;
  ClockGuard clock_guard_;
  bool suspect_logged_ = false;            // and a restart will know of it
  std::chrono::milliseconds stored_at_{};  // the last commit, monotonic
  Instant opened_{};
  Instant restored_before_{};
  bool keys_to_mark_ = false;  // as behind, before anything is sold
  Digest digest_;
  Sweep sweep_;
  Peaks peaks_;
  std::unique_ptr<store::StoreCopy> copy_;

  mutable std::mutex state_mutex_;  // guards the next nine; never held during a unit
  core::EventPlace logged_;
  std::shared_ptr<const Keyring> keys_;
  std::shared_ptr<const MakRing> maks_ = std::make_shared<const MakRing>();
  std::optional<Error> store_error_;
  std::optional<Error> clock_error_;
  Instant rules_now_{};
  DigestState digested_;
  core::AlertFigures::Log log_standing_;
  Backup backup_;

  mutable std::mutex queue_mutex_;
  std::condition_variable queue_filled_;
  std::deque<std::unique_ptr<Pending>> queue_;
  bool woken_ = false;
};

}  // namespace muster::service
