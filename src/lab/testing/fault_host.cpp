#include "lab/testing/fault_host.h"

#include <stdexcept>

#include "lab/testing/forwarding_store.h"
#include "service/mak_activate.h"
#include "service/mak_acts.h"

namespace muster::lab::testing {
namespace {

// Host keys are good before and after everything that happens.
constexpr std::chrono::days kKeysBefore{10};
constexpr std::chrono::days kKeysAfter{3'650};

template <class T>
T must(Expected<T> value) {
  if (!value) throw std::logic_error("faults: " + value.error().sentence());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

class FaultyUnit final : public ForwardingUnit {
 public:
  FaultyUnit(DiskFaults& faults, std::unique_ptr<store::Unit> to)
      : ForwardingUnit(std::move(to)), faults_(faults) {}

  Expected<void> commit() override {
    if (faults_.full) return fail(ErrorCode::store_unavailable, "database or disk is full");
    if (faults_.failing > 0) {
      --faults_.failing;
      return fail(ErrorCode::store_unavailable, "disk I/O error");
    }
    auto done = ForwardingUnit::commit();
    if (done && faults_.unsure > 0) {
      --faults_.unsure;
      return fail(ErrorCode::store_unavailable, "the connection broke");
    }
    return done;
  }

 private:
  DiskFaults& faults_;
};

class FaultyStore final : public ForwardingStore {
 public:
  FaultyStore(DiskFaults& faults, std::shared_ptr<store::Store> to)
      : ForwardingStore(std::move(to)), faults_(faults) {}

  Expected<std::unique_ptr<store::Unit>> open(std::span<const GroupKey> groups,
                                              std::span<const MakId> keys) override {
    auto unit = ForwardingStore::open(groups, keys);
    if (!unit) return unit;
    return std::make_unique<FaultyUnit>(faults_, std::move(*unit));
  }
  double free_part() override { return faults_.free_part; }

 private:
  DiskFaults& faults_;
};

// One key of the host for each product, a line each.
std::string host_keys(const World& world, const wire::PublicKey& host, Plant plant,
                      Random& random) {
  std::string out;
  const auto signer = world.root().signer();
  for (const auto& product : world.products()) {
    wire::HostKey key{.vendor = std::string(World::kVendor),
                      .vendor_id = world.root().public_key().thumbprint(),
                      .id = base64url(random.bytes<16>()),
                      .host = host,
                      .customer = "Example Corp",
                      .product = product.id,
                      .name = product.name,
                      .group = product.group,
                      .policy = product.policy,
                      .issued = world.now() - kKeysBefore,
                      .expires = world.now() + kKeysAfter,
                      .text = {}};
    if (plant == Plant::activates_below && key.policy.threshold > 1) --key.policy.threshold;
    out += must(wire::sign_host_key(key, *signer)) + "\n";
  }
  return out;
}

}  // namespace

FaultHost::FaultHost(World& world, Oracle& oracle, Plant plant, wire::Mak mak)
    : oracle_(oracle),
      clock_(world.now()),
      random_(stream_key(world.seed(), "host")),
      key_(world.key_of("host")),
      signer_(key_.signer()),
      planted_(plant, random_.bytes<16>()),
      store_(std::make_unique<FaultyStore>(disk, planted_.store())) {
  come_up();
  (void)must(service_->install_keys(host_keys(world, key_.public_key(), plant, random_), "host"));
  mak.ledger = service_->ledger();
  (void)must(
      service::add_mak(*service_, must(wire::sign_mak(mak, *world.root().signer())), "host"));
}

FaultHost::~FaultHost() = default;

void FaultHost::set_clock(seconds off) {
  clock_.set_off(off);
  oracle_.clock_says(clock_.now());
  if (service_) service_->tick();
}

void FaultHost::come_up() {
  if (service_) return;
  oracle_.clock_says(clock_.now());
  service_ = must(service::HostService::open(*store_, clock_, random_, key_, {}));
  if (!service_->start("lab")) service_.reset();
}

void FaultHost::kill() {
  service_.reset();
  planted_.crash();
  oracle_.look_at(*store_);
}

void FaultHost::confirm_clock() {
  if (!service_) return;
  const auto why = service_->not_ready();
  if (!why || why->code != ErrorCode::clock_suspect) return;
  oracle_.clock_says(clock_.now());
  if (service_->confirm_clock("host")) oracle_.distrust_clock(false);
}

void FaultHost::release(const Cmid& cmid) {
  if (!service_) return;
  oracle_.clock_says(clock_.now());
  const auto ring = service_->maks();
  const auto given_back =
      service::release_place(*service_, ring->all().front()->mak.id, cmid, std::nullopt, "host");
  if (given_back) oracle_.released(given_back->place);
}

void FaultHost::take(std::span<Parcel> parcels, Random& jitter, Kill kill) {
  oracle_.clock_says(clock_.now());
  if (!service_) return;
  service_->tick();
  if (kill == Kill::before_commit) disk.failing += static_cast<unsigned>(parcels.size()) + 1;
  if (kill == Kill::unsure) disk.unsure = 1;
  decide(parcels, jitter);
  disk.unsure = 0;
  if (kill == Kill::before_commit) disk.failing = 0;
  const bool lives = kill == Kill::no || kill == Kill::unsure;
  for (auto& parcel : parcels) {
    const bool told = kill == Kill::no || (lives && parcel.answer->status == 200);
    tell(parcel, told);
    if (!lives) parcel.answer.reset();
  }
  if (!lives) this->kill();
}

void FaultHost::decide(std::span<Parcel> parcels, Random& jitter) {
  std::vector<std::optional<service::Reply>> replies(parcels.size());
  const auto address = [&](const Parcel& parcel) {
    return "10.0.0." + std::to_string(parcel.from);
  };
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    if (parcels[i].by_key) continue;
    auto pending = service_->decode(parcels[i].body, address(parcels[i]), false);
    if (!pending) {
      replies[i] = std::move(pending.error());
      continue;
    }
    (*pending)->done = [&, i](std::unique_ptr<service::Pending> decided) {
      replies[i] = service_->finish(*decided, *signer_, jitter);
    };
    if (auto refused = service_->submit(std::move(*pending))) replies[i] = std::move(*refused);
  }
  while (service_->run_batch() > 0) {
  }
  for (std::size_t i = 0; i < parcels.size(); ++i) {
    auto& parcel = parcels[i];
    if (parcel.by_key) {
      replies[i] =
          service::post_mak_activation(*service_, parcel.body, address(parcel), false).reply;
    }
    parcel.answer = client::HttpAnswer{replies[i]->status, std::move(replies[i]->body),
                                       replies[i]->retry_after};
  }
}

void FaultHost::tell(const Parcel& parcel, bool answered) {
  if (parcel.by_key) {
    const auto request = must(wire::decode_mak_request(parcel.body));
    if (answered) oracle_.answered(request, parcel.answer->status, parcel.answer->body);
    return;
  }
  const auto request = must(wire::decode_request(parcel.body));
  if (answered) {
    oracle_.answered(request, parcel.answer->status, parcel.answer->body);
  } else {
    oracle_.unanswered(request);
  }
}

store::Store& FaultHost::store() { return *store_; }

}  // namespace muster::lab::testing
