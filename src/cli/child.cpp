#include "cli/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace muster::cli {
namespace {

using std::chrono::milliseconds;

// A process as a descriptor, which becomes readable when the process ends.
int open_pid(int pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

// What becomes of the child between fork and exec: nothing here may allocate.
[[noreturn]] void become(const char* program, char* const* words, int out, int log, int parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in >= 0) ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(program, words);
  ::_exit(127);
}

std::unexpected<Error> failed(const std::filesystem::path& what) {
  return fail(ErrorCode::internal, fmt::format("{}: {}", what.string(), std::strerror(errno)));
}

}  // namespace

Expected<Child> Child::start(const std::filesystem::path& program,
                             const std::vector<std::string>& words,
                             const std::filesystem::path& log) {
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log_fd < 0) return failed(log);
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) {
    auto error = failed(program);
    ::close(log_fd);
    return error;
  }
  std::vector<std::string> all{program.string()};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> pointers;
  pointers.reserve(all.size() + 1);
  for (auto& word : all) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int parent = ::getpid();
  const int pid = ::fork();
  if (pid == 0) become(program.c_str(), pointers.data(), pipe[1], log_fd, parent);
  const auto error = failed(program);
  ::close(pipe[1]);
  ::close(log_fd);
  if (pid > 0) return Child(pid, pipe[0]);
  ::close(pipe[0]);
  return error;
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), out_(std::exchange(other.out_, -1)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    close();
    pid_ = std::exchange(other.pid_, 0);
    out_ = std::exchange(other.out_, -1);
  }
  return *this;
}

Child::~Child() { close(); }

void Child::close() {
  wait_for_end(milliseconds(0));
  if (out_ >= 0) ::close(out_);
  out_ = -1;
}

std::optional<std::string> Child::first_line(milliseconds most) {
  std::string line;
  pollfd readable{out_, POLLIN, 0};
  // A line is written in one piece; what comes late in bits is given the whole time for each.
  while (::poll(&readable, 1, static_cast<int>(most.count())) > 0) {
    char byte = 0;
    if (::read(out_, &byte, 1) != 1) return std::nullopt;
    if (byte == '\n') return line;
    line.push_back(byte);
  }
  return std::nullopt;
}

bool Child::running() {
  if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
  return pid_ != 0;
}

void Child::tell_to_end() {
  if (pid_ != 0) ::kill(pid_, SIGTERM);
}

void Child::wait_for_end(milliseconds most) {
  if (!running()) return;
  const int as_file = open_pid(pid_);
  pollfd ended{as_file, POLLIN, 0};
  const bool in_time = as_file >= 0 && ::poll(&ended, 1, static_cast<int>(most.count())) > 0;
  if (as_file >= 0) ::close(as_file);
  if (!in_time) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

}  // namespace muster::cli
