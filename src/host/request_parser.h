// HTTP/1 requests, by Beast's parser, which keeps of a header only what Muster reads: no allocation
// per field. For request_reader.cpp alone.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include "host/http.h"

namespace muster::host {

// One object a request. Fields that decide who is asked or who asks (Host, Authorization, Origin,
// Content-Type) must not stand twice: proxies disagree about which of the two counts. Trailers are
// read and ignored.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  // `request` must be clear() and outlive the parser.
  RequestParser(Request& request, const HttpLimits& limits) : request_(request) {
    header_limit(limits.header_most);
    body_limit(limits.body_most);
    eager(true);
  }
  // The client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expects_continue() const { return expects_continue_; }

 private:
  using error_code = boost::system::error_code;
  using string_view = boost::core::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target,
                       int version, error_code& ec) override;
  void on_field_impl(field name, string_view text, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code& ec) override;
  std::size_t on_body_impl(string_view body, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, string_view, int, error_code&) override {}

  Request& request_;
  bool expects_continue_ = false;
};

}  // namespace muster::host
