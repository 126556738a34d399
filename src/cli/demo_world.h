// What the demo makes: a vendor, a product, a host, a multiple activation key and thirty machines,
// in a directory of its own.
//   demo.json          by which the demo knows that it made the directory
//   vendor/            as `muster vendor init` makes it
//   acme-cad.product   the product file
//   host/              as `muster host init` makes it
//   host.keys          what the vendor signed for the host
//   acme-cad.mak       the document of a multiple activation key, bound to the host's ledger
//   machines/desk-001/ ... state directories
//   logs/              stderr of the host and of the agents
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"
#include "cli/shell.h"

namespace muster::cli {

inline constexpr std::string_view kDemoProduct = "acme-cad";
inline constexpr int kDemoMachines = 30;
inline constexpr int kDemoThreshold = 25;
inline constexpr std::uint32_t kDemoPlaces = 40;  // of the multiple activation key

struct DemoMachine {
  std::string name;  // "desk-001"
  std::filesystem::path state;
  Cmid cmid;
};

struct DemoHost {
  std::string token;  // an administrator's, good for a day
  std::string key;    // the multiple activation key, as a person types it
};

struct DemoWorld {
  std::filesystem::path dir;

  [[nodiscard]] std::filesystem::path vendor() const { return dir / "vendor"; }
  [[nodiscard]] std::filesystem::path product() const { return dir / "acme-cad.product"; }
  [[nodiscard]] std::filesystem::path host() const { return dir / "host"; }
  [[nodiscard]] std::filesystem::path host_keys() const { return dir / "host.keys"; }
  [[nodiscard]] std::filesystem::path mak() const { return dir / "acme-cad.mak"; }
  [[nodiscard]] std::filesystem::path logs() const { return dir / "logs"; }

  // Makes the directory anew. One that an earlier demo made is removed first; file_exists for any
  // other that is not empty, host_is_running where an earlier demo still runs.
  [[nodiscard]] Expected<void> clear() const;
  // The vendor, and its product that asks again every minute.
  [[nodiscard]] Expected<void> make_vendor(Shell& shell) const;
  // The host, with the key that the vendor signed for it, and a multiple activation key whose
  // places it sells.
  [[nodiscard]] Expected<DemoHost> make_host(Shell& shell) const;
  // Thirty machines with the product installed, which will ask `host_url`.
  [[nodiscard]] Expected<std::vector<DemoMachine>> make_machines(const std::string& host_url,
                                                                 Shell& shell) const;
};

}  // namespace muster::cli
