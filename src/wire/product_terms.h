// A product and its policy as one JSON object, as it stands in a host key and in a vendor's
// directory:
//   id, group   ids                          name        text, at most 255 bytes
//   threshold   1 to 5000                    validity_min, renewal_interval_min,
//   retry_interval_min, initial_grace_min, additional_grace_min, retention_min, clock_skew_min
//   minutes rearm_limit number                       count_by    "cmid" or "machine" licensed
//   number, may be absent        over        "report" or "refuse" entitlements  an object
#pragma once

#include <string>

#include "base/policy.h"
#include "wire/json.h"

namespace muster::wire {

struct ProductTerms {
  std::string id, group, name;
  Policy policy;
};
void append_product_terms(std::string& out, const ProductTerms& terms);
// Sets the failure of `claims`; the bounds of the policy are judged by check() afterwards.
[[nodiscard]] ProductTerms read_product_terms(json::Claims& claims);

}  // namespace muster::wire
