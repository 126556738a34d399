// Beast, one connection an exchange: a machine asks some times a week. Each step runs the
// io_context until the step is done; tcp_stream's own timer ends it where it takes too long.
#include <fmt/format.h>
#include <netdb.h>

#include <atomic>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

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

// getaddrinfo cannot be told to stop, so it runs on a thread that outlives whoever stopped waiting
// for it.
struct Lookup {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  int error = 0;
  std::vector<tcp::endpoint> endpoints;
};

void look_up(const std::shared_ptr<Lookup>& lookup, const std::string& name, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name.c_str(), std::to_string(port).c_str(), &hints, &found);
  const std::lock_guard guard(lookup->mutex);
  lookup->error = error;
  for (const auto* one = found; error == 0 && one != nullptr; one = one->ai_next) {
    tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    lookup->endpoints.push_back(endpoint);
  }
  if (found != nullptr) ::freeaddrinfo(found);
  lookup->done = true;
  lookup->changed.notify_all();
}

// RFC 6761, 6.3: such a name never goes to DNS, which a container without /etc/hosts would do.
bool is_loopback_name(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(HttpOptions options, asio::ssl::context tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  Expected<HttpAnswer> post(const HostUrl& host, std::string_view path,
                            std::string_view body) override {
    if (cancelled_) return no_host("cancelled");
    const auto endpoints = resolve(host);
    if (!endpoints) return std::unexpected(endpoints.error());
    Expected<HttpAnswer> out = no_host("the name has no address");
    for (const auto& endpoint : *endpoints) {
      bool connected = false;
      out = host.tls ? exchange_tls(host, endpoint, path, body, connected)
                     : exchange_plain(host, endpoint, path, body, connected);
      // A host that took the connection has perhaps counted the request: its other addresses are
      // not asked.
      if (out || connected || cancelled_) break;
    }
    return out;
  }

  void cancel() override {
    cancelled_ = true;
    io_.stop();
    const std::lock_guard guard(mutex_);
    if (!lookup_) return;
    const std::lock_guard waiting(lookup_->mutex);
    lookup_->changed.notify_all();
  }

 private:
  Expected<std::vector<tcp::endpoint>> resolve(const HostUrl& host) {
    error_code ec;
    if (const auto address = asio::ip::make_address(host.name, ec); !ec) {
      return std::vector<tcp::endpoint>{{address, host.port}};
    }
    if (is_loopback_name(host.name)) {
      return std::vector<tcp::endpoint>{{asio::ip::address_v4::loopback(), host.port},
                                        {asio::ip::address_v6::loopback(), host.port}};
    }
    auto lookup = std::make_shared<Lookup>();
    {
      const std::lock_guard guard(mutex_);
      lookup_ = lookup;
    }
    std::thread(look_up, lookup, host.name, host.port).detach();
    std::unique_lock guard(lookup->mutex);
    const bool in_time = lookup->changed.wait_for(
        guard, options_.connect, [&] { return lookup->done || cancelled_.load(); });
    if (cancelled_) return no_host("cancelled");
    if (!in_time) return no_host("the name was not resolved in time");
    if (lookup->error != 0) return no_host(::gai_strerror(lookup->error));
    return lookup->endpoints;
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
    stream.expires_after(options_.connect);
    stream.async_connect(endpoint, [&](const error_code& ec) { result = ec; });
    const bool ran = run();
    return done(ran, result, "connect");
  }

  Expected<HttpAnswer> exchange_plain(const HostUrl& host, const tcp::endpoint& endpoint,
                                      std::string_view path, std::string_view body,
                                      bool& connected) {
    beast::tcp_stream stream(io_);
    if (auto ok = connect(stream, endpoint); !ok) return std::unexpected(ok.error());
    connected = true;
    stream.expires_after(options_.answer);
    return talk(stream, host, path, body);
  }

  Expected<HttpAnswer> exchange_tls(const HostUrl& host, const tcp::endpoint& endpoint,
                                    std::string_view path, std::string_view body, bool& connected) {
    beast::ssl_stream<beast::tcp_stream> stream(io_, tls_);
    auto& lowest = beast::get_lowest_layer(stream);
    if (auto ok = connect(lowest, endpoint); !ok) return std::unexpected(ok.error());
    connected = true;
    error_code not_address;
    static_cast<void>(asio::ip::make_address(host.name, not_address));
    if (not_address && SSL_set_tlsext_host_name(stream.native_handle(), host.name.c_str()) != 1) {
      return no_host("TLS: the name cannot be sent");
    }
    stream.set_verify_callback(asio::ssl::host_name_verification(host.name));
    lowest.expires_after(options_.answer);
    error_code result;
    stream.async_handshake(asio::ssl::stream_base::client,
                           [&](const error_code& handshake) { result = handshake; });
    const bool ran = run();
    if (auto ok = done(ran, result, "TLS"); !ok) return std::unexpected(ok.error());
    return talk(stream, host, path, body);
  }

  template <class Stream>
  Expected<HttpAnswer> talk(Stream& stream, const HostUrl& host, std::string_view path,
                            std::string_view body) {
    http::request<http::string_body> request(http::verb::post, {path.data(), path.size()}, 11);
    request.set(http::field::host, host.authority());
    request.set(http::field::user_agent, "muster");
    request.set(http::field::content_type, "application/json");
    request.set(http::field::accept, "application/json, application/problem+json");
    request.keep_alive(false);
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
  std::mutex mutex_;
  std::shared_ptr<Lookup> lookup_;
};

}  // namespace

Expected<std::unique_ptr<Transport>> make_http_transport(HttpOptions options) {
  asio::ssl::context tls(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(asio::ssl::verify_peer);
  error_code ec;
  if (options.ca_file.empty()) {
    tls.set_default_verify_paths(ec);
  } else {
    tls.load_verify_file(options.ca_file, ec);
  }
  if (ec && !options.ca_file.empty()) {
    return fail(ErrorCode::file_unreadable, fmt::format("{}: {}", options.ca_file, ec.message()));
  }
  return std::make_unique<HttpTransport>(std::move(options), std::move(tls));
}

}  // namespace muster::client
