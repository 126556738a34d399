// An .evtx file: its chunks, read one beside the other and given in their order.
//
//   0     "ElfFile" NUL    8 first chunk    16 last chunk    24 next id    36 minor, 38 major
//   40    4096, size of this head           42 number of chunks
//   120   flags: 1 dirty (Windows had it open), 2 full, 4 no checksums      124 checksum
//   4096  chunks of 65,536 bytes
//
// A dirty log's head is older than its chunks, so nothing of the head is relied on: every place
// for a chunk up to the file's end is looked at.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/error.h"
#include "evtx/batch.h"
#include "evtx/mapped_file.h"

namespace muster::evtx {

// Whether the bytes begin as an .evtx file does, or as a chunk that was cut out of one.
[[nodiscard]] bool is_evtx(ByteView bytes);

// Gets a batch, sealed, of one chunk; its views are valid until it returns. False: no more wanted.
using OnBatch = std::function<bool(const Batch&)>;

// Calls `on_batch` for each chunk, in the order of the chunks' first ids (a log that goes round
// begins in the middle of its file), from the calling thread. `threads` read, at least one; with
// one it is the calling one. Damage is in the batches and never an error: there is none.
// REQUIRES: is_evtx(file.bytes()).
void read_evtx(const MappedFile& file, unsigned threads, const OnBatch& on_batch);

}  // namespace muster::evtx
