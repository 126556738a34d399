// The most active machines that each product had at one moment of each month: what `licensed` is
// held against. Looked at every ten seconds, kept as the settings peak/VENDOR/PRODUCT/MONTH, "COUNT
// TIME", a minute after they have grown at the latest. A host that is killed may lose that minute;
// it looks again as soon as it is there.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/keyring.h"
#include "store/store.h"

namespace muster::service {

struct Peak {
  std::uint64_t machines = 0;
  Instant at{};
};

// Thread-safe.
class Peaks {
 public:
  static constexpr std::chrono::milliseconds kLook{10'000};
  static constexpr std::chrono::milliseconds kStore{60'000};
  using Setting = std::pair<std::string, std::string>;

  // store_corrupt, store_unavailable.
  [[nodiscard]] Expected<void> load(store::Store& store);
  // Looks at the groups where it is time to.
  void look(store::Store& store, const Keyring& keys, std::chrono::milliseconds monotonic,
            Instant now);
  // What has grown and is to be stored now, or with `all` at once.
  [[nodiscard]] std::vector<Setting> to_store(std::chrono::milliseconds monotonic, bool all);
  // It was stored.
  void stored(std::chrono::milliseconds monotonic);
  // `month` as month_of() has it.
  [[nodiscard]] std::optional<Peak> find(std::string_view vendor, std::string_view product,
                                         std::int32_t month) const;

 private:
  struct Kept {
    Peak peak;
    bool grown = false;  // since it was stored
  };
  mutable std::mutex mutex_;                        // guards the rest
  std::map<std::string, Kept, std::less<>> peaks_;  // by the setting's name
  std::optional<std::chrono::milliseconds> looked_, stored_;
};

}  // namespace muster::service
