// For simulated faults: a store that hands every call on to another one. A fault overrides the
// calls that it falsifies, in the unit or in the store, and nothing else.
#pragma once

#include <utility>

#include "store/store.h"

namespace muster::lab::testing {

class ForwardingUnit : public store::Unit {
 public:
  explicit ForwardingUnit(std::unique_ptr<store::Unit> to) : to_(std::move(to)) {}

  core::Group& group(const GroupKey& key) override { return to_->group(key); }
  [[nodiscard]] Instant newest() const override { return to_->newest(); }
  void roll_changed(const GroupKey& key, const core::RollKey& entry) override {
    to_->roll_changed(key, entry);
  }
  Expected<void> read_machines(const GroupKey& key, std::span<const Cmid> cmids,
                               std::vector<std::optional<core::Machine>>& out) override {
    return to_->read_machines(key, cmids, out);
  }
  Expected<void> read_by_fact(const GroupKey& key, const Bytes16& primary,
                              std::vector<core::Machine>& out) override {
    return to_->read_by_fact(key, primary, out);
  }
  void put_machine(const GroupKey& key, const core::Machine& machine) override {
    to_->put_machine(key, machine);
  }
  void append(store::EventRow row) override { to_->append(std::move(row)); }
  void append(store::CheckpointRow row) override { to_->append(std::move(row)); }
  void put_name(const Bytes16& hash, std::string_view value) override {
    to_->put_name(hash, value);
  }
  void put_setting(std::string_view name, std::string_view value) override {
    to_->put_setting(name, value);
  }
  void keep_setting(std::string_view name, std::string_view value) override {
    to_->keep_setting(name, value);
  }
  Expected<std::optional<core::KeyRecord>> read_key(const MakId& key) override {
    return to_->read_key(key);
  }
  Expected<void> read_places(const MakId& key, const Cmid& cmid, const Facts& facts,
                             std::vector<core::KeyPlace>& out) override {
    return to_->read_places(key, cmid, facts, out);
  }
  Expected<std::optional<core::KeyPlace>> read_place(const MakId& key,
                                                     std::uint32_t number) override {
    return to_->read_place(key, number);
  }
  Expected<void> read_released(const MakId& key, std::size_t most,
                               std::vector<core::KeyPlace>& out) override {
    return to_->read_released(key, most, out);
  }
  Expected<void> put_key(const MakId& key, const core::KeyRecord& record) override {
    return to_->put_key(key, record);
  }
  Expected<void> put_place(const MakId& key, const core::KeyPlace& place) override {
    return to_->put_place(key, place);
  }
  Expected<std::optional<store::PoolRow>> read_pool(const store::PoolKey& key) override {
    return to_->read_pool(key);
  }
  Expected<void> put_pool(const store::PoolRow& row) override { return to_->put_pool(row); }
  Expected<void> count_once(const store::UsageKey& key, const Bytes16& machine) override {
    return to_->count_once(key, machine);
  }
  Expected<bool> forget_members(std::int32_t before_month, std::size_t most) override {
    return to_->forget_members(before_month, most);
  }
  Expected<std::size_t> forget_machines(const GroupKey& key, std::int64_t before_day,
                                        std::size_t most) override {
    return to_->forget_machines(key, before_day, most);
  }
  Expected<bool> forget_events(store::EventPlace last, std::size_t most) override {
    return to_->forget_events(last, most);
  }
  Expected<bool> forget_name(const Bytes16& hash, std::string_view listed,
                             std::size_t most) override {
    return to_->forget_name(hash, listed, most);
  }
  Expected<void> forget_pool(const store::PoolKey& key) override { return to_->forget_pool(key); }
  Expected<void> commit() override { return to_->commit(); }

 private:
  std::unique_ptr<store::Unit> to_;
};

class ForwardingStore : public store::Store {
 public:
  explicit ForwardingStore(std::shared_ptr<store::Store> to) : to_(std::move(to)) {}

  Expected<std::unique_ptr<store::Unit>> open(std::span<const GroupKey> groups,
                                              std::span<const MakId> keys = {}) override {
    return to_->open(groups, keys);
  }
  Expected<bool> catch_up() override { return to_->catch_up(); }
  Expected<store::ChainHead> chain_head() override { return to_->chain_head(); }
  Expected<std::vector<GroupKey>> groups() override { return to_->groups(); }
  Expected<bool> look(const GroupKey& key,
                      const std::function<void(const core::Group&)>& look) override {
    return to_->look(key, look);
  }
  Expected<std::optional<core::Machine>> machine(const GroupKey& key, const Cmid& cmid) override {
    return to_->machine(key, cmid);
  }
  Expected<std::vector<std::pair<GroupKey, core::Machine>>> machines_of(const Cmid& cmid) override {
    return to_->machines_of(cmid);
  }
  Expected<std::vector<core::Machine>> machines_by_fact(const GroupKey& key,
                                                        const Bytes16& primary) override {
    return to_->machines_by_fact(key, primary);
  }
  Expected<store::MachinePage> machines(const GroupKey& key, std::optional<Cmid> after,
                                        std::size_t most) override {
    return to_->machines(key, after, most);
  }
  Expected<store::ListPage> listed(const GroupKey& key, store::ListOrder order,
                                   std::string_view prefix,
                                   const std::optional<store::ListPlace>& after,
                                   std::size_t most) override {
    return to_->listed(key, order, prefix, after, most);
  }
  Expected<std::vector<store::EventRow>> events(store::EventPlace after,
                                                std::size_t most) override {
    return to_->events(after, most);
  }
  Expected<std::vector<store::EventRow>> events_before(store::EventPlace before,
                                                       std::size_t most) override {
    return to_->events_before(before, most);
  }
  Expected<std::optional<store::EventRow>> event(store::EventPlace place) override {
    return to_->event(place);
  }
  Expected<std::vector<store::CheckpointRow>> checkpoints(store::EventPlace after,
                                                          std::size_t most) override {
    return to_->checkpoints(after, most);
  }
  Expected<std::optional<std::string>> name(const Bytes16& hash) override {
    return to_->name(hash);
  }
  Expected<std::optional<std::string>> setting(std::string_view name) override {
    return to_->setting(name);
  }
  Expected<std::vector<std::pair<std::string, std::string>>> settings(
      std::string_view prefix) override {
    return to_->settings(prefix);
  }
  Expected<std::vector<std::pair<MakId, core::KeyRecord>>> keys() override { return to_->keys(); }
  Expected<std::vector<core::KeyPlace>> places(const MakId& key, std::uint32_t after) override {
    return to_->places(key, after);
  }
  Expected<std::vector<store::PoolRow>> pools(const std::optional<store::PoolKey>& after,
                                              std::size_t most) override {
    return to_->pools(after, most);
  }
  Expected<std::vector<store::UsageRow>> usage(std::int32_t from_month,
                                               std::int32_t to_month) override {
    return to_->usage(from_month, to_month);
  }
  double free_part() override { return to_->free_part(); }
  Expected<std::unique_ptr<store::StoreCopy>> begin_copy(const store::Papers& papers) override {
    return to_->begin_copy(papers);
  }

 protected:
  [[nodiscard]] store::Store& to() { return *to_; }
  void take(std::shared_ptr<store::Store> to) { to_ = std::move(to); }

 private:
  std::shared_ptr<store::Store> to_;
};

}  // namespace muster::lab::testing
