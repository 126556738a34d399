// A log in any of its formats, told apart by what is in it.
#pragma once

#include <filesystem>

#include "base/error.h"
#include "evtx/batch.h"
#include "evtx/evtx_file.h"

namespace muster::evtx {

// Calls `on_batch` with the records of a file in their order, from the calling thread; a batch is
// valid until the call returns. What could not be read is in the batches. `threads` (at least one)
// is how many read, where the format allows more than one.
// file_unreadable; not_a_log for what begins as none of the formats.
[[nodiscard]] Expected<void> read_log(const std::filesystem::path& file, unsigned threads,
                                      const OnBatch& on_batch);

}  // namespace muster::evtx
