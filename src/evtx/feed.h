// Hands records on in batches of a bearable size, for readers of text.
#pragma once

#include "evtx/evtx_file.h"

namespace muster::evtx {

class Feed {
 public:
  explicit Feed(const OnBatch& on_batch) : on_batch_(&on_batch) {}

  // Where records go; the same one again after each hand-over.
  [[nodiscard]] Batch& batch() { return batch_; }
  // After each record and each place that was skipped. False: no more wanted.
  bool count() { return ++size_ < kBatch || hand_over(); }
  // A place that could not be read, counted.
  bool skip(std::uint64_t offset, Trouble why) {
    batch_.skip({.offset = offset, .why = why});
    return count();
  }
  // The rest, at the end.
  void finish() {
    if (size_ > 0) (void)hand_over();
  }

 private:
  static constexpr std::size_t kBatch = 512;

  bool hand_over() {
    size_ = 0;
    batch_.seal();
    const bool more = (*on_batch_)(batch_);
    batch_.clear();
    return more;
  }

  const OnBatch* on_batch_;
  Batch batch_;
  std::size_t size_ = 0;
};

}  // namespace muster::evtx
