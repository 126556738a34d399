// A store that forgets everything when it is destroyed: for the lab and for tests. The simplest
// thing that keeps the contract, so that others can be held against it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "store/store.h"

namespace muster::store {

// What a test or the lab does to the disk that a memory store has not got. Thread-safe.
struct MemoryFaults {
  std::atomic<bool> disk_full{false};  // commits fail with store_unavailable while it is true
  std::atomic<double> free_part{1.0};
  std::atomic<bool> reads_throw{false};  // reads of groups and events, as where memory runs out
  // Called before each read of events, and may call the store itself: for what comes between two
  // reads. To be set while nothing else calls the store.
  std::function<void()> before_events{};
};

// `hash_key` keys the rolls' tables, from the caller's Random. `faults` may be null.
[[nodiscard]] std::unique_ptr<Store> make_memory_store(
    const Bytes16& hash_key, std::shared_ptr<MemoryFaults> faults = nullptr);

// What is committed in `store`, as a store of its own: a backup, or what came back from one.
// REQUIRES: made here; no unit of it lives.
[[nodiscard]] std::unique_ptr<Store> copy_memory_store(
    Store& store, const Bytes16& hash_key, std::shared_ptr<MemoryFaults> faults = nullptr);

}  // namespace muster::store
