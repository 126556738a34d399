// When each token was last used, without a write for each use: uses gather in memory and are stored
// with a unit of the host's own, each token's at most once in kStoreEvery and at a stop. A host
// that is killed loses the uses since then.
//
// Stored as the setting token_used/ID = RFC 3339. Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "store/store.h"

namespace muster::service {

// Where a token is kept: the setting token/ID.
inline constexpr std::string_view kTokenPrefix = "token/";

class TokenUses {
 public:
  static constexpr seconds kStoreEvery{60};
  // A setting's name and value.
  using Setting = std::pair<std::string, std::string>;

  [[nodiscard]] static std::string setting_of(std::string_view id);

  // What the store holds already, while the host opens. store_corrupt, store_unavailable.
  [[nodiscard]] Expected<void> load(store::Store& store);
  // A token has opened something.
  void used(std::string_view id, Instant now);
  // Nothing: never.
  [[nodiscard]] std::optional<Instant> last(std::string_view id) const;
  // The token is gone.
  void forget(std::string_view id);

  // Uses that are to be stored now: of tokens whose stored one is kStoreEvery older, or with `all`
  // whichever is newer than the stored one. Forgets those of tokens that were revoked meanwhile, so
  // REQUIRES: no token is revoked until they are stored.
  [[nodiscard]] Expected<std::vector<Setting>> to_store(store::Store& store, bool all);
  // These were stored.
  void stored(const std::vector<Setting>& settings);

 private:
  struct Use {
    Instant newest{};
    Instant stored{};  // the epoch: never
  };
  mutable std::mutex mutex_;
  std::map<std::string, Use, std::less<>> uses_;  // by the token's id
};

}  // namespace muster::service
