#include "cli/bus_error.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>

#include "base/testing/temporary_directory.h"

namespace muster::cli {
namespace {

constexpr std::size_t kPage = 4096;

// One byte of a file that was cut to nothing after it had been mapped.
int read_of_a_cut_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ::ftruncate(file, kPage) != 0) return -1;
  const void* mapped = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED || ::ftruncate(file, 0) != 0) return -1;
  return *static_cast<const volatile char*>(mapped);
}

TEST(BusError, AFileThatCanNoLongerBeReadIsSaidAndEndsWithTheInternalCode) {
  const TemporaryDirectory directory;
  EXPECT_EXIT(
      {
        explain_bus_errors();
        read_of_a_cut_file(directory.path() / "cut");
      },
      testing::ExitedWithCode(70), "muster: error: a file .* was cut short\nmuster: hint: ");
}

TEST(BusError, AnotherSigbusStaysWhatItIs) {
  EXPECT_EXIT(
      {
        explain_bus_errors();
        // Raised, not met: the handler returns, and the next one ends the process.
        std::raise(SIGBUS);
        std::raise(SIGBUS);
      },
      testing::KilledBySignal(SIGBUS), "^$");
}

}  // namespace
}  // namespace muster::cli
