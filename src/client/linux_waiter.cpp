#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <thread>

#include "base/file.h"
#include "client/agent.h"

namespace muster::client {
namespace {

constexpr std::chrono::milliseconds kLongest{INT_MAX / 2};

class LinuxWaiter final : public Waiter {
 public:
  explicit LinuxWaiter(std::filesystem::path directory)
      : directory_(std::move(directory)),
        stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        changes_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}
  ~LinuxWaiter() override {
    if (stop_ >= 0) ::close(stop_);
    if (changes_ >= 0) ::close(changes_);
  }
  LinuxWaiter(const LinuxWaiter&) = delete;
  LinuxWaiter& operator=(const LinuxWaiter&) = delete;

  Woke wait(std::chrono::milliseconds most) override {
    using Steady = std::chrono::steady_clock;
    watch();
    const auto until = Steady::now() + std::min(most, kLongest);
    while (true) {
      std::array<pollfd, 2> fds = {pollfd{stop_, POLLIN, 0}, pollfd{changes_, POLLIN, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
      ::poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if ((fds[0].revents & POLLIN) != 0) return Woke::stop;
      if ((fds[1].revents & POLLIN) != 0 && drain()) return Woke::state_changed;
      if (Steady::now() >= until) return Woke::time;
    }
  }

  void stop() override {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(stop_, &one, sizeof one));
  }

 private:
  // Added anew each time: the directory may be made, or removed and made again, while the agent
  // runs.
  void watch() {
    if (changes_ >= 0) ::inotify_add_watch(changes_, directory_.c_str(), IN_MOVED_TO | IN_DELETE);
  }

  // Takes up all events; true where one says that a file changed. One that was never finished is
  // none: a write that fails takes it away again, and would wake who is going to try anew.
  [[nodiscard]] bool drain() const {
    alignas(inotify_event) std::array<char, 4096> events;
    bool changed = false;
    while (true) {
      const auto size = ::read(changes_, events.data(), events.size());
      if (size <= 0) return changed;
      for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
        inotify_event event;
        std::memcpy(&event, events.data() + at, sizeof event);
        const char* name = events.data() + at + sizeof event;
        at += sizeof event + event.len;
        changed = changed || event.len == 0 ||
                  !std::string_view(name, ::strnlen(name, event.len)).ends_with(kUnfinishedSuffix);
      }
    }
  }

  std::filesystem::path directory_;
  int stop_;
  int changes_;
};

}  // namespace

std::unique_ptr<Waiter> make_linux_waiter(const std::filesystem::path& directory) {
  return std::make_unique<LinuxWaiter>(directory);
}

Expected<void> run_until_signal(Agent& agent) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  // SIGUSR2 only ends the thread below, where run() ended by itself.
  sigset_t waited = ending;
  sigaddset(&waited, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &waited, nullptr);
  std::thread listener([&] {
    int signal = 0;
    while (sigwait(&waited, &signal) != 0) {
    }
    if (signal != SIGUSR2) agent.stop();
  });
  auto out = agent.run();
  pthread_kill(listener.native_handle(), SIGUSR2);
  listener.join();
  return out;
}

}  // namespace muster::client
