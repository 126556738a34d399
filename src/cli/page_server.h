// One page of text at one address, for who scrapes it. A thread of its own.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/error.h"

namespace muster::cli {

// Answers GET and HEAD of the path, and nothing else: 404 for another path, 405 for another method,
// 400 for what is no request. A connection has five seconds and one request of at most 8 KiB; at
// most 64 are open at the same time.
class PageServer {
 public:
  // Listens on a loopback address, "127.0.0.1:0". usage for another address, listen_failed.
  [[nodiscard]] static Expected<std::unique_ptr<PageServer>> start(const std::string& address,
                                                                   std::string path);
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;
  ~PageServer();

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  // What is answered from now on. Thread-safe.
  void set(std::string page);

 private:
  class Visit;
  explicit PageServer(std::string path) : path_(std::move(path)), acceptor_(io_), pause_(io_) {}
  void accept_next();
  [[nodiscard]] std::string answer(std::string_view head) const;

  std::string path_;
  mutable std::mutex mutex_;
  std::string page_;  // guarded by mutex_
  std::atomic<int> open_{0};
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::thread thread_;
};

}  // namespace muster::cli
