#include "host/publisher.h"

#include <fmt/format.h>

#include <exception>

#include "base/ascii.h"
#include "base/file.h"
#include "dns/srv.h"

namespace muster::host {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kKeyFileMost = 16 * 1024;

}  // namespace

Expected<DnsPlan> plan_dns(const DnsOptions& options, std::string_view machine, std::uint16_t port,
                           bool tls) {
  const auto text = read_file(options.key_file, kKeyFileMost);
  if (!text) return fail(text.error().code, "dns.key_file: " + text.error().detail);
  auto key = publish::parse_tsig_key(*text);
  if (!key) {
    return fail(key.error().code,
                fmt::format("dns.key_file: {}: {}", options.key_file, key.error().detail));
  }
  auto target = options.target;
  if (target.empty()) {
    target = lower(machine);
    if (target.find('.') == target.npos) target += "." + options.zone;
    if (!publish::is_domain_name(target)) {
      return fail(ErrorCode::config_invalid,
                  fmt::format("dns.target is needed: this machine's name '{}' is none that DNS may "
                              "hold",
                              machine));
    }
  }
  const auto service = tls ? dns::kTlsService : dns::kPlainService;
  DnsPlan out{.record = {.service = std::string(service),
                         .zone = options.zone,
                         .srv = {.priority = options.priority,
                                 .weight = options.weight,
                                 .port = options.port != 0 ? options.port : port,
                                 .target = std::move(target)}},
              .ttl = options.ttl,
              .server = std::nullopt,
              .key = std::move(*key)};
  if (!options.server.empty()) out.server = publish::Server::parse(options.server);
  return out;
}

Publisher::Publisher(DnsPlan plan, std::unique_ptr<publish::NameServers> servers,
                     service::HostService& service, Log& log)
    : servers_(std::move(servers)), log_(log), record_(std::move(plan), *servers_, service, log) {}

void Publisher::start() {
  thread_ = std::thread([this] { run(); });
}

// An exception that left the thread would end the process.
template <class Work>
void Publisher::safely(Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    log_.error("the host's record in DNS cannot be looked after", {{"reason", error.what()}});
  }
}

void Publisher::run() {
  while (!quit_) {
    milliseconds wait = std::chrono::minutes(1);
    safely([&] { wait = record_.look(quit_); });
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [this] { return quit_.load(); });
  }
  safely([this] { record_.withdraw(cut_); });
  {
    const std::scoped_lock lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
}

void Publisher::begin_end() {
  {
    const std::scoped_lock lock(mutex_);
    quit_ = true;
  }
  changed_.notify_all();
}

void Publisher::end(milliseconds most) {
  if (!thread_.joinable()) return;
  begin_end();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most, [this] { return done_; });
  }
  cut_ = true;
  thread_.join();
}

}  // namespace muster::host
