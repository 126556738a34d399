// The agent: `muster client run`. Asks at start-up where a request is due, then by the host's
// retry_after, for every installed product, until it is told to stop. Nothing that a host or the
// network does ends it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "client/client.h"

namespace muster::client {

// How the agent sleeps; tests pass one that moves simulated time.
class Waiter {
 public:
  enum class Woke { time, state_changed, stop };
  virtual ~Waiter() = default;
  // Sleeps for at most `most`; earlier where the state directory changed or stop() was called.
  virtual Woke wait(std::chrono::milliseconds most) = 0;
  // Ends this wait, or the next one, with `stop`. Thread-safe.
  virtual void stop() = 0;
};
// Watches `directory` (inotify), which need not be there yet.
[[nodiscard]] std::unique_ptr<Waiter> make_linux_waiter(const std::filesystem::path& directory);

// One line per event, "acme-cad: activated by http://..., count 25 of 25, ...": no newline, no
// time.
using LogSink = std::function<void(std::string_view line)>;

class Agent {
 public:
  // All references must outlive the agent.
  Agent(Client& client, Waiter& waiter, Clock& clock, Random& random, Transport& transport,
        LogSink log);
  ~Agent();

  // Runs until stop(). Fails only where the state cannot be used at the start (state_newer,
  // state_corrupt, state_unreadable); a directory without a product is waited upon.
  [[nodiscard]] Expected<void> run();
  // One turn of run() without its sleep: asks for what is due, and returns how long to sleep at
  // most. A simulation calls this instead of run().
  [[nodiscard]] Expected<std::chrono::milliseconds> step();
  // After a step: how long until the next attempt that is planned, none where none is. Where
  // nothing but the agent changes the state and no clock jumps, steps before that do nothing: a
  // simulation may leave them out.
  [[nodiscard]] std::optional<std::chrono::milliseconds> planned() const;
  // Ends run() at once, an exchange in progress included (its nonce is kept, so nothing is lost).
  // Thread-safe.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// run() until SIGTERM or SIGINT. Blocks both signals in the calling thread: call it before others
// are started.
[[nodiscard]] Expected<void> run_until_signal(Agent& agent);

}  // namespace muster::client
