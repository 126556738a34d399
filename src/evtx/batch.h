// Records that were read together, and the memory that their texts lie in. Used again and again, a
// batch stops asking for memory: nothing is allocated for a record once it has grown.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evtx/record.h"

namespace muster::evtx {

// Fill it (begin, the texts, end or undo for each record), seal it, read it. One thread at a time.
class Batch {
 public:
  // A piece of the batch's text; stays right while the text grows.
  struct Slice {
    std::size_t at = 0, size = 0;
  };
  // A record while it is filled.
  struct Row {
    Record record;  // its numbers; its views are set by seal()
    Slice local_time, provider, source, channel, computer;
    std::size_t data_at = 0, data_size = 0;  // of data_
  };

  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;

  // Forgets what it held and keeps the memory.
  void clear();

  // The next record, empty. What is appended to text() from now on belongs to it.
  [[nodiscard]] Row& begin();
  [[nodiscard]] std::string& text() { return text_; }
  [[nodiscard]] Slice since(std::size_t at) const { return {at, text_.size() - at}; }
  Slice put(std::string_view text) {
    text_ += text;
    return since(text_.size() - text.size());
  }
  [[nodiscard]] std::string_view view(Slice slice) const {
    return std::string_view(text_).substr(slice.at, slice.size);
  }
  void add_data(Slice slice) { data_.push_back(slice); }
  // The record that was begun is whole; or never was.
  void end();
  void undo();
  void skip(const Skipped& skipped) { skipped_.push_back(skipped); }

  // Sets every view. Nothing is added afterwards, before clear().
  void seal();

  // Valid until clear() or the batch's end. REQUIRES: seal() was called.
  [[nodiscard]] std::span<const Record> records() const { return records_; }
  [[nodiscard]] std::span<const Skipped> skipped() const { return skipped_; }

 private:
  std::string text_;
  std::vector<Slice> data_;
  std::vector<Row> rows_;
  std::vector<std::string_view> views_;
  std::vector<Record> records_;
  std::vector<Skipped> skipped_;
  std::size_t text_before_ = 0;
};

}  // namespace muster::evtx
