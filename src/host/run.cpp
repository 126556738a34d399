#include "host/run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <thread>

#include "host/alerts.h"
#include "host/directory.h"
#include "host/key_watch.h"
#include "host/listener.h"
#include "host/mak_watch.h"
#include "host/notify.h"
#include "host/publisher.h"
#include "host/sites.h"
#include "host/tls.h"

namespace muster::host {
namespace {

constexpr std::uint64_t kAdminBodyMost = 256 * 1024;
constexpr std::size_t kAdminConnectionsMost = 256;
constexpr std::size_t kBackgroundThreads = 2;
// Descriptors that the process needs besides clients' connections: store, log, listeners, and the
// administration's connections, which must get in when the clients have taken all of theirs.
constexpr rlim_t kOwnDescriptors = 128 + kAdminConnectionsMost;

std::string url(bool tls, const AddressPort& where, std::uint16_t port) {
  auto address = where.address;
  if (address.is_unspecified()) address = *Address::parse(address.is_v4() ? "127.0.0.1" : "::1");
  const auto text = address.is_v4() ? address.text() : "[" + address.text() + "]";
  return fmt::format("{}://{}:{}", tls ? "https" : "http", text, port);
}

std::size_t thread_count(const HostOptions& options) {
  if (options.threads > 0) return options.threads;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
}

// Every connection is a descriptor; the soft limit of 1,024 is for programs that use select().
std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t room =
      limit.rlim_cur > 2 * kOwnDescriptors ? limit.rlim_cur - kOwnDescriptors : limit.rlim_cur / 2;
  return std::min<std::size_t>(wanted, room);
}

}  // namespace

struct Host::Parts {
  Parts(const HostOptions& given, service::HostService& served, std::string_view program_version)
      : options(given),
        service(served),
        log(given.log_format, given.log_level),
        background(kBackgroundThreads),
        site_parts{.service = served,
                   .version = std::string(program_version),
                   .names = HostNames(own_names(), given.allowed_hosts),
                   .trusted_proxies = {},
                   .log = log,
                   .unit_times = {},
                   .listeners = [this] { return figures(); },
                   .alerts = nullptr,
                   .dns = [this] { return dns_figures(); }},
        client_site(site_parts, background),
        admin_site(site_parts, background) {}

  Expected<void> bind();
  Expected<void> load_tls();
  Expected<void> open_alerts();
  Expected<void> open_publisher();
  void serve();
  void say_what_is_odd();
  void run_units();
  void keep_time();
  void log_readiness();
  void log_keys();
  Expected<void> stop();
  void wait_for_connections();
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::vector<ListenerFigures> figures() const;
  [[nodiscard]] std::optional<DnsFigures> dns_figures() const;

  HostOptions options;
  service::HostService& service;
  Log log;
  Background background;
  SiteParts site_parts;
  ClientSite client_site;
  AdminSite admin_site;
  ConnectionSettings client_settings, admin_settings;
  AddressPort client_address, admin_address;
  std::unique_ptr<Alerts> alerts;
  std::unique_ptr<Publisher> publisher;  // none: nothing is published
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<TcpListener> client_listener,
      admin_listener;  // behind the workers: they end first
  std::unique_ptr<UnixListener> socket_listener;
  Listening listening;
  std::size_t connections_most = 0;

  std::mutex mutex;
  std::condition_variable changed;
  bool quit_time = false;  // guarded by mutex
  std::atomic<bool> quit_units{false};
  bool stopped = false;
  std::optional<ErrorCode> not_ready;  // what the log has been told; the time thread's
  KeyWatch key_watch;                  // the time thread's
  MakWatch mak_watch;                  // the time thread's
  std::vector<std::thread> io_threads;
  std::thread unit_thread, time_thread;
};

Expected<void> Host::Parts::load_tls() {
  std::shared_ptr<asio::ssl::context> clients, admin;
  if (options.tls.given()) {
    auto made = make_tls(options.tls);
    if (!made) return std::unexpected(made.error());
    clients = std::move(*made);
  }
  if (options.admin_tls.given() && admin_listener) {
    auto made = make_tls(options.admin_tls);
    if (!made) return std::unexpected(made.error());
    admin = std::move(*made);
  }
  client_listener->set_tls(std::move(clients));
  if (admin_listener) admin_listener->set_tls(std::move(admin));
  return {};
}

Expected<void> Host::Parts::bind() {
  if (auto good = check(options); !good) return good;
  if (auto good = check_keep(options.limits.keep, *service.keys()); !good) return good;
  client_address = *AddressPort::parse(options.listen);
  site_parts.trusted_proxies = *Networks::parse(options.trusted_proxies);
  auto proxy_protocol = *Networks::parse(options.proxy_protocol);
  connections_most = raise_descriptor_limit(options.connections_most);
  client_settings.limits.request_timeout = options.request_timeout;
  client_settings.limits.idle_timeout = options.idle_timeout;
  client_settings.proxy_protocol = std::move(proxy_protocol);
  client_settings.site = &client_site;
  client_settings.log = admin_settings.log = &log;
  client_settings.random = admin_settings.random = &service.random();
  admin_settings.limits = client_settings.limits;
  admin_settings.limits.body_most = kAdminBodyMost;
  admin_settings.site = &admin_site;

  auto clients = TcpListener::bind(client_address);
  if (!clients) return std::unexpected(clients.error());
  client_listener = std::move(*clients);
  listening.clients = url(options.tls.given(), client_address, client_listener->port());
  if (!options.admin_listen.empty()) {
    admin_address = *AddressPort::parse(options.admin_listen);
    auto admin = TcpListener::bind(admin_address);
    if (!admin) return std::unexpected(admin.error());
    admin_listener = std::move(*admin);
    listening.admin = url(options.admin_tls.given(), admin_address, admin_listener->port());
  }
  const auto path = Directory{options.directory}.socket().string();
  auto socket = UnixListener::bind(path);
  if (!socket) return std::unexpected(socket.error());
  socket_listener = std::move(*socket);
  listening.socket = path;
  return load_tls();
}

Expected<void> Host::Parts::open_alerts() {
  const auto names = own_names();
  auto opened = Alerts::open(options.alerts, service, log, names.empty() ? "" : names.front(),
                             site_parts.version);
  if (!opened) return std::unexpected(opened.error());
  alerts = std::move(*opened);
  site_parts.alerts = alerts.get();
  return {};
}

Expected<void> Host::Parts::open_publisher() {
  if (options.dns.zone.empty()) return {};
  const auto names = own_names();
  auto plan = plan_dns(options.dns, names.empty() ? "" : names.front(), client_listener->port(),
                       options.tls.given());
  if (!plan) return std::unexpected(plan.error());
  // Machines that found it by its record call it so.
  auto known = own_names();
  known.push_back(plan->record.srv.target);
  site_parts.names = HostNames(std::move(known), options.allowed_hosts);
  publisher =
      std::make_unique<Publisher>(std::move(*plan), publish::make_name_servers(), service, log);
  return {};
}

void Host::Parts::serve() {
  for (std::size_t i = 0; i < thread_count(options); ++i) {
    workers.push_back(std::make_unique<Worker>(service.host_signer()));
  }
  client_listener->accept(workers, client_settings, connections_most, log);
  if (admin_listener)
    admin_listener->accept({workers.data(), 1}, admin_settings, kAdminConnectionsMost, log);
  socket_listener->accept(*workers.front(), admin_settings, log);
  for (const auto& worker : workers) io_threads.emplace_back([&worker] { worker->run(); });
  unit_thread = std::thread([this] { run_units(); });
  time_thread = std::thread([this] { keep_time(); });
  alerts->start();
  if (publisher) publisher->start();
}

void Host::Parts::say_what_is_odd() {
  log.info("host is ready", {{"version", site_parts.version},
                             {"clients", listening.clients},
                             {"admin", listening.admin.empty() ? "none" : listening.admin},
                             {"socket", listening.socket},
                             {"threads", std::to_string(workers.size())}});
  if (client_address.address.is_loopback()) {
    log.warn(
        "only this machine can reach the host: it listens on loopback; set 'listen' to an "
        "address of the network, 0.0.0.0:8688 for all",
        {{"listen", options.listen}});
  }
  if (const auto backlog = kernel_backlog(); backlog && *backlog < kBacklog) {
    log.warn(
        "the kernel cuts the queue of new connections; many machines that start together will "
        "wait for seconds; set it with sysctl",
        {{"net.core.somaxconn", std::to_string(*backlog)}, {"wanted", std::to_string(kBacklog)}});
  }
  if (connections_most < options.connections_most) {
    log.warn("the limit of open files allows fewer connections than wanted",
             {{"connections", std::to_string(connections_most)},
              {"wanted", std::to_string(options.connections_most)}});
  }
  if (service.keys()->served().empty()) {
    log.warn("no host key is installed, so no product is served; see 'muster host install-key'");
  }
  if (!publisher) say_what_stays_in_dns(service, log);
}

void Host::Parts::run_units() {
  constexpr std::chrono::milliseconds kLook{200};
  while (!quit_units || service.queued() > 0) {
    service.wait_for_work(kLook);
    const auto begin = service.clock().monotonic();
    if (service.run_batch() > 0) {
      site_parts.unit_times.add(service.clock().monotonic() - begin);
      continue;
    }
    while (!quit_units && service.queued() == 0 && service.catch_up()) {
    }
  }
}

void Host::Parts::keep_time() {
  log_keys();
  std::unique_lock lock(mutex);
  while (!changed.wait_for(lock, std::chrono::seconds(1), [this] { return quit_time; })) {
    lock.unlock();
    service.tick();
    log_readiness();
    log_keys();
    lock.lock();
  }
}

void Host::Parts::log_keys() {
  for (const auto& warning :
       key_watch.look(*service.keys(), service.now(), service.clock().monotonic())) {
    log.warn(
        warning.message,
        {{"product", warning.product}, {"issued", warning.issued}, {"expires", warning.expires}});
  }
  for (const auto& warning : mak_watch.look(*service.maks())) {
    log.warn(warning.message, {{"mak", warning.mak},
                               {"product", warning.product},
                               {"used", std::to_string(warning.used)},
                               {"limit", std::to_string(warning.limit)}});
  }
}

void Host::Parts::log_readiness() {
  const auto error = service.not_ready();
  const auto code = error ? std::optional(error->code) : std::nullopt;
  if (code == not_ready) return;
  not_ready = code;
  if (!error) {
    log.info("the host is ready again");
  } else if (error->code != ErrorCode::stopping) {
    log.error("the host is not ready and refuses requests", {{"code", entry(error->code).name},
                                                             {"reason", error->sentence()},
                                                             {"hint", entry(error->code).hint}});
  }
}

std::optional<DnsFigures> Host::Parts::dns_figures() const {
  return publisher ? std::optional(publisher->figures()) : std::nullopt;
}

std::size_t Host::Parts::open_connections() const {
  return client_settings.connections.load(std::memory_order_acquire) +
         admin_settings.connections.load(std::memory_order_acquire);
}

std::vector<ListenerFigures> Host::Parts::figures() const {
  const auto of = [](std::string_view name, const ConnectionSettings& settings) {
    return ListenerFigures{.name = name,
                           .open = settings.connections.load(),
                           .accepted = settings.accepted.load(),
                           .turned_away = settings.turned_away.load(),
                           .bad_requests = settings.bad_requests.load(),
                           .timed_out = settings.timed_out.load()};
  };
  return {of("clients", client_settings), of("admin", admin_settings)};
}

// Until nobody is left or the time is over; then those who are left are cut off.
void Host::Parts::wait_for_connections() {
  constexpr std::chrono::milliseconds kLook{10};
  auto left = std::chrono::milliseconds(options.stop_timeout);
  std::unique_lock lock(mutex);
  while (open_connections() > 0 && left.count() > 0) {
    // A connection's end wakes nobody, so this looks; the host is leaving anyway.
    changed.wait_for(lock, kLook);
    left -= kLook;
  }
  lock.unlock();
  if (open_connections() == 0) return;
  log.warn("connections did not end in time and are cut off",
           {{"connections", std::to_string(open_connections())}});
  for (const auto& worker : workers) worker->post([&worker] { worker->drain(true); });
}

Expected<void> Host::Parts::stop() {
  if (std::exchange(stopped, true)) return {};
  log.info("host stops");
  service.stop_accepting();
  const auto begun = service.clock().monotonic();
  if (publisher) publisher->begin_end();
  if (alerts) alerts->stop();
  for (const auto& worker : workers) {
    worker->post([this, &worker] {
      client_listener->close(*worker);
      if (admin_listener) admin_listener->close(*worker);
      if (worker == workers.front()) socket_listener->close();
      worker->drain(false);
    });
  }
  wait_for_connections();
  quit_units = true;
  service.wake();
  unit_thread.join();
  background.join();
  {
    const std::scoped_lock lock(mutex);
    quit_time = true;
  }
  changed.notify_all();
  time_thread.join();
  for (const auto& worker : workers) worker->stop();
  for (auto& thread : io_threads) thread.join();
  if (publisher) {
    // Its time runs while connections end.
    const auto left = begun + options.stop_timeout - service.clock().monotonic();
    publisher->end(std::max(left, std::chrono::milliseconds(0)));
  }
  auto done = service.stop();
  if (!done) log.error("the stop could not be logged", {{"reason", done.error().sentence()}});
  log.info("host has stopped");
  return done;
}

Host::Host(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Expected<std::unique_ptr<Host>> Host::start(const HostOptions& options,
                                            service::HostService& service,
                                            std::string_view version) {
  auto parts = std::make_unique<Parts>(options, service, version);
  if (auto done = parts->bind(); !done) return std::unexpected(done.error());
  if (auto done = parts->open_alerts(); !done) return std::unexpected(done.error());
  if (auto done = parts->open_publisher(); !done) return std::unexpected(done.error());
  if (auto done = service.start(version); !done) return std::unexpected(done.error());
  parts->serve();
  parts->say_what_is_odd();
  return std::unique_ptr<Host>(new Host(std::move(parts)));
}

Host::~Host() {
  // A stop that fails has said so in the log, and nobody is left to be told.
  [[maybe_unused]] const auto done = parts_->stop();
}

const Listening& Host::listening() const { return parts_->listening; }

Expected<void> Host::stop() { return parts_->stop(); }

Expected<void> Host::reload_certificates() {
  auto done = parts_->load_tls();
  if (done) {
    parts_->log.info("certificates were read again");
  } else {
    parts_->log.error("certificates could not be read again; the old ones stay",
                      {{"reason", done.error().sentence()}});
  }
  return done;
}

Expected<void> run_host(const HostOptions& options, service::HostService& service,
                        std::string_view version) {
  // Blocked before any thread is made, so that every thread inherits it and sigwait alone takes
  // them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  auto host = Host::start(options, service, version);
  if (!host) return std::unexpected(host.error());
  const auto& listening = (*host)->listening();
  fmt::print("ready clients={}{}{} socket={}\n", listening.clients,
             listening.admin.empty() ? "" : " admin=", listening.admin, listening.socket);
  std::fflush(stdout);
  notify_systemd("READY=1");
  for (int signal = 0; signal != SIGTERM && signal != SIGINT;) {
    if (sigwait(&signals, &signal) != 0) break;
    if (signal != SIGHUP) continue;
    // An error is in the log, and the old certificates stay.
    [[maybe_unused]] const auto done = (*host)->reload_certificates();
  }
  notify_systemd("STOPPING=1");
  return (*host)->stop();
}

}  // namespace muster::host
