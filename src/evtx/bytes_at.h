// Little-endian numbers out of bytes.
#pragma once

#include <bit>
#include <cassert>
#include <cstring>

#include "base/bytes.h"

namespace muster::evtx {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie");

// The number that begins at `at`. REQUIRES: it lies within the bytes.
template <class Number>
[[nodiscard]] Number number_at(ByteView bytes, std::size_t at) {
  assert(at <= bytes.size() && sizeof(Number) <= bytes.size() - at);
  Number out;
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return out;
}

// Walks over bytes. Reading past the end sets failed() and gives zeros from then on, so that a
// caller may ask once after several reads.
class Cursor {
 public:
  Cursor(ByteView bytes, std::size_t at, std::size_t end)
      : bytes_(bytes), at_(at), end_(end <= bytes.size() ? end : bytes.size()) {
    if (at_ > end_) fail();
  }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  template <class Number>
  Number take() {
    if (sizeof(Number) > end_ - at_) return fail(), Number{};
    const auto out = number_at<Number>(bytes_, at_);
    at_ += sizeof(Number);
    return out;
  }
  // So many bytes; none where there are fewer.
  ByteView take(std::size_t size) {
    if (size > end_ - at_) return fail(), ByteView{};
    at_ += size;
    return bytes_.subspan(at_ - size, size);
  }

 private:
  void fail() {
    failed_ = true;
    at_ = end_;
  }

  ByteView bytes_;
  std::size_t at_, end_;
  bool failed_ = false;
};

}  // namespace muster::evtx
