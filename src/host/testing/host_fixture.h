// A host that runs in the test's process on ports of its own, and a client that sends what bytes it
// likes.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/testing/temporary_directory.h"
#include "host/run.h"
#include "host/system_clock.h"
#include "service/tokens.h"
#include "store/memory/memory_store.h"

namespace muster::host::testing {

// A blocking connection that gives up after ten seconds instead of hanging.
class Wire {
 public:
  static Wire tcp(std::uint16_t port);
  static Wire unix_socket(const std::string& path);
  explicit Wire(int fd) : fd_(fd) {}
  Wire(Wire&& other) noexcept : fd_(std::exchange(other.fd_, -1)), rest_(std::move(other.rest_)) {}
  Wire& operator=(Wire&&) = delete;
  ~Wire();

  void send(std::string_view bytes);
  void half_close();
  // One answer: its header and as much body as it says (or chunks). Empty where the host closed
  // before one.
  [[nodiscard]] std::string answer();
  // The answer to a HEAD.
  [[nodiscard]] std::string answer_without_body();
  // True where the host has closed, all answers read.
  [[nodiscard]] bool closed();
  [[nodiscard]] int fd() const { return fd_; }

 private:
  bool read_more();

  int fd_;
  std::string rest_;
};

[[nodiscard]] int status_of(std::string_view answer);
[[nodiscard]] std::string_view body_of(std::string_view answer);
[[nodiscard]] std::uint16_t port_of(std::string_view url);
// "GET PATH" with a Host header and these further fields, each with its "\r\n".
[[nodiscard]] std::string get(std::string_view path, std::string_view fields = {});
[[nodiscard]] std::string post(std::string_view path, std::string_view body,
                               std::string_view fields = {});

// An activation request of machine `n` for acme-cad, as JSON.
[[nodiscard]] std::string request_of(int n, Instant now);

// The system's clock, or ahead of it.
class ShiftedClock final : public Clock {
 public:
  std::atomic<seconds> ahead{seconds{0}};
  Instant now() override { return system_.now() + ahead.load(); }
  std::chrono::milliseconds monotonic() override { return system_.monotonic(); }

 private:
  SystemClock system_;
};

class HostTest : public ::testing::Test {
 public:
  HostTest();
  ~HostTest() override;

  // Starts on free ports of loopback, with a key for acme-cad (threshold 2). Fails the test where
  // it cannot.
  void start();
  [[nodiscard]] Wire clients() const;
  [[nodiscard]] Wire admin() const;
  [[nodiscard]] Wire owner() const;  // over the Unix socket
  // One request on a connection of its own.
  [[nodiscard]] std::string ask(std::string_view request) const;
  [[nodiscard]] std::string ask_admin(std::string_view request) const;
  // "Authorization: Bearer ...\r\n" of a new token.
  [[nodiscard]] std::string bearer(service::Role role) const;
  [[nodiscard]] std::string file(std::string_view name, std::string_view text) const;

  wire::PrivateKey root = wire::PrivateKey::generate().value();  // the vendor's
  ShiftedClock clock;
  SystemRandom random;
  TemporaryDirectory scratch;
  std::filesystem::path directory;  // the host's: scratch, or in it
  std::shared_ptr<store::MemoryFaults> disk = std::make_shared<store::MemoryFaults>();
  std::unique_ptr<store::Store> store = store::make_memory_store(Bytes16{7}, disk);
  HostOptions options;
  std::unique_ptr<service::HostService> service;
  std::unique_ptr<Host> host;
};

}  // namespace muster::host::testing
