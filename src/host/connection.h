// One connection: an optional PROXY header, an optional TLS handshake, then requests one after the
// other, each answered before the next is looked at (so pipelining is safe). Lives on one worker's
// thread and owns itself.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/random.h"
#include "host/http.h"
#include "host/log.h"
#include "host/worker.h"

namespace muster::host {

// What all connections of a listener share. Outlives them.
struct ConnectionSettings {
  HttpLimits limits;
  Networks proxy_protocol;  // peers that begin with a PROXY header
  Site* site = nullptr;
  Log* log = nullptr;
  Random* random = nullptr;  // thread-safe: spreads those who are turned away
  std::atomic<std::size_t> connections{0};
  // A connection that found no room, a request that was no HTTP: counted for /metrics.
  std::atomic<std::uint64_t> accepted{0}, turned_away{0}, bad_requests{0}, timed_out{0};
};

// `tls` none: plain. The socket belongs to worker.io().
void serve_tcp(Worker& worker, ConnectionSettings& settings, asio::ip::tcp::socket socket,
               const Address& address, std::shared_ptr<asio::ssl::context> tls);
void serve_unix(Worker& worker, ConnectionSettings& settings,
                asio::local::stream_protocol::socket socket);

}  // namespace muster::host
