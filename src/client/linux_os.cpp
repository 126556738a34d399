#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/ascii.h"
#include "base/ids.h"
#include "client/disk.h"
#include "client/os.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;

std::string trimmed(std::string text) {
  const auto space = [](char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\0';
  };
  while (!text.empty() && space(text.back())) text.pop_back();
  text.erase(text.begin(), std::ranges::find_if_not(text, space));
  return text;
}

class Flock final : public FileLock {
 public:
  explicit Flock(int fd) : fd_(fd) {}
  ~Flock() override { ::close(fd_); }
  Flock(const Flock&) = delete;
  Flock& operator=(const Flock&) = delete;

 private:
  int fd_;
};

std::unexpected<Error> failed(const fs::path& file, int error) {
  return fail(ErrorCode::state_unreadable,
              fmt::format("{}: {}", file.string(), std::generic_category().message(error)));
}

class LinuxOs final : public Os {
 public:
  explicit LinuxOs(fs::path root) : root_(std::move(root)) {}

  std::map<std::string, std::string> machine_facts() override {
    std::map<std::string, std::string> out;
    add(out, "product_uuid", "sys/class/dmi/id/product_uuid");
    add(out, "machine_id", "etc/machine-id");
    if (!out.contains("machine_id")) add(out, "machine_id", "var/lib/dbus/machine-id");
    return out;
  }

  Boot boot() override {
    Boot out;
    out.id = read("proc/sys/kernel/random/boot_id");
    out.init = init_start();
    return out;
  }

  std::string host_name() override {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0) return {};
    std::string out(name.data());
    return valid_text(out, 255) ? out : std::string();
  }

  bool is_virtual() override {
    if (!read("sys/hypervisor/type").empty()) return true;
    std::error_code unknown;
    if (fs::exists(root_ / "proc/device-tree/hypervisor", unknown)) return true;
    if (read("proc/cpuinfo").find(" hypervisor") != std::string::npos) return true;
    const auto maker =
        lower(read("sys/class/dmi/id/sys_vendor") + " " + read("sys/class/dmi/id/product_name"));
    constexpr std::array<std::string_view, 8> makers = {
        "qemu",       "kvm",           "vmware", "virtualbox", "xen", "virtual machine",
        "amazon ec2", "google compute"};
    return std::ranges::any_of(
        makers, [&](std::string_view one) { return maker.find(one) != std::string::npos; });
  }

  fs::path default_directory() override { return "/var/lib/muster/client"; }

  std::vector<fs::path> homes() override {
    std::vector<fs::path> out = {"/home", "/root"};
    const auto* entry = ::getpwuid(::geteuid());
    for (const char* home :
         {static_cast<const char*>(std::getenv("HOME")),
          entry == nullptr ? nullptr : static_cast<const char*>(entry->pw_dir)}) {
      if (home != nullptr && roaming(home)) out.emplace_back(home);
    }
    return out;
  }

  Expected<std::unique_ptr<FileLock>> lock(const fs::path& file, bool wait) override {
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return failed(file, errno);
    auto out = std::make_unique<Flock>(fd);
    while (::flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0) {
      if (errno == EINTR) continue;
      if (!wait && errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
      return failed(file, errno);
    }
    return out;
  }

  Disk& disk() override { return *disk_; }

 private:
  // The first line's worth of a small file, or nothing.
  [[nodiscard]] std::string read(const char* name) const {
    std::ifstream in(root_ / name, std::ios::binary);
    if (!in) return {};
    return trimmed(std::string(std::istreambuf_iterator<char>(in), {}));
  }

  void add(std::map<std::string, std::string>& out, const char* kind, const char* file) const {
    auto value = lower(read(file));
    if (!junk_fact(kind, value)) out.emplace(kind, std::move(value));
  }

  // Field 22 of /proc/1/stat; the second field, in parentheses, may hold spaces.
  [[nodiscard]] std::string init_start() const {
    auto text = read("proc/1/stat");
    const auto end = text.rfind(')');
    if (end == std::string::npos) return {};
    text.erase(0, end + 1);
    std::string_view rest = text;
    for (int field = 3; field <= 22; ++field) {
      const auto start = rest.find_first_not_of(' ');
      if (start == std::string_view::npos) return {};
      rest.remove_prefix(start);
      const auto length = std::min(rest.find(' '), rest.size());
      if (field == 22) return std::string(rest.substr(0, length));
      rest.remove_prefix(length);
    }
    return {};
  }

  // A service user's "home" (/, /nonexistent, /var/lib/muster) does not roam.
  [[nodiscard]] static bool roaming(const fs::path& home) {
    if (!home.is_absolute() || home == home.root_path()) return false;
    const auto text = home.string();
    return !text.starts_with("/var/") && !text.starts_with("/run/") && text != "/nonexistent";
  }

  fs::path root_;
  std::unique_ptr<Disk> disk_ = make_linux_disk();
};

}  // namespace

std::unique_ptr<Os> make_linux_os(const fs::path& root) { return std::make_unique<LinuxOs>(root); }

}  // namespace muster::client
