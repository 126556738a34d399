// What is done in one unit beside the batches of ordinary requests.
#pragma once

#include <functional>

#include "base/digest.h"
#include "service/journal.h"
#include "store/store.h"

namespace muster::service {

// What such a unit works with.
struct LedgerWork {
  store::Unit& unit;
  Journal& journal;
  const Hmac& name_salt;
  Instant now;
  bool disk_low;
  Instant restored_before;          // this host was restored before that, as a machine has shown
  std::function<void()> committed;  // set by the work: called after the commit, under the lock
};
using UnitWork = std::function<Expected<void>(LedgerWork&)>;

}  // namespace muster::service
