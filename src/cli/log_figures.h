// A report's figures in the text format of Prometheus.
#pragma once

#include <string>

#include "analyser/labels.h"
#include "analyser/report.h"

namespace muster::cli {

// Names of hosts and groups are labels' values; of machines nothing is said.
[[nodiscard]] std::string figures_text(const analyser::Log& log, const analyser::Report& report,
                                       const analyser::Labels& labels);

}  // namespace muster::cli
