#include "host/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>

#include "host/answer.h"
#include "host/proxy_protocol.h"
#include "host/request_reader.h"

namespace muster::host {
namespace {

using boost::system::error_code;
using TcpStream = asio::ip::tcp::socket;
using UnixStream = asio::local::stream_protocol::socket;
using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

// After an answer that ends the connection early the peer may still be sending; closing at once
// would make its kernel throw the answer away. So much is read and dropped, for so long.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kLingerBytes = 256 * 1024;

template <class Stream>
class Connection final : public Exchange,
                         public Timed,
                         public std::enable_shared_from_this<Connection<Stream>> {
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;
  enum class Phase : std::uint8_t {
    opening,
    reading,
    handling,
    writing,
    following,  // until there is more to write; nobody reads or writes
    closing
  };

 public:
  template <class... StreamArgs>
  Connection(Worker& worker, ConnectionSettings& settings, const Peer& peer,
             std::shared_ptr<asio::ssl::context> tls, StreamArgs&&... args)
      : worker_(worker),
        settings_(settings),
        tls_(std::move(tls)),
        peer_(peer),
        stream_(std::forward<StreamArgs>(args)...),
        reader_(settings.limits) {
    worker_.add(*this);
    settings_.connections.fetch_add(1, std::memory_order_relaxed);
    settings_.accepted.fetch_add(1, std::memory_order_relaxed);
  }
  ~Connection() override {
    worker_.remove(*this);
    settings_.connections.fetch_sub(1, std::memory_order_release);
  }

  void start() {
    worker_.set_deadline(*this, settings_.limits.request_timeout);
    if (peer_.address && settings_.proxy_protocol.contains(*peer_.address))
      return read_proxy_header();
    open();
  }

  // Exchange
  [[nodiscard]] const Request& request() const override { return reader_.request(); }
  [[nodiscard]] const Peer& peer() const override { return peer_; }
  Worker& worker() override { return worker_; }
  void answer(service::Reply reply) override {
    // The site is done with this object; from here on the handlers keep it.
    const auto self = std::move(handling_);
    if (phase_ != Phase::handling) return;  // closed meanwhile
    close_after_ = worker_.draining() || !reader_.keep_alive();
    write_answer(std::move(reply));
  }

  // Timed
  void expire() override {
    if (phase_ == Phase::following) return look_for_more();
    if (phase_ == Phase::reading && reader_.started()) {
      settings_.timed_out.fetch_add(1, std::memory_order_relaxed);
      // The pending read ends with an error that nobody heeds any more.
      lowest().cancel(ignored_);
      return refuse({ErrorCode::request_timeout, {}});
    }
    if (phase_ == Phase::opening) settings_.timed_out.fetch_add(1, std::memory_order_relaxed);
    close();
  }
  void drain(bool now) override {
    if (phase_ == Phase::following) return leave();
    if (now || idle()) close();
  }
  [[nodiscard]] bool idle() const override {
    return phase_ == Phase::reading && !reader_.started();
  }

 private:
  auto& lowest() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  auto self() { return this->shared_from_this(); }

  void read_proxy_header() {
    const auto room = reader_.prepare();
    lowest().async_read_some(asio::buffer(room.data(), room.size()),
                             [self = self()](error_code ec, std::size_t size) {
                               if (ec || self->phase_ != Phase::opening) return;
                               self->reader_.received(size);
                               self->look_at_proxy_header();
                             });
  }

  void look_at_proxy_header() {
    const auto header = parse_proxy_header(reader_.waiting());
    if (header.state == ProxyHeader::State::need_more) return read_proxy_header();
    if (header.state == ProxyHeader::State::bad) {
      settings_.bad_requests.fetch_add(1, std::memory_order_relaxed);
      return close();
    }
    reader_.skip(header.size);
    if (header.source) {
      peer_.address = header.source;
      peer_.proxied = true;
    }
    open();
  }

  void open() {
    if constexpr (kTls) {
      const auto early = reader_.waiting();
      stream_.async_handshake(asio::ssl::stream_base::server,
                              asio::buffer(early.data(), early.size()),
                              [self = self()](error_code ec, std::size_t used) {
                                if (ec || self->phase_ != Phase::opening) return;
                                self->reader_.skip(used);
                                self->next_request();
                              });
    } else {
      next_request();
    }
  }

  void next_request() {
    reader_.begin();
    phase_ = Phase::reading;
    if (!reader_.started()) {
      if (worker_.draining()) return close();
      worker_.set_deadline(
          *this, served_ ? settings_.limits.idle_timeout : settings_.limits.request_timeout);
      return read();
    }
    worker_.set_deadline(*this, settings_.limits.request_timeout);
    go_on();
  }

  void read() {
    const auto room = reader_.prepare();
    stream_.async_read_some(
        asio::buffer(room.data(), room.size()), [self = self()](error_code ec, std::size_t size) {
          if (self->phase_ != Phase::reading) return;
          if (ec) return self->close();
          if (!self->reader_.started()) {
            self->worker_.set_deadline(*self, self->settings_.limits.request_timeout);
          }
          self->reader_.received(size);
          self->go_on();
        });
  }

  void go_on() {
    switch (reader_.go_on()) {
      case RequestReader::State::need_more: return read();
      case RequestReader::State::need_continue: return write_continue();
      case RequestReader::State::failed:
        settings_.bad_requests.fetch_add(1, std::memory_order_relaxed);
        return refuse(reader_.failure());
      case RequestReader::State::done: break;
    }
    worker_.clear_deadline(*this);
    phase_ = Phase::handling;
    served_ = true;
    handling_ = self();
    settings_.site->handle(*this);
  }

  void write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue),
                      [self = self()](error_code ec, std::size_t) {
                        if (self->phase_ != Phase::reading) return;
                        if (ec) return self->close();
                        self->read();
                      });
  }

  // An answer of the connection itself, its last.
  void refuse(const Error& error) {
    phase_ = Phase::handling;
    close_after_ = true;
    linger_ = true;
    write_answer(service::reply_of(error));
  }

  void write_answer(service::Reply reply) {
    phase_ = Phase::writing;
    const bool head_only = reader_.request().method == Method::head;
    auto framing = Framing::length;
    if (reply.next_piece) {
      framing = reader_.request().http_1_0 ? Framing::until_close : Framing::chunked;
    }
    chunked_ = framing == Framing::chunked;
    if (framing == Framing::until_close || (reply.due && !head_only)) close_after_ = true;
    next_piece_ = head_only ? nullptr : std::move(reply.next_piece);
    due_ = head_only ? nullptr : std::move(reply.due);
    out_.clear();
    append_answer(out_, reply, framing, !close_after_, head_only);
    write();
  }

  void begin_to_wait() { worker_.set_deadline(*this, settings_.limits.request_timeout); }

  void write() {
    begin_to_wait();
    written_ = 0;
    write_some();
  }

  void write_some() {
    stream_.async_write_some(asio::buffer(out_.data() + written_, out_.size() - written_),
                             [self = self()](error_code ec, std::size_t size) {
                               if (self->phase_ != Phase::writing) return;
                               if (ec) return self->close();
                               self->written_ += size;
                               if (self->written_ < self->out_.size()) {
                                 // Who follows must keep up; any other may take its time.
                                 if (!self->due_) self->begin_to_wait();
                                 return self->write_some();
                               }
                               self->wrote();
                             });
  }

  void wrote() {
    if (next_piece_) return fetch_piece();
    if (!close_after_) {
      if (out_.capacity() > kKeepBuffer) std::string().swap(out_);
      return next_request();
    }
    shut_down();
  }

  // The next piece is made away from this thread; the connection waits for it.
  void fetch_piece() {
    phase_ = Phase::handling;
    worker_.clear_deadline(*this);
    handling_ = self();
    settings_.site->run([this] {
      auto piece = make_piece();
      worker_.post([this, made = std::move(piece)]() mutable { got_piece(std::move(made)); });
    });
  }

  // An exception that left a background thread would end the process.
  [[nodiscard]] Expected<std::optional<std::string>> make_piece() const {
    try {
      return next_piece_();
    } catch (const std::exception& error) {
      return fail(ErrorCode::internal, error.what());
    }
  }

  void got_piece(Expected<std::optional<std::string>> piece) {
    const auto self = std::move(handling_);
    if (phase_ != Phase::handling) return;
    if (!piece) {
      settings_.log->error("an answer was cut off", {{"reason", piece.error().sentence()}});
      // An answer that breaks off must be seen to be cut: no last chunk.
      return close();
    }
    if (due_ && worker_.draining()) return close();
    if (due_ && *piece && (*piece)->empty()) return follow();
    // Behind the work of others, that no long search keeps them waiting.
    if (*piece && (*piece)->empty()) return fetch_piece();
    phase_ = Phase::writing;
    out_.clear();
    if (!*piece) next_piece_ = nullptr;
    if (chunked_) {
      append_chunk(out_, piece->value_or(""));
    } else {
      out_ = piece->value_or("");
    }
    if (out_.empty()) return wrote();
    write();
  }

  // Waits for the next tick, without a thread and without a task.
  void follow() {
    phase_ = Phase::following;
    handling_ = self();
    worker_.set_deadline(*this, std::chrono::milliseconds(0));
  }

  void look_for_more() {
    if (peer_has_left()) return leave();
    if (due_()) return fetch_piece();
    worker_.set_deadline(*this, std::chrono::milliseconds(0));
  }

  // Nobody reads from the socket meanwhile, so that its end has to be looked for.
  [[nodiscard]] bool peer_has_left() {
    pollfd look{.fd = lowest().native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&look, 1, 0) != 0;
  }

  void leave() {
    const auto self = std::move(handling_);
    close();
  }

  void shut_down() {
    phase_ = Phase::closing;
    worker_.set_deadline(*this, kLinger);
    if constexpr (kTls) {
      stream_.async_shutdown([self = self()](error_code) { self->shut_down_socket(); });
    } else {
      shut_down_socket();
    }
  }

  void shut_down_socket() {
    lowest().shutdown(asio::socket_base::shutdown_send, ignored_);
    if (ignored_ || !linger_) return close();
    discard();
  }

  void discard() {
    const auto room = reader_.prepare();
    lowest().async_read_some(asio::buffer(room.data(), room.size()),
                             [self = self()](error_code ec, std::size_t size) {
                               self->discarded_ += size;
                               if (ec || self->discarded_ > kLingerBytes) return self->close();
                               self->discard();
                             });
  }

  // Nothing waits after this but handlers that end with an error and let go of the object.
  void close() {
    phase_ = Phase::closing;
    worker_.clear_deadline(*this);
    lowest().close(ignored_);
  }

  static constexpr std::size_t kKeepBuffer = 64 * 1024;

  Worker& worker_;
  ConnectionSettings& settings_;
  std::shared_ptr<asio::ssl::context> tls_;  // lives as long as the stream made of it
  Peer peer_;
  Stream stream_;
  RequestReader reader_;
  Phase phase_ = Phase::opening;
  bool close_after_ = false, linger_ = false, chunked_ = false, served_ = false;
  std::string out_;
  std::size_t written_ = 0, discarded_ = 0;
  std::function<Expected<std::optional<std::string>>()> next_piece_;
  std::function<bool()> due_;             // set: the answer follows something
  std::shared_ptr<Connection> handling_;  // itself, while a site has it, or nobody
  error_code ignored_;
};

}  // namespace

void serve_tcp(Worker& worker, ConnectionSettings& settings, asio::ip::tcp::socket socket,
               const Address& address, std::shared_ptr<asio::ssl::context> tls) {
  Peer peer{.address = address};
  if (!tls) {
    std::make_shared<Connection<TcpStream>>(worker, settings, peer, nullptr, std::move(socket))
        ->start();
    return;
  }
  peer.tls = true;
  auto& context = *tls;
  std::make_shared<Connection<TlsStream>>(worker, settings, peer, std::move(tls), std::move(socket),
                                          context)
      ->start();
}

void serve_unix(Worker& worker, ConnectionSettings& settings,
                asio::local::stream_protocol::socket socket) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  std::make_shared<Connection<UnixStream>>(worker, settings, Peer{.uid = who.uid}, nullptr,
                                           std::move(socket))
      ->start();
}

}  // namespace muster::host
