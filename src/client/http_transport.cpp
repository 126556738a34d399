// Beast, one connection an exchange, but for who asks for many: a machine asks some times a week.
// Each step runs the io_context until the step is done; tcp_stream's own timer ends it where it
// takes too long.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <vector>

#include "client/name_lookup.h"
#include "client/tls_context.h"
#include "client/transport.h"

namespace muster::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

std::unexpected<Error> no_host(std::string why) { return fail(ErrorCode::no_host, std::move(why)); }

using TlsStream = beast::ssl_stream<beast::tcp_stream>;

class HttpTransport final : public Transport {
 public:
  HttpTransport(HttpOptions options, asio::ssl::context tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  Expected<HttpAnswer> post(const HostUrl& host, std::string_view path,
                            std::string_view body) override {
    end_.reset();
    return exchange(host, path, body);
  }

  Expected<HttpAnswer> post_within(milliseconds most, const HostUrl& host, std::string_view path,
                                   std::string_view body) override {
    end_ = Steady::now() + most;
    return exchange(host, path, body);
  }

  void cancel() override {
    cancelled_ = true;
    io_.stop();
    lookup_.cancel();
  }

 private:
  using Steady = std::chrono::steady_clock;

  // What a step may take: `most`, or its part of what is left of the whole where several are to
  // have their turn.
  [[nodiscard]] milliseconds patience(milliseconds most, std::size_t turns = 1) const {
    if (!end_) return most;
    const auto left = std::chrono::ceil<milliseconds>(*end_ - Steady::now());
    const auto part = left / static_cast<std::int64_t>(turns);
    return std::clamp(part, milliseconds(1), most);
  }

  Expected<HttpAnswer> exchange(const HostUrl& host, std::string_view path, std::string_view body) {
    if (cancelled_) return no_host("cancelled");
    if (auto again = on_kept(host, path, body)) return std::move(*again);
    const auto endpoints = lookup_.resolve(host, patience(options_.connect));
    if (!endpoints) return std::unexpected(endpoints.error());
    Expected<HttpAnswer> out = no_host("the name has no address");
    std::size_t turns = endpoints->size();
    for (const auto& endpoint : *endpoints) {
      bool connected = false;
      // An address that is silent leaves time for the others.
      connect_ = patience(options_.connect, turns--);
      out = host.tls ? exchange_tls(host, endpoint, path, body, connected)
                     : exchange_plain(host, endpoint, path, body, connected);
      // A host that took the connection has perhaps counted the request: its other addresses are
      // not asked.
      if (out || connected || cancelled_) break;
    }
    return out;
  }

  // Runs one asynchronous step to its end. False: cancelled.
  bool run() {
    io_.restart();
    if (cancelled_) return false;
    io_.run();
    return !cancelled_;
  }

  Expected<void> done(bool ran, const error_code& ec, std::string_view step) {
    if (!ran) return no_host("cancelled");
    if (!ec) return {};
    if (ec == beast::error::timeout) return no_host(fmt::format("{}: no answer in time", step));
    if (ec == http::error::body_limit || ec == http::error::header_limit) {
      return fail(ErrorCode::bad_answer, "the answer is too large");
    }
    if (ec.category() == http::make_error_code(http::error::bad_version).category() &&
        ec != http::error::end_of_stream && ec != http::error::partial_message) {
      return fail(ErrorCode::bad_answer, fmt::format("not HTTP: {}", ec.message()));
    }
    return no_host(fmt::format("{}: {}", step, ec.message()));
  }

  Expected<void> connect(beast::tcp_stream& stream, const tcp::endpoint& endpoint) {
    error_code result;
    stream.expires_after(connect_);
    stream.async_connect(endpoint, [&](const error_code& ec) { result = ec; });
    const bool ran = run();
    return done(ran, result, "connect");
  }

  Expected<HttpAnswer> exchange_plain(const HostUrl& host, const tcp::endpoint& endpoint,
                                      std::string_view path, std::string_view body,
                                      bool& connected) {
    auto stream = std::make_unique<beast::tcp_stream>(io_);
    if (auto ok = connect(*stream, endpoint); !ok) return std::unexpected(ok.error());
    connected = true;
    stream->expires_after(patience(options_.answer));
    return talk_and_keep(plain_, std::move(stream), host, path, body);
  }

  // The next exchange on the connection that was kept for this host. Nothing: there is none, or it
  // has been closed.
  std::optional<Expected<HttpAnswer>> on_kept(const HostUrl& host, std::string_view path,
                                              std::string_view body) {
    if (host != kept_for_ || (plain_ == nullptr && tls_stream_ == nullptr)) return std::nullopt;
    if (plain_) plain_->expires_after(patience(options_.answer));
    if (tls_stream_) {
      beast::get_lowest_layer(*tls_stream_).expires_after(patience(options_.answer));
    }
    auto out = plain_ ? talk_and_keep(plain_, std::move(plain_), host, path, body)
                      : talk_and_keep(tls_stream_, std::move(tls_stream_), host, path, body);
    if (!out && out.error().code == ErrorCode::no_host) return std::nullopt;
    return out;
  }

  template <class Stream>
  Expected<HttpAnswer> talk_and_keep(std::unique_ptr<Stream>& kept, std::unique_ptr<Stream> stream,
                                     const HostUrl& host, std::string_view path,
                                     std::string_view body) {
    bool stays = false;
    auto out = talk(*stream, host, path, body, stays);
    if (!stays) return out;
    beast::get_lowest_layer(*stream).expires_never();
    kept = std::move(stream);
    kept_for_ = host;
    return out;
  }

  Expected<HttpAnswer> exchange_tls(const HostUrl& host, const tcp::endpoint& endpoint,
                                    std::string_view path, std::string_view body, bool& connected) {
    auto made = std::make_unique<TlsStream>(io_, tls_);
    auto& stream = *made;
    auto& lowest = beast::get_lowest_layer(stream);
    if (auto ok = connect(lowest, endpoint); !ok) return std::unexpected(ok.error());
    connected = true;
    if (!is_address(host) &&
        SSL_set_tlsext_host_name(stream.native_handle(), host.name.c_str()) != 1) {
      return no_host("TLS: the name cannot be sent");
    }
    stream.set_verify_callback(asio::ssl::host_name_verification(host.name));
    lowest.expires_after(patience(options_.answer));
    error_code result;
    stream.async_handshake(asio::ssl::stream_base::client,
                           [&](const error_code& handshake) { result = handshake; });
    const bool ran = run();
    if (auto ok = done(ran, result, "TLS"); !ok) return std::unexpected(ok.error());
    return talk_and_keep(tls_stream_, std::move(made), host, path, body);
  }

  template <class Stream>
  Expected<HttpAnswer> talk(Stream& stream, const HostUrl& host, std::string_view path,
                            std::string_view body, bool& stays) {
    http::request<http::string_body> request(http::verb::post, {path.data(), path.size()}, 11);
    request.set(http::field::host, host.authority());
    request.set(http::field::user_agent, "muster");
    request.set(http::field::content_type, "application/json");
    request.set(http::field::accept, "application/json, application/problem+json");
    request.keep_alive(options_.keep_alive);
    request.body() = body;
    request.prepare_payload();
    error_code result;
    http::async_write(stream, request, [&](const error_code& ec, std::size_t) { result = ec; });
    bool ran = run();
    if (auto ok = done(ran, result, "send"); !ok) return std::unexpected(ok.error());
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerMost);
    http::async_read(stream, buffer, parser,
                     [&](const error_code& ec, std::size_t) { result = ec; });
    ran = run();
    if (auto ok = done(ran, result, "receive"); !ok) return std::unexpected(ok.error());
    stays = options_.keep_alive && parser.keep_alive();
    return taken(parser.release());
  }

  static HttpAnswer taken(http::response<http::string_body> response) {
    HttpAnswer out;
    out.status = response.result_int();
    const auto after = response[http::field::retry_after];
    std::uint32_t count = 0;
    const auto* end = after.data() + after.size();
    const auto [used, error] = std::from_chars(after.data(), end, count);
    if (!after.empty() && error == std::errc() && used == end) out.retry_after = seconds(count);
    out.body = std::move(response.body());
    return out;
  }

  HttpOptions options_;
  asio::ssl::context tls_;
  asio::io_context io_;
  std::atomic<bool> cancelled_{false};
  NameLookup lookup_;
  std::optional<Steady::time_point> end_;  // of the exchange that is going on, as a whole
  milliseconds connect_{};                 // of its next connection
  // What stays open for the next exchange with `kept_for_`: at most one of them.
  HostUrl kept_for_;
  std::unique_ptr<beast::tcp_stream> plain_;
  std::unique_ptr<TlsStream> tls_stream_;
};

}  // namespace

Expected<std::unique_ptr<Transport>> make_http_transport(HttpOptions options) {
  auto tls = make_tls_context(options.ca_file);
  if (!tls) return std::unexpected(tls.error());
  return std::make_unique<HttpTransport>(std::move(options), std::move(*tls));
}

}  // namespace muster::client
