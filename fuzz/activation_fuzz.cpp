// links: muster_wire
// An activation as it is, and the same bytes as the payload of one that its host has signed: a
// stolen host key must not reach further than its policy.
#include "must.h"
#include "wire/sample.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  static const wire::sample::World world;
  static const auto product = world.product();
  static const auto signer = world.host.signer();
  static const auto header = wire::activation_header(world.sign(world.host_key()));
  const auto text = as_text({data, size});
  must(!wire::verify_activation(text, product));
  const auto read = wire::verify_activation(*header.sign(*signer, text), product);
  if (!read) return 0;
  const auto& activation = read->activation;
  must(activation.count >= activation.threshold && activation.product == product.product);
  must(activation.expires - activation.issued <= read->host_key.policy.validity);
  const auto again = wire::sign_activation(activation, header, *signer);
  must(wire::verify_activation(*again, product).has_value());
  return 0;
}
