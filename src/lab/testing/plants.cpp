#include "lab/testing/plants.h"

#include <algorithm>
#include <array>

#include "lab/testing/forwarding_store.h"
#include "store/memory/memory_store.h"

namespace muster::lab::testing {
namespace {

constexpr std::array kPlants{
    PlantName{Plant::answers_before_it_stores, "answers-before-it-stores"},
    PlantName{Plant::forgets_to_expire, "forgets-to-expire"},
    PlantName{Plant::grows_its_roll, "grows-its-roll"},
    PlantName{Plant::activates_below, "activates-below"},
    PlantName{Plant::forgets_tickets, "forgets-tickets"},
    PlantName{Plant::sells_a_place_twice, "sells-a-place-twice"},
    PlantName{Plant::breaks_the_chain, "breaks-the-chain"},
    PlantName{Plant::stops_a_clients_clock, "stops-a-clients-clock"},
};

constexpr std::uint64_t kBrokenEvery = 64;  // events
constexpr std::uint32_t kSlack = 3;         // entries more than the capacity
constexpr std::uint32_t kSyncedEvery = 4;   // commits

class LyingUnit final : public ForwardingUnit {
 public:
  LyingUnit(Plant plant, const Bytes16& hash_key, std::unique_ptr<store::Unit> to)
      : ForwardingUnit(std::move(to)), plant_(plant), hash_key_(hash_key) {}

  core::Group& group(const GroupKey& key) override {
    auto& group = ForwardingUnit::group(key);
    if (lied_ || group.roll.size() == 0) return group;
    auto entries = group.roll.entries();
    auto highest = group.roll.highest_threshold();
    if (plant_ == Plant::forgets_to_expire) {
      for (auto& entry : entries) entry.last_seen = entries.back().last_seen;
    } else if (plant_ == Plant::grows_its_roll && highest > 0) {
      highest += kSlack;
    } else {
      return group;
    }
    lied_ = true;
    group.roll = core::Roll(hash_key_, highest, entries);
    for (const auto& entry : entries) roll_changed(key, entry.key);
    return group;
  }
  void put_machine(const GroupKey& key, const core::Machine& machine) override {
    auto put = machine;
    if (plant_ == Plant::forgets_tickets && put.number > 1) --put.number;
    ForwardingUnit::put_machine(key, put);
  }
  void append(store::EventRow row) override {
    const bool breaks = plant_ == Plant::breaks_the_chain && row.place.seq % kBrokenEvery == 0;
    const auto at = row.line.find("time");
    if (breaks && at != std::string::npos) row.line.at(at) = 'T';
    ForwardingUnit::append(std::move(row));
  }
  using ForwardingUnit::append;
  Expected<std::optional<core::KeyRecord>> read_key(const MakId& key) override {
    auto record = ForwardingUnit::read_key(key);
    if (plant_ == Plant::sells_a_place_twice && record && *record && (*record)->sold > 1) {
      --(*record)->sold;
    }
    return record;
  }

 private:
  Plant plant_;
  Bytes16 hash_key_;
  bool lied_ = false;
};

class LyingStore final : public ForwardingStore {
 public:
  LyingStore(Plant plant, const Bytes16& hash_key)
      : ForwardingStore(store::make_memory_store(hash_key)), plant_(plant), hash_key_(hash_key) {}

  Expected<std::unique_ptr<store::Unit>> open(std::span<const GroupKey> groups,
                                              std::span<const MakId> keys) override {
    auto unit = ForwardingStore::open(groups, keys);
    if (!unit) return unit;
    return std::make_unique<LyingUnit>(plant_, hash_key_, std::move(*unit));
  }

 private:
  Plant plant_;
  Bytes16 hash_key_;
};

}  // namespace

std::span<const PlantName> plants() { return kPlants; }

std::optional<Plant> plant_of(std::string_view name) {
  const auto at = std::ranges::find(kPlants, name, &PlantName::name);
  return at == kPlants.end() ? std::nullopt : std::optional(at->plant);
}

// Says of each unit that it is durable, and makes it so now and then.
class PlantedStore::Lossy final : public ForwardingStore {
 public:
  explicit Lossy(const Bytes16& hash_key)
      : ForwardingStore(store::make_memory_store(hash_key)), hash_key_(hash_key) {}

  Expected<std::unique_ptr<store::Unit>> open(std::span<const GroupKey> groups,
                                              std::span<const MakId> keys) override {
    if (opened_++ % kSyncedEvery == 0) durable_ = store::copy_memory_store(to(), hash_key_);
    return ForwardingStore::open(groups, keys);
  }
  void crash() { take(store::copy_memory_store(*durable_, hash_key_)); }

 private:
  Bytes16 hash_key_;
  std::uint32_t opened_ = 0;
  std::unique_ptr<store::Store> durable_;
};

PlantedStore::PlantedStore(Plant plant, const Bytes16& hash_key) {
  if (plant == Plant::answers_before_it_stores) {
    lossy_ = std::make_shared<Lossy>(hash_key);
    store_ = lossy_;
  } else if (plant == Plant::none) {
    store_ = store::make_memory_store(hash_key);
  } else {
    store_ = std::make_shared<LyingStore>(plant, hash_key);
  }
}

void PlantedStore::crash() {
  if (lossy_) lossy_->crash();
}

}  // namespace muster::lab::testing
