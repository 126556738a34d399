#include "lab/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "base/digest.h"
#include "service/mak_activate.h"
#include "store/memory/memory_store.h"
#include "wire/log_export.h"

namespace muster::lab {
namespace {

constexpr std::size_t kLogPage = 1000;

wire::PrivateKey seeded_key(std::uint64_t seed, std::string_view name) {
  const auto secret = sha256(as_bytes(fmt::format("muster-lab-key-1|{}|{}", seed, name)));
  auto key = wire::PrivateKey::from_secret(secret);
  assert(key);
  return std::move(*key);
}

}  // namespace

struct World::Host {
  Host(World& world, const std::string& name)
      : clock(world.now_),
        random(stream_key(world.seed_, "host " + name)),
        key(world.key_of("host " + name)),
        store(store::make_memory_store(random.bytes<16>())),
        signer(key.signer()) {}

  LabClock clock;
  Stream random;
  wire::PrivateKey key;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<wire::Signer> signer;
  std::unique_ptr<service::HostService> service;
  std::map<std::string, CountWatch, std::less<>> watches;  // by group
  bool up = true;
};

World::World(std::uint64_t seed, Instant start, std::chrono::days lasts,
             std::vector<Product> products)
    : seed_(seed),
      now_(start),
      products_(std::move(products)),
      root_(seeded_key(seed, "vendor")),
      issued_(start),
      lasts_(lasts) {
  const auto signer = root_.signer();
  for (const auto& product : products_) {
    const wire::ProductFile file{.vendor = std::string(kVendor),
                                 .vendor_id = root_.public_key().thumbprint(),
                                 .product = product.id,
                                 .name = product.name,
                                 .group = product.group,
                                 .vendor_keys = {root_.public_key()},
                                 .initial_grace = product.policy.initial_grace,
                                 .additional_grace = product.policy.additional_grace,
                                 .retry_interval = product.policy.retry_interval,
                                 .rearm_limit = product.policy.rearm_limit,
                                 .issued = issued_};
    product_files_[product.id] = wire::sign_product_file(file, *signer).value();
  }
}

World::~World() = default;

wire::PrivateKey World::key_of(std::string_view name) const { return seeded_key(seed_, name); }

const Product& World::product(std::string_view id) const {
  const auto at = std::ranges::find(products_, id, &Product::id);
  assert(at != products_.end());
  return *at;
}

const std::string& World::product_file(std::string_view id) const {
  const auto at = product_files_.find(id);
  assert(at != product_files_.end());
  return at->second;
}

GroupKey World::group(std::string_view name) const {
  return {root_.public_key().thumbprint(), std::string(name)};
}

Expected<void> World::add_host(const std::string& name) {
  auto host = std::make_unique<Host>(*this, name);
  auto service = service::HostService::open(*host->store, host->clock, host->random, host->key, {});
  if (!service) return std::unexpected(service.error());
  host->service = std::move(*service);
  if (auto started = host->service->start("lab"); !started) return started;
  std::string keys;
  const auto signer = root_.signer();
  for (const auto& product : products_) {
    if (auto good = check(product.policy); !good) return good;
    const wire::HostKey key{.vendor = std::string(kVendor),
                            .vendor_id = root_.public_key().thumbprint(),
                            .id = base64url(host->random.bytes<16>()),
                            .host = host->key.public_key(),
                            .customer = "Example Corp",
                            .product = product.id,
                            .name = product.name,
                            .group = product.group,
                            .policy = product.policy,
                            .issued = issued_,
                            .expires = issued_ + lasts_,
                            .text = {}};
    auto text = wire::sign_host_key(key, *signer);
    if (!text) return std::unexpected(text.error());
    keys += *text + "\n";
  }
  if (auto done = host->service->install_keys(keys, "host"); !done) {
    return std::unexpected(done.error());
  }
  for (const auto& product : products_) {
    host->watches.try_emplace(product.group, now_,
                              *thresholds_of(products_, product.group).rbegin());
  }
  hosts_[name] = std::move(host);
  return {};
}

std::string World::url_of(std::string_view host) { return fmt::format("http://{}:8688", host); }

void World::set_up(const std::string& host, bool up) { hosts_.at(host)->up = up; }

bool World::is_up(const std::string& host) const { return hosts_.at(host)->up; }

service::HostService& World::host(const std::string& name) { return *hosts_.at(name)->service; }

std::unique_ptr<store::Store> World::backup(const std::string& host) {
  return store::copy_memory_store(*hosts_.at(host)->store, stream_key(seed_, "backup"));
}

void World::restore(const std::string& host, store::Store& backup) {
  auto& one = *hosts_.at(host);
  one.service.reset();
  one.store = store::copy_memory_store(backup, stream_key(seed_, "backup"));
  auto service = service::HostService::open(*one.store, one.clock, one.random, one.key, {});
  assert(service);
  one.service = std::move(*service);
  const auto started = one.service->start("lab");
  assert(started);
}

std::vector<core::RollEntry> World::roll(const std::string& host, const GroupKey& group) {
  std::vector<core::RollEntry> out;
  const auto found = hosts_.at(host)->store->look(group, [&](const core::Group& one) {
    out = one.roll.entries();
    std::erase_if(
        out, [&](const core::RollEntry& entry) { return now_ - entry.last_seen >= one.retention; });
  });
  assert(found);
  return out;
}

std::uint32_t World::watch(Host& host, std::string_view group) {
  // A group is made by its first request.
  std::uint32_t out = 0;
  const auto found = host.store->look(this->group(group), [&](const core::Group& one) {
    out = host.watches.find(group)->second.look(one.roll, now_, one.retention);
  });
  assert(found);
  return out;
}

std::uint32_t World::look(const std::string& host, std::string_view group, Track& track) {
  auto& one = *hosts_.at(host);
  const auto count = watch(one, group);
  one.watches.find(group)->second.tell(track);
  return count;
}

Expected<World::Host*> World::reach(const client::HostUrl& to) {
  const auto at = hosts_.find(to.name);
  if (at == hosts_.end()) return fail(ErrorCode::no_host, to.name + ": no such name");
  if (!at->second->up) return fail(ErrorCode::no_host, "connection refused");
  return at->second.get();
}

Expected<client::HttpAnswer> World::post_mak(const client::HostUrl& to, std::string_view body,
                                             const std::string& address) {
  const auto reached = reach(to);
  if (!reached) return std::unexpected(reached.error());
  auto& host = **reached;
  host.service->tick();
  auto reply = service::post_mak_activation(*host.service, body, address, false).reply;
  return client::HttpAnswer{reply.status, std::move(reply.body), reply.retry_after};
}

Expected<void> World::export_log(const std::string& host, const WriteLog& write) {
  auto& service = this->host(host);
  const auto& key = service.host_public_key();
  for (store::EventPlace after;;) {
    const auto rows = service.store().events(after, kLogPage);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    for (const auto& row : *rows) {
      const auto epoch = row.place.epoch;
      if (epoch != after.epoch) {
        const wire::LogHeader header{
            .host = key.thumbprint(), .host_jwk = key.jwk(), .epoch = epoch};
        write(epoch, wire::encode_log_header(header) + "\n");
      }
      write(epoch, row.line + "\n");
      after = row.place;
    }
  }
}

Expected<client::HttpAnswer> World::post(const client::HostUrl& to, std::string_view body,
                                         const std::string& address, Random& jitter) {
  const auto reached = reach(to);
  if (!reached) return std::unexpected(reached.error());
  auto& host = **reached;
  std::optional<service::Reply> reply;
  host.service->tick();
  for (const auto& [group, ignored] : host.watches) watch(host, group);
  auto pending = host.service->decode(body, address, false);
  if (!pending) {
    reply = std::move(pending.error());
  } else {
    (*pending)->done = [&](std::unique_ptr<service::Pending> decided) {
      reply = host.service->finish(*decided, *host.signer, jitter);
    };
    if (auto refused = host.service->submit(std::move(*pending))) reply = std::move(*refused);
    while (!reply && host.service->run_batch() > 0) {
    }
  }
  assert(reply);
  for (const auto& [group, ignored] : host.watches) watch(host, group);
  return client::HttpAnswer{reply->status, std::move(reply->body), reply->retry_after};
}

}  // namespace muster::lab
