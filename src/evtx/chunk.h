// A chunk of an .evtx file: 65,536 bytes with names and templates of their own, so that each is
// read by itself.
//
//   0   "ElfChnk" NUL      8  number of the first record       16  of the last
//   24  id of the first    32 id of the last    40  128 (size of this head)
//   44  offset of the last record    48  offset of the free space    52  checksum of the records
//   120 flags    124  checksum of the head    128  64 offsets of names    384  32 of templates
//   512 records, one after the other, to the free space:
//
//   0   "**" NUL NUL    4 size    8 id    16 FILETIME    24 binary XML    size - 4  size again
//
// What lies behind the free space is left from earlier use and is no record of this log any more,
// except in a log that was copied while Windows wrote it: its head may be older than its records,
// which then go on with the ids that follow. Checksums are not held against the bytes: they are old
// in the same way, a flag turns them off, and what they would find makes itself known.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "evtx/batch.h"
#include "evtx/binary_xml.h"

namespace muster::evtx {

inline constexpr std::size_t kChunkSize = 65536;

// What stands at a chunk's place in the file.
enum class Slot : std::uint8_t {
  empty,    // zeros: nothing was ever written there
  chunk,    // has the mark
  damaged,  // something else, perhaps records
};
[[nodiscard]] Slot slot_of(ByteView chunk);
// Whether a chunk's head is there, by its mark and size.
[[nodiscard]] bool has_mark(ByteView chunk);
// The id that the head names as its first record's; for an order among chunks.
// REQUIRES: has_mark(chunk).
[[nodiscard]] std::uint64_t first_id(ByteView chunk);

// Reads chunks into batches; its memory is used again. One thread at a time.
class ChunkReader {
 public:
  // Appends the chunk's records and what of them could not be read. `chunk` may be shorter than a
  // chunk is, where the file ends; `offset` is where it lies in the file. Never fails.
  void read(ByteView chunk, std::uint64_t offset, Batch& batch);

 private:
  // A record's place in the chunk.
  struct Frame {
    std::size_t at = 0, size = 0;
    std::uint64_t id = 0;
  };
  [[nodiscard]] bool frame_at(std::size_t at, std::size_t end, Frame& out) const;
  [[nodiscard]] std::size_t next_frame(std::size_t at, std::size_t end) const;
  void read_to(std::size_t end);
  void read_newer();
  void read_record(const Frame& frame);
  [[nodiscard]] bool ends_at(std::size_t at, std::size_t end) const;
  void skip_gap(std::size_t size);
  void skip(Trouble why, std::size_t at);

  ByteView chunk_;
  std::uint64_t offset_ = 0;
  Batch* batch_ = nullptr;
  Fields fields_;
  XmlReader xml_;
  std::size_t at_ = 0;          // behind the last record that was found
  std::uint64_t expected_ = 0;  // the id that would follow
};

}  // namespace muster::evtx
