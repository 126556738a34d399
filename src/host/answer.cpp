#include "host/answer.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <charconv>

namespace muster::host {
namespace {

void append_number(std::string& out, std::size_t number, int base = 10) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, number, base).ptr;
  out.append(text, end);
}

}  // namespace

void append_answer(std::string& out, const service::Reply& reply, Framing framing, bool keep_alive,
                   bool head_only) {
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(reply.status));
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(reply.status));
  out.append(" ").append(reason.data(), reason.size()).append("\r\n");
  if (!reply.content_type.empty()) {
    out.append("Content-Type: ").append(reply.content_type).append("\r\n");
  }
  // These have no body, and so no length (RFC 9110, 8.6).
  constexpr int kNoContent = 204, kNotModified = 304;
  const bool no_body = reply.status == kNoContent || reply.status == kNotModified;
  if (framing == Framing::length && !no_body) {
    out.append("Content-Length: ");
    append_number(out, reply.body.size());
    out.append("\r\n");
  } else if (framing == Framing::chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
  }
  out.append("Cache-Control: ").append(reply.cache_control);
  out.append("\r\nX-Content-Type-Options: nosniff\r\n");
  if (reply.retry_after) {
    out.append("Retry-After: ");
    append_number(out,
                  static_cast<std::size_t>(std::max<seconds::rep>(reply.retry_after->count(), 0)));
    out.append("\r\n");
  }
  out.append(reply.more_headers);
  out.append(keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
  if (head_only) return;
  if (framing == Framing::chunked) {
    if (!reply.body.empty()) append_chunk(out, reply.body);
  } else {
    out.append(reply.body);
  }
}

void append_chunk(std::string& out, std::string_view piece) {
  append_number(out, piece.size(), 16);
  out.append("\r\n").append(piece).append("\r\n");
}

}  // namespace muster::host
