// One io thread: its event loop, its connections and their deadlines.
//
// Deadlines are counted in ticks of a quarter of a second, by one timer for all connections, so
// that a request costs no timer and no look at a clock.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <mutex>
#include <vector>

#include "host/http.h"
#include "wire/jws.h"

namespace muster::host {

namespace asio = boost::asio;

// What a worker knows of a connection. All on the worker's thread.
class Timed {
 public:
  virtual ~Timed() = default;
  // The deadline has passed.
  virtual void expire() = 0;
  // The host stops: end when nothing is under way, at once if `now`.
  virtual void drain(bool now) = 0;
  // Waits for a next request and could be closed to make room.
  [[nodiscard]] virtual bool idle() const = 0;

 private:
  friend class Worker;
  boost::intrusive::list_member_hook<> hook_;
  std::uint64_t deadline_ = UINT64_MAX;
};

class Worker {
 public:
  static constexpr std::chrono::milliseconds kTick{250};

  // `signer` may be null where no site of this worker signs.
  explicit Worker(std::unique_ptr<wire::Signer> signer);

  // Runs the loop in the calling thread until stop(). Called once.
  void run();
  // Ends the loop after the tasks that were posted before. From any thread.
  void stop();

  // Runs `task` on the worker's thread, in the order of the calls. From any thread; cheap for many
  // at once.
  void post(Task task);

  // On the worker's thread from here on.
  // Runs `task` after the events that are ready now; asked for again before that, it runs once.
  void after_ready(Task task);
  [[nodiscard]] asio::io_context& io() { return io_; }
  [[nodiscard]] wire::Signer& signer() { return *signer_; }
  void add(Timed& connection) { connections_.push_back(connection); }
  void remove(Timed& connection) { connections_.erase(connections_.iterator_to(connection)); }
  // The connection's deadline is `after` from now, to the tick.
  void set_deadline(Timed& connection, std::chrono::milliseconds after) {
    connection.deadline_ = tick_ + 1 + static_cast<std::uint64_t>(after / kTick);
  }
  void clear_deadline(Timed& connection) { connection.deadline_ = UINT64_MAX; }
  void drain(bool now);
  [[nodiscard]] bool draining() const { return draining_; }
  // Closes up to `most` idle connections, those that connected first go first.
  void close_idle(std::size_t most);

 private:
  void run_tasks();
  void wait_tick();

  using Hook =
      boost::intrusive::member_hook<Timed, boost::intrusive::list_member_hook<>, &Timed::hook_>;

  boost::intrusive::list<Timed, Hook> connections_;  // before io_, whose end destroys connections
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  asio::steady_timer timer_{io_};
  std::unique_ptr<wire::Signer> signer_;
  std::uint64_t tick_ = 0;
  bool draining_ = false;
  Task after_ready_;

  std::mutex mutex_;
  std::vector<Task> tasks_;    // guarded by mutex_
  std::vector<Task> running_;  // the worker's own
};

}  // namespace muster::host
