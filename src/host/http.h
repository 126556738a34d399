// A request as a site sees it, and how it is answered. Nothing of Beast or of a socket stands here.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "host/address.h"
#include "service/reply.h"

namespace muster::host {

using Task = std::move_only_function<void()>;

enum class Method : std::uint8_t { get, head, post, del, other };

// Fields that Muster reads. A member is empty where the field is absent.
struct Request {
  Method method = Method::other;
  std::string target;  // as it was sent: "/v1/events?after=7"
  std::string body;
  std::string host;  // Host, or the authority of an absolute target
  std::string origin;
  std::string authorization;
  std::string content_type;
  std::string accept;
  std::string accept_encoding;
  std::string if_none_match;
  std::string cookie;
  std::string forwarded_for;
  std::string last_event_id;
  std::string fetch_site;  // Sec-Fetch-Site
  bool has_host = false;
  bool http_1_0 = false;

  [[nodiscard]] std::string_view path() const {
    return std::string_view(target).substr(0, target.find('?'));
  }
  [[nodiscard]] std::string_view query() const {
    const auto at = target.find('?');
    return at == std::string::npos ? std::string_view{} : std::string_view(target).substr(at + 1);
  }
  // Empties every member, keeps their memory.
  void clear();
};

// Who is at the other end of the connection.
struct Peer {
  std::optional<Address> address{};  // after a PROXY header; none: a Unix socket
  std::optional<uid_t> uid{};        // of a Unix socket's other end
  bool proxied = false;              // a PROXY header spoke for somebody else
  bool tls = false;
};

class Worker;

// One request that waits for its answer. It lives until answer() has been called, which must happen
// once; a peer that has gone meanwhile makes no difference.
class Exchange {
 public:
  [[nodiscard]] virtual const Request& request() const = 0;
  [[nodiscard]] virtual const Peer& peer() const = 0;
  // The io thread that the connection belongs to.
  [[nodiscard]] virtual Worker& worker() = 0;
  // On the worker's thread only.
  virtual void answer(service::Reply reply) = 0;

 protected:
  ~Exchange() = default;
};

// What stands behind a listener. Used by every io thread at the same time.
class Site {
 public:
  virtual ~Site() = default;
  // Begins to answer; must not block.
  virtual void handle(Exchange& exchange) = 0;
  // Runs work that may take long, away from the io threads: the further pieces of an answer.
  virtual void run(Task work) = 0;
};

// The request's limits; what is over them is refused by the connection itself.
struct HttpLimits {
  std::uint32_t header_most = 8 * 1024;
  std::uint64_t body_most = 16 * 1024;
  seconds request_timeout{10};
  seconds idle_timeout{60};
};

}  // namespace muster::host
