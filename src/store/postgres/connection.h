// libpq with owners: a connection that is always in pipeline mode, and the rows of an answer.
// Statements are prepared once a connection, values and rows are binary. Not thread-safe: one
// thread uses a connection at a time.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "store/postgres/arguments.h"

namespace muster::store::pg {

// The rows of one statement's answer.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}
  [[nodiscard]] int size() const { return PQntuples(result_.get()); }
  [[nodiscard]] bool is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) == 1;
  }
  // Of int2, int4, int8 and bool.
  [[nodiscard]] std::int64_t number(int row, int column) const;
  // Seconds since 1970.
  [[nodiscard]] Instant time(int row, int column) const {
    return Instant{seconds{number(row, column)}};
  }
  // Valid as long as the rows are.
  [[nodiscard]] ByteView bytes(int row, int column) const;
  [[nodiscard]] std::string_view text(int row, int column) const {
    return as_text(bytes(row, column));
  }
  // False where the value has another length.
  template <std::size_t N>
  [[nodiscard]] bool array(int row, int column, std::array<std::uint8_t, N>& out) const {
    const auto from = bytes(row, column);
    if (from.size() != N) return false;
    std::memcpy(out.data(), from.data(), N);
    return true;
  }
  // "COMMIT", "INSERT 0 5".
  [[nodiscard]] std::string_view tag() const { return PQcmdStatus(result_.get()); }

 private:
  friend class Connection;
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

// Damaged pages and rows are store_corrupt, everything else store_unavailable. `state` is SQLSTATE,
// five characters or none.
[[nodiscard]] Error database_error(std::string_view state, std::string_view message);

class Connection {
 public:
  // `url` as libpq takes it: postgres://... or key=value. What it does not say is set here: a
  // server that can write, 3 s to connect, and a connection whose other side is gone is noticed
  // within some 10 s. A server that says nothing for `patience` while it is waited for is given up.
  // store_unavailable; config_invalid where the URL does not parse. No error holds a password.
  [[nodiscard]] static Expected<Connection> open(const std::string& url,
                                                 std::chrono::milliseconds patience);

  // Queues a statement. `sql` must be a literal: it is prepared once and kept by its address. What
  // goes wrong receive() says.
  void send(const char* sql, const Arguments& arguments = {});
  // Sends what is queued and waits for all answers, in the order of send(); one round trip. Fails
  // with the first error; what was sent behind it was not run.
  [[nodiscard]] Expected<std::vector<Rows>> receive();
  // send() and receive() of what was queued before and this; its rows.
  [[nodiscard]] Expected<Rows> ask(const char* sql, const Arguments& arguments = {});
  // Any statements, separated by semicolons; what they give is dropped. REQUIRES: nothing is
  // queued.
  [[nodiscard]] Expected<void> run(const std::string& sql);
  // Ends a transaction, if there is one, and forgets what is queued.
  void roll_back();

  // True: of no use any more.
  [[nodiscard]] bool broken() const { return broken_; }
  // SQLSTATE of the error that the server has told in the last receive() or run(), or none.
  [[nodiscard]] const std::string& state() const { return state_; }
  // The server has warned of something in the last receive(): of a commit, that it has given up
  // waiting for the standby, for instance.
  [[nodiscard]] bool warned() const { return *warned_; }
  [[nodiscard]] int process() const { return PQbackendPID(handle_.get()); }

 private:
  struct Finish {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  struct Awaited {
    const char* sql;
    bool is_prepare;
  };
  Connection(PGconn* handle, std::chrono::milliseconds patience)
      : handle_(handle), patience_(patience) {}
  // Until PQgetResult() does not block; false: the connection is lost.
  [[nodiscard]] bool wait();
  // Null ends a statement's results.
  [[nodiscard]] Expected<PGresult*> next();
  void take(PGresult* result, const Awaited& awaited, std::vector<Rows>& out,
            std::optional<Error>& error);
  [[nodiscard]] std::unexpected<Error> lost();
  [[nodiscard]] Error error_of(const PGresult* result);

  std::unique_ptr<PGconn, Finish> handle_;
  std::chrono::milliseconds patience_;
  std::unordered_set<const char*> prepared_;
  std::deque<Awaited> awaited_;
  std::string state_;
  std::unique_ptr<bool> warned_ = std::make_unique<bool>(false);  // libpq knows its place
  bool broken_ = false;
};

}  // namespace muster::store::pg
