// What a run came to, for people and for other programs: a page, CSV, a chart for a terminal. The
// same bytes for the same outcome.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lab/outcome.h"

namespace muster::lab {

// One self-contained page of HTML. `command` is what repeats the run.
[[nodiscard]] std::string page_of(const Outcome& outcome, const std::string& command);

// File name and content: TRACK.csv with a row a sample, of a key too, TABLE.csv for each table. A
// row's sums are of the time since the row before, and mean_per_minute is of that time: the
// requests that reached the host, a minute; empty in the first row.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> csv_of(const Outcome& outcome);

// The count over time as lines of plain characters, `columns` wide and `rows` high at most: '#' up
// to the count, '-' at the threshold where the count is below it, '.' in the lowest line where
// there is some, but less than that line is for. REQUIRES: columns >= 40, a sample.
[[nodiscard]] std::string chart_text(const Track& track, std::size_t columns, std::size_t rows);
// The same of a key: places up to the limit.
[[nodiscard]] std::string chart_text(const KeyTrack& track, std::size_t columns, std::size_t rows);

// A table as columns of plain text.
[[nodiscard]] std::string table_text(const Table& table);

}  // namespace muster::lab
