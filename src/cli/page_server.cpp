#include "cli/page_server.h"

#include <fmt/format.h>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include "base/ascii.h"

namespace muster::cli {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kHeadMost = 8 * 1024;
constexpr int kOpenMost = 64;
constexpr std::chrono::seconds kPatience{5};
constexpr std::chrono::milliseconds kPause{100};

std::optional<tcp::endpoint> endpoint_of(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto port = whole_number<std::uint16_t>(std::string_view(address).substr(colon + 1));
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  error_code failed;
  const auto ip = host == "localhost" ? asio::ip::make_address("127.0.0.1")
                                      : asio::ip::make_address(host, failed);
  if (!port || failed || !ip.is_loopback()) return std::nullopt;
  return tcp::endpoint(ip, *port);
}

std::string reply(std::string_view status, std::string_view body, bool with_body) {
  auto out = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
      "Content-Length: {}\r\nConnection: close\r\n\r\n",
      status, body.size());
  if (with_body) out += body;
  return out;
}

}  // namespace

// One connection, from its acceptance to its end; it keeps itself alive.
class PageServer::Visit : public std::enable_shared_from_this<Visit> {
 public:
  Visit(PageServer& server, tcp::socket socket)
      : server_(&server), socket_(std::move(socket)), timer_(socket_.get_executor()) {
    ++server_->open_;
  }
  ~Visit() { --server_->open_; }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  void begin() {
    timer_.expires_after(kPatience);
    timer_.async_wait([self = shared_from_this()](error_code ended) {
      if (!ended) self->close();
    });
    asio::async_read_until(socket_, asio::dynamic_buffer(head_, kHeadMost), "\r\n\r\n",
                           [self = shared_from_this()](error_code failed, std::size_t size) {
                             self->answer(failed, size);
                           });
  }

 private:
  void answer(error_code failed, std::size_t size) {
    if (failed) return close();
    text_ = server_->answer(std::string_view(head_).substr(0, size));
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](error_code, std::size_t) { self->close(); });
  }
  void close() {
    error_code ignored;
    timer_.cancel();
    ignored = socket_.shutdown(tcp::socket::shutdown_both, ignored);
    ignored = socket_.close(ignored);
  }

  PageServer* server_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  std::string head_, text_;
};

Expected<std::unique_ptr<PageServer>> PageServer::start(const std::string& address,
                                                        std::string path) {
  const auto where = endpoint_of(address);
  if (!where) {
    return fail(ErrorCode::usage,
                fmt::format("--listen: {} is no loopback address with a port", address));
  }
  std::unique_ptr<PageServer> out(new PageServer(std::move(path)));
  error_code failed;
  auto& acceptor = out->acceptor_;
  failed = acceptor.open(where->protocol(), failed);
  if (!failed) failed = acceptor.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) failed = acceptor.bind(*where, failed);
  if (!failed) failed = acceptor.listen(kOpenMost, failed);
  if (failed) {
    return fail(ErrorCode::listen_failed, fmt::format("{}: {}", address, failed.message()));
  }
  out->accept_next();
  out->thread_ = std::thread([io = &out->io_] { io->run(); });
  return out;
}

PageServer::~PageServer() {
  io_.stop();
  if (thread_.joinable()) thread_.join();
}

void PageServer::set(std::string page) {
  const std::lock_guard lock(mutex_);
  page_ = std::move(page);
}

void PageServer::accept_next() {
  acceptor_.async_accept([this](error_code failed, tcp::socket socket) {
    if (failed == asio::error::operation_aborted) return;
    if (!failed && open_ < kOpenMost) {
      std::make_shared<Visit>(*this, std::move(socket))->begin();
    }
    if (!failed) return accept_next();
    // Out of descriptors or memory: the queue is left alone for a moment.
    pause_.expires_after(kPause);
    pause_.async_wait([this](error_code ended) {
      if (!ended) accept_next();
    });
  });
}

std::string PageServer::answer(std::string_view head) const {
  const auto line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' ');
  const auto second = line.find(' ', first == line.npos ? first : first + 1);
  if (first == line.npos || second == line.npos || !line.substr(second + 1).starts_with("HTTP/")) {
    return reply("400 Bad Request", "this is no request\n", true);
  }
  const auto method = line.substr(0, first);
  auto path = line.substr(first + 1, second - first - 1);
  path = path.substr(0, path.find('?'));
  if (path != path_) return reply("404 Not Found", fmt::format("see {}\n", path_), true);
  if (method != "GET" && method != "HEAD") {
    return reply("405 Method Not Allowed", "GET is answered here\n", true);
  }
  const std::lock_guard lock(mutex_);
  return reply("200 OK", page_, method == "GET");
}

}  // namespace muster::cli
