#include "cli/bus_error.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "base/error.h"

namespace muster::cli {
namespace {

constexpr std::string_view kWords =
    "muster: error: a file that was being read can no longer be read: its disk failed, or the file "
    "was cut short\n"
    "muster: hint: see the system's log for the disk's errors. Whatever was answered is stored; "
    "of a log that is still being written, read a copy\n";

// Only what a signal's handler may call.
void on_bus_error(int number, siginfo_t* what, void*) {
  if (what->si_code != BUS_ADRERR) {
    std::signal(number, SIG_DFL);  // met again as soon as this returns
    return;
  }
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  ::_exit(static_cast<int>(Exit::internal));
}

}  // namespace

void explain_bus_errors() {
  struct sigaction action{};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace muster::cli
