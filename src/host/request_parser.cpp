#include "host/request_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

namespace muster::host {
namespace {

namespace http = boost::beast::http;

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get: return Method::get;
    case http::verb::head: return Method::head;
    case http::verb::post: return Method::post;
    case http::verb::delete_: return Method::del;
    default: return Method::other;
  }
}

// "http://host:port/path" -> host:port, /path (RFC 9112: a server must take the absolute form).
bool split_absolute(Request& request) {
  const std::string_view target = request.target;
  std::size_t from = 0;
  if (target.starts_with("http://")) from = 7;
  if (target.starts_with("https://")) from = 8;
  if (from == 0) return false;
  const auto end = std::min(target.find_first_of("/?", from), target.size());
  request.host = target.substr(from, end - from);
  request.has_host = true;
  auto rest = std::string(target.substr(end));
  if (rest.empty() || rest.front() == '?') rest.insert(0, "/");
  request.target = std::move(rest);
  return !request.host.empty();
}

}  // namespace

void RequestParser::on_request_impl(http::verb method, string_view, string_view target, int version,
                                    error_code&) {
  request_.method = method_of(method);
  request_.target.assign(target.data(), target.size());
  request_.http_1_0 = version < 11;
}

void RequestParser::on_field_impl(field name, string_view text, string_view value, error_code& ec) {
  if (is_header_done()) return;
  const auto once = [&](std::string& out) {
    if (!out.empty()) ec = http::error::bad_field;
    out.assign(value.data(), value.size());
  };
  switch (name) {
    case field::host:
      if (request_.has_host) ec = http::error::bad_field;
      request_.has_host = true;
      request_.host.assign(value.data(), value.size());
      return;
    case field::origin: return once(request_.origin);
    case field::sec_fetch_site: return once(request_.fetch_site);
    case field::authorization: return once(request_.authorization);
    case field::cookie:
      if (!request_.cookie.empty()) request_.cookie.append("; ");
      request_.cookie.append(value.data(), value.size());
      return;
    case field::content_type: return once(request_.content_type);
    case field::accept: request_.accept.append(value.data(), value.size()).append(","); return;
    case field::accept_encoding:
      request_.accept_encoding.append(value.data(), value.size()).append(",");
      return;
    case field::if_none_match:
      request_.if_none_match.append(value.data(), value.size()).append(",");
      return;
    case field::transfer_encoding:
      // Another coding, or another order, would leave it to guessing where the request ends.
      if (!boost::beast::iequals(value, "chunked") || request_.http_1_0) {
        ec = http::error::bad_transfer_encoding;
      }
      return;
    case field::expect: expects_continue_ = boost::beast::iequals(value, "100-continue"); return;
    case field::unknown:
      if (boost::beast::iequals(text, "Last-Event-ID")) return once(request_.last_event_id);
      if (!boost::beast::iequals(text, "X-Forwarded-For")) return;
      if (!request_.forwarded_for.empty()) request_.forwarded_for.append(",");
      request_.forwarded_for.append(value.data(), value.size());
      return;
    default: return;
  }
}

void RequestParser::on_header_impl(error_code& ec) {
  const bool origin_form = !request_.target.empty() && request_.target.front() == '/';
  if (!origin_form && !split_absolute(request_)) ec = http::error::bad_target;
  if (!request_.has_host && !request_.http_1_0) ec = http::error::bad_field;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& size, error_code&) {
  if (size) request_.body.reserve(static_cast<std::size_t>(*size));  // body_limit has been checked
}

std::size_t RequestParser::on_body_impl(string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view body, error_code&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace muster::host
