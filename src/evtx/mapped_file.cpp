#include "evtx/mapped_file.h"

#include <utility>

namespace muster::evtx {

MappedFile::MappedFile(MappedFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      mapped_(std::exchange(other.mapped_, false)),
      bytes_(std::exchange(other.bytes_, {})),
      own_(std::move(other.own_)) {
  if (!mapped_ && !own_.empty()) bytes_ = as_bytes(own_);
}

}  // namespace muster::evtx
