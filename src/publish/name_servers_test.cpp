#include "publish/name_servers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace muster::publish {
namespace {

using ::testing::HasSubstr;
using Reason = Failure::Reason;
using std::chrono::milliseconds;

// A socket of the loopback that takes one connection at a time, on a thread.
class Listener {
 public:
  explicit Listener(std::function<void(int)> serve = {}) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    if (!serve) return;
    thread_ = std::thread([this, serve] {
      const int peer = ::accept(socket_, nullptr, nullptr);
      if (peer < 0) return;
      serve(peer);
      ::close(peer);
    });
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() {
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  [[nodiscard]] Server server() const { return {.name = "127.0.0.1", .port = port_}; }

 private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::string received(int peer, std::size_t count) {
  std::string out(count, '\0');
  EXPECT_EQ(::recv(peer, out.data(), count, MSG_WAITALL), static_cast<ssize_t>(count));
  return out;
}
void send_bytes(int peer, std::string_view bytes) {
  EXPECT_EQ(::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

TEST(NameServers, AMessageGoesThereAndItsAnswerComesBack) {
  std::string got;
  const Listener listener([&](int peer) {
    got = received(peer, 2 + 300);
    // In pieces, as a network may deliver it.
    send_bytes(peer, std::string_view("\0", 1));
    send_bytes(peer,
               "\x05"
               "an");
    send_bytes(peer, "swer and more");
  });
  const std::atomic<bool> stop{false};
  const std::string message(300, 'm');
  const auto answer = make_name_servers()->ask(listener.server(), message, stop);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(*answer, "answe");
  EXPECT_EQ(got, std::string("\x01\x2c", 2) + message);
}

TEST(NameServers, NobodyThere) {
  Server gone;
  {
    const Listener listener;
    gone = listener.server();
  }
  const std::atomic<bool> stop{false};
  const auto answer = make_name_servers()->ask(gone, "message", stop);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::silent);
  EXPECT_THAT(answer.error().detail,
              HasSubstr(gone.text() + " does not answer (127.0.0.1: Connection refused)"));
}

TEST(NameServers, OneThatSaysNothingIsGivenUp) {
  const Listener listener;  // the kernel takes the connection, nobody reads it
  const std::atomic<bool> stop{false};
  const auto answer = make_name_servers(milliseconds(100))->ask(listener.server(), "message", stop);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::silent);
  EXPECT_THAT(answer.error().detail, HasSubstr("timed out"));
}

TEST(NameServers, OneThatClosesEarly) {
  const Listener listener([](int peer) {
    (void)received(peer, 2 + 7);
    send_bytes(peer, std::string_view("\0\x10half", 6));
  });
  const std::atomic<bool> stop{false};
  const auto answer = make_name_servers()->ask(listener.server(), "message", stop);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::silent);
}

TEST(NameServers, AStopEndsTheWaiting) {
  std::atomic<bool> stop{false};
  const Listener listener([&](int peer) {
    (void)received(peer, 2 + 7);
    stop = true;
    char byte = 0;
    (void)::recv(peer, &byte, 1, 0);  // until the other end has gone
  });
  const auto answer =
      make_name_servers(std::chrono::hours(1))->ask(listener.server(), "message", stop);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().reason, Reason::stopped);
}

TEST(NameServers, ANameOfThisMachineNeedsNoNameServer) {
  const Listener listener([](int peer) {
    (void)received(peer, 2 + 7);
    send_bytes(peer, std::string_view("\0\x02hi", 4));
  });
  const std::atomic<bool> stop{false};
  auto server = listener.server();
  server.name = "localhost";
  const auto answer = make_name_servers()->ask(server, "message", stop);
  ASSERT_TRUE(answer) << answer.error().detail;
  EXPECT_EQ(*answer, "hi");
}

TEST(NameServers, AStopBeforeALookup) {
  const std::atomic<bool> stop{true};
  const auto found = make_name_servers()->primary("corp.example", stop);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().reason, Reason::stopped);
}

}  // namespace
}  // namespace muster::publish
