// What a fleet does when nobody looks, in small, so that every page of the dashboard has something
// to show: machines renew, two share one identity, one takes a new identity again and again, a few
// that seldom come activate by a multiple activation key. They are real clients, one after the
// other in this process.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/demo_world.h"
#include "client/client.h"
#include "client/os.h"
#include "client/transport.h"

namespace muster::cli {

class DemoLife {
 public:
  // `machines` are those that the demo has made in `world`, `key` is the multiple activation key
  // that its host sells. World, machines and the shell outlive this.
  [[nodiscard]] static Expected<std::unique_ptr<DemoLife>> begin(
      const DemoWorld& world, const std::vector<DemoMachine>& machines, std::string host_url,
      std::string key, Shell& shell);

  // Does what is due at `now`, which is monotonic: at most one request of each kind. What fails is
  // tried again at its next turn; a fleet does not end because one machine has trouble.
  void step(std::chrono::milliseconds now);

  // Requests that were answered with an activation, so far.
  [[nodiscard]] std::uint64_t activated() const { return activated_; }

 private:
  DemoLife(const DemoWorld& world, const std::vector<DemoMachine>& machines, std::string host_url,
           std::string key, Shell& shell, std::unique_ptr<client::Transport> transport);
  [[nodiscard]] client::Client client_of(const std::filesystem::path& state,
                                         const std::string& name);
  void renew();
  void clone();
  void rearm();
  void activate_by_key();
  [[nodiscard]] bool install(client::Client& client);
  void ask(const std::filesystem::path& state, const std::string& name);

  const DemoWorld& world_;
  const std::vector<DemoMachine>& machines_;
  std::string host_url_, key_;
  Shell& shell_;
  std::unique_ptr<client::Transport> transport_;
  std::unique_ptr<client::Os> os_;  // under the name of the machine whose turn it is
  std::string* os_name_ = nullptr;  // of os_
  std::chrono::milliseconds renew_at_{0}, clone_at_{0}, rearm_at_{0}, key_at_{0};
  std::size_t renewed_ = 0, cloned_ = 0, by_key_ = 0;
  std::uint64_t activated_ = 0;
};

}  // namespace muster::cli
