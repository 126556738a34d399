#include "host/courier.h"

#include <algorithm>
#include <exception>

namespace muster::host {

using std::chrono::milliseconds;

milliseconds back_off(unsigned failed, Random& random) {
  constexpr std::int64_t kMost = 600'000;
  const auto doubled = std::int64_t{1000} << std::min(failed - 1, 20U);
  const auto base = static_cast<std::uint64_t>(std::min(doubled, kMost));
  return milliseconds(static_cast<std::int64_t>(base / 2 + random.below(base + 1)));
}

Courier::Courier(service::HostService& service, service::AlertOutbox& outbox,
                 std::unique_ptr<Receiver> receiver, Log& log)
    : service_(service), outbox_(outbox), receiver_(std::move(receiver)), log_(log) {
  status_.name = receiver_->name();
  status_.to = receiver_->to();
}

void Courier::start() {
  thread_ = std::thread([this] { run(); });
}

void Courier::stop() {
  stop_ = true;
  wake();
  if (thread_.joinable()) thread_.join();
}

void Courier::wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Courier::run() {
  while (!stop_) {
    const auto wait = work_safely();
    std::unique_lock lock(mutex_);
    const auto ready = [this] { return stop_ || woken_; };
    if (!wait) {
      changed_.wait(lock, ready);
    } else {
      // A new message does not make a receiver that failed be asked sooner.
      changed_.wait_for(lock, *wait, [this] { return stop_.load(); });
    }
    woken_ = false;
  }
}

// An exception that left the thread would end the process.
std::optional<milliseconds> Courier::work_safely() {
  try {
    return work();
  } catch (const std::exception& error) {
    note({.taken = false, .said = error.what()});
    return back_off(++failed_, service_.random());
  }
}

std::optional<milliseconds> Courier::work() {
  while (!stop_) {
    const auto entry = outbox_.first(receiver_->name());
    if (!entry) return std::nullopt;
    const auto message = service::decode_alert(entry->text);
    if (!message || too_old(*message)) {
      log_.error("an alert was given up: its receiver has not taken it",
                 {{"receiver", receiver_->name()},
                  {"message", message ? message->id() : "it is damaged"}});
      // Where the removal cannot be stored it is given up again after a restart.
      [[maybe_unused]] const auto removed = outbox_.remove(receiver_->name(), entry->number);
      continue;
    }
    const auto delivery = receiver_->deliver(*message, entry->text, service_.clock().now(), stop_);
    if (stop_ && !delivery.taken) return std::nullopt;
    note(delivery);
    if (!delivery.taken) {
      const auto wait = back_off(++failed_, service_.random());
      return std::max<milliseconds>(
          wait, std::min(delivery.wait.value_or(seconds{0}), seconds(std::chrono::hours(1))));
    }
    failed_ = 0;
    log_.info("an alert was delivered",
              {{"receiver", receiver_->name()}, {"message", message->id()}});
    // Where the removal cannot be stored it is sent again after a restart, under the same id.
    [[maybe_unused]] const auto removed = outbox_.remove(receiver_->name(), entry->number);
  }
  return std::nullopt;
}

void Courier::note(const Delivery& delivery) {
  const auto now = service_.clock().now();
  if (!delivery.taken) {
    log_.warn("an alert could not be delivered; it is tried again",
              {{"receiver", receiver_->name()}, {"reason", delivery.said}});
  }
  const std::scoped_lock lock(mutex_);
  (delivery.taken ? status_.last_taken : status_.last_failed) = now;
  if (!delivery.taken) status_.last_error = delivery.said;
}

bool Courier::too_old(const service::AlertMessage& message) const {
  return service_.now() - message.time > kGiveUp;
}

service::ReceiverStatus Courier::status() const {
  service::ReceiverStatus out;
  {
    const std::scoped_lock lock(mutex_);
    out = status_;
  }
  out.waiting = outbox_.waiting(receiver_->name());
  return out;
}

Delivery Courier::try_now(const service::AlertMessage& message) {
  auto out = receiver_->deliver(message, encode(message), service_.clock().now(), stop_);
  note(out);
  return out;
}

}  // namespace muster::host
