// The policy file of `muster replay`:
//   {"products":{"acme-cad":{"group":"desktop","threshold":25,"retention":"30d","clock_skew":"4h",
//                            "count_by":"cmid", ...}, ...}}
// `group` must be there; every other member is one of a Policy, under its name in base/policy.h,
// and has that policy's default. Durations are texts ("180d"), `entitlements` is an object,
// `licensed` may be null. `mak` gives the product a multiple activation key: {"limit":100,
// "reactivation":"free","match":"most","release":"allowed"}, of which only `limit` must be there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/mak.h"
#include "base/policy.h"

namespace muster::cli {

struct ReplayProduct {
  std::string group;
  Policy policy;
  std::optional<MakPolicy> mak;  // of the product's multiple activation key
};
using PolicyFile = std::map<std::string, ReplayProduct, std::less<>>;  // by product id

// config_invalid names the product and the field that is unknown or of another type; policy_invalid
// one that is outside its bounds; policy_conflict two products of one group that differ in
// retention or count_by. repeated_member.
[[nodiscard]] Expected<PolicyFile> read_policy_file(std::string_view text);

}  // namespace muster::cli
