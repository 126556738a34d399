// A vendor, a host and documents between them, for tests.
#pragma once

#include <string>

#include "wire/documents.h"
#include "wire/mak.h"
#include "wire/mak_key.h"

namespace muster::wire::sample {

inline constexpr Instant kToday{seconds{1'767'600'000}};  // 2026-01-05T08:00:00Z
inline constexpr std::string_view kCmid = "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10";

template <std::size_t N>
std::array<std::uint8_t, N> filled(std::uint8_t with) {
  std::array<std::uint8_t, N> out;
  out.fill(with);
  return out;
}

// A vendor with its product acme-cad, and a customer's host with a key for it.
struct World {
  PrivateKey root = PrivateKey::generate().value();
  PrivateKey host = PrivateKey::generate().value();

  [[nodiscard]] ProductFile product() const {
    return {.vendor = "Acme",
            .vendor_id = root.public_key().thumbprint(),
            .product = "acme-cad",
            .name = "Acme CAD",
            .group = "desktop",
            .vendor_keys = {root.public_key()},
            .initial_grace = minutes(43'200),
            .additional_grace = minutes(43'200),
            .retry_interval = minutes(120),
            .rearm_limit = 3,
            .issued = kToday};
  }
  [[nodiscard]] HostKey host_key() const {
    HostKey out;
    out.vendor = "Acme";
    out.vendor_id = root.public_key().thumbprint();
    out.id = "hhhhhhhhhhhhhhhhhhhhhh";
    out.host = host.public_key();
    out.customer = "Corp";
    out.product = "acme-cad";
    out.name = "Acme CAD";
    out.group = "desktop";
    out.issued = kToday;
    out.expires = kToday + std::chrono::days(730);
    return out;
  }
  [[nodiscard]] Activation activation() const {
    Activation out;
    out.host_key_id = "hhhhhhhhhhhhhhhhhhhhhh";
    out.cmid = *Cmid::parse(kCmid);
    out.product = "acme-cad";
    out.issued = kToday + std::chrono::hours(1);
    out.id = "1-42";
    out.nonce = filled<16>(7);
    out.facts.add("machine_id", filled<16>(8));
    out.count = 25;
    take_terms(out, Policy{});
    out.log = {1, 42, filled<16>(9)};
    return out;
  }
  [[nodiscard]] MakKey mak_key() const {
    SeededRandom random(31);
    return MakKey::random(random);
  }
  [[nodiscard]] Mak mak() const {
    Mak out;
    out.vendor = "Acme";
    out.vendor_id = root.public_key().thumbprint();
    out.id = "kkkkkkkkkkkkkkkkkkkkkk";
    out.product = "acme-cad";
    out.customer = "Corp";
    out.ledger = filled<16>(0x1d);
    out.key_hash = mak_hash(mak_key().secret(out.vendor_id));
    out.key_end = mak_key().end();
    out.policy.limit = 100;
    out.hint = "call +49 30 1234";
    out.issued = kToday;
    return out;
  }
  [[nodiscard]] MakActivation mak_activation() const {
    MakActivation out;
    out.host_key_id = "hhhhhhhhhhhhhhhhhhhhhh";
    out.mak = "kkkkkkkkkkkkkkkkkkkkkk";
    out.cmid = *Cmid::parse(kCmid);
    out.product = "acme-cad";
    out.issued = kToday + std::chrono::hours(2);
    out.id = "1-43";
    out.nonce = filled<16>(7);
    out.facts.add("machine_id", filled<16>(8));
    out.place = 7;
    out.sold = kToday + std::chrono::hours(1);
    take_terms(out, Policy{});
    out.log = {1, 43, filled<16>(9)};
    return out;
  }
  [[nodiscard]] std::string sign(const Mak& mak) const {
    return sign_mak(mak, *root.signer()).value();
  }
  [[nodiscard]] std::string sign(const MakActivation& activation, const HostKey& key,
                                 const Mak& mak) const {
    return sign_mak_activation(activation, mak_activation_header(sign(key), sign(mak)),
                               *host.signer())
        .value();
  }
  [[nodiscard]] std::string sign(const HostKey& key) const {
    return sign_host_key(key, *root.signer()).value();
  }
  [[nodiscard]] std::string sign(const Activation& activation, const HostKey& key) const {
    return sign_activation(activation, activation_header(sign(key)), *host.signer()).value();
  }
};

}  // namespace muster::wire::sample
