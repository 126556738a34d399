// A copy of all that a store holds, as one file: what a backup is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "core/machine.h"

namespace muster::store {

// What is put into the file beside the store's own rows: name and content.
using Papers = std::vector<std::pair<std::string, std::string>>;

// A copy under way, made a piece at a time between units. It holds what is committed when step()
// says false, and its papers; its file is then whole, though not yet brought to the disk, and the
// caller's. Destroyed before that: nothing of it stays. Not thread-safe; ends before its store.
class StoreCopy {
 public:
  struct Progress {
    std::uint64_t pages = 0;
    std::uint64_t copied = 0;
  };
  virtual ~StoreCopy() = default;
  // A millisecond's work; true: there is more. REQUIRES: no unit of the store lives; not called
  // after an error or false. store_unavailable: the copy cannot be written; the store is as it was.
  [[nodiscard]] virtual Expected<bool> step() = 0;
  // As of the last step; what is written meanwhile may add pages.
  [[nodiscard]] virtual Progress progress() const = 0;
};

// What stands in a copy that was found whole.
struct CopyFacts {
  Papers papers;
  std::uint64_t events = 0;  // that are in the log
  core::EventPlace newest;   // the log's end
  Instant newest_at{};

  // A paper's content; empty: there is none.
  [[nodiscard]] std::string_view paper(std::string_view name) const {
    for (const auto& [its, content] : papers) {
      if (its == name) return content;
    }
    return {};
  }
};

}  // namespace muster::store
