// How a product fared in a site by some moment: whether it is known to fail, when and why. Pure.
#pragma once

#include "lab/outcome.h"

namespace muster::lab {

enum class Why : std::uint8_t {
  holds,          // as far as is known
  never_on,       // none of its machines is on in the whole time
  not_activated,  // nobody before the first machine's grace ended
  late,           // somebody, but after that
  refused,        // a request after the first activation; of a key, any
  lost,           // a machine's activation ended while no host answered it
  under,          // the time ends with the count under its threshold, and nobody has asked since
};

struct Fate {
  std::optional<Instant> activated{};  // the first time; none: never
  std::optional<Instant> failed{};     // the moment at which it is known to; none: it is not
  std::optional<Instant> lost{};       // the first machine is without its activation
  Why why = Why::holds;
};
// By `now`, which is the end of the time or is not. `key`: by which the product's machines
// activate; null: by counting.
[[nodiscard]] Fate fate_of(const ProductStory& story, const KeyTrack* key, minutes grace,
                           Instant now, bool at_end);

}  // namespace muster::lab
