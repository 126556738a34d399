// A unit of work on the writer's connection: one transaction from open() to commit().
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/siphash.h"
#include "store/postgres/writer.h"
#include "store/store.h"

namespace muster::store::pg {

class PostgresUnit final : public Unit {
 public:
  // REQUIRES: no other unit of the writer lives, and it outlives the unit.
  [[nodiscard]] static Expected<std::unique_ptr<Unit>> open(Writer& writer,
                                                            std::span<const GroupKey> groups,
                                                            std::span<const MakId> keys);
  ~PostgresUnit() override;

  core::Group& group(const GroupKey& key) override;
  Instant newest() const override { return newest_; }
  void roll_changed(const GroupKey& key, const core::RollKey& entry) override;
  Expected<void> read_machines(const GroupKey& key, std::span<const Cmid> cmids,
                               std::vector<std::optional<core::Machine>>& out) override;
  Expected<void> read_by_fact(const GroupKey& key, const Bytes16& primary,
                              std::vector<core::Machine>& out) override;
  Expected<void> expect_facts(const GroupKey& key, std::span<const Bytes16> primaries) override;
  void put_machine(const GroupKey& key, const core::Machine& machine) override;
  void append(EventRow row) override;
  void append(CheckpointRow row) override;
  void put_name(const Bytes16& hash, std::string_view value) override;
  void put_setting(std::string_view name, std::string_view value) override;
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
  Expected<void> put_pool(const PoolRow& row) override;
  Expected<void> count_once(const UsageKey& key, const Bytes16& machine) override;
  Expected<bool> forget_members(std::int32_t before_month, std::size_t most) override;
  Expected<std::size_t> forget_machines(const GroupKey& key, std::int64_t before_day,
                                        std::size_t most) override;
  Expected<bool> forget_events(EventPlace last, std::size_t most) override;
  Expected<bool> forget_name(const Bytes16& hash, std::string_view listed,
                             std::size_t most) override;
  Expected<void> forget_pool(const PoolKey& key) override;
  Expected<void> commit() override;
  bool was_in_the_way() const override { return in_the_way_ || in_the_way(writer_.db.state()); }

 private:
  // What the unit knows of one CMID.
  struct Slot {
    bool read = false;                       // the next three are known
    std::int64_t made = 0;                   // 0: it has no row yet
    std::optional<core::Machine> committed;  // its row before the unit
    std::optional<Bytes16> stored_fact;      // its column in this transaction
    std::optional<core::Machine> put;
    bool waits = false;  // put is not in the transaction yet
  };
  struct Hash {
    Bytes16 key;
    std::size_t operator()(const Cmid& cmid) const { return siphash(key, cmid.bytes); }
  };
  struct OfGroup {
    OfGroup(GroupRow group, const Bytes16& hash_key)
        : row(std::move(group)), slots(0, Hash{hash_key}) {}
    GroupRow row;
    std::unordered_map<Cmid, Slot, Hash> slots;
    std::vector<Slot*> waiting;                             // in the order in which they were put
    std::vector<core::Machine> forgotten;                   // their rows before
    std::map<Bytes16, std::vector<core::Machine>> by_fact;  // as the transaction has them now
  };

  PostgresUnit(Writer& writer, Locked locked);
  void lock_tally();
  void send_members();
  [[nodiscard]] Expected<void> fill(OfGroup& group, std::span<const Cmid> cmids);
  [[nodiscard]] Expected<void> send_machines(OfGroup& group);
  [[nodiscard]] bool send_group(const GroupKey& key, OfGroup& group);
  void send_row(const GroupKey& key, const OfGroup& group);
  void send_roll(const OfGroup& group, const GroupDelta& delta);
  void send_listed(const OfGroup& group);
  void send_events();
  void send_names();
  void send_settings();
  void send_keys();
  void send_head();
  [[nodiscard]] Expected<void> write();
  [[nodiscard]] Expected<void> end();
  [[nodiscard]] std::vector<MachineChange> changes_of(const OfGroup& group) const;
  void take_as_committed();

  Writer& writer_;
  std::map<GroupKey, OfGroup> groups_;
  std::map<MakId, KeyRow> keys_;
  std::map<GroupKey, GroupDelta> deltas_;
  std::vector<EventRow> events_;
  std::vector<CheckpointRow> checkpoints_;
  std::map<Bytes16, std::string> names_;
  std::map<std::string, std::string, std::less<>> settings_;
  std::map<std::string, std::string, std::less<>> kept_settings_;
  ChainHead head_;
  std::int64_t units_;
  Instant newest_;
  bool tally_locked_ = false;
  std::map<UsageKey, std::vector<Bytes16>> members_;  // to be counted, not in the transaction yet
  bool in_the_way_ = false;                           // in the commit
  Expected<void> chain_{};                            // the first row that did not follow
};

}  // namespace muster::store::pg
