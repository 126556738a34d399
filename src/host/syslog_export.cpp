#include "host/syslog_export.h"

#include <exception>

#include "host/courier.h"
#include "service/admin_json.h"
#include "wire/syslog.h"

namespace muster::host {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kCursor = kSyslogCursor;
constexpr milliseconds kLook{500};        // while there is nothing new
constexpr milliseconds kSoon{50};         // while bytes are not acknowledged
constexpr std::size_t kBehindMost = 256;  // pages that wait to settle

}  // namespace

SyslogExport::SyslogExport(service::HostService& service, SyslogOptions options,
                           std::string hostname, Log& log)
    : service_(service),
      options_(std::move(options)),
      hostname_(std::move(hostname)),
      facility_(*syslog_facility(options_.facility)),
      log_(log) {
  status_.name = "syslog";
  status_.to = options_.server;
}

void SyslogExport::start() {
  thread_ = std::thread([this] { run(); });
}

void SyslogExport::stop() {
  stop_ = true;
  {
    const std::scoped_lock lock(mutex_);
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SyslogExport::wait(milliseconds most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [this] { return stop_.load(); });
}

Said SyslogExport::load() {
  const auto text = service_.store().setting(kCursor);
  if (!text) return std::unexpected(text.error().sentence());
  if (*text) {
    const auto place = service::place_of(kCursor, **text);
    if (!place) return std::unexpected("the setting syslog_cursor is damaged");
    stored_ = *place;
  } else if (!options_.whole_log) {
    const auto head = service_.store().chain_head();
    if (!head) return std::unexpected(head.error().sentence());
    if (auto kept = keep({head->epoch, head->seq}); !kept) return kept;
  }
  settled_ = stored_;
  const std::scoped_lock lock(mutex_);
  shown_ = settled_;
  return {};
}

Said SyslogExport::keep(Place place) {
  auto done = service_.put_settings({{std::string(kCursor), service::cursor_of(place)}});
  stored_at_ = service_.clock().monotonic();
  if (!done) return std::unexpected(done.error().sentence());
  stored_ = place;
  return {};
}

void SyslogExport::run() {
  while (!stop_) {
    const auto done = [&]() -> Said {
      try {
        return once();
      } catch (const std::exception& error) {
        // One that left the thread would end the process.
        return std::unexpected(std::string(error.what()));
      }
    }();
    if (!done && !stop_) failed(done.error());
  }
}

// One connection, from its beginning to its end.
Said SyslogExport::once() {
  if (!loaded_) {
    if (auto done = load(); !done) return done;
    loaded_ = true;
  }
  const auto link = SyslogLink::connect(options_, stop_);
  if (!link) return std::unexpected(link.error());
  log_.info("events go to the syslog server",
            {{"server", options_.server}, {"after", service::cursor_of(settled_)}});
  return serve(**link);
}

void SyslogExport::failed(const std::string& why) {
  log_.warn("the syslog server has not got every event; it is tried again",
            {{"server", options_.server}, {"reason", why}});
  {
    const std::scoped_lock lock(mutex_);
    status_.last_failed = service_.clock().now();
    status_.last_error = why;
  }
  wait(std::min<milliseconds>(back_off(++failed_, service_.random()), std::chrono::minutes(1)));
}

// What was sent over a connection before and did not settle is sent again.
Said SyslogExport::serve(SyslogLink& link) {
  sent_ = settled_;
  acknowledged_.clear();
  while (!stop_) {
    if (auto alive = link.alive(); !alive) return alive;
    bool more = false;
    if (acknowledged_.size() < kBehindMost) {
      const auto sent = send_page(link);
      if (!sent) return std::unexpected(sent.error());
      more = *sent;
    }
    settle(link, !more);
    if (!more) wait(acknowledged_.empty() && sent_ == settled_ ? kLook : kSoon);
  }
  return {};
}

std::expected<bool, std::string> SyslogExport::send_page(SyslogLink& link) {
  const auto rows = service_.store().events(sent_, kPage);
  if (!rows) return std::unexpected(rows.error().sentence());
  if (rows->empty()) return false;
  std::string bytes;
  for (const auto& row : *rows) {
    if (auto done = wire::append_syslog(bytes, row.line, hostname_, facility_); !done) {
      // The rule `chain` says so; what follows is sent all the same.
      log_.error("an event of the log is damaged and does not go to the syslog server",
                 {{"event", service::cursor_of(row.place)}});
    }
  }
  if (auto done = link.send(bytes); !done) return std::unexpected(done.error());
  sent_ = rows->back().place;
  return true;
}

void SyslogExport::settle(SyslogLink& link, bool at_end) {
  const auto now = service_.clock().monotonic();
  const auto newest = acknowledged_.empty() ? settled_ : acknowledged_.back().place;
  if (newest < sent_ && link.acknowledged()) acknowledged_.push_back({sent_, now});
  bool moved = false;
  while (!acknowledged_.empty() && now - acknowledged_.front().acknowledged >= kSettle) {
    settled_ = acknowledged_.front().place;
    acknowledged_.pop_front();
    moved = true;
  }
  if (moved) {
    failed_ = 0;
    const std::scoped_lock lock(mutex_);
    status_.last_taken = service_.clock().now();
    shown_ = settled_;
  }
  const bool quiet = at_end && acknowledged_.empty();
  if (settled_ == stored_ || (!quiet && now - stored_at_ < kStoreEvery)) return;
  // A store that cannot write makes events come twice after a restart, and nothing worse.
  [[maybe_unused]] const auto kept = keep(settled_);
}

service::ReceiverStatus SyslogExport::status() const {
  service::ReceiverStatus out;
  Place place;
  {
    const std::scoped_lock lock(mutex_);
    out = status_;
    place = shown_;
  }
  const auto head = service_.store().chain_head();
  if (head) out.waiting = head->seq - (place.epoch == head->epoch ? place.seq : 0);
  return out;
}

}  // namespace muster::host
