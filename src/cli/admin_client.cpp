#include "cli/admin_client.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <ostream>

#include "cli/files.h"
#include "client/name_lookup.h"
#include "host/directory.h"
#include "host/socket_path.h"
#include "wire/exchange.h"

namespace muster::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

constexpr auto kConnect = std::chrono::seconds(5);
constexpr auto kAnswer = std::chrono::seconds(60);
constexpr std::size_t kBodyMost = std::size_t{64} << 20;

using HttpRequest = http::request<http::string_body>;
struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// One operation at a time, each with a deadline: the loop runs until it has ended.
class Exchange {
 public:
  // Where `sink` is given, the body of a 2xx answer is written there and is not kept.
  Exchange(const AdminTarget& target, HttpRequest request, std::ostream* sink)
      : target_(target), request_(std::move(request)), sink_(sink) {}

  Expected<HttpAnswer> run() {
    if (!target_.socket.empty()) return over_socket();
    return target_.host.tls ? over_tls() : over_tcp();
  }

 private:
  Expected<HttpAnswer> over_socket() {
    beast::basic_stream<asio::local::stream_protocol> stream(loop_);
    const host::SocketPath path(target_.socket);
    if (!path.fits()) {
      return fail(ErrorCode::usage, target_.text() + ": the socket's name is too long");
    }
    const asio::local::stream_protocol::endpoint endpoint(path.text());
    auto connected =
        with_deadline(stream, kConnect, [&](auto done) { stream.async_connect(endpoint, done); });
    if (!connected) return std::unexpected(connected.error());
    return talk(stream, stream);
  }

  Expected<HttpAnswer> over_tcp() {
    beast::tcp_stream stream(loop_);
    if (auto connected = connect(stream); !connected) return std::unexpected(connected.error());
    return talk(stream, stream);
  }

  Expected<HttpAnswer> over_tls() {
    asio::ssl::context context(asio::ssl::context::tls_client);
    error_code wrong;
    if (target_.ca_file.empty()) {
      wrong = context.set_default_verify_paths(wrong);
    } else {
      wrong = context.load_verify_file(target_.ca_file, wrong);
    }
    if (wrong) {
      return fail(ErrorCode::file_unreadable,
                  fmt::format("{}: {}", target_.ca_file, wrong.message()));
    }
    context.set_verify_mode(asio::ssl::verify_peer);
    beast::ssl_stream<beast::tcp_stream> stream(loop_, context);
    const auto& host = target_.host;
    stream.set_verify_callback(asio::ssl::host_name_verification(host.name));
    SSL_set_min_proto_version(stream.native_handle(), TLS1_2_VERSION);
    if (!client::is_address(host)) {
      SSL_set_tlsext_host_name(stream.native_handle(), host.name.c_str());
    }
    auto& below = beast::get_lowest_layer(stream);
    if (auto connected = connect(below); !connected) return std::unexpected(connected.error());
    auto shaken = with_deadline(below, kConnect, [&](auto done) {
      stream.async_handshake(asio::ssl::stream_base::client, done);
    });
    if (!shaken) return std::unexpected(shaken.error());
    return talk(stream, below);
  }

  // Runs `start(done)` to its end; `below` carries the deadline.
  template <class Below, class Start>
  Expected<void> with_deadline(Below& below, std::chrono::seconds most, Start start) {
    error_code ended;
    below.expires_after(most);
    start([&](error_code code, auto&&...) { ended = code; });
    loop_.restart();
    loop_.run();
    if (!ended) return {};
    return fail(ErrorCode::no_host, fmt::format("{}: {}", target_.text(), ended.message()));
  }

  Expected<void> connect(beast::tcp_stream& stream) {
    client::NameLookup lookup;
    const auto found = lookup.resolve(target_.host, kConnect);
    if (!found) {
      return fail(found.error().code, fmt::format("{}: {}", target_.text(), found.error().detail));
    }
    return with_deadline(stream, kConnect, [&](auto done) { stream.async_connect(*found, done); });
  }

  template <class Stream, class Below>
  Expected<HttpAnswer> talk(Stream& stream, Below& below) {
    if (auto sent = with_deadline(below, kAnswer,
                                  [&](auto done) { http::async_write(stream, request_, done); });
        !sent) {
      return std::unexpected(sent.error());
    }
    beast::flat_buffer buffer;
    http::response_parser<http::buffer_body> parser;
    parser.body_limit(boost::none);
    auto headed = with_deadline(
        below, kAnswer, [&](auto done) { http::async_read_header(stream, buffer, parser, done); });
    if (!headed) return std::unexpected(headed.error());
    HttpAnswer out{.status = parser.get().result_int(), .body = {}};
    while (!parser.is_done()) {
      if (auto read = read_piece(stream, below, buffer, parser, out); !read) {
        return std::unexpected(read.error());
      }
    }
    return out;
  }

  // The next piece of the body, to the sink or to the answer.
  template <class Stream, class Below>
  Expected<void> read_piece(Stream& stream, Below& below, beast::flat_buffer& buffer,
                            http::response_parser<http::buffer_body>& parser, HttpAnswer& out) {
    std::array<char, 64 * 1024> piece;
    auto& body = parser.get().body();
    body.data = piece.data();
    body.size = piece.size();
    auto read = with_deadline(below, kAnswer, [&](auto done) {
      // That the piece is full is how a body of several pieces is read.
      http::async_read(stream, buffer, parser, [done](error_code code, std::size_t) mutable {
        done(code == http::error::need_buffer ? error_code() : code);
      });
    });
    if (!read) return read;
    const auto filled = piece.size() - body.size;
    if (sink_ == nullptr || out.status / 100 != 2) {
      out.body.append(piece.data(), filled);
      if (out.body.size() > kBodyMost) return fail(ErrorCode::bad_answer, target_.text());
    } else if (!sink_->write(piece.data(), static_cast<std::streamsize>(filled))) {
      return fail(ErrorCode::file_unwritable, "what the host sent could not be written");
    }
    return {};
  }

  const AdminTarget& target_;
  HttpRequest request_;
  std::ostream* sink_;
  asio::io_context loop_;
};

// Another server says that there is nothing, and only its address tells which one was asked.
Error problem_of(const AdminTarget& target, std::string_view body) {
  auto out = wire::decode_problem(body);
  if (out.code == ErrorCode::not_found || out.code == ErrorCode::bad_answer) {
    out.detail =
        out.detail.empty() ? target.text() : fmt::format("{}: {}", target.text(), out.detail);
  }
  return out;
}

Expected<std::string> call(const AdminTarget& target, http::verb verb, std::string_view path,
                           std::string_view content_type, std::string_view body,
                           std::ostream* sink = nullptr) {
  HttpRequest request(verb, beast::string_view(path.data(), path.size()), 11);
  request.set(http::field::host,
              target.socket.empty() ? target.host.authority() : std::string("localhost"));
  request.set(http::field::connection, "close");
  if (!target.token.empty()) request.set(http::field::authorization, "Bearer " + target.token);
  if (!content_type.empty()) {
    request.set(http::field::content_type,
                beast::string_view(content_type.data(), content_type.size()));
    request.body() = body;
  }
  request.prepare_payload();
  Exchange exchange(target, std::move(request), sink);
  auto answer = exchange.run();
  if (!answer) return std::unexpected(answer.error());
  if (answer->status / 100 != 2) return std::unexpected(problem_of(target, answer->body));
  return std::move(answer->body);
}

}  // namespace

std::string AdminTarget::text() const { return socket.empty() ? host.base() : "unix:" + socket; }

std::vector<Option> admin_options(std::vector<Option> own) {
  std::vector<Option> out{
      {.name = "host",
       .kind = Kind::url,
       .placeholder = "URL",
       .help = "the host's administration side: http://127.0.0.1:8689, https://..., or "
               "unix:PATH; without it the socket in --dir",
       .variable = "MUSTER_ADMIN_HOST"},
      {.name = "dir",
       .kind = Kind::directory,
       .placeholder = "DIR",
       .help = "the directory of the host that runs on this machine",
       .fallback = kHostDirectory,
       .variable = "MUSTER_HOST_DIR"},
      {.name = "token-file",
       .kind = Kind::file,
       .placeholder = "FILE",
       .help = "an administrator's token, in the file's first line"},
      {.name = "ca-file",
       .kind = Kind::file,
       .placeholder = "FILE",
       .help = "PEM of who may sign the host's TLS certificate; without it the system's "
               "roots"}};
  out.insert(out.end(), own.begin(), own.end());
  return out;
}

std::vector<Hint> admin_hints() {
  return {{ErrorCode::no_host,
           "see that the host runs ('muster host run'), and name it with --dir or --host"},
          {ErrorCode::unauthorized,
           "pass an administrator's token with --token-file, or use --dir on the host's machine"},
          {ErrorCode::not_found,
           "name the administration side, whose port is 8689 unless the host was told otherwise; "
           "machines ask on another one"}};
}

Expected<AdminTarget> parse_admin_url(std::string_view url) {
  AdminTarget out;
  if (url.starts_with("unix:")) {
    out.socket = url.substr(5);
    if (out.socket.starts_with("//")) out.socket.erase(0, 2);
    if (!out.socket.empty()) return out;
  }
  if (url.find("://") != std::string_view::npos && !url.starts_with("unix:")) {
    auto host = client::parse_host_url(url, kAdminPort);
    if (!host) return std::unexpected(host.error());
    out.host = std::move(*host);
    return out;
  }
  return fail(ErrorCode::usage, fmt::format("'{}' is not a host's address; write "
                                            "http://127.0.0.1:8689, https://NAME, or unix:PATH",
                                            url));
}

Expected<AdminTarget> admin_target(const Invocation& asked) {
  AdminTarget out;
  if (const auto url = asked.maybe("host")) {
    auto parsed = parse_admin_url(*url);
    if (!parsed) return parsed;
    out = std::move(*parsed);
  } else {
    out.socket = host::Directory{asked.text("dir")}.socket().string();
  }
  if (const auto file = asked.maybe("token-file")) {
    auto token = read_first_line(*file);
    if (!token) return std::unexpected(token.error());
    out.token = std::move(*token);
  }
  out.ca_file = asked.maybe("ca-file").value_or("");
  return out;
}

Expected<std::string> admin_get(const AdminTarget& target, std::string_view path) {
  return call(target, http::verb::get, path, "", "");
}

Expected<std::string> admin_post(const AdminTarget& target, std::string_view path,
                                 std::string_view content_type, std::string_view body) {
  return call(target, http::verb::post, path, content_type, body);
}

Expected<std::string> admin_delete(const AdminTarget& target, std::string_view path) {
  return call(target, http::verb::delete_, path, "", "");
}

Expected<void> admin_get_to(const AdminTarget& target, std::string_view path, std::ostream& out) {
  if (auto done = call(target, http::verb::get, path, "", "", &out); !done) {
    return std::unexpected(done.error());
  }
  return {};
}

}  // namespace muster::cli
