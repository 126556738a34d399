#include "store/postgres/readers.h"

namespace muster::store::pg {

Expected<Readers::Lease> Readers::take() {
  {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [this] { return !idle_.empty() || free_places_ > 0; });
    if (!idle_.empty()) {
      Lease out{std::move(idle_.back()), false};
      idle_.pop_back();
      return out;
    }
    --free_places_;
  }
  auto db = Connection::open(url_, patience_);
  if (db) return Lease{std::move(*db), true};
  free_place();
  return std::unexpected(db.error());
}

void Readers::free_place() {
  {
    const std::lock_guard lock(mutex_);
    ++free_places_;
  }
  given_back_.notify_one();
}

void Readers::give_back(Lease lease) {
  if (lease.db.broken()) {
    free_place();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(lease.db));
  }
  given_back_.notify_one();
}

}  // namespace muster::store::pg
