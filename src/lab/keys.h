// The multiple activation keys of a world: issued by its vendor for the ledgers of its hosts, from
// the seed; given to machines, and taken back. The real client asks, the real ledger sells. Keys
// are numbered in the order in which they are added. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "lab/machine.h"
#include "lab/world.h"
#include "service/mak_ring.h"

namespace muster::lab {

class Keys {
 public:
  // `world` must outlive it.
  explicit Keys(World& world) : world_(world) {}

  // REQUIRES: a host and a product of the world. What service::add_mak() says.
  [[nodiscard]] Expected<void> add(const std::string& name, const std::string& host,
                                   const std::string& product, const MakPolicy& policy);

  // `muster activate --key` on a machine that holds no place; true: it holds one.
  bool activate(std::size_t key, Machine& machine);
  // Gives the machine's place back, as an administrator of the host does. Where it holds none, or
  // nobody reaches the host, nothing happens.
  void release(std::size_t key, Machine& machine);

  [[nodiscard]] std::uint32_t used(std::size_t key) const { return keys_[key].sold->used; }

 private:
  struct Key {
    std::string host, text;
    service::MakRing::Entry sold;
  };

  World& world_;
  std::vector<Key> keys_;
};

}  // namespace muster::lab
