// A machine of a simulation: the real client and its agent on an operating system, a disk, a clock
// and a network that live in memory. Not thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/agent.h"
#include "client/client.h"
#include "client/os.h"
#include "lab/world.h"

namespace muster::lab {

// What a snapshot holds, and an image of which others are built: the disk, and the machine it was
// taken of.
struct Image {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> facts;  // kind -> value
  client::Boot boot;
};

// How a machine comes from an image.
enum class Clone {
  copied,  // the disk alone: other hardware, the same system
  forked,  // the running machine, disk and memory, on other hardware: it never boots
  fresh,   // the disk, and the system takes a new id of its own at its first start
};

class Machine {
 public:
  struct Options {
    std::string name;  // also the name of its streams
    bool is_virtual = true;
    seconds clock_off{};  // ahead of true time
    bool jitter = true;   // false: no time that it is told or chooses is spread
    // Streams of client and host for this machine; by default made of its name.
    std::optional<Bytes16> client_key{}, jitter_key{};
    std::function<void(const Exchange&)> watch{};  // told of each exchange
    client::Transport* transport = nullptr;        // in place of the world's network
  };
  // An empty disk. `world` must outlive it.
  Machine(World& world, Options options);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine();

  [[nodiscard]] const std::string& name() const { return options_.name; }
  [[nodiscard]] client::Client& client() { return *client_; }
  [[nodiscard]] bool running() const { return agent_ != nullptr; }

  // Installs the product, and names the host. REQUIRES: of this world.
  void install(std::string_view product, std::string_view host);

  // Power on: the system starts, with another boot id, and the agent with it. Power off.
  void start();
  void stop();
  void restart();
  // A turn of the agent; how long it may sleep then, none: until something happens to the machine.
  // REQUIRES: running.
  [[nodiscard]] std::optional<seconds> step();
  // Whether its network is up; a request while it is not reaches no host.
  void plug(bool in) { plugged_ = in; }
  // From now on so far ahead of true time.
  void set_clock(seconds off) { clock_.set_off(off); }

  // Other virtual hardware from the next build() on.
  void replace_hardware();

  // Whole, rearm count and all: what is taken can be had again.
  [[nodiscard]] Image image() const;
  // Stops it and puts disk and hardware back as they were.
  void revert(const Image& image);
  // Stops it and makes it a clone of the image, on this machine's own hardware.
  void build(const Image& image, Clone clone);

 private:
  class Os;
  class Network;
  [[nodiscard]] client::Transport& transport();
  void make_agent();

  World& world_;
  Options options_;
  LabClock clock_;
  Stream random_, jitter_;
  NoJitter no_jitter_;
  std::string hardware_;
  bool plugged_ = true;
  std::unique_ptr<Os> os_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<client::Waiter> waiter_;
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<client::Agent> agent_;
};

}  // namespace muster::lab
