// Will counting hold in a site that nobody has built yet, and what is the least that makes it hold?
// Nothing here is a formula: a site becomes a scenario, the rules run it for its time under several
// seeds, and a change is offered when the site with it holds and the site with one less does not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lab/fate.h"
#include "lab/outcome.h"
#include "lab/scenario.h"

namespace muster::lab {

// Which machines activate by a multiple activation key, and are counted by nobody.
enum class ByKey : std::uint8_t { nobody, desktops, all };
// "none", "desktops", "all"; and back.
[[nodiscard]] std::string_view name_of(ByKey by_key);
[[nodiscard]] std::optional<ByKey> by_key_of(std::string_view name);

// One host, one roll. Virtual desktops and office computers have one product, servers another.
struct Site {
  std::uint32_t desktops = 0;  // virtual
  std::uint32_t physical = 0;  // office computers, each installed by itself
  std::uint32_t servers = 0;   // always on
  // Desktops: anew at every start, or each time this has passed, at two in the morning; neither:
  // they keep their disk.
  bool rebuild_start = false;
  minutes rebuild{};
  Origin image = Origin::generalized;
  bool new_hardware = false;   // with each rebuild
  std::uint32_t growth = 0;    // so many desktops more every 30 days
  std::uint32_t workdays = 5;  // 1 .. 7 of each week, Monday first: when all but the servers are on
  minutes from{8 * 60}, until{18 * 60};
  std::vector<Span> closures;      // whole days; all but the servers are off ...
  std::uint32_t closure_days = 0;  // ... but on so many workdays of each week
  std::vector<Span> outages;       // of the host
  Policy policy{};                 // of both products, with the desktops' threshold
  std::uint32_t server_threshold = 5;
  ByKey by_key = ByKey::nobody;
  MakPolicy key{};                 // of the desktops' product; its limit counts where it is used
  std::uint32_t server_limit = 0;  // of a second key, on the same terms
  bool releases = false;           // a place of the key is given back before its machine is rebuilt
  Instant start{};                 // a midnight
  std::chrono::days days{365};

  // Desktops that are anew now and then.
  [[nodiscard]] bool rebuilds() const { return rebuild_start || rebuild > minutes(0); }

  friend bool operator==(const Site&, const Site&) = default;
};
// policy_invalid; usage where there is no machine, or a number is outside of what is said above.
[[nodiscard]] Expected<void> check(const Site& site);
// REQUIRES: check().
[[nodiscard]] Scenario scenario_of(const Site& site);

// A product of the site.
struct Verdict {
  std::string product;  // "desktops", "servers"
  std::uint32_t machines = 0;
  bool by_key = false;
  // Of a key: its limit and the most places used. Of the count: the threshold and the highest.
  std::uint32_t needed = 0, most = 0;
  // Counting holds where somebody is activated before the grace of the first machine ends, nobody
  // is refused or left without an activation after that, and the count is not too low at the end; a
  // key where somebody is activated so early, and nobody is refused.
  bool holds = false;
  Why why = Why::holds;  // of the earliest failure
  // It holds, but would not if each machine counted once: what was rebuilt counts as another one.
  bool only_by_rebuilds = false;
  std::optional<Instant> reached{};  // the first activation; none: never in some run
  // When it fails, of several runs the first and the last; no `sure`: some hold. The end of a grace
  // in which nobody was activated may be after the plan's.
  std::optional<Instant> earliest{}, sure{};
  std::optional<Instant> lost{};  // the first machine is without its activation
};
struct Judgement {
  std::vector<Verdict> products;
  [[nodiscard]] bool holds() const;
  [[nodiscard]] bool holds_plainly() const;  // and not only by rebuilds
};

struct PlanOptions {
  std::uint64_t seed = 1;
  std::uint32_t runs = 3;  // with seeds from that one on
  Fidelity fidelity = Fidelity::rules;
  std::function<void(double)> progress{};  // told now and then how far it is, 0 .. 1; may be empty
};
// REQUIRES: check(site).
[[nodiscard]] Judgement judge(const Site& site, const PlanOptions& options);

enum class ChangeKind : std::uint8_t {
  machines,      // more office computers
  servers,       // more of them, in a site that has nothing else
  workdays,      // more days a week
  closure_days,  // on some days of a closure
  image,         // generalized, so that each clone has a CMID of its own
  image_and_closure_days,
  image_and_thresholds,
  thresholds,      // lower ones, agreed with the vendor
  key,             // for the desktops' product
  key_and_counts,  // the same, and a lower threshold for the servers, which are too few by
                   // themselves
  key_for_all,
};
[[nodiscard]] std::string_view name_of(ChangeKind kind);

// The smallest of its kind that makes everything hold plainly.
struct Change {
  ChangeKind kind = ChangeKind::machines;
  Site site;               // with it
  std::vector<Site> less;  // with one less of each number; none of these holds plainly
};
// In the order of the kinds; empty where the site holds plainly.
[[nodiscard]] std::vector<Change> changes_of(const Site& site, const PlanOptions& options);
// Both, and the site over its time under the first seed: what one has run the other does not again.
struct Found {
  Judgement judgement;
  std::vector<Change> changes;
  Outcome year;
};
[[nodiscard]] Found find(const Site& site, const PlanOptions& options);

struct Plan {
  Site site;
  Judgement judgement;
  std::vector<Change> changes;
  // The site over its time, with what was found as sentences and tables.
  Outcome outcome;
};
[[nodiscard]] Plan plan_of(const Site& site, const PlanOptions& options);

// What a change is, for people: "9 more office computers: 9 instead of 0".
[[nodiscard]] std::string sentence(const Site& site, const Change& change);

}  // namespace muster::lab
