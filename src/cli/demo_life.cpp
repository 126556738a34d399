#include "cli/demo_life.h"

#include <fmt/format.h>

#include <utility>

#include "cli/files.h"

namespace muster::cli {
namespace {

using std::chrono::milliseconds;

// The first round is quick: until a machine has asked here, the host knows it by this computer's
// name.
constexpr milliseconds kFirstRound{250};
constexpr milliseconds kRenews{4'000};
constexpr milliseconds kClones{10'000};
constexpr milliseconds kRearms{8'000};
constexpr milliseconds kKeys{5'000};

constexpr std::string_view kCloned = "desk-007";
constexpr std::string_view kCopy = "desk-007-copy";
constexpr std::string_view kLoops = "lab-001";
constexpr std::size_t kLaptops = 6;

// This computer under another name.
class NamedOs final : public client::Os {
 public:
  std::string name;
  std::map<std::string, std::string> machine_facts() override { return real_->machine_facts(); }
  client::Boot boot() override { return real_->boot(); }
  std::string host_name() override { return name; }
  bool is_virtual() override { return real_->is_virtual(); }
  std::filesystem::path default_directory() override { return real_->default_directory(); }
  std::vector<std::filesystem::path> homes() override { return real_->homes(); }
  Expected<std::unique_ptr<client::FileLock>> lock(const std::filesystem::path& file,
                                                   bool wait) override {
    return real_->lock(file, wait);
  }
  client::Disk& disk() override { return real_->disk(); }

 private:
  std::unique_ptr<client::Os> real_ = client::make_linux_os();
};

bool is_due(milliseconds& at, milliseconds now, milliseconds every) {
  if (now < at) return false;
  at = now + every;
  return true;
}

}  // namespace

Expected<std::unique_ptr<DemoLife>> DemoLife::begin(const DemoWorld& world,
                                                    const std::vector<DemoMachine>& machines,
                                                    std::string host_url, std::string key,
                                                    Shell& shell) {
  auto transport = client::make_http_transport();
  if (!transport) return std::unexpected(transport.error());
  return std::unique_ptr<DemoLife>(new DemoLife(world, machines, std::move(host_url),
                                                std::move(key), shell, std::move(*transport)));
}

DemoLife::DemoLife(const DemoWorld& world, const std::vector<DemoMachine>& machines,
                   std::string host_url, std::string key, Shell& shell,
                   std::unique_ptr<client::Transport> transport)
    : world_(world),
      machines_(machines),
      host_url_(std::move(host_url)),
      key_(std::move(key)),
      shell_(shell),
      transport_(std::move(transport)) {
  auto os = std::make_unique<NamedOs>();
  os_name_ = &os->name;
  os_ = std::move(os);
}

client::Client DemoLife::client_of(const std::filesystem::path& state, const std::string& name) {
  *os_name_ = name + ".corp.example";
  return {{.directory = state, .set_fact = name},
          *os_,
          shell_.client_clock,
          shell_.random,
          *transport_};
}

void DemoLife::step(milliseconds now) {
  const bool first = renewed_ < machines_.size();
  if (is_due(renew_at_, now, first ? kFirstRound : kRenews)) renew();
  if (first) return;  // the copy is of a machine that the host knows
  if (is_due(clone_at_, now, kClones)) clone();
  if (is_due(rearm_at_, now, kRearms)) rearm();
  if (is_due(key_at_, now, kKeys)) activate_by_key();
}

void DemoLife::ask(const std::filesystem::path& state, const std::string& name) {
  const auto asked = client_of(state, name).activate();
  if (asked && asked->activated) ++activated_;
}

void DemoLife::renew() {
  const auto& machine = machines_[renewed_++ % machines_.size()];
  ask(machine.state, machine.name);
}

// A disk that was copied with its identity: the two ask in turn.
void DemoLife::clone() {
  const auto original = world_.dir / "machines" / kCloned;
  const auto copy = world_.dir / "machines" / kCopy;
  std::error_code wrong;
  if (!std::filesystem::exists(copy, wrong)) {
    std::filesystem::copy(original, copy, std::filesystem::copy_options::recursive, wrong);
    if (wrong) return;
  }
  if (cloned_++ % 2 == 0) {
    ask(copy, std::string(kCopy));
  } else {
    ask(original, std::string(kCloned));
  }
}

// Somebody who restarts the grace for ever: rearms while one is left, then installs anew.
void DemoLife::rearm() {
  const auto state = world_.dir / "machines" / kLoops;
  const std::string name(kLoops);
  auto client = client_of(state, name);
  if (client.rearm() && client.personalize()) return ask(state, name);
  std::error_code wrong;
  std::filesystem::remove_all(state, wrong);
  if (install(client)) ask(state, name);
}

bool DemoLife::install(client::Client& client) {
  const auto product = read_text(world_.product());
  return product && client.install(*product) && client.set_host(host_url_);
}

// Laptops that are seldom in the house: one after the other takes a place of the key, and then they
// ask in turn how it stands.
void DemoLife::activate_by_key() {
  const auto name = fmt::format("lap-{:03}", by_key_ % kLaptops + 1);
  const auto state = world_.dir / "machines" / name;
  std::error_code wrong;
  if (std::filesystem::exists(state, wrong)) {
    ++by_key_;
    return ask(state, name);
  }
  auto client = client_of(state, name);
  if (!install(client)) return;
  ++by_key_;
  const auto asked = client.activate({}, {.host = std::nullopt, .key = key_});
  if (asked && asked->activated) ++activated_;
}

}  // namespace muster::cli
