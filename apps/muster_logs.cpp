// muster-logs: the commands of `muster logs` as one program for Windows, on which a log can be
// dropped. It makes a report.html and nothing else of what is dropped.
#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <cstdlib>
#include <iostream>

// Words of its own for pointers of 1985.
#undef far
#undef near

#include "base/path.h"
#include "cli/dropped.h"
#include "cli/run.h"
#include "host/system_clock.h"

namespace {

// UTF-16 as UTF-8, as paths are told; half a surrogate pair becomes a character that no file has.
std::string utf8(const wchar_t* text) {
  const int size = ::WideCharToMultiByte(CP_UTF8, 0, text, -1, nullptr, 0, nullptr, nullptr);
  if (size <= 1) return {};
  std::string out(static_cast<std::size_t>(size), '\0');
  ::WideCharToMultiByte(CP_UTF8, 0, text, -1, out.data(), size, nullptr, nullptr);
  out.pop_back();  // the terminating zero
  return out;
}

std::optional<std::string> variable(const std::string& name) {
  const auto* value = ::_wgetenv(muster::path_of(name).c_str());
  if (value == nullptr) return std::nullopt;
  return utf8(value);
}

// The console's window was made for this program: started by a double click or a drop, it closes
// when the program ends.
bool own_window() {
  DWORD process = 0;
  return ::GetConsoleProcessList(&process, 1) == 1;
}

// The console shows UTF-8 as long as this is.
class Utf8Console {
 public:
  Utf8Console() : before_(::GetConsoleOutputCP()) { ::SetConsoleOutputCP(CP_UTF8); }
  Utf8Console(const Utf8Console&) = delete;
  Utf8Console& operator=(const Utf8Console&) = delete;
  ~Utf8Console() {
    if (before_ != 0) ::SetConsoleOutputCP(before_);
  }

 private:
  UINT before_;
};

}  // namespace

int wmain(int argc, wchar_t** argv) {
  // The same bytes as on every other system.
  ::_setmode(STDOUT_FILENO, _O_BINARY);
  ::_setmode(STDERR_FILENO, _O_BINARY);
  std::ios::sync_with_stdio(false);  // else a console gets characters in pieces
  const Utf8Console console;
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) words.push_back(utf8(argv[i]));

  muster::host::SystemClock clock;
  muster::SystemRandom random;
  muster::cli::Shell shell{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .host_clock = clock,
      .client_clock = clock,
      .random = random,
      .self = {},
      .called = "muster-logs",
      .zone_files = muster::path_of(variable("TZDIR").value_or("")),
      .variable = variable,
      .open_store = {},
      .move_store = {},
  };
  const auto page = muster::cli::page_of_dropped(words);
  int code = muster::cli::run(muster::cli::words_of_muster(std::move(words)), shell);
  if (!(std::cout << std::flush)) code = static_cast<int>(muster::Exit::internal);
  const auto failed = [&](muster::Exit exit) { return code == static_cast<int>(exit); };
  if (page && !failed(muster::Exit::usage) && !failed(muster::Exit::internal)) {
    std::cerr << "\nthe report as a page: " << muster::text_of(*page) << '\n';
  }
  if (own_window()) {
    std::cerr << "\nEnter closes this window.\n";
    std::cin.get();
  }
  return code;
}
