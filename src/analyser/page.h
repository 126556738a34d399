// A report as one page of HTML: charts and tables, no script, nothing from elsewhere.
#pragma once

#include <string>

#include "analyser/tables.h"

namespace muster::analyser {

// `tables` as tables_of() gives them.
[[nodiscard]] std::string page_of(const Log& log, const Report& report, const Labels& labels,
                                  const std::vector<Table>& tables);

}  // namespace muster::analyser
