#include "lab/keys.h"

#include "service/mak_acts.h"
#include "wire/mak_key.h"

namespace muster::lab {
namespace {

std::optional<client::ProductStatus> status_of(Machine& machine) {
  auto all = machine.client().status();
  if (!all || all->empty()) return std::nullopt;
  return std::move(all->front());
}

}  // namespace

Expected<void> Keys::add(const std::string& name, const std::string& host,
                         const std::string& product, const MakPolicy& policy) {
  Stream random(stream_key(world_.seed(), "key " + name));
  const auto key = wire::MakKey::random(random);
  auto& service = world_.host(host);
  wire::Mak mak;
  mak.vendor_id = world_.root().public_key().thumbprint();
  mak.vendor = service.keys()->find(product, mak.vendor_id)->key.vendor;
  mak.id = base64url(random.bytes<16>());
  mak.product = product;
  mak.customer = "Example Corp";
  mak.ledger = service.ledger();
  mak.key_hash = wire::mak_hash(key.secret(mak.vendor_id));
  mak.key_end = key.end();
  mak.policy = policy;
  mak.issued = world_.now();
  const auto text = wire::sign_mak(mak, *world_.root().signer());
  if (!text) return std::unexpected(text.error());
  auto added = service::add_mak(service, *text, "lab");
  if (!added) return std::unexpected(added.error());
  keys_.push_back({host, key.text(), std::move(added->entry)});
  return {};
}

bool Keys::activate(std::size_t key, Machine& machine) {
  const auto status = status_of(machine);
  if (status && status->place) return true;
  const auto result = machine.client().activate({}, {.key = keys_[key].text});
  return result && result->activated;
}

void Keys::release(std::size_t key, Machine& machine) {
  const auto& one = keys_[key];
  const auto status = status_of(machine);
  if (!status || !status->place || !world_.is_up(one.host)) return;
  (void)service::release_place(world_.host(one.host), one.sold->mak.id, *status->cmid,
                               status->place->number, "lab");
}

}  // namespace muster::lab
