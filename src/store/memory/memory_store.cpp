#include "store/memory/memory_store.h"

#include <cassert>
#include <mutex>
#include <tuple>

#include "store/chain.h"
#include "store/group_book.h"
#include "store/list_order.h"
#include "store/memory/memory_data.h"

namespace muster::store {
namespace {

using namespace memory;

// What stands after a place, up to a page.
template <class Place, class Value>
std::vector<Value> after_place(const std::map<Place, Value>& rows, Place after, std::size_t most) {
  std::vector<Value> out;
  for (auto at = rows.upper_bound(after); at != rows.end() && out.size() < page_size(most); ++at) {
    out.push_back(at->second);
  }
  return out;
}

class MemoryStore;

class MemoryUnit final : public Unit {
 public:
  MemoryUnit(MemoryStore& store, std::span<const GroupKey> keys);
  ~MemoryUnit() override;

  core::Group& group(const GroupKey& key) override;
  Instant newest() const override { return head_.time; }
  void roll_changed(const GroupKey& key, const core::RollKey& entry) override;
  Expected<void> read_machines(const GroupKey& key, std::span<const Cmid> cmids,
                               std::vector<std::optional<core::Machine>>& out) override;
  Expected<void> read_by_fact(const GroupKey& key, const Bytes16& primary,
                              std::vector<core::Machine>& out) override;
  void put_machine(const GroupKey& key, const core::Machine& machine) override;
  void append(EventRow row) override;
  void append(CheckpointRow row) override;
  void put_name(const Bytes16& hash, std::string_view value) override {
    names_.try_emplace(hash, value);
  }
  void put_setting(std::string_view name, std::string_view value) override {
    settings_.insert_or_assign(std::string(name), std::string(value));
  }
  void keep_setting(std::string_view name, std::string_view value) override;
  Expected<std::optional<core::KeyRecord>> read_key(const MakId& key) override;
  Expected<void> read_places(const MakId& key, const Cmid& cmid, const Facts& facts,
                             std::vector<core::KeyPlace>& out) override;
  Expected<std::optional<core::KeyPlace>> read_place(const MakId& key,
                                                     std::uint32_t number) override;
  Expected<void> read_released(const MakId& key, std::size_t most,
                               std::vector<core::KeyPlace>& out) override;
  Expected<void> put_key(const MakId& key, const core::KeyRecord& record) override;
  Expected<void> put_place(const MakId& key, const core::KeyPlace& place) override;
  Expected<std::optional<PoolRow>> read_pool(const PoolKey& key) override;
  Expected<void> put_pool(const PoolRow& row) override {
    pools_.insert_or_assign(row.key, row);
    return {};
  }
  Expected<void> forget_pool(const PoolKey& key) override {
    pools_.insert_or_assign(key, std::nullopt);
    return {};
  }
  Expected<std::size_t> forget_machines(const GroupKey& key, std::int64_t before_day,
                                        std::size_t most) override;
  Expected<bool> forget_events(EventPlace last, std::size_t most) override;
  Expected<bool> forget_name(const Bytes16& hash, std::string_view, std::size_t) override {
    names_.erase(hash);
    forgotten_names_.insert(hash);
    return false;
  }
  Expected<void> count_once(const UsageKey& key, const Bytes16& machine) override {
    counted_[key].insert(machine);
    return {};
  }
  Expected<bool> forget_members(std::int32_t before_month, std::size_t) override {
    forget_before_ = std::max(forget_before_, before_month);
    return false;
  }
  Expected<void> commit() override;

 private:
  void commit_tally();
  void commit_forgotten();
  [[nodiscard]] const KeyData& key_data(const MakId& key) const;
  [[nodiscard]] KeyData& own_key_data(const MakId& key);
  void commit_groups();
  void commit_rows();

  MemoryStore& store_;
  std::map<GroupKey, Rows> put_;  // every key of the unit is in it
  std::vector<EventRow> events_;
  std::vector<CheckpointRow> checkpoints_;
  std::map<Bytes16, std::string> names_;
  std::map<std::string, std::string, std::less<>> settings_;
  Keys keys_;                                        // those that the unit has changed, whole
  std::map<PoolKey, std::optional<PoolRow>> pools_;  // none: forgotten
  std::map<UsageKey, std::set<Bytes16>> counted_;
  std::map<GroupKey, std::vector<Cmid>> forgotten_;
  std::set<Bytes16> forgotten_names_;
  std::vector<EventPlace> forgotten_events_;
  EventPlace checkpoints_from_{};  // those before it are forgotten
  std::int32_t forget_before_ = 0;
  std::uint64_t next_made_;
  ChainHead head_;
  Expected<void> chain_{};  // the first row that did not follow
};

class MemoryStore final : public Store {
 public:
  MemoryStore(const Bytes16& hash_key, std::shared_ptr<MemoryFaults> faults)
      : book(hash_key), faults_(std::move(faults)) {}

  Expected<std::unique_ptr<Unit>> open(std::span<const GroupKey> groups,
                                       std::span<const MakId>) override {
    assert(!unit_lives);
    return std::make_unique<MemoryUnit>(*this, groups);
  }
  Expected<bool> catch_up() override { return false; }
  Expected<ChainHead> chain_head() override {
    const std::lock_guard lock(mutex);
    return data.head;
  }
  Expected<std::vector<GroupKey>> groups() override {
    throw_if_asked();
    return book.groups();
  }
  Expected<bool> look(const GroupKey& key,
                      const std::function<void(const core::Group&)>& look) override {
    return book.look(key, look);
  }
  Expected<std::optional<core::Machine>> machine(const GroupKey& key, const Cmid& cmid) override {
    const std::lock_guard lock(mutex);
    return find(key, cmid);
  }
  Expected<std::vector<std::pair<GroupKey, core::Machine>>> machines_of(const Cmid& cmid) override {
    const std::lock_guard lock(mutex);
    std::vector<std::pair<GroupKey, core::Machine>> out;
    for (const auto& [key, machines] : data.machines) {
      if (auto row = find(key, cmid)) out.emplace_back(key, std::move(*row));
    }
    return out;
  }
  Expected<std::vector<core::Machine>> machines_by_fact(const GroupKey& key,
                                                        const Bytes16& primary) override {
    const std::lock_guard lock(mutex);
    return most_recently_heard(rows_of_fact(machines_of_group(data, key), primary, {}));
  }
  Expected<MachinePage> machines(const GroupKey& key, std::optional<Cmid> after,
                                 std::size_t most) override;
  Expected<ListPage> listed(const GroupKey& key, ListOrder order, std::string_view prefix,
                            const std::optional<ListPlace>& after, std::size_t most) override;
  Expected<std::vector<EventRow>> events(EventPlace after, std::size_t most) override {
    throw_if_asked();
    before_events();
    const std::lock_guard lock(mutex);
    return after_place(data.events, after, most);
  }
  Expected<std::vector<EventRow>> events_before(EventPlace before, std::size_t most) override {
    before_events();
    const std::lock_guard lock(mutex);
    std::vector<EventRow> out;
    for (auto at = data.events.lower_bound(before);
         at != data.events.begin() && out.size() < page_size(most);) {
      out.push_back((--at)->second);
    }
    return out;
  }
  Expected<std::optional<EventRow>> event(EventPlace place) override {
    const std::lock_guard lock(mutex);
    const auto at = data.events.find(place);
    return at == data.events.end() ? std::nullopt : std::optional(at->second);
  }
  Expected<std::vector<CheckpointRow>> checkpoints(EventPlace after, std::size_t most) override {
    const std::lock_guard lock(mutex);
    return after_place(data.checkpoints, after, most);
  }
  Expected<std::optional<std::string>> name(const Bytes16& hash) override {
    const std::lock_guard lock(mutex);
    const auto at = data.names.find(hash);
    return at == data.names.end() ? std::nullopt : std::optional(at->second);
  }
  Expected<std::optional<std::string>> setting(std::string_view name) override {
    const std::lock_guard lock(mutex);
    const auto at = data.settings.find(name);
    return at == data.settings.end() ? std::nullopt : std::optional(at->second);
  }
  Expected<std::vector<std::pair<std::string, std::string>>> settings(
      std::string_view prefix) override;
  Expected<std::vector<std::pair<MakId, core::KeyRecord>>> keys() override;
  Expected<std::vector<core::KeyPlace>> places(const MakId& key, std::uint32_t after) override;
  Expected<std::vector<PoolRow>> pools(const std::optional<PoolKey>& after,
                                       std::size_t most) override {
    const std::lock_guard lock(mutex);
    // No kind of evidence is 0, so no key is as small.
    return after_place(data.pools, after.value_or(PoolKey{}), most);
  }
  Expected<std::vector<UsageRow>> usage(std::int32_t from_month, std::int32_t to_month) override;
  double free_part() override { return faults_ ? faults_->free_part.load() : 1.0; }
  Expected<std::unique_ptr<StoreCopy>> begin_copy(const Papers&) override { return no_file(); }

  [[nodiscard]] bool disk_full() const { return faults_ && faults_->disk_full; }

  mutable std::mutex mutex;  // guards data; no shared one, whose readers can starve a unit
  Data data;
  GroupBook book;
  bool unit_lives = false;

 private:
  void throw_if_asked() const {
    if (faults_ && faults_->reads_throw) throw std::bad_alloc();
  }
  void before_events() const {
    if (faults_ && faults_->before_events) faults_->before_events();
  }
  // REQUIRES: mutex is held.
  [[nodiscard]] std::optional<core::Machine> find(const GroupKey& key, const Cmid& cmid) const {
    const auto& rows = machines_of_group(data, key).rows;
    const auto at = rows.find(cmid);
    return at == rows.end() ? std::nullopt : std::optional(at->second.machine);
  }

  std::shared_ptr<MemoryFaults> faults_;
};

Expected<MachinePage> MemoryStore::machines(const GroupKey& key, std::optional<Cmid> after,
                                            std::size_t most) {
  const std::lock_guard lock(mutex);
  const auto& rows = machines_of_group(data, key).rows;
  MachinePage out;
  auto at = after ? rows.upper_bound(*after) : rows.begin();
  for (; at != rows.end() && out.machines.size() < page_size(most); ++at) {
    out.machines.push_back(at->second.machine);
  }
  if (at != rows.end()) out.next = out.machines.back().cmid;
  return out;
}

// Every call puts all of them in order, which a store for tests and the lab may.
Expected<ListPage> MemoryStore::listed(const GroupKey& key, ListOrder order,
                                       std::string_view prefix,
                                       const std::optional<ListPlace>& after, std::size_t most) {
  using Key = std::tuple<std::string, std::int64_t, std::uint64_t>;
  const std::lock_guard lock(mutex);
  std::map<Key, const core::Machine*> sorted;
  for (const auto& [cmid, row] : machines_of_group(data, key).rows) {
    if (!is_by_name(order)) {
      sorted.emplace(Key("", listed_day(row.machine.last_seen), row.made), &row.machine);
      continue;
    }
    const auto at = data.names.find(row.machine.name_hash);
    auto name = listed_name(at == data.names.end() ? "" : at->second);
    if (name.starts_with(prefix)) sorted.emplace(Key(std::move(name), 0, row.made), &row.machine);
  }
  std::vector<std::pair<Key, const core::Machine*>> rows(sorted.begin(), sorted.end());
  if (is_down(order)) std::ranges::reverse(rows);
  const Key from = after ? Key(after->name, after->day, after->made) : Key();
  ListPage out;
  for (const auto& [place, machine] : rows) {
    if (after && (is_down(order) ? place >= from : place <= from)) continue;
    out.more = out.machines.size() == page_size(most);
    if (out.more) break;
    const auto& [name, day, made] = place;
    out.machines.push_back({*machine, {name, day, made}});
  }
  return out;
}

Expected<std::vector<std::pair<std::string, std::string>>> MemoryStore::settings(
    std::string_view prefix) {
  const std::lock_guard lock(mutex);
  std::vector<std::pair<std::string, std::string>> out;
  for (auto at = data.settings.lower_bound(prefix); at != data.settings.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    out.emplace_back(*at);
  }
  return out;
}

Expected<std::vector<std::pair<MakId, core::KeyRecord>>> MemoryStore::keys() {
  throw_if_asked();
  const std::lock_guard lock(mutex);
  std::vector<std::pair<MakId, core::KeyRecord>> out;
  for (const auto& [key, kept] : data.keys) out.emplace_back(key, kept.record);
  return out;
}

Expected<std::vector<core::KeyPlace>> MemoryStore::places(const MakId& key, std::uint32_t after) {
  const std::lock_guard lock(mutex);
  std::vector<core::KeyPlace> out;
  const auto kept = data.keys.find(key);
  if (kept == data.keys.end()) return out;
  const auto& places = kept->second.places;
  for (auto at = places.upper_bound(after); at != places.end() && out.size() < kPlacesPage; ++at) {
    out.push_back(at->second);
  }
  return out;
}

Expected<std::vector<UsageRow>> MemoryStore::usage(std::int32_t from_month, std::int32_t to_month) {
  const std::lock_guard lock(mutex);
  std::vector<UsageRow> out;
  for (const auto& [key, usage] : data.usage) {
    if (key.month >= from_month && key.month <= to_month) out.push_back({key, usage.machines});
  }
  return out;
}

// Only a unit changes `data`, so it reads without the lock.
MemoryUnit::MemoryUnit(MemoryStore& store, std::span<const GroupKey> keys)
    : store_(store), next_made_(store.data.next_made), head_(store.data.head) {
  store_.unit_lives = true;
  for (const auto& key : keys) {
    put_[key];
    store_.book.make(key);
  }
}

MemoryUnit::~MemoryUnit() {
  store_.book.restore();
  store_.unit_lives = false;
}

core::Group& MemoryUnit::group(const GroupKey& key) {
  assert(put_.contains(key));
  return store_.book.working(key);
}

void MemoryUnit::roll_changed(const GroupKey& key, const core::RollKey& entry) {
  assert(put_.contains(key));
  store_.book.roll_changed(key, entry);
}

Expected<void> MemoryUnit::read_machines(const GroupKey& key, std::span<const Cmid> cmids,
                                         std::vector<std::optional<core::Machine>>& out) {
  const auto& put = put_.at(key);
  const auto& rows = machines_of_group(store_.data, key).rows;
  out.clear();
  for (const auto& cmid : cmids) {
    if (const auto mine = put.find(cmid); mine != put.end()) {
      out.emplace_back(mine->second.machine);
    } else if (const auto at = rows.find(cmid); at != rows.end()) {
      out.emplace_back(at->second.machine);
    } else {
      out.emplace_back(std::nullopt);
    }
  }
  return {};
}

Expected<void> MemoryUnit::read_by_fact(const GroupKey& key, const Bytes16& primary,
                                        std::vector<core::Machine>& out) {
  out =
      most_recently_heard(rows_of_fact(machines_of_group(store_.data, key), primary, put_.at(key)));
  return {};
}

void MemoryUnit::put_machine(const GroupKey& key, const core::Machine& machine) {
  auto& put = put_.at(key);
  if (const auto mine = put.find(machine.cmid); mine != put.end()) {
    mine->second.machine = machine;
    return;
  }
  const auto& rows = machines_of_group(store_.data, key).rows;
  const auto at = rows.find(machine.cmid);
  put.emplace(machine.cmid, Row{machine, at != rows.end() ? at->second.made : next_made_++});
}

void MemoryUnit::keep_setting(std::string_view name, std::string_view value) {
  const auto put = settings_.find(name);
  const bool is_there =
      put != settings_.end() ? !put->second.empty() : store_.data.settings.contains(name);
  if (!is_there) put_setting(name, value);
}

const KeyData& MemoryUnit::key_data(const MakId& key) const {
  static const KeyData none;
  if (const auto mine = keys_.find(key); mine != keys_.end()) return mine->second;
  const auto at = store_.data.keys.find(key);
  return at == store_.data.keys.end() ? none : at->second;
}

KeyData& MemoryUnit::own_key_data(const MakId& key) {
  return keys_.try_emplace(key, key_data(key)).first->second;
}

Expected<std::optional<core::KeyRecord>> MemoryUnit::read_key(const MakId& key) {
  if (!keys_.contains(key) && !store_.data.keys.contains(key)) return std::nullopt;
  return key_data(key).record;
}

Expected<void> MemoryUnit::read_places(const MakId& key, const Cmid& cmid, const Facts& facts,
                                       std::vector<core::KeyPlace>& out) {
  const auto& places = key_data(key).places;
  std::map<std::uint32_t, const core::KeyPlace*> near;
  const auto take = [&](const auto& fits) {
    auto left = kPlacesNear;
    for (auto at = places.rbegin(); at != places.rend() && left > 0; ++at) {
      if (at->second.released || !fits(at->second)) continue;
      near.emplace(at->first, &at->second);
      --left;
    }
  };
  take([&](const core::KeyPlace& place) { return place.cmid == cmid; });
  for (const auto& fact : facts) {
    take([&](const core::KeyPlace& place) {
      return std::ranges::find(place.facts, fact.value, &Fact::value) != place.facts.end();
    });
  }
  out.clear();
  for (const auto& [number, place] : near) out.push_back(*place);
  return {};
}

Expected<std::optional<core::KeyPlace>> MemoryUnit::read_place(const MakId& key,
                                                               std::uint32_t number) {
  const auto& places = key_data(key).places;
  const auto at = places.find(number);
  return at == places.end() ? std::nullopt : std::optional(at->second);
}

Expected<void> MemoryUnit::read_released(const MakId& key, std::size_t most,
                                         std::vector<core::KeyPlace>& out) {
  out.clear();
  for (const auto& [number, place] : key_data(key).places) {
    if (place.released) out.push_back(place);
  }
  std::ranges::sort(out, {}, [](const core::KeyPlace& place) {
    return std::pair(*place.released, place.number);
  });
  if (out.size() > most) out.resize(most);
  return {};
}

Expected<void> MemoryUnit::put_key(const MakId& key, const core::KeyRecord& record) {
  own_key_data(key).record = record;
  return {};
}

Expected<void> MemoryUnit::put_place(const MakId& key, const core::KeyPlace& place) {
  own_key_data(key).places.insert_or_assign(place.number, place);
  return {};
}

Expected<std::optional<PoolRow>> MemoryUnit::read_pool(const PoolKey& key) {
  if (const auto mine = pools_.find(key); mine != pools_.end()) return mine->second;
  const auto at = store_.data.pools.find(key);
  return at == store_.data.pools.end() ? std::nullopt : std::optional(at->second);
}

void MemoryUnit::append(EventRow row) {
  assert(!row.group || put_.contains(*row.group));
  if (chain_) chain_ = follow(head_, row);
  events_.push_back(std::move(row));
}

void MemoryUnit::append(CheckpointRow row) {
  if (chain_) chain_ = follow(head_, row);
  checkpoints_.push_back(std::move(row));
}

// Looks at all of them, which a store for tests and the lab may.
Expected<std::size_t> MemoryUnit::forget_machines(const GroupKey& key, std::int64_t before_day,
                                                  std::size_t most) {
  assert(put_.at(key).empty() && !forgotten_.contains(key));
  auto& gone = forgotten_[key];
  for (const auto& [cmid, row] : machines_of_group(store_.data, key).rows) {
    if (gone.size() == most) break;
    if (listed_day(row.machine.last_seen) >= before_day) continue;
    gone.push_back(cmid);
    store_.book.forget(key, row.machine);
  }
  return gone.size();
}

Expected<bool> MemoryUnit::forget_events(EventPlace last, std::size_t most) {
  for (const auto& [place, row] : store_.data.events) {
    if (place > last) break;
    if (forgotten_events_.size() == most) return true;
    forgotten_events_.push_back(place);
  }
  checkpoints_from_ = last;
  return false;
}

void MemoryUnit::commit_forgotten() {
  auto& data = store_.data;
  for (const auto& [key, gone] : forgotten_) {
    for (const auto& cmid : gone) data.machines.at(key).forget(cmid);
  }
  for (const auto& hash : forgotten_names_) data.names.erase(hash);
  for (const auto& place : forgotten_events_) data.events.erase(place);
  data.checkpoints.erase(data.checkpoints.begin(), data.checkpoints.lower_bound(checkpoints_from_));
}

void MemoryUnit::commit_groups() {
  std::map<GroupKey, GroupDelta> deltas;
  std::map<GroupKey, std::vector<MachineChange>> changes;
  for (const auto& [key, put] : put_) {
    deltas.emplace(key, store_.book.delta(key));
    const auto& rows = machines_of_group(store_.data, key).rows;
    for (const auto& [cmid, row] : put) {
      const auto at = rows.find(cmid);
      changes[key].push_back({at != rows.end() ? &at->second.machine : nullptr, &row.machine});
    }
  }
  for (const auto& [key, gone] : forgotten_) {
    const auto& rows = machines_of_group(store_.data, key).rows;
    for (const auto& cmid : gone) changes[key].push_back({&rows.at(cmid).machine, nullptr});
  }
  store_.book.commit(deltas, changes);
}

void MemoryUnit::commit_rows() {
  auto& data = store_.data;
  for (const auto& [key, put] : put_) {
    auto& machines = data.machines[key];
    for (const auto& [cmid, row] : put) machines.put(row);
  }
  data.next_made = next_made_;
  for (auto& row : events_) data.events.emplace(row.place, std::move(row));
  for (auto& row : checkpoints_) data.checkpoints.emplace(row.place, std::move(row));
  data.names.merge(names_);
  for (auto& [key, kept] : keys_) data.keys.insert_or_assign(key, std::move(kept));
  for (auto& [name, value] : settings_) {
    if (value.empty()) {
      data.settings.erase(name);
    } else {
      data.settings.insert_or_assign(name, std::move(value));
    }
  }
}

void MemoryUnit::commit_tally() {
  auto& data = store_.data;
  for (auto& [key, row] : pools_) {
    if (row) {
      data.pools.insert_or_assign(key, std::move(*row));
    } else {
      data.pools.erase(key);
    }
  }
  for (const auto& [key, machines] : counted_) {
    auto& usage = data.usage[key];
    for (const auto& machine : machines) usage.machines += usage.members.insert(machine).second;
  }
  for (auto& [key, usage] : data.usage) {
    if (key.month < forget_before_) usage.members.clear();
  }
}

Expected<void> MemoryUnit::commit() {
  if (store_.disk_full()) return fail(ErrorCode::store_unavailable, "database or disk is full");
  if (!chain_) return chain_;
  const std::lock_guard lock(store_.mutex);
  commit_groups();
  commit_forgotten();
  commit_rows();
  commit_tally();
  store_.data.head = head_;
  return {};
}

}  // namespace

std::unique_ptr<Store> make_memory_store(const Bytes16& hash_key,
                                         std::shared_ptr<MemoryFaults> faults) {
  return std::make_unique<MemoryStore>(hash_key, std::move(faults));
}

std::unique_ptr<Store> copy_memory_store(Store& store, const Bytes16& hash_key,
                                         std::shared_ptr<MemoryFaults> faults) {
  auto& from = static_cast<MemoryStore&>(store);
  assert(!from.unit_lives);
  auto out = std::make_unique<MemoryStore>(hash_key, std::move(faults));
  {
    const std::lock_guard lock(from.mutex);
    out->data = from.data;
  }
  for (const auto& key : from.book.groups()) {
    Contacts contacts;
    for (const auto& [cmid, row] : machines_of_group(out->data, key).rows) {
      contacts.add(row.machine, Instant::min());
    }
    from.book.look(key, [&](const core::Group& group) {
      const StoredGroup stored{group.roll.highest_threshold(), group.counters, group.retention,
                               group.roll.entries()};
      out->book.load(key, stored, contacts);
    });
  }
  return out;
}

}  // namespace muster::store
