#include "lab/machine.h"

#include <fmt/format.h>

#include <cassert>
#include <stdexcept>

#include "base/digest.h"
#include "client/disk.h"
#include "client/mak_exchange.h"

namespace muster::lab {
namespace {

constexpr std::string_view kDirectory = "/var/lib/muster/client";

class MemoryDisk final : public client::Disk {
 public:
  using Path = std::filesystem::path;
  std::map<std::string, std::string> files;

  Expected<std::optional<std::string>> read(const Path& file, std::size_t, bool*) override {
    const auto at = files.find(file.string());
    return at == files.end() ? std::optional<std::string>() : std::optional(at->second);
  }
  Expected<void> write(const Path& file, std::string_view text, unsigned) override {
    files[file.string()] = text;
    return {};
  }
  Expected<void> remove(const Path& file) override {
    files.erase(file.string());
    return {};
  }
  Expected<void> make_directory(const Path&) override { return {}; }
  bool exists(const Path& path) override {
    const auto at = files.lower_bound(path.string());
    return at != files.end() && at->first.starts_with(path.string());
  }
  void sweep(const Path&) override {}
};

// The lab steps its agents and never lets one sleep.
class NoWaiter final : public client::Waiter {
 public:
  Woke wait(std::chrono::milliseconds) override { return Woke::stop; }
  void stop() override {}
};

std::string hex16(const Bytes16& bytes) {
  std::string out;
  for (const auto byte : bytes) out += fmt::format("{:02x}", byte);
  return out;
}

template <class T>
T must(Expected<T> value) {
  // The lab's disk does not fail and its documents are good: anything else is a mistake here.
  if (!value) throw std::logic_error("lab: " + value.error().sentence());
  return std::move(*value);
}

}  // namespace

class Machine::Os final : public client::Os {
 public:
  explicit Os(const Options& options) : options_(options) {}

  MemoryDisk disk_files;
  std::map<std::string, std::string> facts;
  client::Boot now{};

  std::map<std::string, std::string> machine_facts() override { return facts; }
  client::Boot boot() override { return now; }
  std::string host_name() override { return options_.name; }
  bool is_virtual() override { return options_.is_virtual; }
  std::filesystem::path default_directory() override { return kDirectory; }
  std::vector<std::filesystem::path> homes() override { return {}; }
  Expected<std::unique_ptr<client::FileLock>> lock(const std::filesystem::path&, bool) override {
    return std::make_unique<client::FileLock>();
  }
  client::Disk& disk() override { return disk_files; }

 private:
  const Options& options_;
};

class Machine::Network final : public client::Transport {
 public:
  explicit Network(Machine& machine)
      : machine_(machine), address_("lab " + machine.options_.name) {}

  Expected<client::HttpAnswer> post(const client::HostUrl& host, std::string_view path,
                                    std::string_view body) override {
    Exchange seen{.at = machine_.world_.now()};
    const bool by_key = path == client::kMakActivationsPath;
    auto answer = pass(host, body, by_key);
    seen.reached = answer.has_value();
    if (by_key && answer && answer->status == 200) {
      if (auto sold = wire::decode_mak_answer(answer->body)) seen.sold = std::move(*sold);
    } else if (answer && answer->status == 200) {
      if (auto said = wire::decode_answer(answer->body)) seen.said = std::move(*said);
    }
    if (machine_.options_.watch) machine_.options_.watch(seen);
    return answer;
  }
  void cancel() override {}

 private:
  Expected<client::HttpAnswer> pass(const client::HostUrl& host, std::string_view body,
                                    bool by_key) {
    if (!machine_.plugged_) return fail(ErrorCode::no_host, "no network yet");
    if (by_key) return machine_.world_.post_mak(host, body, address_);
    Random& jitter =
        machine_.options_.jitter ? static_cast<Random&>(machine_.jitter_) : machine_.no_jitter_;
    return machine_.world_.post(host, body, address_, jitter);
  }

  Machine& machine_;
  std::string address_;
};

Machine::Machine(World& world, Options options)
    : world_(world),
      options_(std::move(options)),
      clock_(world.now(), options_.clock_off),
      random_(options_.client_key.value_or(stream_key(world.seed(), "client " + options_.name))),
      jitter_(options_.jitter_key.value_or(stream_key(world.seed(), "jitter " + options_.name))),
      hardware_(hex16(random_.bytes<16>())),
      os_(std::make_unique<Os>(options_)),
      network_(std::make_unique<Network>(*this)),
      waiter_(std::make_unique<NoWaiter>()) {
  os_->facts = {{"product_uuid", hardware_}, {"machine_id", hex16(random_.bytes<16>())}};
  os_->now.id = hex16(random_.bytes<16>());
  client_ =
      std::make_unique<client::Client>(client::ClientOptions{}, *os_, clock_, random_, transport());
}

Machine::~Machine() = default;

client::Transport& Machine::transport() {
  return options_.transport != nullptr ? *options_.transport : *network_;
}

void Machine::install(std::string_view product, std::string_view host) {
  must(client_->install(world_.product_file(product)));
  must(client_->set_host(World::url_of(host)));
}

void Machine::start() {
  os_->now.id = hex16(random_.bytes<16>());
  make_agent();
}

void Machine::make_agent() {
  Random& random = options_.jitter ? static_cast<Random&>(random_) : no_jitter_;
  agent_ =
      std::make_unique<client::Agent>(*client_, *waiter_, clock_, random, transport(), nullptr);
}

void Machine::stop() { agent_.reset(); }

void Machine::restart() {
  stop();
  start();
}

std::optional<seconds> Machine::step() {
  assert(agent_);
  must(agent_->step());
  const auto planned = agent_->planned();
  if (!planned) return std::nullopt;
  return std::chrono::ceil<seconds>(*planned);
}

void Machine::replace_hardware() { hardware_ = hex16(random_.bytes<16>()); }

Image Machine::image() const { return {os_->disk_files.files, os_->facts, os_->now}; }

void Machine::revert(const Image& image) {
  stop();
  os_->disk_files.files = image.files;
  os_->facts = image.facts;
}

void Machine::build(const Image& image, Clone clone) {
  stop();
  os_->disk_files.files = image.files;
  os_->facts = image.facts;
  os_->facts["product_uuid"] = hardware_;
  switch (clone) {
    case Clone::copied: break;
    case Clone::fresh: os_->facts["machine_id"] = hex16(random_.bytes<16>()); break;
    case Clone::forked:
      os_->now = image.boot;
      make_agent();
      break;
  }
}

}  // namespace muster::lab
