// What the log is told of multiple activation keys that run out: once where 80, 95 and 100 % of the
// limit are reached, and where a key waits to be reconciled. Not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "service/mak_ring.h"

namespace muster::host {

class MakWatch {
 public:
  struct Warning {
    std::string_view message;
    std::string mak, product;  // the key's id, never the key
    std::uint32_t used = 0, limit = 0;
  };
  // Cheap: to be asked every second. A level that was left is told again when it is reached again.
  [[nodiscard]] std::vector<Warning> look(const service::MakRing& ring);

 private:
  struct Said {
    int level = 0;
    bool behind = false;
  };
  std::map<MakId, Said> said_;
};

}  // namespace muster::host
