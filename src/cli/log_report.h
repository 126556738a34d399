// A log's report in the forms that `muster logs report` gives it, all made from the same tables.
#pragma once

#include <string>
#include <vector>

#include "analyser/labels.h"
#include "analyser/tables.h"

namespace muster::cli {

// What a report is shown from; valid as long as what it names is.
struct ReportView {
  const analyser::Log* log;
  const analyser::Report* report;
  const analyser::Labels* labels;
  std::vector<analyser::Table> tables;
};

// For a terminal: three sentences a group, then the tables that have rows, of each the first rows.
[[nodiscard]] std::string report_text(const ReportView& view);

// A table as a JSON array of objects, compact; moments in RFC 3339.
void append_json(std::string& out, const analyser::Table& table);
// The groups with their sentences, likewise.
[[nodiscard]] std::string groups_json(const ReportView& view);

// A table as CSV with a heading.
[[nodiscard]] std::string table_csv(const analyser::Table& table);

}  // namespace muster::cli
