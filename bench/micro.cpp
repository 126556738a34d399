// Small steps of an activation, each by itself, by Google Benchmark: where a change of a
// microsecond shows.
#include <benchmark/benchmark.h>

#include "base/digest.h"
#include "core/ticket.h"
#include "load/load.h"
#include "wire/documents.h"
#include "wire/event.h"
#include "wire/exchange.h"

namespace muster::bench {
namespace {

constexpr Instant kToday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};

wire::HostKey host_key(const wire::PrivateKey& root, const wire::PrivateKey& host) {
  wire::HostKey key;
  key.vendor = "Acme";
  key.vendor_id = root.public_key().thumbprint();
  key.id = "AAAAAAAAAAAAAAAAAAAAAA";
  key.host = host.public_key();
  key.customer = "Example Corp";
  key.product = "acme-cad";
  key.name = "Acme CAD";
  key.group = "desktop";
  key.issued = kToday;
  key.expires = kToday + std::chrono::days{730};
  return key;
}

wire::Activation activation() {
  const auto machine = load::machine_identity(1, 1);
  wire::Activation out;
  out.host_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
  out.cmid = machine.cmid;
  out.product = "acme-cad";
  out.issued = kToday;
  out.not_before = kToday - minutes{240};
  out.expires = kToday + std::chrono::days{180};
  out.id = "1-1234567";
  out.facts = machine.facts;
  out.count = 50;
  out.threshold = 25;
  out.renewal_interval = minutes{10'080};
  out.retry_interval = minutes{120};
  out.additional_grace = minutes{43'200};
  out.rearm_limit = 3;
  out.log = {1, 1'234'567, {}};
  return out;
}

wire::ActivationRequest request() {
  const auto machine = load::machine_identity(1, 1);
  wire::ActivationRequest out;
  out.product = "acme-cad";
  out.cmid = machine.cmid;
  out.facts = machine.facts;
  out.ticket.emplace();
  out.time = kToday;
  out.name = "desk-017.corp.example";
  out.is_virtual = true;
  out.state = LicenceState::licensed;
  out.minutes_left = 259'000;
  return out;
}

void es256_sign(benchmark::State& state) {
  const auto key = wire::PrivateKey::generate().value();
  const auto signer = key.signer();
  const std::string text(2'600, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(signer->sign(text));
}
BENCHMARK(es256_sign);

void make_activation(benchmark::State& state) {
  const auto root = wire::PrivateKey::generate().value();
  const auto host = wire::PrivateKey::generate().value();
  const auto document = wire::sign_host_key(host_key(root, host), *root.signer()).value();
  const auto header = wire::activation_header(document);
  const auto signer = host.signer();
  const auto what = activation();
  for (auto _ : state) benchmark::DoNotOptimize(wire::sign_activation(what, header, *signer));
}
BENCHMARK(make_activation);

void verify_activation(benchmark::State& state) {
  const auto root = wire::PrivateKey::generate().value();
  const auto host = wire::PrivateKey::generate().value();
  const auto document = wire::sign_host_key(host_key(root, host), *root.signer()).value();
  const auto text =
      wire::sign_activation(activation(), wire::activation_header(document), *host.signer())
          .value();
  wire::ProductFile product;
  product.vendor_id = root.public_key().thumbprint();
  product.product = "acme-cad";
  product.group = "desktop";
  product.vendor_keys = {root.public_key()};
  for (auto _ : state) {
    const auto proved = wire::verify_activation(text, product);
    if (!proved) state.SkipWithError(proved.error().sentence().c_str());
  }
}
BENCHMARK(verify_activation);

void decode_request(benchmark::State& state) {
  const auto body = wire::encode_request(request());
  for (auto _ : state) benchmark::DoNotOptimize(wire::decode_request(body));
}
BENCHMARK(decode_request);

void check_ticket(benchmark::State& state) {
  const Hmac key(Bytes32{7});
  const GroupKey group{std::string(43, 'v'), "desktop"};
  const auto cmid = load::machine_identity(1, 1).cmid;
  const auto ticket = core::make_ticket(key, group, cmid, 12);
  for (auto _ : state) benchmark::DoNotOptimize(core::check_ticket(key, group, cmid, ticket));
}
BENCHMARK(check_ticket);

void event_line_and_chain(benchmark::State& state) {
  wire::Event event;
  event.host = event.vendor = std::string(43, 'h');
  event.type = "activation";
  event.product = "acme-cad";
  event.group = "desktop";
  event.cmid = load::machine_identity(1, 1).cmid;
  event.count = 50;
  event.threshold = 25;
  event.time = kToday;
  event.client_time = kToday;
  event.evidence = "renewal";
  event.machine = event.nonce = event.name = event.address = Bytes16{9};
  Bytes32 head{};
  std::string line;
  for (auto _ : state) {
    line.clear();
    wire::append_event_line(line, event);
    head = wire::chain_hash(head, line);
    ++event.seq;
    event.prev = first16(head);
  }
  benchmark::DoNotOptimize(head);
}
BENCHMARK(event_line_and_chain);

}  // namespace
}  // namespace muster::bench

BENCHMARK_MAIN();
