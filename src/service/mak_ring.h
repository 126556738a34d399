// The multiple activation keys that this host's ledger sells, and what is known of each without
// asking the store: for the look-up of a request's key, for the metrics and for the log. The ring
// is immutable; the host swaps it when a key is added. What changes with each sale is a key's own
// and atomic.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/ledger.h"
#include "wire/mak.h"

namespace muster::service {

struct InstalledMak {
  InstalledMak(wire::Mak document, const core::KeyRecord& record) : mak(std::move(document)) {
    show(record);
  }
  // What the ledger's record says, after a commit.
  void show(const core::KeyRecord& record) {
    used = record.used();
    behind = record.behind;
    blocked = record.blocked;
  }

  const wire::Mak mak;
  std::atomic<std::uint32_t> used{0};
  std::atomic<bool> behind{false}, blocked{false};
};

class MakRing {
 public:
  using Entry = std::shared_ptr<InstalledMak>;

  // The key that a request shows: its secret's hash, its product, and its vendor where it names
  // one. Null: there is none.
  [[nodiscard]] Entry find(const Bytes32& hash, std::string_view product,
                           const std::optional<std::string>& vendor) const;
  // By the key's id, which a vendor draws at random. Null: there is none.
  [[nodiscard]] Entry find(std::string_view id) const;
  [[nodiscard]] const std::vector<Entry>& all() const { return entries_; }
  [[nodiscard]] std::vector<MakId> names() const;
  // A ring with this key too; it takes the place of one with its name.
  [[nodiscard]] std::shared_ptr<const MakRing> with(Entry entry) const;

 private:
  std::vector<Entry> entries_;  // by vendor and id
};

}  // namespace muster::service
