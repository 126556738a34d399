#include "client/agent.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "client/schedule.h"
#include "client/transport.h"

namespace muster::client {
namespace {

using std::chrono::milliseconds;

// Never longer: a machine that slept, a clock that was set, a clone that took a snapshot's place.
constexpr milliseconds kLookEvery{60'000};
// Never sooner after an error of the state: what wakes the agent may be its own failure to write.
constexpr milliseconds kLeastAfterTrouble{5'000};

// What the agent remembers of a product between two turns.
struct Watched {
  bool planned = false;
  milliseconds due{};               // on the monotonic clock
  std::optional<LastAttempt> last;  // that the plan was made from
  std::optional<std::string> host;  // that was configured then
  unsigned silent = 0;
  std::optional<LicenceState> state;  // that was logged
  std::optional<ErrorCode> error;
  Pending pending = Pending::none;
};

std::string until(const ProductStatus& status) {
  if (status.permanent) return "without an end";
  if (status.state == LicenceState::licensed && status.valid_until) {
    return fmt::format("valid until {}", format_time(*status.valid_until));
  }
  if (status.state == LicenceState::notification) return "not licensed";
  if (status.grace_until) return fmt::format("grace until {}", format_time(*status.grace_until));
  return "no grace";
}

std::string counted(const ActivateResult& result) {
  if (result.place && result.limit) {
    return fmt::format(", place {} of {}", *result.place, *result.limit);
  }
  if (!result.count || !result.threshold) return "";
  return fmt::format(", count {} of {}", *result.count, *result.threshold);
}

std::string sentence(const Problem& problem) {
  auto out = problem.title.empty() ? problem.code : problem.title;
  if (!problem.detail.empty()) out.append(": ").append(problem.detail);
  return out;
}

}  // namespace

class Agent::Impl {
 public:
  Impl(Client& client, Waiter& waiter, Clock& clock, Random& random, Transport& transport,
       LogSink log)
      : client_(client),
        waiter_(waiter),
        clock_(clock),
        random_(random),
        transport_(transport),
        log_(std::move(log)) {}

  Expected<void> run() {
    while (!stopping_) {
      const auto most = step();
      if (!most) return std::unexpected(most.error());
      if (stopping_ || !sleep(*most)) break;
    }
    say("stopped");
    return {};
  }

  Expected<milliseconds> step() {
    const auto products = client_.status();
    const bool first = !started_;
    started_ = true;
    if (!products) {
      if (first) return std::unexpected(products.error());
      say_trouble(products.error().sentence());
      return kLookEvery;
    }
    if (first) {
      say(fmt::format("agent started on {}", client_.directory().string()));
      if (products->empty()) say("no product is installed yet");
    }
    if (!products->empty() && products->front().partial) {
      const Error error{ErrorCode::state_unreadable,
                        "the agent needs the right to write the state"};
      if (first) return std::unexpected(error);
      say_trouble(error.sentence());
      return kLookEvery;
    }
    trouble_.clear();
    forget_others(*products);
    milliseconds most = kLookEvery;
    for (const auto& status : *products) {
      if (stopping_) break;
      if (const auto wait = turn(status)) most = std::min(most, *wait);
    }
    return std::max(most, milliseconds(1));
  }

  [[nodiscard]] std::optional<milliseconds> planned() const {
    std::optional<milliseconds> out;
    for (const auto& [product, watched] : watched_) {
      if (!watched.planned) continue;
      const auto left = std::max(watched.due - clock_.monotonic(), milliseconds(1));
      out = out ? std::min(*out, left) : left;
    }
    return out;
  }

  void stop() {
    stopping_ = true;
    transport_.cancel();
    client_.cancel();
    waiter_.stop();
  }

 private:
  void say(std::string_view line) const {
    if (log_) log_(line);
  }

  // False: to be stopped.
  bool sleep(milliseconds most) {
    const auto least =
        clock_.monotonic() + (trouble_.empty() ? milliseconds(0) : kLeastAfterTrouble);
    auto left = most;
    do {
      if (waiter_.wait(left) == Waiter::Woke::stop) return false;
      left = least - clock_.monotonic();
    } while (left > milliseconds(0));
    return true;
  }

  // The same trouble is told once, not every minute.
  void say_trouble(const std::string& sentence) {
    if (sentence != trouble_) say(sentence);
    trouble_ = sentence;
  }

  void forget_others(const std::vector<ProductStatus>& products) {
    std::erase_if(watched_, [&](const auto& one) {
      return std::ranges::none_of(products, [&](const auto& status) {
        return one.first == ProductKey{status.vendor_id, status.product};
      });
    });
  }

  // One product; returns how long until its next attempt, or nothing where none is planned.
  std::optional<milliseconds> turn(const ProductStatus& status) {
    auto& watched = watched_[ProductKey{status.vendor_id, status.product}];
    say_changes(watched, status);
    const bool host_changed = watched.planned && watched.host != status.configured_host;
    if (host_changed) watched.silent = 0;
    if (!watched.planned || host_changed || watched.last != status.last_attempt)
      plan(watched, status);
    if (!watched.planned) return std::nullopt;
    if (watched.due <= clock_.monotonic() || due_by_wall(watched, status)) ask(watched, status);
    if (!watched.planned) return std::nullopt;
    return std::max(watched.due - clock_.monotonic(), milliseconds(1));
  }

  Situation situation(const Watched& watched, const ProductStatus& status, double jitter) {
    auto out = situation_of(status, clock_.now());
    out.silent = watched.silent;
    out.jitter = jitter;
    return out;
  }

  void plan(Watched& watched, const ProductStatus& status) {
    const auto jitter = static_cast<double>(random_.below(1'000'001)) / 1e6;
    const auto next = next_step(situation(watched, status, jitter));
    watched.planned = next.kind != NextStep::Kind::restart;
    watched.due = clock_.monotonic() + next.after;
    watched.last = status.last_attempt;
    watched.host = status.configured_host;
  }

  // A machine that is resumed from a snapshot with its memory finds days gone that its monotonic
  // clock has not counted. A clock that was set back meanwhile says nothing here.
  bool due_by_wall(const Watched& watched, const ProductStatus& status) {
    if (!status.last_attempt || clock_.now() < status.last_attempt->time) return false;
    return next_step(situation(watched, status, 1)).kind == NextStep::Kind::ask;
  }

  void ask(Watched& watched, const ProductStatus& status) {
    const auto result = client_.activate(status.product);
    if (stopping_) return;
    if (!result) {
      say_trouble(fmt::format("{}: {}", status.product, result.error().sentence()));
      watched.due = clock_.monotonic() + kLookEvery;
      return;
    }
    watched.silent = result->retry_after ? 0 : watched.silent + 1;
    plan(watched, result->status);
    say_result(status.product, *result, watched);
    watched.state = result->status.state;
    watched.error = code_of(result->status);
    watched.pending = result->status.pending;
  }

  void say_result(std::string_view product, const ActivateResult& result, const Watched& watched) {
    if (result.activated) {
      say(fmt::format("{}: activated by {}{}, {}", product, result.host.value_or(""),
                      counted(result), until(result.status)));
      return;
    }
    std::string next;
    if (watched.planned) {
      const auto wait = std::chrono::ceil<seconds>(watched.due - clock_.monotonic());
      next = fmt::format("; asks again in {}", spoken_duration(wait));
    }
    say(fmt::format("{}: not activated ({}): {}{}; {}, {}{}", product, result.error->code,
                    sentence(*result.error), counted(result), name_of(result.status.state),
                    until(result.status), next));
  }

  static std::optional<ErrorCode> code_of(const ProductStatus& status) {
    if (!status.error) return std::nullopt;
    return status.error->code;
  }

  void say_changes(Watched& watched, const ProductStatus& status) {
    if (watched.state != status.state || watched.error != code_of(status)) {
      say(fmt::format("{}: {}, {}{}", status.product, name_of(status.state), until(status),
                      status.error ? fmt::format(" ({})", status.error->sentence()) : ""));
    }
    if (watched.pending != status.pending) {
      if (status.pending == Pending::none) {
        say(fmt::format("{}: the machine started anew, its client machine id is {}", status.product,
                        status.cmid->text()));
        watched.planned = false;
      } else {
        say(fmt::format("{}: {} is pending; nothing is asked until the machine starts anew",
                        status.product, name_of(status.pending)));
        watched.planned = false;
      }
    }
    watched.state = status.state;
    watched.error = code_of(status);
    watched.pending = status.pending;
  }

  Client& client_;
  Waiter& waiter_;
  Clock& clock_;
  Random& random_;
  Transport& transport_;
  LogSink log_;
  std::map<ProductKey, Watched> watched_;
  std::string trouble_;
  bool started_ = false;
  std::atomic<bool> stopping_{false};
};

Agent::Agent(Client& client, Waiter& waiter, Clock& clock, Random& random, Transport& transport,
             LogSink log)
    : impl_(std::make_unique<Impl>(client, waiter, clock, random, transport, std::move(log))) {}
Agent::~Agent() = default;

Expected<void> Agent::run() { return impl_->run(); }
Expected<milliseconds> Agent::step() { return impl_->step(); }
std::optional<milliseconds> Agent::planned() const { return impl_->planned(); }
void Agent::stop() { impl_->stop(); }

}  // namespace muster::client
