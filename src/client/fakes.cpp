#include "client/fakes.h"

#include <stdexcept>

namespace muster::client {
namespace {

template <class T>
T must(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().sentence());
  return std::move(*value);
}

std::uint64_t number_of(const std::array<std::uint8_t, 24>& ticket) { return ticket[7]; }

}  // namespace

Expected<HttpAnswer> FakeNetwork::post(const HostUrl& host, std::string_view,
                                       std::string_view body) {
  asked.push_back(host.base());
  const auto at = hosts.find(host.base());
  if (at == hosts.end()) return fail(ErrorCode::no_host, "connection refused");
  return at->second(body);
}

FakeVendor::FakeVendor(std::string name_in)
    : name(std::move(name_in)), root(must(wire::PrivateKey::generate())) {}

std::string FakeVendor::product_file(std::string product, std::string group, Instant issued) {
  wire::ProductFile file;
  file.vendor = name;
  file.vendor_id = id();
  file.name = "Product " + product;
  file.product = std::move(product);
  file.group = std::move(group);
  file.vendor_keys = {root.public_key()};
  file.initial_grace = policy.initial_grace;
  file.additional_grace = policy.additional_grace;
  file.retry_interval = policy.retry_interval;
  file.rearm_limit = policy.rearm_limit;
  file.issued = issued;
  return must(wire::sign_product_file(file, *root.signer()));
}

FakeHost::FakeHost(FakeVendor& vendor, FakeClock& clock)
    : vendor_(vendor), clock_(clock), key_(must(wire::PrivateKey::generate())) {}

void FakeHost::seen_before(std::uint32_t machines) {
  for (std::uint32_t i = 0; i < machines; ++i) roll_.insert(Cmid::random(random_));
}

FakeNetwork::Answer FakeHost::answers() {
  return [this](std::string_view body) { return answer(body); };
}

std::array<std::uint8_t, 24> FakeHost::next_ticket(const wire::ActivationRequest& request) {
  auto& known = known_[request.cmid];
  const auto shown = request.ticket ? number_of(*request.ticket) : 0;
  if (shown == known.number) {
    chain.push_back(known.number == 0 ? "first" : "renewal");
    ++known.number;
    known.nonce = request.nonce;
  } else if (shown + 1 == known.number && known.nonce == request.nonce) {
    chain.push_back("repeat");
  } else {
    chain.push_back("older");
    ++known.number;
    known.nonce = request.nonce;
  }
  std::array<std::uint8_t, 24> out{};
  out[7] = static_cast<std::uint8_t>(known.number);
  return out;
}

std::string FakeHost::activation(const wire::ActivationRequest& request) {
  wire::HostKey key;
  key.vendor = vendor_.name;
  key.vendor_id = vendor_.id();
  key.id = base64url(random_.bytes<16>());
  key.host = key_.public_key();
  key.customer = "Initech";
  key.product = request.product;
  key.name = "Product " + request.product;
  key.group = "desktop";
  key.policy = vendor_.policy;
  key.issued = clock_.time - std::chrono::hours(24 * 100);
  key.expires = key.issued + std::chrono::hours(24 * 730);
  const auto text = must(wire::sign_host_key(key, *vendor_.root.signer()));
  wire::Activation out;
  out.host_key_id = key.id;
  out.cmid = request.cmid;
  out.product = request.product;
  out.issued = clock_.time;
  out.not_before = clock_.time - vendor_.policy.clock_skew;
  out.expires = clock_.time + vendor_.policy.validity;
  out.id = base64url(random_.bytes<16>());
  out.nonce = request.nonce;
  out.facts = request.facts;
  out.count = static_cast<std::uint32_t>(roll_.size());
  out.threshold = vendor_.policy.threshold;
  out.renewal_interval = vendor_.policy.renewal_interval;
  out.retry_interval = vendor_.policy.retry_interval;
  out.additional_grace = vendor_.policy.additional_grace;
  out.rearm_limit = vendor_.policy.rearm_limit;
  out.log = wire::LogPlace{1, requests.size(), {}};
  if (forge) forge(out);
  return must(wire::sign_activation(out, wire::activation_header(text), *key_.signer()));
}

Expected<HttpAnswer> FakeHost::answer(std::string_view body) {
  auto request = must(wire::decode_request(body));
  requests.push_back(request);
  wire::ActivationAnswer out;
  out.time = clock_.time;
  out.retry_after = retry_after;
  const auto skew = std::chrono::abs(request.time - clock_.time);
  if (refuse || skew > vendor_.policy.clock_skew) {
    out.error = refuse.value_or(ErrorCode::clock_skew);
  } else {
    out.ticket = next_ticket(request);
    roll_.insert(request.cmid);
    out.count = static_cast<std::uint32_t>(roll_.size());
    out.threshold = vendor_.policy.threshold;
    out.activated = *out.count >= *out.threshold;
    if (out.activated) {
      out.activation = activation(request);
      out.retry_after = vendor_.policy.renewal_interval;
    } else {
      out.error = ErrorCode::count_insufficient;
    }
  }
  if (lose_answers) return fail(ErrorCode::no_host, "receive: no answer in time");
  return HttpAnswer{200, wire::encode_answer(out), std::nullopt};
}

}  // namespace muster::client
