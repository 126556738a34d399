// What a plan asks of a site: does it hold? Each run is made once and remembered, so that a
// question that was answered before, or by a run for another question, costs nothing. For plan.cpp
// alone.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "lab/plan.h"

namespace muster::lab {

// One run's view of one product.
struct Fared {
  std::uint32_t most = 0;
  Fate fate;
};
[[nodiscard]] Fared fared(const Scenario& scenario, const Outcome& outcome, std::size_t product);

// How a site becomes a scenario.
enum class As : std::uint8_t {
  built,       // as it is
  counted,     // without the machines that activate by a key, which are on no roll
  by_machine,  // the same, and each machine counts once, whatever becomes of its system
};

class Trying {
 public:
  // The options must outlive it.
  explicit Trying(const PlanOptions& options) : options_(options) {}

  // To the end of its time, as built. `number`: of the seed.
  [[nodiscard]] Outcome run(const Site& site, std::uint32_t number);
  // In every run, of all products or of the one that is named; a run ends as soon as it is known
  // not to.
  [[nodiscard]] bool holds(const Site& site, As as, std::string_view only);
  // And would hold if each machine counted once.
  [[nodiscard]] bool holds_plainly(const Site& site, std::string_view only = {});

  [[nodiscard]] const PlanOptions& options() const { return options_; }

 private:
  struct Known {
    Site site;
    As as;
    std::uint32_t number;                              // of the seed
    bool whole = false;                                // it has run to the end
    std::map<std::string, bool, std::less<>> fails{};  // products
    // Of all products, or of one; none: not known.
    [[nodiscard]] std::optional<bool> failed(std::string_view only) const;
  };
  [[nodiscard]] Known& known(const Site& site, As as, std::uint32_t number);
  [[nodiscard]] Scenario scenario(const Site& site, As as) const;

  const PlanOptions& options_;
  std::vector<Known> known_;
};

}  // namespace muster::lab
