#include "host/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "host/mail.h"
#include "host/webhook.h"
#include "service/admin_json.h"

namespace muster::host {

namespace json = wire::json;
using service::Reply;
using service::reply_of;

Expected<std::unique_ptr<Alerts>> Alerts::open(const AlertOptions& options,
                                               service::HostService& service, Log& log,
                                               std::string_view hostname,
                                               std::string_view version) {
  std::unique_ptr<Alerts> out(new Alerts(service, log, options.plan));
  std::vector<std::string> names;
  const auto add = [&](Expected<std::unique_ptr<Receiver>> receiver) -> Expected<void> {
    if (!receiver) return std::unexpected(receiver.error());
    names.emplace_back((*receiver)->name());
    out->couriers_.push_back(
        std::make_unique<Courier>(service, out->outbox_, std::move(*receiver), log));
    return {};
  };
  if (!options.webhook.url.empty()) {
    if (auto done = add(make_webhook(options.webhook, version)); !done) {
      return std::unexpected(done.error());
    }
  }
  if (!options.mail.server.empty()) {
    if (auto done = add(make_mail(options.mail)); !done) return std::unexpected(done.error());
  }
  if (!options.syslog.server.empty()) {
    out->syslog_ =
        std::make_unique<SyslogExport>(service, options.syslog, std::string(hostname), log);
  }
  if (auto done = out->outbox_.open(service, std::move(names)); !done) {
    return std::unexpected(done.error());
  }
  auto watch = service::AlertWatch::open(service, out->outbox_, options.plan);
  if (!watch) return std::unexpected(watch.error());
  out->watch_ = std::move(*watch);
  return out;
}

void Alerts::start() {
  for (const auto& courier : couriers_) courier->start();
  if (syslog_) syslog_->start();
  thread_ = std::thread([this] { run(); });
}

void Alerts::stop() {
  {
    const std::scoped_lock lock(mutex_);
    quit_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const auto& courier : couriers_) courier->stop();
  if (syslog_) syslog_->stop();
}

void Alerts::run() {
  std::unique_lock lock(mutex_);
  do {
    lock.unlock();
    look();
    lock.lock();
  } while (!changed_.wait_for(lock, every_, [this] { return quit_; }));
}

void Alerts::look() {
  const auto looked = [&]() -> Expected<bool> {
    try {
      return watch_->look();
    } catch (const std::exception& error) {
      // One that left the thread would end the process.
      return fail(ErrorCode::internal, error.what());
    }
  }();
  if (!looked && !std::exchange(said_, true)) {
    log_.error("alerts cannot be looked for, or not be stored",
               {{"reason", looked.error().sentence()}});
  }
  if (looked) said_ = false;
  // Some may have been stored before one could not be.
  if (!looked || *looked) {
    for (const auto& courier : couriers_) courier->wake();
  }
}

Reply Alerts::list(bool shows_keys) const {
  std::vector<service::ReceiverStatus> receivers;
  for (const auto& courier : couriers_) receivers.push_back(courier->status());
  if (syslog_) receivers.push_back(syslog_->status());
  return service::json_reply(watch_->body(receivers, shows_keys));
}

Reply Alerts::test(std::string_view body) {
  json::Tree tree;
  if (auto done = service::parse_body(tree, body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  std::string wanted;
  if (claims.has("receiver")) wanted = claims.nonempty("receiver", 64);
  if (!claims.ok()) return reply_of(claims.failure().error());
  std::vector<Courier*> asked;
  for (const auto& courier : couriers_) {
    if (wanted.empty() || courier->receiver().name() == wanted) asked.push_back(courier.get());
  }
  if (asked.empty()) {
    return reply_of({ErrorCode::conflict,
                     wanted.empty() ? "no receiver is configured: see alerts.webhook.url and "
                                      "alerts.mail.server"
                                    : "no such receiver is configured; webhook and mail may be"});
  }
  const std::unique_lock lock(testing_, std::try_to_lock);
  if (!lock.owns_lock()) return reply_of({ErrorCode::conflict, "a test is under way already"});
  const auto message = watch_->test_message();
  std::string out;
  json::Writer writer(out);
  writer.text("id", message.id());
  service::write_list(writer, "receivers", asked, [&](std::string& to, Courier* courier) {
    const auto delivery = courier->try_now(message);
    json::Writer(to)
        .plain("receiver", courier->receiver().name())
        .text("to", courier->receiver().to())
        .truth("taken", delivery.taken)
        .text("answer", delivery.said)
        .end();
  });
  writer.end();
  return service::json_reply(std::move(out));
}

}  // namespace muster::host
