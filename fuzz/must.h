// What a fuzz target promises of an input: must(holds) ends the process, and the input is kept.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"

namespace fuzz {

inline void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace fuzz
