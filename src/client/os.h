// Everything that the system tells, behind one interface: machine facts, boot, names, paths, locks.
// Tests pass FakeOs (fakes.h).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace muster::client {

// The machine's start, as far as the reader may see. Equal in what both hold: the same start.
struct Boot {
  std::string id;    // /proc/sys/kernel/random/boot_id; empty: not readable
  std::string init;  // start time of PID 1: in a container, that is the container's start; empty:
                     // not readable
  friend bool operator==(const Boot&, const Boot&) = default;
};
// True where a part that both hold differs.
[[nodiscard]] bool started_anew(const Boot& before, const Boot& now);

class Disk;  // disk.h: make_linux_disk()

// Held until destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Os {
 public:
  virtual ~Os() = default;
  // Facts that may be read by this user: kind -> value as the system gives it, junk left out.
  // product_uuid (DMI, root's alone), machine_id.
  [[nodiscard]] virtual std::map<std::string, std::string> machine_facts() = 0;
  [[nodiscard]] virtual Boot boot() = 0;
  [[nodiscard]] virtual std::string host_name() = 0;  // fully qualified where known; may be empty
  [[nodiscard]] virtual bool is_virtual() = 0;
  [[nodiscard]] virtual std::filesystem::path default_directory() = 0;  // /var/lib/muster/client
  // Directories under which users' homes lie, this user's own included.
  [[nodiscard]] virtual std::vector<std::filesystem::path> homes() = 0;
  // Takes the lock of `file` against every other holder, in this process too; the file is made
  // 0600. Waits for it, or, with `wait` false, returns null where another holds it.
  // state_unreadable where it cannot be made.
  [[nodiscard]] virtual Expected<std::unique_ptr<FileLock>> lock(const std::filesystem::path& file,
                                                                 bool wait) = 0;
  // Where the state lies; as long as this.
  [[nodiscard]] virtual Disk& disk() = 0;
};

// Values that vendors leave in their firmware: all one digit, 03000200-0400-0500-0006-000700080009,
// "To be filled by O.E.M.", "Default string" ... Such a value is no fact.
[[nodiscard]] bool junk_fact(std::string_view kind, std::string_view value);

// Reads the files under `root` ("/" but in tests).
[[nodiscard]] std::unique_ptr<Os> make_linux_os(const std::filesystem::path& root = "/");

// The real clock (system_clock.cpp); its monotonic time goes on while the machine sleeps.
[[nodiscard]] std::unique_ptr<Clock> make_system_clock();

}  // namespace muster::client
