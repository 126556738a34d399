#include "evtx/chunk.h"

#include <algorithm>

#include "evtx/bytes_at.h"

namespace muster::evtx {
namespace {

using std::operator""sv;

constexpr auto kMark = "ElfChnk\0"sv;
constexpr auto kRecordMark = "**\0\0"sv;
constexpr std::size_t kHead = 512;
constexpr std::size_t kFirstNumber = 8;
constexpr std::size_t kFirstId = 24;
constexpr std::size_t kFreeSpace = 48;
constexpr std::size_t kRecordHead = 24;
constexpr std::size_t kRecordTail = 4;

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](auto byte) { return byte == 0; });
}

// Where records end by the head; where it says nothing that can be, at the chunk's end.
std::size_t free_space(ByteView chunk) {
  const auto free = number_at<std::uint32_t>(chunk, kFreeSpace);
  return free >= kHead && free <= chunk.size() ? free : chunk.size();
}

}  // namespace

bool has_mark(ByteView chunk) { return chunk.size() >= kHead && as_text(chunk).starts_with(kMark); }

Slot slot_of(ByteView chunk) {
  if (has_mark(chunk)) return Slot::chunk;
  return all_zero(chunk) ? Slot::empty : Slot::damaged;
}

std::uint64_t first_id(ByteView chunk) { return number_at<std::uint64_t>(chunk, kFirstId); }

void ChunkReader::read(ByteView chunk, std::uint64_t offset, Batch& batch) {
  const auto slot = slot_of(chunk);
  if (slot == Slot::empty) return;
  chunk_ = chunk;
  offset_ = offset;
  batch_ = &batch;
  at_ = std::min(kHead, chunk.size());
  fields_.start(batch);
  xml_.start(chunk, fields_);
  if (slot == Slot::damaged) {
    if (chunk.size() >= kHead) skip(Trouble::no_chunk, 0);
    read_to(chunk.size());
  } else {
    expected_ = number_at<std::uint64_t>(chunk, kFirstNumber);
    read_to(free_space(chunk));
    read_newer();
  }
  if (chunk.size() < kChunkSize) skip(Trouble::cut_file, chunk.size());
}

bool ChunkReader::frame_at(std::size_t at, std::size_t end, Frame& out) const {
  if (end - at < kRecordHead + kRecordTail) return false;
  if (as_text(chunk_.subspan(at, kRecordMark.size())) != kRecordMark) return false;
  const auto size = number_at<std::uint32_t>(chunk_, at + 4);
  if (size < kRecordHead + kRecordTail || size > end - at) return false;
  if (number_at<std::uint32_t>(chunk_, at + size - kRecordTail) != size) return false;
  out = {.at = at, .size = size, .id = number_at<std::uint64_t>(chunk_, at + 8)};
  return true;
}

// `end` where there is none.
std::size_t ChunkReader::next_frame(std::size_t at, std::size_t end) const {
  const auto text = as_text(chunk_.first(end));
  Frame frame;
  for (at = text.find(kRecordMark, at); at != text.npos; at = text.find(kRecordMark, at + 1)) {
    if (frame_at(at, end, frame)) return at;
  }
  return end;
}

void ChunkReader::read_to(std::size_t end) {
  while (at_ < end) {
    Frame frame;
    if (frame_at(at_, end, frame)) {
      read_record(frame);
      continue;
    }
    const auto next = next_frame(at_ + 1, end);
    if (next < end || !ends_at(at_, end)) skip_gap(next - at_);
    at_ = next;
  }
}

// Nothing is lost where zeros follow (an archive's free space may be counted from the chunk's end),
// and what the file's end has cut off is told once.
bool ChunkReader::ends_at(std::size_t at, std::size_t end) const {
  return chunk_.size() < kChunkSize || all_zero(chunk_.subspan(at, end - at));
}

void ChunkReader::skip_gap(std::size_t size) {
  Skipped gap{.offset = offset_ + at_, .why = Trouble::no_record, .detail = size};
  if (size >= kRecordHead && as_text(chunk_.subspan(at_, kRecordMark.size())) == kRecordMark) {
    gap.record_id = number_at<std::uint64_t>(chunk_, at_ + 8);
  }
  batch_->skip(gap);
}

void ChunkReader::read_newer() {
  Frame frame;
  while (frame_at(at_, chunk_.size(), frame) && frame.id == expected_) read_record(frame);
}

void ChunkReader::read_record(const Frame& frame) {
  at_ = frame.at + frame.size;
  expected_ = frame.id + 1;
  const auto written = time_of(number_at<std::uint64_t>(chunk_, frame.at + 16));
  Record header;
  header.record_id = frame.id;
  header.offset = offset_ + frame.at;
  header.time = written;
  fields_.begin(header);
  Skipped skipped{.offset = header.offset, .record_id = frame.id};
  if (!xml_.read(frame.at + kRecordHead, frame.at + frame.size - kRecordTail)) {
    fields_.undo();
    skipped.why = xml_.trouble();
    skipped.detail = xml_.detail();
    batch_->skip(skipped);
  } else if (const auto trouble = fields_.end()) {
    skipped.why = *trouble;
    batch_->skip(skipped);
  }
}

void ChunkReader::skip(Trouble why, std::size_t at) {
  batch_->skip({.offset = offset_ + at, .why = why});
}

}  // namespace muster::evtx
