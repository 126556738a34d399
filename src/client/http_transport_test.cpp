// The transport against servers in this process, on ports that the system chose.
#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <fstream>
#include <thread>

#include "client/fakes.h"
#include "client/transport.h"

namespace muster::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

// Takes one connection, reads what a request needs, answers with `reply`, closes.
template <class Wrap>
std::string serve_once(tcp::acceptor& acceptor, const std::string& reply, Wrap wrap) {
  tcp::socket socket = acceptor.accept();
  return wrap(std::move(socket), [&](auto& stream) {
    std::string got;
    boost::system::error_code ec;
    const auto head = asio::read_until(stream, asio::dynamic_buffer(got), "\r\n\r\n", ec);
    const auto at = got.find("Content-Length: ");
    const auto body = at == std::string::npos ? 0 : std::stoul(got.substr(at + 16));
    while (!ec && got.size() < head + body) {
      std::array<char, 1024> part{};
      const auto more = stream.read_some(asio::buffer(part), ec);
      got.append(part.data(), more);
    }
    asio::write(stream, asio::buffer(reply), ec);
    return got;
  });
}

class Server {
 public:
  explicit Server(std::string reply) : reply_(std::move(reply)) {
    thread_ = std::thread([this] {
      got_ =
          serve_once(acceptor_, reply_, [](tcp::socket socket, auto talk) { return talk(socket); });
    });
  }
  ~Server() {
    // Where the test never came, this ends the wait for it.
    boost::system::error_code ec;
    (void)tcp::socket(io_).connect(acceptor_.local_endpoint(), ec);
    join();
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  [[nodiscard]] HostUrl url() const {
    return {false, "127.0.0.1", acceptor_.local_endpoint().port()};
  }
  const std::string& got() {
    join();
    return got_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::string reply_, got_;
  std::thread thread_;
};

std::unique_ptr<Transport> transport(HttpOptions options = {}) {
  auto out = make_http_transport(std::move(options));
  EXPECT_TRUE(out);
  return std::move(*out);
}

TEST(HttpTransport, PostsJsonAndReadsTheAnswer) {
  Server server("HTTP/1.1 503 x\r\nContent-Length: 5\r\nRetry-After: 90\r\n\r\nhello");
  const auto answer = transport()->post(server.url(), "/v1/activations", "{\"a\":1}");
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->retry_after, seconds(90));
  EXPECT_THAT(server.got(), testing::StartsWith("POST /v1/activations HTTP/1.1\r\n"));
  EXPECT_THAT(server.got(), HasSubstr("Host: " + server.url().authority() + "\r\n"));
  EXPECT_THAT(server.got(), HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(server.got(), testing::EndsWith("\r\n\r\n{\"a\":1}"));
}

TEST(HttpTransport, ANameIsResolved) {
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  auto url = server.url();
  url.name = "localhost";
  EXPECT_TRUE(transport()->post(url, "/", "{}"));
}

TEST(HttpTransport, SaysWhyAHostDidNotAnswer) {
  HostUrl closed{false, "127.0.0.1", 0};
  {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    closed.port = acceptor.local_endpoint().port();
  }
  const auto refused = transport()->post(closed, "/", "{}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_host);
  EXPECT_THAT(refused.error().detail, HasSubstr("refused"));
  const auto unknown = transport()->post({false, "no.such.host.invalid", 1}, "/", "{}");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::no_host);
}

TEST(HttpTransport, DoesNotWaitForASilentHost) {
  asio::io_context io;
  tcp::acceptor silent(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  HttpOptions options;
  options.answer = std::chrono::milliseconds(50);
  const auto answer =
      transport(options)->post({false, "127.0.0.1", silent.local_endpoint().port()}, "/", "{}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::no_host);
  EXPECT_THAT(answer.error().detail, HasSubstr("in time"));
}

TEST(HttpTransport, AHostMayBeGivenUpSooner) {
  asio::io_context io;
  tcp::acceptor silent(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto http = transport();
  const HostUrl url{false, "127.0.0.1", silent.local_endpoint().port()};
  const auto answer = http->post_within(std::chrono::milliseconds(50), url, "/", "{}");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().detail, "receive: no answer in time");
  // The next exchange has the whole time again.
  Server server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(http->post(server.url(), "/", "{}"));
}

TEST(HttpTransport, WhatIsNoAnswerIsRefused) {
  const auto huge = "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
  for (const std::string reply : {"SSH-2.0-OpenSSH\r\n\r\n", huge}) {
    Server server(reply);
    const auto answer = transport()->post(server.url(), "/", "{}");
    ASSERT_FALSE(answer) << reply;
    EXPECT_EQ(answer.error().code, ErrorCode::bad_answer) << reply;
  }
  Server cut("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(transport()->post(cut.url(), "/", "{}").error().code, ErrorCode::no_host);
}

TEST(HttpTransport, CancelEndsAnExchange) {
  asio::io_context io;
  tcp::acceptor silent(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto http = transport();
  std::thread canceller([&] {
    // The connection stands in the backlog once the exchange has begun.
    tcp::socket socket = silent.accept();
    http->cancel();
    boost::system::error_code ec;
    char byte = 0;
    while (!ec) socket.read_some(asio::buffer(&byte, 1), ec);
  });
  const auto answer = http->post({false, "127.0.0.1", silent.local_endpoint().port()}, "/", "{}");
  canceller.join();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().detail, "cancelled");
  EXPECT_EQ(http->post({false, "127.0.0.1", 1}, "/", "{}").error().detail, "cancelled");
}

// ---- TLS

// A certificate that signs itself, for localhost.
struct Certificate {
  Certificate() {
    key = EVP_EC_gen("P-256");
    certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    auto* name = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>("localhost");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
  }
  ~Certificate() {
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  void write(const std::filesystem::path& file) const {
    BIO* out = BIO_new_file(file.c_str(), "w");
    PEM_write_bio_X509(out, certificate);
    BIO_free(out);
  }
  EVP_PKEY* key;
  X509* certificate;
};

class TlsTest : public testing::Test {
 protected:
  Expected<HttpAnswer> post(const std::string& name, const std::string& ca_file) {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    asio::ssl::context context(asio::ssl::context::tls_server);
    SSL_CTX_use_certificate(context.native_handle(), certificate_.certificate);
    SSL_CTX_use_PrivateKey(context.native_handle(), certificate_.key);
    std::thread server([&] {
      serve_once(acceptor, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                 [&](tcp::socket socket, auto talk) {
                   asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
                   boost::system::error_code ec;
                   (void)stream.handshake(asio::ssl::stream_base::server, ec);
                   return ec ? std::string() : talk(stream);
                 });
    });
    HttpOptions options;
    options.ca_file = ca_file;
    auto out = transport(options)->post({true, name, acceptor.local_endpoint().port()}, "/", "{}");
    server.join();
    return out;
  }

  TemporaryDirectory temporary_;
  Certificate certificate_;
};

TEST_F(TlsTest, ACertificateOfTheGivenAuthorityIsTaken) {
  const auto file = temporary_.path() / "ca.pem";
  certificate_.write(file);
  const auto answer = post("localhost", file.string());
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(answer->body, "{}");
}

TEST_F(TlsTest, ACertificateOfAnotherAuthorityIsRefused) {
  const auto answer = post("localhost", "");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::no_host);
  EXPECT_THAT(answer.error().detail, HasSubstr("certificate"));
}

TEST_F(TlsTest, ACertificateForAnotherNameIsRefused) {
  const auto file = temporary_.path() / "ca.pem";
  certificate_.write(file);
  EXPECT_FALSE(post("127.0.0.1", file.string()));
}

TEST(HttpTransport, ACaFileThatIsNoneIsSaidSo) {
  HttpOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  const auto made = make_http_transport(options);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::file_unreadable);
}

}  // namespace
}  // namespace muster::client
