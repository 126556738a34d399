// A unit of work on the writer's connection: one transaction from open() to commit().
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/siphash.h"
#include "store/sqlite/ledger_rows.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/tally_rows.h"
#include "store/sqlite/writer.h"
#include "store/store.h"

namespace muster::store {

class SqliteUnit final : public Unit {
 public:
  // REQUIRES: no other unit of the writer lives, and it outlives the unit.
  [[nodiscard]] static Expected<std::unique_ptr<Unit>> open(Writer& writer,
                                                            std::span<const GroupKey> keys);
  ~SqliteUnit() override;

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
  Expected<std::optional<PoolRow>> read_pool(const PoolKey& key) override {
    return store::read_pool(writer_.db, key);
  }
  Expected<void> put_pool(const PoolRow& row) override { return store::put_pool(writer_.db, row); }
  Expected<void> count_once(const UsageKey& key, const Bytes16& machine) override {
    return store::count_once(writer_.db, key, machine);
  }
  Expected<bool> forget_members(std::int32_t before_month, std::size_t most) override {
    return store::forget_members(writer_.db, before_month, most);
  }
  Expected<std::size_t> forget_machines(const GroupKey& key, std::int64_t before_day,
                                        std::size_t most) override;
  Expected<bool> forget_events(EventPlace last, std::size_t most) override;
  Expected<bool> forget_name(const Bytes16& hash, std::string_view listed,
                             std::size_t most) override;
  Expected<void> forget_pool(const PoolKey& key) override {
    return store::forget_pool(writer_.db, key);
  }
  Expected<void> commit() override;

 private:
  // What the unit knows of one CMID.
  struct Slot {
    bool read = false;                       // the next three are known
    std::int64_t id = 0;                     // of its row in this transaction; 0: none yet
    std::optional<core::Machine> committed;  // its row before the unit
    std::optional<Bytes16> stored_fact;      // its column in this transaction
    std::optional<core::Machine> put;
    std::optional<Bytes16> put_fact;
    bool waits = false;  // put is not in the transaction yet
  };
  struct Hash {
    Bytes16 key;
    std::size_t operator()(const Cmid& cmid) const { return siphash(key, cmid.bytes); }
  };
  struct OfGroup {
    explicit OfGroup(std::int64_t row_id, const Bytes16& hash_key)
        : id(row_id), slots(0, Hash{hash_key}) {}
    std::int64_t id;
    std::unordered_map<Cmid, Slot, Hash> slots;
    std::vector<Slot*> waiting;            // in the order in which they were put
    std::vector<core::Machine> forgotten;  // their rows before
  };

  explicit SqliteUnit(Writer& writer) : writer_(writer), head_(writer.head()) {}
  [[nodiscard]] Expected<void> fill(OfGroup& group, std::vector<std::pair<Cmid, Slot*>>& unread);
  [[nodiscard]] Expected<void> fill_from_table(OfGroup& group,
                                               std::vector<std::pair<Cmid, Slot*>>& unread);
  [[nodiscard]] Expected<std::vector<MachineRow>> silent_machines(const OfGroup& group,
                                                                  std::int64_t before_day,
                                                                  std::size_t most);
  [[nodiscard]] Expected<void> flush(OfGroup& group);
  [[nodiscard]] Expected<void> flush_known(const OfGroup& group, Slot& slot);
  [[nodiscard]] Expected<void> flush_new(OfGroup& group);
  [[nodiscard]] Expected<void> write();
  [[nodiscard]] Expected<void> write_group(const GroupKey& key, std::int64_t id,
                                           const GroupDelta& delta);
  [[nodiscard]] Expected<void> write_roll(std::int64_t id, const GroupDelta& delta);
  [[nodiscard]] Expected<void> write_events();
  [[nodiscard]] Expected<void> write_names();
  [[nodiscard]] Expected<void> write_settings();
  void take_as_committed();
  // The key's row as this unit sees it; null: there is none.
  [[nodiscard]] Expected<const KeyRow*> key_row(const MakId& key);

  Writer& writer_;
  std::map<GroupKey, OfGroup> groups_;
  std::map<GroupKey, GroupDelta> deltas_;
  std::vector<EventRow> events_;
  std::vector<CheckpointRow> checkpoints_;
  std::map<Bytes16, std::string> names_;
  std::vector<Bytes16> forgotten_names_;
  std::map<std::string, std::string, std::less<>> settings_;
  std::map<std::string, std::string, std::less<>> kept_settings_;
  std::map<MakId, std::optional<KeyRow>> keys_;  // that this unit has read or put
  ChainHead head_;
  Expected<void> chain_{};  // the first row that did not follow
};

}  // namespace muster::store
