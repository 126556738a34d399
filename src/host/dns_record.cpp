// The setting "dns_record" of the store: a line a record that may stand in a zone,
//   SERVICE ZONE PRIORITY WEIGHT PORT TARGET
#include "host/dns_record.h"

#include <algorithm>

#include "host/courier.h"
#include "publish/update.h"
#include "wire/json.h"

namespace muster::host {
namespace {

namespace json = wire::json;
using publish::Answer;
using publish::Failure;
using publish::HostRecord;
using std::chrono::milliseconds;

constexpr std::string_view kNoted = "dns_record";
constexpr std::string_view kPublish = "publish";
constexpr std::string_view kWithdraw = "withdraw";

Expected<std::vector<HostRecord>> read_noted(service::HostService& service) {
  const auto text = service.store().setting(kNoted);
  if (!text) return std::unexpected(text.error());
  std::vector<HostRecord> out;
  for (std::string_view rest = *text ? std::string_view(**text) : ""; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    // A line that cannot be read is of a version that wrote them otherwise.
    if (auto record = HostRecord::parse(rest.substr(0, end))) out.push_back(std::move(*record));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return out;
}

Expected<void> write_noted(service::HostService& service, const std::vector<HostRecord>& records) {
  std::string text;
  for (const auto& record : records) text += record.text() + "\n";
  return service.put_settings({{std::string(kNoted), text}});
}

void say_it_stays(Log& log, const HostRecord& record) {
  log.warn(
      "a record that this host published earlier may still stand in DNS; take it away by hand "
      "where nothing answers there any more",
      {{"name", record.owner()},
       {"target", record.srv.target},
       {"port", std::to_string(record.srv.port)}});
}

Answer<void> not_stored(const Error& error) {
  return publish::failed(Failure::Reason::not_stored, error.sentence());
}

}  // namespace

void say_what_stays_in_dns(service::HostService& service, Log& log) {
  const auto noted = read_noted(service);
  if (!noted || noted->empty()) return;
  for (const auto& record : *noted) say_it_stays(log, record);
  // Where that cannot be stored, the next start says it again.
  [[maybe_unused]] const auto done = write_noted(service, {});
}

Answer<void> DnsRecord::recall() {
  if (noted_) return {};
  auto noted = read_noted(service_);
  if (!noted) return not_stored(noted.error());
  // The key is this zone's: of another, nothing can be taken away with it.
  const auto [first, last] = std::ranges::remove_if(*noted, [this](const HostRecord& record) {
    if (record.zone == plan_.record.zone) return false;
    say_it_stays(log_, record);
    return true;
  });
  noted->erase(first, last);
  noted_ = std::move(*noted);
  return {};
}

Answer<void> DnsRecord::note(Records records) {
  if (records == noted_) return {};
  if (auto done = write_noted(service_, records); !done) return not_stored(done.error());
  noted_ = std::move(records);
  return {};
}

Answer<void> DnsRecord::send(const publish::Change& change, const std::atomic<bool>& stop) {
  auto server = plan_.server ? Answer<publish::Server>(*plan_.server)
                             : servers_.primary(plan_.record.zone, stop);
  if (!server) return std::unexpected(server.error());
  const auto update =
      publish::Update::make(plan_.record.zone, change, plan_.ttl, plan_.key, service_.random());
  if (!update) return std::unexpected(update.error());
  const auto answer = servers_.ask(*server, update->message(), stop);
  if (!answer) return std::unexpected(answer.error());
  auto done = update->read(*answer);
  if (!done) done.error().detail = server->text() + ": " + done.error().detail;
  return done;
}

Answer<void> DnsRecord::publish_now(const std::atomic<bool>& stop) {
  if (auto known = recall(); !known) return known;
  publish::Change change{.add = {plan_.record}, .remove = *noted_};
  std::erase(change.remove, plan_.record);
  auto both = change.remove;
  both.push_back(plan_.record);
  if (auto done = note(std::move(both)); !done) return done;
  if (auto done = send(change, stop); !done) return done;
  // Where this cannot be stored, the next start removes again what is gone: no harm.
  [[maybe_unused]] const auto noted = note({plan_.record});
  return {};
}

milliseconds DnsRecord::look(const std::atomic<bool>& stop) {
  const auto now = service_.clock().monotonic();
  if (due_ && now < *due_) return *due_ - now;
  const auto done = publish_now(stop);
  if (!done && done.error().reason == Failure::Reason::stopped) return milliseconds(0);
  tell(kPublish, done);
  failed_ = done ? 0 : failed_ + 1;
  const milliseconds wait = done ? kAgain : back_off(failed_, service_.random());
  due_ = now + wait;
  return wait;
}

void DnsRecord::withdraw(const std::atomic<bool>& stop) {
  if (auto known = recall(); !known || noted_->empty()) return;
  auto done = send({.add = {}, .remove = *noted_}, stop);
  if (!done && done.error().reason == Failure::Reason::stopped) {
    done = publish::failed(Failure::Reason::silent, "no answer within stop_timeout");
  }
  tell(kWithdraw, done);
  if (!done) return;
  // Where this cannot be stored, the next start removes again what is gone: no harm.
  [[maybe_unused]] const auto noted = note({});
}

// Every failure is a line of the log; an event is what has changed.
void DnsRecord::tell(std::string_view doing, const Answer<void>& done) {
  const bool publishing = doing == kPublish;
  {
    const std::scoped_lock lock(mutex_);
    ++(done ? figures_.done : figures_.failed);
    if (done) figures_.published = publishing;
    if (done) figures_.last_done = service_.clock().now();
  }
  const auto& srv = plan_.record.srv;
  auto outcome = std::string(doing);
  if (!done) outcome += publish::name_of(done.error().reason);
  const bool news = std::exchange(told_, outcome) != outcome;
  if (!done) {
    log_.warn(publishing ? "the host's record could not be published in DNS; it is tried again"
                         : "the host's record could not be taken out of DNS; machines that find "
                           "it try another host",
              {{"name", plan_.record.owner()},
               {"reason", done.error().detail},
               {"hint", publish::hint_of(done.error().reason)}});
  } else if (news) {
    log_.info(publishing ? "the host's record is published in DNS"
                         : "the host's record was taken out of DNS",
              {{"name", plan_.record.owner()},
               {"target", srv.target},
               {"port", std::to_string(srv.port)}});
  }
  if (!news) return;
  const auto reason = done ? std::nullopt : std::optional(done.error().reason);
  log_event(!done ? "dns_failed" : publishing ? "dns_published" : "dns_withdrawn", doing, reason);
}

// Without names, as everything in the event log is that may be shown to others.
void DnsRecord::log_event(std::string_view type, std::string_view doing,
                          std::optional<Failure::Reason> reason) {
  const auto& srv = plan_.record.srv;
  std::string detail;
  json::Writer writer(detail);
  writer.plain("service", plan_.record.service)
      .number("priority", srv.priority)
      .number("weight", srv.weight)
      .number("port", srv.port);
  if (reason) writer.plain("doing", doing).plain("reason", publish::name_of(*reason));
  writer.end();
  if (const auto done = service_.act(type, detail, "host", {}); !done) {
    log_.warn("that could not be stored as an event",
              {{"event", type}, {"reason", done.error().sentence()}});
    told_.clear();  // the next try tells it again
  }
}

DnsFigures DnsRecord::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

}  // namespace muster::host
