// The parts of a report that are counted in one or two passes over the requests.
#pragma once

#include <vector>

#include "analyser/report.h"

namespace muster::analyser {

// What every tally reads. `enough`: of each request, whether the count reached its threshold.
struct Tally {
  const Log* log;
  std::span<const Request> requests;  // up to now
  const std::vector<bool>* enough;
};

// Each sets its own members of the report; groups, group_of, together and now are set before.
void tally_machines(const Tally& tally, Report& report);  // also skew, silent, virtual share
void tally_failures(const Tally& tally, Report& report);
void tally_products(const Tally& tally, const Products& products, Report& report);
void tally_hours(const Tally& tally, Report& report);
void tally_gaps(const Tally& tally, Report& report);  // gaps, silences and hosts

}  // namespace muster::analyser
