// From a connection's bytes to its requests, one after the other. No socket: the connection reads
// into prepare(), and tests and the fuzzer cut the bytes wherever they like. Not thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/error.h"
#include "host/http.h"
#include "host/request_parser.h"

namespace muster::host {

class RequestReader {
 public:
  enum class State : std::uint8_t {
    need_more,
    need_continue,  // once a request: the client waits for "100 Continue"; then as need_more
    done,           // request() is whole
    failed,         // failure() is the answer, and the connection's last
  };

  explicit RequestReader(const HttpLimits& limits) : limits_(limits) {}

  // Where the next bytes of the connection go; valid until the next call of anything here.
  [[nodiscard]] std::span<char> prepare();
  // So many bytes were put there.
  void received(std::size_t size) { end_ += size; }
  // Bytes that came and are not used yet (what follows a PROXY header; pipelined requests).
  [[nodiscard]] std::string_view waiting() const {
    return {buffer_.data() + begin_, end_ - begin_};
  }
  void skip(std::size_t size) { begin_ += size; }

  // Begins with the next request. The one before is forgotten.
  void begin();
  // Goes on with what has been received.
  [[nodiscard]] State go_on();
  // True once a byte of the request has come.
  [[nodiscard]] bool started() const { return started_ || begin_ != end_; }

  [[nodiscard]] const Request& request() const { return request_; }
  [[nodiscard]] const Error& failure() const { return failure_; }
  // Whether another request may follow. After done.
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive(); }

 private:
  State fail_with(ErrorCode code, std::string detail);

  HttpLimits limits_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of buffer_: received and not used
  std::size_t header_bytes_ = 0;
  bool started_ = false;
  bool continued_ = false;
  Request request_;
  std::optional<RequestParser> parser_;
  Error failure_;
};

}  // namespace muster::host
