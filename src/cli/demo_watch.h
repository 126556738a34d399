// What the demo has seen happen, from the host's event log, and how it is shown. Pure: events in,
// words out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/demo_world.h"

namespace muster::cli {

// One answer that the host gave to a machine of the demo.
struct DemoAnswer {
  std::string machine;  // "desk-001"
  bool activated = false;
  std::uint32_t count = 0, threshold = 0;
  int asked = 0;  // which of this machine's requests it was, from 1
};

class DemoWatch {
 public:
  explicit DemoWatch(const std::vector<DemoMachine>& machines);

  // Takes a page of GET /v1/events; returns the answers in it, in their order. bad_answer.
  [[nodiscard]] Expected<std::vector<DemoAnswer>> take(std::string_view page);
  // What to ask for next: "/v1/events?limit=1000&after=1-17".
  [[nodiscard]] std::string next_page() const;

  [[nodiscard]] int asked() const;      // machines that have asked
  [[nodiscard]] int activated() const;  // machines that are activated
  [[nodiscard]] bool all_activated() const { return activated() == kDemoMachines; }
  // The count at which a machine was activated for the first time; 0: none yet.
  [[nodiscard]] std::uint32_t first_activated() const { return first_activated_; }
  [[nodiscard]] std::uint32_t count() const { return count_; }

  // "[#############............] 13 machines seen, 25 needed; 0 of 30 activated"
  [[nodiscard]] std::string bar() const;

 private:
  struct Seen {
    std::string name;
    int asked = 0;
    bool activated = false;
  };
  std::map<std::string, Seen> seen_;  // by CMID
  std::string after_;
  std::uint32_t count_ = 0, first_activated_ = 0;
};

// "desk-001: 1 of 25, not yet", "desk-025: the host has seen 25, activated".
[[nodiscard]] std::string words_of(const DemoAnswer& answer);

}  // namespace muster::cli
