#include "host/testing/host_fixture.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "wire/exchange.h"

namespace muster::host::testing {
namespace {

std::size_t number_at(std::string_view text) {
  std::size_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

void set_patience(int fd) {
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

// The host key that lets `host` serve acme-cad.
std::string key_for(const wire::PrivateKey& root, const wire::PublicKey& host, Instant now) {
  wire::HostKey key;
  key.vendor = "Acme";
  key.vendor_id = root.public_key().thumbprint();
  key.id = "hhhhhhhhhhhhhhhhhhhhhh";
  key.host = host;
  key.customer = "Corp";
  key.product = "acme-cad";
  key.name = "Acme CAD";
  key.group = "desktop";
  key.policy.threshold = 2;
  key.issued = now;
  key.expires = now + std::chrono::days(730);
  return wire::sign_host_key(key, *root.signer()).value();
}

}  // namespace

Wire Wire::tcp(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  set_patience(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ADD_FAILURE() << "connect: " << std::strerror(errno);
  }
  return Wire(fd);
}

Wire Wire::unix_socket(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  set_patience(fd);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    ADD_FAILURE() << path << ": " << std::strerror(errno);
  }
  return Wire(fd);
}

Wire::~Wire() {
  if (fd_ >= 0) ::close(fd_);
}

void Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return;  // the host may refuse before it has read everything
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void Wire::half_close() { ::shutdown(fd_, SHUT_WR); }

bool Wire::read_more() {
  char buffer[16 * 1024];
  const auto size = ::recv(fd_, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  rest_.append(buffer, static_cast<std::size_t>(size));
  return true;
}

std::string Wire::answer() {
  std::size_t header = std::string::npos;
  while ((header = rest_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {};
  }
  std::size_t whole = header + 4;
  const auto head = rest_.substr(0, header + 2);
  const auto length = head.find("\r\nContent-Length: ");
  if (length != std::string::npos) {
    whole += number_at(std::string_view(head).substr(length + 18));
    while (rest_.size() < whole && read_more()) {
    }
  } else if (head.find("Transfer-Encoding: chunked") != std::string::npos) {
    std::size_t end = 0;
    while ((end = rest_.find("\r\n0\r\n\r\n", header)) == std::string::npos && read_more()) {
    }
    whole = end == std::string::npos ? rest_.size() : end + 7;
  }
  auto out = rest_.substr(0, whole);
  rest_.erase(0, whole);
  return out;
}

std::string Wire::answer_without_body() {
  std::size_t header = std::string::npos;
  while ((header = rest_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {};
  }
  auto out = rest_.substr(0, header + 4);
  rest_.erase(0, header + 4);
  return out;
}

bool Wire::closed() {
  if (!rest_.empty()) return false;
  char byte;
  return ::recv(fd_, &byte, 1, 0) == 0 || errno == ECONNRESET;
}

int status_of(std::string_view answer) {
  int out = 0;
  if (answer.size() > 12) std::from_chars(answer.data() + 9, answer.data() + 12, out);
  return out;
}

std::string_view body_of(std::string_view answer) {
  const auto at = answer.find("\r\n\r\n");
  return at == std::string_view::npos ? std::string_view{} : answer.substr(at + 4);
}

std::uint16_t port_of(std::string_view url) {
  return static_cast<std::uint16_t>(number_at(url.substr(url.rfind(':') + 1)));
}

std::string get(std::string_view path, std::string_view fields) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", path, fields);
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
      "{}\r\n{}\r\n{}",
      path, body.size(), fields, body);
}

std::string request_of(int n, Instant now) {
  wire::ActivationRequest request;
  request.product = "acme-cad";
  request.cmid.bytes = {0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0x40,
                        0,
                        0x80,
                        0,
                        0,
                        0,
                        0,
                        0,
                        static_cast<std::uint8_t>(n >> 8),
                        static_cast<std::uint8_t>(n)};
  request.nonce.fill(static_cast<std::uint8_t>(n));
  request.facts.add("machine_id", request.cmid.bytes);
  request.time = now;
  request.name = fmt::format("desk-{:03}.corp.example", n);
  request.state = LicenceState::initial_grace;
  request.minutes_left = 43'200;
  return wire::encode_request(request);
}

HostTest::HostTest() {
  directory = scratch.path();
  options.directory = directory;
  options.listen = "127.0.0.1:0";
  options.admin_listen = "127.0.0.1:0";
  options.threads = 2;
  options.log_level = LogLevel::error;
}

HostTest::~HostTest() {
  host.reset();
  service.reset();
}

void HostTest::start() {
  const auto key = wire::PrivateKey::generate().value();
  auto opened = service::HostService::open(*store, clock, random, key, options.limits);
  ASSERT_TRUE(opened) << opened.error().sentence();
  service = std::move(*opened);
  const auto installed =
      service->install_keys(key_for(root, key.public_key(), clock.now()), "host");
  ASSERT_TRUE(installed) << installed.error().sentence();
  auto started = Host::start(options, *service, "0.1.0-test");
  ASSERT_TRUE(started) << started.error().sentence();
  host = std::move(*started);
}

Wire HostTest::clients() const { return Wire::tcp(port_of(host->listening().clients)); }
Wire HostTest::admin() const { return Wire::tcp(port_of(host->listening().admin)); }
Wire HostTest::owner() const { return Wire::unix_socket(host->listening().socket); }

std::string HostTest::ask(std::string_view request) const {
  auto wire = clients();
  wire.send(request);
  return wire.answer();
}

std::string HostTest::ask_admin(std::string_view request) const {
  auto wire = admin();
  wire.send(request);
  return wire.answer();
}

std::string HostTest::bearer(service::Role role) const {
  const auto made = service::create_token(*service, "test", role, std::nullopt, "host");
  return "Authorization: Bearer " + made.value().text + "\r\n";
}

std::string HostTest::file(std::string_view name, std::string_view text) const {
  const auto path = directory / name;
  std::ofstream(path) << text;
  return path.string();
}

}  // namespace muster::host::testing
