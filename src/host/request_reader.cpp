#include "host/request_reader.h"

#include <boost/beast/http/error.hpp>
#include <cstring>

namespace muster::host {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kReadLeast = 2048;
// The shortest end of a chunked body, "0\r\n\r\n". Beast 1.81 asserts this many bytes when it goes
// on after a "0\r\n" that came alone, so it is not called with fewer; a body that is not at its end
// has as many to come.
constexpr std::size_t kLastChunk = 5;

}  // namespace

std::span<char> RequestReader::prepare() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (buffer_.size() - end_ < kReadLeast) {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - end_ < kReadLeast) buffer_.resize(std::max(end_ * 2, end_ + kReadLeast));
  }
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void RequestReader::begin() {
  request_.clear();
  parser_.emplace(request_, limits_);
  header_bytes_ = 0;
  started_ = continued_ = false;
}

RequestReader::State RequestReader::fail_with(ErrorCode code, std::string detail) {
  failure_ = Error{code, std::move(detail)};
  return State::failed;
}

RequestReader::State RequestReader::go_on() {
  // An empty line before a request is to be overlooked (RFC 9112, 2.2).
  while (!started_ && begin_ != end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n'))
    ++begin_;
  if (begin_ == end_) return State::need_more;
  started_ = true;
  if (parser_->is_header_done() && parser_->chunked() && end_ - begin_ < kLastChunk) {
    return State::need_more;
  }
  boost::system::error_code ec;
  const auto used =
      parser_->put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), ec);
  begin_ += used;
  if (!parser_->is_header_done()) header_bytes_ += used;
  if (ec == http::error::body_limit) return fail_with(ErrorCode::body_too_large, {});
  // Beast's limit is on what it is shown at once; a header that trickles in must be added up.
  if (ec == http::error::header_limit ||
      header_bytes_ + (parser_->is_header_done() ? 0 : end_ - begin_) > limits_.header_most) {
    return fail_with(ErrorCode::header_too_large, {});
  }
  if (ec && ec != http::error::need_more) {
    return fail_with(ErrorCode::malformed_request, "HTTP: " + ec.message());
  }
  if (parser_->is_done()) return State::done;
  // What waits after the header is a chunk's head at most.
  if (parser_->is_header_done() && end_ - begin_ > limits_.header_most) {
    return fail_with(ErrorCode::malformed_request, "HTTP: bad chunk");
  }
  if (parser_->is_header_done() && parser_->expects_continue() && !continued_ && begin_ == end_ &&
      request_.body.empty()) {
    continued_ = true;
    return State::need_continue;
  }
  return State::need_more;
}

}  // namespace muster::host
