#include "lab/testing/mixed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/digest.h"
#include "client/exchange.h"
#include "client/mak_exchange.h"
#include "lab/machine.h"
#include "lab/testing/fault_host.h"
#include "wire/mak_key.h"

namespace muster::lab::testing {
namespace {

constexpr Instant kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};
constexpr std::string_view kHost = "host-1";
constexpr std::string_view kGroup = "desktop";
constexpr std::string_view kSoldByKey = "acme-render";
constexpr minutes kDay{1440};
constexpr std::size_t kByKeyEvery = 3;    // every third machine has the product that is sold by key
constexpr std::size_t kLateMost = 64;     // parcels and answers that are kept for later
constexpr std::uint32_t kStepsMost = 20;  // for each exchange: a host that is down answers nobody

// What is drawn for a seed.
struct Terms {
  std::size_t machines = 0;
  Policy policy;
  std::uint32_t higher_threshold = 0;
  MakPolicy mak;
};

// Draws in words.
class Dice {
 public:
  explicit Dice(const Bytes16& key) : stream_(key) {}
  bool one_in(std::uint64_t n) { return stream_.below(n) == 0; }
  std::uint64_t below(std::uint64_t n) { return stream_.below(n); }
  template <class T, std::size_t N>
  T one_of(const std::array<T, N>& all) {
    return all.at(stream_.below(N));
  }
  seconds up_to(seconds most) {
    return seconds(
        static_cast<std::int64_t>(stream_.below(static_cast<std::uint64_t>(most.count()) + 1)));
  }
  Random& random() { return stream_; }

 private:
  Stream stream_;
};

Terms terms_of(Dice& dice) {
  Terms out;
  out.machines = 5 + dice.below(8);
  out.policy.threshold = static_cast<std::uint32_t>(2 + dice.below(4));
  out.higher_threshold = out.policy.threshold + static_cast<std::uint32_t>(dice.below(3));
  out.policy.retention = dice.one_of(std::array{2 * kDay, 4 * kDay, 30 * kDay});
  out.policy.renewal_interval = out.policy.retention / static_cast<int>(2 + dice.below(3));
  out.policy.validity = out.policy.renewal_interval * dice.one_of(std::array{1, 2, 4});
  out.policy.initial_grace = kDay;
  out.policy.additional_grace = kDay;
  out.mak.limit = static_cast<std::uint32_t>(1 + dice.below(out.machines / 2));
  out.mak.match = dice.one_in(2) ? Match::most : Match::all;
  out.mak.reactivation = dice.one_in(2) ? Reactivation::free : Reactivation::counts;
  return out;
}

std::vector<Product> products_of(const Terms& terms) {
  auto higher = terms.policy;
  higher.threshold = terms.higher_threshold;
  return {{"acme-cad", std::string(kGroup), "Acme CAD", terms.policy},
          {"acme-draw", std::string(kGroup), "Acme Draw", higher},
          {std::string(kSoldByKey), "render", "Acme Render", terms.policy}};
}

class Mixed;

// The network as one machine sees it.
class FaultNetwork final : public client::Transport {
 public:
  FaultNetwork(Mixed& mixed, std::size_t machine) : mixed_(mixed), machine_(machine) {}
  Expected<client::HttpAnswer> post(const client::HostUrl& host, std::string_view path,
                                    std::string_view body) override;
  void cancel() override {}

 private:
  Mixed& mixed_;
  std::size_t machine_;
};

struct Desk {
  std::unique_ptr<FaultNetwork> network;
  std::unique_ptr<Machine> machine;
  std::string product;  // that is counted
  bool by_key = false;  // has the other one too
  seconds clock_off{};
  std::optional<Image> snapshot;
  std::optional<client::HttpAnswer> late_answer;  // that did not come when it was waited for
};

struct LateParcel {
  Instant due{};
  Parcel parcel;
};

class Mixed {
 public:
  explicit Mixed(const MixedOptions& options)
      : options_(options),
        dice_(stream_key(options.seed, "faults")),
        terms_(terms_of(dice_)),
        world_(options.seed, kStart, std::chrono::days(1), products_of(terms_)),
        key_(wire::MakKey::random(dice_.random())),
        oracle_(rules()),
        host_(world_, oracle_, options.plant, mak()) {}

  MixedRun run() {
    for (std::size_t i = 0; i < terms_.machines; ++i) add(i);
    const auto steps = options_.exchanges * kStepsMost;
    for (std::uint32_t i = 0; i < steps && !done(); ++i) step();
    host_.kill();
    host_.come_up();
    oracle_.look_at(host_.store());
    out_.wrong = oracle_.wrong();
    if (!out_.wrong && out_.exchanges < options_.exchanges) {
      out_.wrong = fmt::format("only {} exchanges came about", out_.exchanges);
    }
    return out_;
  }

  Expected<client::HttpAnswer> post(std::size_t machine, std::string_view path,
                                    std::string_view body);

 private:
  [[nodiscard]] bool done() const {
    return oracle_.wrong() || out_.exchanges >= options_.exchanges;
  }
  [[nodiscard]] std::string vendor() const { return world_.root().public_key().thumbprint(); }
  [[nodiscard]] Rules rules() const {
    Rules out{
        .vendor = vendor(), .products = {}, .key = mak().name(), .key_limit = terms_.mak.limit};
    for (const auto& product : world_.products()) {
      out.products[product.id] = {product.group, product.policy};
    }
    return out;
  }
  [[nodiscard]] wire::Mak mak() const {
    wire::Mak out;
    out.vendor = World::kVendor;
    out.vendor_id = vendor();
    out.id = "kkkkkkkkkkkkkkkkkkkkkk";
    out.product = kSoldByKey;
    out.customer = "Example Corp";
    out.key_hash = wire::mak_hash(key_.secret(out.vendor_id));
    out.key_end = key_.end();
    out.policy = terms_.mak;
    out.issued = kStart;
    return out;
  }
  template <class... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    auto line = fmt::format("{} ", format_time(world_.now()));
    fmt::format_to(std::back_inserter(line), format, std::forward<Args>(args)...);
    out_.digest = Sha256().add(out_.digest).add(as_bytes(line)).digest();
    if (options_.trace) options_.trace(line);
  }

  void add(std::size_t number);
  void install(Desk& desk);
  void step();
  void pass_time();
  void bring_late_ones();
  void deliver(std::span<Parcel> parcels);
  void take_due(std::vector<Parcel>& out);

  // One thing that happens to a machine, and to the host.
  void ask(std::size_t number);
  void ask_by_key(std::size_t number);
  void run_agent(std::size_t number);
  void bring_back(std::size_t number);
  void rearm(std::size_t number);
  void build_anew(std::size_t number);
  void set_clock(std::size_t number);
  void trouble_host();
  void trouble_disk();
  void look(std::size_t number);
  void stands(std::size_t number, const client::ProductStatus& status);

  MixedOptions options_;
  Dice dice_;
  Terms terms_;
  World world_;
  wire::MakKey key_;
  Oracle oracle_;
  FaultHost host_;
  MixedRun out_;
  std::vector<Desk> desks_;
  std::vector<LateParcel> late_;
  seconds host_off_{};
  seconds stopped_{};  // so far behind are the clients' clocks where that is planted
};

Expected<client::HttpAnswer> FaultNetwork::post(const client::HostUrl&, std::string_view path,
                                                std::string_view body) {
  return mixed_.post(machine_, path, body);
}

void Mixed::add(std::size_t number) {
  auto& desk = desks_.emplace_back();
  desk.network = std::make_unique<FaultNetwork>(*this, number);
  desk.machine = std::make_unique<Machine>(
      world_,
      Machine::Options{.name = fmt::format("desk-{:02}", number), .transport = desk.network.get()});
  desk.product = number % 2 == 0 ? "acme-cad" : "acme-draw";
  desk.by_key = number % kByKeyEvery == 0;
  install(desk);
}

void Mixed::install(Desk& desk) {
  desk.machine->start();
  desk.machine->install(desk.product, kHost);
  if (desk.by_key) desk.machine->install(kSoldByKey, kHost);
}

// ---- the network

// What is due by now, in any order, with what is sent now.
void Mixed::deliver(std::span<Parcel> parcels) {
  if (!host_.up()) return;
  auto kill = Kill::no;
  if (dice_.one_in(60)) kill = dice_.one_in(2) ? Kill::before_commit : Kill::after_commit;
  for (std::size_t i = parcels.size(); i > 1; --i) {
    const auto other = dice_.below(i);
    if (other != i - 1) ++out_.reordered;
    std::swap(parcels[i - 1], parcels[other]);
  }
  if (kill == Kill::no && dice_.one_in(60)) kill = Kill::unsure;
  host_.take(parcels, dice_.random(), kill);
  for (const auto& parcel : parcels) {
    const auto status = parcel.answer ? parcel.answer->status : 0;
    if (status == 200) ++out_.exchanges;
    if (parcel.answer && status != 200) ++out_.failed;
    note("desk {} {} -> {}", parcel.from, parcel.by_key ? "by key" : "counted", status);
  }
  if (kill == Kill::unsure) ++out_.unsure;
  if (kill == Kill::unsure) note("host: the answer to a commit was lost");
  if (kill == Kill::no || kill == Kill::unsure) return;
  ++out_.kills;
  note("host killed {} the commit", kill == Kill::before_commit ? "before" : "after");
}

void Mixed::take_due(std::vector<Parcel>& out) {
  for (auto& late : late_) {
    if (late.due <= world_.now()) out.push_back(std::move(late.parcel));
  }
  std::erase_if(late_, [&](const LateParcel& late) { return late.due <= world_.now(); });
}

void Mixed::bring_late_ones() {
  std::vector<Parcel> due;
  take_due(due);
  if (!due.empty()) deliver(due);
}

Expected<client::HttpAnswer> Mixed::post(std::size_t machine, std::string_view path,
                                         std::string_view body) {
  const auto nobody = [] { return fail(ErrorCode::no_host, "no answer came"); };
  auto& desk = desks_[machine];
  const Parcel parcel{machine, path == client::kMakActivationsPath, std::string(body)};
  const auto keep_for_later = [&] {
    ++out_.late;
    if (late_.size() < kLateMost) {
      late_.push_back({world_.now() + dice_.up_to(std::chrono::hours(12)), parcel});
    }
  };
  if (dice_.one_in(20)) {
    ++out_.lost;
    return nobody();
  }
  if (dice_.one_in(25)) {
    keep_for_later();
    return nobody();
  }
  std::vector<Parcel> parcels{parcel};
  if (dice_.one_in(20)) {
    ++out_.doubled;
    if (dice_.one_in(2)) {
      parcels.push_back(parcel);
    } else {
      keep_for_later();
    }
  }
  take_due(parcels);
  deliver(parcels);
  // Of a doubled request it is any of the two answers.
  const auto at = std::ranges::find_if(
      parcels, [&](const Parcel& one) { return one.from == machine && one.body == body; });
  if (at == parcels.end() || !at->answer) return nobody();
  auto answer = std::move(*at->answer);
  if (dice_.one_in(20)) {
    ++out_.lost;
    return nobody();
  }
  if (dice_.one_in(20)) {
    desk.late_answer = std::move(answer);
    return nobody();
  }
  // An earlier answer comes in its place, the machine's own or, by mistake, another's.
  if (desk.late_answer && dice_.one_in(4)) {
    ++out_.late;
    std::swap(*desk.late_answer, answer);
  } else if (dice_.one_in(50)) {
    const auto& other = desks_[dice_.below(desks_.size())];
    if (other.late_answer) answer = *other.late_answer;
  }
  return answer;
}

// ---- what happens

void Mixed::pass_time() {
  const seconds retention = terms_.policy.retention;
  const auto kind = dice_.below(100);
  auto most = seconds(minutes(20));
  if (kind >= 60) most = retention / 10;
  if (kind >= 92) most = retention / 2;
  if (kind >= 98) most = retention + kDay;
  const auto passed = dice_.up_to(most);
  world_.pass(passed);
  if (options_.plant != Plant::stops_a_clients_clock) return;
  stopped_ += passed;
  for (auto& desk : desks_) desk.machine->set_clock(desk.clock_off - stopped_);
}

void Mixed::step() {
  pass_time();
  host_.come_up();
  bring_late_ones();
  const auto number = dice_.below(desks_.size());
  const auto kind = dice_.below(100);
  if (kind < 66) {
    ask(number);
  } else if (kind < 76) {
    ask_by_key(number - number % kByKeyEvery);
  } else if (kind < 80) {
    run_agent(number);
  } else if (kind < 86) {
    bring_back(number);
  } else if (kind < 88) {
    rearm(number);
  } else if (kind < 90) {
    build_anew(number);
  } else if (kind < 94) {
    set_clock(number);
  } else if (kind < 97) {
    trouble_host();
  } else {
    trouble_disk();
  }
  if (dice_.one_in(4)) host_.confirm_clock();
  if (dice_.one_in(4)) look(dice_.below(desks_.size()));
}

void Mixed::ask(std::size_t number) {
  auto& desk = desks_[number];
  const auto result = desk.machine->client().activate(desk.product);
  if (!result) {
    note("desk {}: {}", number, result.error().sentence());
    return;
  }
  if (result->activated) ++out_.activated;
  note("desk {}: {} {}", number, result->activated ? "activated" : "not activated",
       result->error ? result->error->code : "");
  stands(number, result->status);
}

void Mixed::ask_by_key(std::size_t number) {
  auto& desk = desks_[number];
  client::ActivateOptions options;
  if (dice_.one_in(2)) options.key = key_.text();
  const auto result = desk.machine->client().activate(kSoldByKey, options);
  if (!result) {
    note("desk {}: {}", number, result.error().sentence());
    return;
  }
  if (result->activated) ++out_.sold;
  note("desk {}: by key {} {}", number, result->activated ? "activated" : "not activated",
       result->error ? result->error->code : "");
  stands(number, result->status);
}

void Mixed::run_agent(std::size_t number) {
  auto& machine = *desks_[number].machine;
  if (!machine.running()) machine.start();
  const auto sleep = machine.step();
  note("desk {}: agent sleeps {} s", number, sleep.value_or(seconds(0)).count());
}

void Mixed::bring_back(std::size_t number) {
  auto& desk = desks_[number];
  if (!desk.snapshot || dice_.one_in(3)) {
    desk.snapshot = desk.machine->image();
    note("desk {}: snapshot", number);
    return;
  }
  desk.machine->revert(*desk.snapshot);
  desk.machine->start();
  ++out_.reverts;
  note("desk {}: reverted", number);
}

void Mixed::rearm(std::size_t number) {
  auto& desk = desks_[number];
  const bool done = desk.machine->client().rearm(desk.product).has_value();
  desk.machine->restart();
  note("desk {}: {}", number, done ? "rearmed" : "no rearm left");
}

// Installed anew, or made of another's disk.
void Mixed::build_anew(std::size_t number) {
  auto& desk = desks_[number];
  desk.snapshot.reset();
  if (dice_.one_in(2)) {
    desk.machine->build({}, Clone::fresh);
    install(desk);
    note("desk {}: installed anew", number);
    return;
  }
  const auto other = dice_.below(desks_.size());
  if (other == number) return;
  const auto clone = dice_.one_of(std::array{Clone::copied, Clone::forked, Clone::fresh});
  desk.machine->build(desks_[other].machine->image(), clone);
  if (clone != Clone::forked) desk.machine->start();
  desk.product = desks_[other].product;
  desk.by_key = desks_[other].by_key;
  ++out_.clones;
  note("desk {}: made of desk {}", number, other);
}

void Mixed::set_clock(std::size_t number) {
  auto& desk = desks_[number];
  desk.clock_off = seconds(0);
  if (dice_.one_in(2)) desk.clock_off = dice_.up_to(std::chrono::hours(16)) - std::chrono::hours(8);
  desk.machine->set_clock(desk.clock_off - stopped_);
  if (desk.clock_off != seconds(0)) ++out_.client_clocks;
  note("desk {}: clock {} s off", number, desk.clock_off.count());
}

void Mixed::trouble_host() {
  const auto kind = dice_.below(6);
  if (kind < 2) {
    const auto number = dice_.below(desks_.size());
    const auto status = desks_[number].machine->client().status(kSoldByKey);
    if (status && !status->empty() && status->front().cmid) host_.release(*status->front().cmid);
    note("desk {}: its place is given back", number);
  } else if (kind < 4) {
    host_.kill();
    note("host killed");
  } else {
    // Only a jump that the host can write down is known to it after a restart.
    if (!host_.up() || !host_.disk.good()) return;
    const auto before = host_off_;
    host_off_ = seconds(0);
    if (!dice_.one_in(3)) host_off_ = dice_.up_to(std::chrono::hours(14)) - std::chrono::hours(7);
    host_.set_clock(host_off_);
    if (std::chrono::abs(host_off_ - before) > terms_.policy.clock_skew) {
      oracle_.distrust_clock(true);
    }
    if (host_off_ != seconds(0)) ++out_.host_clocks;
    note("host's clock {} s off", host_off_.count());
  }
}

void Mixed::trouble_disk() {
  auto& disk = host_.disk;
  if (disk.full || disk.free_part < 1) {
    disk = {};
    note("disk: room again");
  } else if (dice_.one_in(2)) {
    disk.failing = static_cast<unsigned>(1 + dice_.below(3));
    note("disk: {} commits fail", disk.failing);
  } else if (dice_.one_in(2)) {
    disk.full = true;
    ++out_.full_disks;
    note("disk: full");
  } else {
    disk.free_part = 0.05;
    note("disk: nearly full");
  }
}

void Mixed::look(std::size_t number) {
  const auto all = desks_[number].machine->client().status();
  if (!all) return;
  for (const auto& status : *all) stands(number, status);
}

void Mixed::stands(std::size_t number, const client::ProductStatus& status) {
  auto& desk = desks_[number];
  Facts facts;
  for (const auto& [kind, value] : desk.machine->image().facts) {
    (void)facts.add(kind, hash_fact(vendor(), kind, value));
  }
  oracle_.stands(status, world_.now() + desk.clock_off, facts);
}

}  // namespace

MixedRun run_mixed(const MixedOptions& options) { return Mixed(options).run(); }

}  // namespace muster::lab::testing
