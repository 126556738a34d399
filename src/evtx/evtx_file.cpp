#include "evtx/evtx_file.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "evtx/chunk.h"

namespace muster::evtx {
namespace {

using std::operator""sv;

constexpr auto kFileMark = "ElfFile\0"sv;
constexpr std::size_t kFileHead = 4096;
// Batches that wait for their turn, for each thread.
constexpr std::size_t kAhead = 2;

struct Place {
  std::size_t at, size;
  std::uint64_t first_id;
};

std::vector<Place> places_of(ByteView bytes) {
  std::vector<Place> out;
  std::uint64_t id = 0;
  for (auto at = has_mark(bytes) ? 0 : kFileHead; at < bytes.size(); at += kChunkSize) {
    const auto size = std::min(kChunkSize, bytes.size() - at);
    // Only its first bytes: the rest is for the thread that reads it.
    if (const auto chunk = bytes.subspan(at, size); has_mark(chunk)) id = first_id(chunk);
    out.push_back({at, size, id});
  }
  std::ranges::sort(out, {},
                    [](const Place& place) { return std::pair(place.first_id, place.at); });
  return out;
}

void read_place(const MappedFile& file, const Place& place, ChunkReader& reader, Batch& batch) {
  batch.clear();
  if (file.still_holds(place.at + place.size)) {
    reader.read(file.bytes().subspan(place.at, place.size), place.at, batch);
  } else {
    batch.skip({.offset = place.at, .why = Trouble::cut_file});
  }
  batch.seal();
}

// Threads take places in their order and wait where they would get too far ahead of what was
// given.
class Readers {
 public:
  Readers(const MappedFile& file, const std::vector<Place>& places, unsigned threads)
      : file_(&file), places_(&places), waiting_(kAhead * threads) {
    for (unsigned i = 0; i < threads; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
  }

  // The batch of the next place, until given() is called.
  const Batch& next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_[given_ % waiting_.size()].ready; });
    return waiting_[given_ % waiting_.size()].batch;
  }
  void given() {
    {
      const std::scoped_lock lock(mutex_);
      waiting_[given_++ % waiting_.size()].ready = false;
    }
    changed_.notify_all();
  }

 private:
  struct Waiting {
    Batch batch;
    bool ready = false;
  };

  void run(const std::stop_token& stop) {
    ChunkReader reader;
    std::unique_lock lock(mutex_);
    while (taken_ < places_->size()) {
      const auto mine = taken_++;
      auto& slot = waiting_[mine % waiting_.size()];
      if (!changed_.wait(lock, stop, [&] { return mine < given_ + waiting_.size(); })) return;
      lock.unlock();
      read_place(*file_, (*places_)[mine], reader, slot.batch);
      lock.lock();
      slot.ready = true;
      changed_.notify_all();
    }
  }

  const MappedFile* file_;
  const std::vector<Place>* places_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Waiting> waiting_;
  std::size_t taken_ = 0, given_ = 0;
  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace

bool is_evtx(ByteView bytes) {
  return as_text(bytes).starts_with(kFileMark) || has_mark(bytes) ||
         (bytes.size() > kFileHead && has_mark(bytes.subspan(kFileHead)));
}

void read_evtx(const MappedFile& file, unsigned threads, const OnBatch& on_batch) {
  const auto places = places_of(file.bytes());
  if (threads <= 1 || places.size() <= 1) {
    ChunkReader reader;
    Batch batch;
    for (const auto& place : places) {
      read_place(file, place, reader, batch);
      if (!on_batch(batch)) return;
    }
    return;
  }
  Readers readers(file, places, threads);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!on_batch(readers.next())) return;
    readers.given();
  }
}

}  // namespace muster::evtx
