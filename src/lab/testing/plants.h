// Faults that are planted on purpose, each a host or a client that is wrong in one way, so that
// what finds faults is seen to find them. Most are stores that lie: the host's code is as it is.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "store/store.h"

namespace muster::lab::testing {

enum class Plant : std::uint8_t {
  none,
  answers_before_it_stores,  // what was committed last is gone when the host is killed
  forgets_to_expire,         // no entry of the roll grows old
  grows_its_roll,            // the roll holds more than its capacity
  activates_below,           // one machine fewer than the threshold suffices
  forgets_tickets,           // the number of the newest ticket is not stored
  sells_a_place_twice,       // the record of a key lags behind by one
  breaks_the_chain,          // an event's line is stored otherwise than it was hashed
  stops_a_clients_clock,     // a machine's licence never grows old
};
struct PlantName {
  Plant plant;
  std::string_view name;
};
[[nodiscard]] std::span<const PlantName> plants();  // but none
[[nodiscard]] std::optional<Plant> plant_of(std::string_view name);

// A memory store with the plant in it, where it is one of a store.
class PlantedStore {
 public:
  PlantedStore(Plant plant, const Bytes16& hash_key);
  [[nodiscard]] const std::shared_ptr<store::Store>& store() const { return store_; }
  // The process died: what it had not stored is gone. REQUIRES: no unit lives.
  void crash();

 private:
  class Lossy;
  std::shared_ptr<store::Store> store_;
  std::shared_ptr<Lossy> lossy_;  // where it is one
};

}  // namespace muster::lab::testing
