#include "host/worker.h"

#include <boost/asio/post.hpp>

namespace muster::host {

Worker::Worker(std::unique_ptr<wire::Signer> signer) : signer_(std::move(signer)) {}

void Worker::run() {
  wait_tick();
  io_.run();
}

void Worker::stop() {
  post([this] {
    work_.reset();
    timer_.cancel();
    io_.stop();
  });
}

void Worker::post(Task task) {
  bool first;
  {
    const std::scoped_lock lock(mutex_);
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  // Whoever comes second is taken along: a unit of 512 answers wakes the loop once.
  if (first) asio::post(io_, [this] { run_tasks(); });
}

void Worker::run_tasks() {
  {
    const std::scoped_lock lock(mutex_);
    running_.swap(tasks_);
  }
  for (auto& task : running_) task();
  running_.clear();
}

void Worker::after_ready(Task task) {
  if (std::exchange(after_ready_, std::move(task))) return;
  asio::post(io_, [this] { std::exchange(after_ready_, nullptr)(); });
}

void Worker::wait_tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](boost::system::error_code ec) {
    if (ec) return;
    ++tick_;
    // expire() may take its own connection out of the list, and no other.
    for (auto at = connections_.begin(); at != connections_.end();) {
      auto& connection = *at++;
      if (connection.deadline_ <= tick_) {
        connection.deadline_ = UINT64_MAX;
        connection.expire();
      }
    }
    wait_tick();
  });
}

void Worker::drain(bool now) {
  draining_ = true;
  for (auto at = connections_.begin(); at != connections_.end();) (*at++).drain(now);
}

void Worker::close_idle(std::size_t most) {
  for (auto at = connections_.begin(); at != connections_.end() && most > 0;) {
    auto& connection = *at++;
    if (!connection.idle()) continue;
    connection.drain(true);
    --most;
  }
}

}  // namespace muster::host
