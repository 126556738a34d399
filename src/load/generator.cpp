#include "load/generator.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "load/http_reader.h"

namespace muster::load {
namespace {

constexpr std::uint64_t kVerifyOneIn = 64;
constexpr std::size_t kReadAtOnce = 64 * 1024;
constexpr std::uint64_t kNanosecond = 1'000'000'000;

std::uint64_t nanoseconds(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * kNanosecond + static_cast<std::uint64_t>(t.tv_nsec);
}
// Pinned to one core, which then has nothing better to do than to wait for answers.
bool has_own_core() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return ::sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) == 1;
}

std::uint64_t ticking() { return nanoseconds(CLOCK_MONOTONIC); }

struct Connection {
  enum class State : std::uint8_t { idle, connecting, asking };
  int fd = -1;
  State state = State::idle;
  bool asked_yet = false;  // a request is under way on it
  bool wants_out = false;
  std::uint64_t started = 0;
  std::size_t sent = 0;
  Asked asked;
  std::string out, in;
};

class Generator {
 public:
  Generator(const Plan& plan, const wire::ProductFile& product, Clock& clock)
      : plan_(plan), product_(product), clock_(clock), fleet_(plan, product, clock.now()) {}
  ~Generator() {
    for (auto& connection : connections_) drop(connection);
    if (epoll_ >= 0) ::close(epoll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  Expected<Run> run();

 private:
  Expected<void> prepare();
  void loop();
  void begin(Connection& connection);
  void connect(Connection& connection);
  void ask(Connection& connection);
  void send(Connection& connection);
  void event(Connection& connection, std::uint32_t events);
  void receive(Connection& connection);
  void whole(Connection& connection, const HttpAnswer& answer);
  void judge(const Connection& connection, const HttpAnswer& answer);
  void wrong(std::string_view what);
  void fail_one(Connection& connection);
  void drop(Connection& connection);
  void listen_for(Connection& connection, bool out);
  void give_up_on_late();
  void finish();
  [[nodiscard]] bool more() const { return begun_ < plan_.requests && !run_.report.host_gone; }

  const Plan& plan_;
  const wire::ProductFile& product_;
  Clock& clock_;
  Fleet fleet_;
  sockaddr_in target_{};
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<char> scratch_ = std::vector<char>(kReadAtOnce);
  Run run_;
  std::uint64_t begun_ = 0, under_way_ = 0;  // requests
  std::uint64_t first_ = 0, last_ = 0, busy_from_ = 0, idle_ = 0;
  bool connected_once_ = false;
};

Expected<void> Generator::prepare() {
  target_.sin_family = AF_INET;
  target_.sin_port = htons(plan_.target.port);
  if (inet_pton(AF_INET, plan_.target.address.c_str(), &target_.sin_addr) != 1) {
    return fail(ErrorCode::usage, fmt::format("'{}' is not an IPv4 address", plan_.target.address));
  }
  const auto wanted = plan_.mode == Mode::storm ? plan_.requests : plan_.connections;
  const auto count = std::min<std::uint64_t>(wanted, plan_.requests);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < count + 64) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < count + 64) {
      return fail(ErrorCode::usage,
                  fmt::format("{} connections need as many open files, the limit is {}", count,
                              files.rlim_cur));
    }
  }
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return fail(ErrorCode::internal, "epoll cannot be had");
  connections_.resize(count);
  run_.latency_us.reserve(plan_.requests);
  return {};
}

void Generator::listen_for(Connection& connection, bool out) {
  if (connection.wants_out == out) return;
  connection.wants_out = out;
  epoll_event event{};
  event.events = out ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = static_cast<std::uint64_t>(&connection - connections_.data());
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
}

void Generator::connect(Connection& connection) {
  if (connection.fd < 0) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  }
  if (connection.fd < 0) return fail_one(connection);
  const int on = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connection.state = Connection::State::connecting;
  connection.in.clear();
  const auto result =
      ::connect(connection.fd, reinterpret_cast<const sockaddr*>(&target_), sizeof target_);
  if (result != 0 && errno != EINPROGRESS) return fail_one(connection);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u64 = static_cast<std::uint64_t>(&connection - connections_.data());
  connection.wants_out = true;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) fail_one(connection);
}

// One more request on this connection, which is opened first where it is not.
void Generator::begin(Connection& connection) {
  ++begun_;
  ++under_way_;
  connection.asked = fleet_.next(connection.out);
  connection.sent = 0;
  connection.asked_yet = true;
  connection.started = ticking();
  if (first_ == 0) first_ = connection.started;
  if (connection.state == Connection::State::idle) {
    connect(connection);
  } else {
    ask(connection);
  }
}

void Generator::ask(Connection& connection) {
  connection.state = Connection::State::asking;
  send(connection);
}

void Generator::send(Connection& connection) {
  const auto rest = std::string_view(connection.out).substr(connection.sent);
  if (rest.empty()) return listen_for(connection, false);
  const auto n = ::send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN) return fail_one(connection);
  if (n > 0) connection.sent += static_cast<std::size_t>(n);
  const bool whole_sent = connection.sent == connection.out.size();
  if (whole_sent) ++run_.report.requests;
  listen_for(connection, !whole_sent);
}

void Generator::event(Connection& connection, std::uint32_t events) {
  if (connection.state == Connection::State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) {
      if (error == ECONNREFUSED) run_.report.host_gone = true;
      return fail_one(connection);
    }
    connected_once_ = true;
    return ask(connection);
  }
  if ((events & EPOLLOUT) != 0) send(connection);
  if (connection.fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
}

void Generator::receive(Connection& connection) {
  const auto n = ::recv(connection.fd, scratch_.data(), scratch_.size(), 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return fail_one(connection);
  std::string_view bytes(scratch_.data(), static_cast<std::size_t>(n));
  // Nearly every answer comes in one piece and is read where it lies.
  if (!connection.in.empty()) bytes = connection.in.append(bytes);
  const auto answer = read_answer(bytes);
  if (answer.kind == HttpAnswer::Kind::whole) return whole(connection, answer);
  if (answer.kind == HttpAnswer::Kind::broken) {
    wrong("what came back is no HTTP answer");
    return fail_one(connection);
  }
  if (connection.in.empty()) connection.in = bytes;
}

void Generator::whole(Connection& connection, const HttpAnswer& answer) {
  if (!connection.asked_yet)
    return fail_one(connection);  // an answer to nothing: 408 before a close
  last_ = ticking();
  run_.latency_us.push_back(static_cast<std::uint32_t>((last_ - connection.started) / 1000));
  judge(connection, answer);
  connection.asked_yet = false;
  --under_way_;
  connection.in.clear();  // one request at a time: nothing can stand behind its answer
  if (answer.close || plan_.mode != Mode::keep_alive) drop(connection);
  if (plan_.mode != Mode::storm && more()) begin(connection);
}

void Generator::judge(const Connection& connection, const HttpAnswer& answer) {
  auto& report = run_.report;
  ++report.answers;
  if (answer.status != 200) {
    ++report.problems;
    if (report.first_wrong.empty()) {
      report.first_wrong = fmt::format("status {}: {}", answer.status, answer.body.substr(0, 300));
    }
    return fleet_.unanswered(connection.asked);
  }
  const auto seen = scan_answer(answer.body);
  if (!seen) {
    wrong("the body is no answer to an activation request");
    return fleet_.unanswered(connection.asked);
  }
  ++(seen->activated ? report.activated : report.refused);
  if (const auto what = fleet_.answered(connection.asked, *seen); !what.empty()) wrong(what);
  const bool live = seen->activated && report.activated % kVerifyOneIn == 0;
  if (live) {
    ++report.verified;
    const auto cmid = machine_identity(plan_.seed, connection.asked.machine).cmid;
    // A new one each time: what is checked live is checked whole.
    Checker checker(product_);
    const auto what = checker.check(answer.body, connection.asked, cmid);
    if (!what.empty()) wrong(what);
  }
  run_.kept.keep(connection.asked, answer.body, seen->activation, live);
}

void Generator::wrong(std::string_view what) {
  auto& report = run_.report;
  if (report.wrong++ == 0) report.first_wrong = fmt::format("answer {}: {}", report.answers, what);
}

// The connection is of no more use. A request that was under way on it is lost; another one begins.
void Generator::fail_one(Connection& connection) {
  const bool lost = connection.asked_yet;
  drop(connection);
  if (lost) {
    connection.asked_yet = false;
    ++run_.report.lost;
    --under_way_;
    fleet_.unanswered(connection.asked);
  }
}

void Generator::drop(Connection& connection) {
  if (connection.fd >= 0) ::close(connection.fd);
  connection.fd = -1;
  connection.state = Connection::State::idle;
  connection.wants_out = false;
  connection.in.clear();
}

void Generator::give_up_on_late() {
  const auto now = ticking();
  const auto most = static_cast<std::uint64_t>(plan_.give_up.count()) * kNanosecond;
  for (auto& connection : connections_) {
    if (connection.asked_yet && now - connection.started > most) fail_one(connection);
  }
}

void Generator::loop() {
  std::vector<epoll_event> events(1024);
  auto last_look = ticking();
  const int wait_ms = has_own_core() ? 0 : 250;
  while (under_way_ > 0 && !run_.report.host_gone) {
    const auto before = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    if (n < 0 && errno != EINTR) break;
    if (n == 0) idle_ += nanoseconds(CLOCK_THREAD_CPUTIME_ID) - before;
    for (int i = 0; i < n; ++i) {
      auto& connection = connections_[events[static_cast<std::size_t>(i)].data.u64];
      if (connection.fd >= 0) event(connection, events[static_cast<std::size_t>(i)].events);
    }
    if (const auto now = ticking(); now - last_look > kNanosecond / 4) {
      last_look = now;
      fleet_.set_time(clock_.now());
      give_up_on_late();
      // A connection whose request was lost takes up work again here, not where it failed: a host
      // that closes at once would be asked without end.
      for (auto& connection : connections_) {
        const bool free = !connection.asked_yet && plan_.mode != Mode::storm;
        if (free && more()) begin(connection);
      }
    }
  }
}

void Generator::finish() {
  for (auto& connection : connections_) {
    if (connection.asked_yet) fail_one(connection);
  }
  auto& report = run_.report;
  report.lost += plan_.mode == Mode::storm ? plan_.requests - begun_ : 0;
  const auto ended = std::max(last_, first_ + 1);
  report.seconds = static_cast<double>(ended - first_) / static_cast<double>(kNanosecond);
  report.rate = static_cast<double>(report.activated + report.refused) / report.seconds;
  auto used = nanoseconds(CLOCK_THREAD_CPUTIME_ID) - busy_from_;
  if (has_own_core()) used -= std::min(used, idle_);
  report.busy = static_cast<double>(used) / static_cast<double>(ended - first_);
}

Expected<Run> Generator::run() {
  if (auto ready = prepare(); !ready) return std::unexpected(ready.error());
  if (plan_.mode == Mode::storm) {
    for (auto& connection : connections_) {
      connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    }
  }
  busy_from_ = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
  for (auto& connection : connections_) {
    if (more()) begin(connection);
  }
  loop();
  if (run_.report.host_gone && !connected_once_) {
    return fail(ErrorCode::no_host,
                fmt::format("{}:{} refuses connections", plan_.target.address, plan_.target.port));
  }
  finish();
  return std::move(run_);
}

}  // namespace

Expected<Run> generate(const Plan& plan, const wire::ProductFile& product, Clock& clock) {
  return Generator(plan, product, clock).run();
}

}  // namespace muster::load
