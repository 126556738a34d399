// From the queue to a durable decision: everything that waits is decided one after the other by
// core and committed in one unit.
#include <map>
#include <unordered_map>

#include "base/digest.h"
#include "base/siphash.h"
#include "service/host_service.h"

namespace muster::service {
namespace {

struct CmidHash {
  Bytes16 key;
  std::size_t operator()(const Cmid& cmid) const { return siphash(key, cmid.bytes); }
};

// The rows of one group that a batch reads and changes.
struct GroupRows {
  explicit GroupRows(const Bytes16& hash_key) : rows(0, CmidHash{hash_key}) {}
  std::vector<Cmid> asked;
  std::unordered_map<Cmid, std::optional<core::Machine>, CmidHash> rows;
};

using Batch = std::span<const std::unique_ptr<Pending>>;
using Groups = std::map<GroupKey, GroupRows>;

// Rule 1 for a key that has expired, or is not valid yet: as if there were none.
void leave_expired(Batch batch, Instant now) {
  for (const auto& pending : batch) {
    if (pending->served != nullptr && !pending->served->key.valid_at(now))
      pending->served = nullptr;
  }
}

Groups groups_of(Batch batch, const Bytes16& hash_key) {
  Groups out;
  for (const auto& pending : batch) {
    if (pending->served == nullptr) continue;
    auto& group = out.try_emplace(pending->served->group, hash_key).first->second;
    const auto& cmid = pending->request.cmid;
    if (group.rows.try_emplace(cmid).second) group.asked.push_back(cmid);
  }
  return out;
}

Expected<void> read_rows(store::Unit& unit, Groups& groups) {
  std::vector<std::optional<core::Machine>> found;
  for (auto& [key, group] : groups) {
    if (auto read = unit.read_machines(key, group.asked, found); !read) return read;
    for (std::size_t i = 0; i < found.size(); ++i) {
      group.rows[group.asked[i]] = std::move(found[i]);
    }
  }
  return {};
}

// New machines are looked up by their facts, too.
Expected<void> expect_facts(store::Unit& unit, Batch batch, const Groups& groups) {
  std::map<GroupKey, std::vector<Bytes16>> facts;
  for (const auto& pending : batch) {
    if (pending->served == nullptr) continue;
    const auto& key = pending->served->group;
    const auto primary = pending->request.facts.primary();
    if (primary && !groups.at(key).rows.at(pending->request.cmid)) facts[key].push_back(*primary);
  }
  for (const auto& [key, primaries] : facts) {
    if (auto read = unit.expect_facts(key, primaries); !read) return read;
  }
  return {};
}

wire::Event event_of(const Pending& pending, Instant now) {
  const auto& request = pending.request;
  const auto& decision = pending.decision;
  wire::Event event;
  event.time = now;
  event.type = "activation";
  event.product = request.product;
  event.cmid = request.cmid;
  event.activated = decision.activated;
  event.client_time = request.time;
  event.state = request.state;
  event.minutes_left = request.minutes_left;
  event.is_virtual = request.is_virtual;
  event.machine = request.facts.primary();
  event.nonce = request.nonce;
  if (decision.error) event.error = entry(*decision.error).name;
  if (pending.served == nullptr) return event;
  event.vendor = pending.served->key.vendor_id;
  event.group = pending.served->key.group;
  event.threshold = pending.served->key.policy.threshold;
  if (decision.counted) {
    event.count = decision.count;
    event.ticket = decision.machine.number;
    if (decision.evidence) event.evidence = name_of(*decision.evidence);
  }
  return event;
}

// The salted hash of a client's name or address; its value goes to the side table where the
// machine's row did not have it.
Bytes16 keep_name(store::Unit& unit, const Hmac& salt, std::string_view value,
                  const Bytes16& before) {
  if (value.empty()) return {};
  const auto hash = wire::hash_name(salt, value);
  if (hash != before) unit.put_name(hash, value);
  return hash;
}

core::Ask ask_of(const Pending& pending, bool some_left) {
  return {.product = pending.request.product,
          .cmid = pending.request.cmid,
          .client_time = pending.request.time,
          .facts = pending.request.facts,
          .shown = pending.shown,
          .nonce = pending.request.nonce,
          .state = pending.request.state,
          .some_left = some_left};
}

struct BatchRun {
  store::Unit& unit;
  Journal& journal;
  const Hmac& name_salt;
  Instant now;
  bool disk_low;
  bool some_left;
  Groups& groups;
  std::uint64_t unserved = 0;
  bool behind = false;  // a machine has shown that this host was restored

  Expected<void> decide(Pending& pending) {
    pending.decided = now;
    if (pending.served == nullptr) {
      // Its event would be all that it leaves: anybody's requests must not fill the disk.
      if (disk_low) return refuse(pending, ErrorCode::disk_low);
      ++unserved;
      pending.decision = core::not_served();
      record(pending, nullptr);
      return {};
    }
    auto& group_rows = groups.at(pending.served->group);
    auto& row = group_rows.rows.at(pending.request.cmid);
    if (!row && disk_low) return refuse(pending, ErrorCode::disk_low);
    const auto& key = pending.served->group;
    std::vector<core::Machine> same_fact;
    const auto primary = pending.request.facts.primary();
    if (!row && primary) {
      if (auto read = unit.read_by_fact(key, *primary, same_fact); !read) return read;
    }
    pending.decision =
        core::decide(unit.group(key), pending.served->key.policy, ask_of(pending, some_left),
                     row ? &*row : nullptr, same_fact, now);
    for (const auto& changed : pending.decision.roll_changed) unit.roll_changed(key, changed);
    if (pending.decision.evidence == core::Evidence::host_behind) {
      behind = true;
      journal.restored(unit, now);
    }
    record(pending, &row);
    return {};
  }

  static Expected<void> refuse(Pending& pending, ErrorCode code) {
    pending.refusal = Error{code};
    return {};
  }

  // The event, and the machine's row with it.
  void record(Pending& pending, std::optional<core::Machine>* row) {
    auto event = event_of(pending, now);
    const core::Machine unknown;
    const auto& before = row != nullptr && *row ? **row : unknown;
    const auto name = keep_name(unit, name_salt, pending.request.name, before.name_hash);
    const auto address = keep_name(unit, name_salt, pending.address, before.address_hash);
    if (!pending.request.name.empty()) event.name = name;
    if (!pending.address.empty()) event.address = address;
    std::optional<GroupKey> key;
    if (pending.served != nullptr) key = pending.served->group;
    pending.place = journal.append(unit, std::move(event), key, before.last_event);
    if (row == nullptr) return;

    auto& machine = pending.decision.machine;
    if (pending.decision.counted) {
      machine.name_hash = name;
      machine.address_hash = address;
      machine.is_virtual = pending.request.is_virtual;
    } else if (*row) {
      machine = **row;  // refreshed in nothing but where its history is found
    } else {
      return;
    }
    machine.last_event = {pending.place.epoch, pending.place.seq};
    unit.put_machine(*key, machine);
    *row = machine;
  }
};

}  // namespace

std::vector<std::unique_ptr<Pending>> HostService::take_queued() {
  std::vector<std::unique_ptr<Pending>> out;
  const std::scoped_lock lock(queue_mutex_);
  const auto count = std::min(queue_.size(), limits_.batch_most);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return out;
}

// Where other hosts were in the way the batch is decided again, on what they have left.
Expected<void> HostService::decide_batch(Batch batch) {
  constexpr int kTries = 5;
  for (int tries = 1;; ++tries) {
    bool in_the_way = false;
    auto outcome = decide_once(batch, in_the_way);
    if (outcome || !in_the_way || tries == kTries) return outcome;
    for (const auto& pending : batch) pending->refusal.reset();
  }
}

Expected<void> HostService::decide_once(Batch batch, bool& in_the_way) {
  auto now = clock_guard_.now();
  leave_expired(batch, now);
  auto groups = groups_of(batch, hash_key_);
  std::vector<GroupKey> names;
  for (const auto& [name, rows] : groups) names.push_back(name);
  auto unit = open_unit(names, {}, now);
  if (!unit) return std::unexpected(unit.error());
  leave_expired(batch, now);  // by another host's clock it may be later

  BatchRun run{**unit, journal_, name_salt_, now, disk_low_, sweep_.some_left(), groups};
  auto outcome = read_rows(**unit, groups);
  if (outcome) outcome = expect_facts(**unit, batch, groups);
  for (std::size_t i = 0; outcome && i < batch.size(); ++i) outcome = run.decide(*batch[i]);
  const auto unserved = unserved_ + run.unserved;
  if (run.unserved > 0) (*unit)->put_setting(kUnservedSetting, std::to_string(unserved));
  if (run.behind) note_behind(**unit);
  if (outcome) outcome = (*unit)->commit();
  if (outcome) {
    committed();
    unserved_ = unserved;
  } else {
    in_the_way = (*unit)->was_in_the_way();
    journal_.roll_back();
  }
  unit->reset();
  if (outcome && run.behind) behind_noted();
  return outcome;
}

std::size_t HostService::run_batch() {
  auto batch = take_queued();
  if (batch.empty()) return 0;
  {
    const std::scoped_lock lock(unit_mutex_);
    look_at_clock();
    Expected<void> outcome;
    if (clock_guard_.suspect()) {
      outcome = fail(ErrorCode::clock_suspect, clock_guard_.reason());
    } else {
      outcome = decide_batch(batch);
      ++figures_.units;
      figures_.unit_requests += batch.size();
      if (!outcome) ++figures_.units_failed;
      if (!outcome) set_store_error(outcome.error());
    }
    if (!outcome) {
      for (auto& pending : batch) pending->refusal = outcome.error();
    }
  }
  for (auto& pending : batch) {
    count_figures(*pending);
    auto done = std::move(pending->done);
    done(std::move(pending));
  }
  copy_some();
  return batch.size();
}

bool HostService::catch_up() {
  const bool copied = copy_some();
  return put_off() || read_again() || copied;
}

// As many as the time since the last look allows: some hundreds at once, so that a request that
// comes meanwhile waits for milliseconds. No unit waits: readers read.
bool HostService::read_again() {
  constexpr std::size_t kAtOnce = 512;
  const std::size_t per_second = again_per_second_;
  const auto now = clock_.monotonic();
  const auto since = now - again_at_.value_or(now - seconds{1});
  const auto grown = per_second * static_cast<std::size_t>(since.count()) / 1000;
  if (grown > 0 || per_second == 0) again_at_ = now;
  again_now_ = std::min(again_now_ + grown, per_second);
  if (again_now_ == 0) return false;
  const auto most = std::min(again_now_, kAtOnce);
  again_now_ -= most;
  // What cannot be read now is read later, and says nothing of the log.
  const bool read = patrol_.walk(most).has_value();
  const std::scoped_lock state(state_mutex_);
  log_standing_ = patrol_.standing();
  return read && again_now_ > 0;
}

bool HostService::put_off() {
  const std::scoped_lock lock(unit_mutex_);
  const auto more = store_.catch_up();
  if (!more) set_store_error(more.error());
  if (more.value_or(true)) return more.value_or(false);
  // Counts are for people: where there is no room for them machines are served all the same, and a
  // later call tries again.
  const bool counted =
      digest_.step(store_, name_salt_, logged(), clock_.monotonic(), clock_guard_.now())
          .value_or(false);
  {
    const std::scoped_lock state(state_mutex_);
    digested_ = digest_.state();
  }
  return counted || let_leave();
}

// What leaves must not be later than what was counted of it; and while the clock is suspect nothing
// is known to be old.
bool HostService::let_leave() {
  if (clock_guard_.suspect()) return false;
  const SweepHost host{
      .store = store_,
      .now = clock_guard_.now(),
      .monotonic = clock_.monotonic(),
      .counted = digest_.state(),
      .log_wrong = log_standing().wrong.has_value(),
      .in_unit =
          [this](std::span<const GroupKey> groups, const UnitWork& work) {
            // Where there is no room to let somebody leave, machines are served all the same.
            bool failed = false;
            return try_unit(groups, {}, work, failed);
          },
      .pools_left = [this] { return digest_.load_pools(store_); },
  };
  return sweep_.step(host);
}

void HostService::count_figures(const Pending& pending) {
  const auto& decision = pending.decision;
  if (pending.refusal || !decision.activated) {
    const auto code = decision.error.value_or(ErrorCode::internal);
    figures_.count_refusal(pending.refusal ? pending.refusal->code : code);
  } else {
    ++figures_.activated;
  }
  if (pending.refusal || !decision.counted) return;
  const auto evidence = decision.evidence;
  ++figures_.evidence[evidence ? static_cast<std::size_t>(*evidence) : 0];
}

}  // namespace muster::service
