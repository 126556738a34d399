// What is simulated to be sold.
#pragma once

#include <string>

#include "base/policy.h"

namespace muster::lab {

// A product as the vendor sells it.
struct Product {
  std::string id, group, name;
  Policy policy;
};

}  // namespace muster::lab
