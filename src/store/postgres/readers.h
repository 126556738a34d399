// A few connections that reads outside units share. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"

namespace muster::store::pg {

class Readers {
 public:
  // Opens at most `most` connections, each when it is first needed.
  Readers(std::string url, std::chrono::milliseconds patience, std::size_t most)
      : url_(std::move(url)), patience_(patience), free_places_(most) {}

  // Runs `body` on a connection; waits while all are taken. On one that was idle and turns out to
  // be lost it runs again on a new one.
  template <class Body>
  auto read(const Body& body) -> decltype(body(std::declval<Connection&>())) {
    for (;;) {
      auto lease = take();
      if (!lease) return std::unexpected(lease.error());
      auto out = body(lease->db);
      const bool again = lease->db.broken() && !lease->is_new;
      give_back(std::move(*lease));
      if (!again) return out;
    }
  }

 private:
  struct Lease {
    Connection db;
    bool is_new;
  };
  [[nodiscard]] Expected<Lease> take();
  void give_back(Lease lease);
  void free_place();

  const std::string url_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable given_back_;
  std::vector<Connection> idle_;
  std::size_t free_places_;  // connections that may still be opened
};

}  // namespace muster::store::pg
