// A page of HTML that holds everything it shows: charts and tables, no script, nothing from
// elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::paper {

// The whole page around `body`, which is markup. `title` is escaped here; `made_by` is the command
// that made the page.
[[nodiscard]] std::string page_of(std::string_view title, std::string_view body,
                                  std::string_view made_by);

// A chart with its title, a sentence below it, and its figures behind a fold. Title and text are
// escaped here; `svg` and `figures` are markup.
[[nodiscard]] std::string figure(std::string_view title, std::string_view text,
                                 std::string_view svg, std::string_view figures);

// A table's row. Cells are escaped here.
[[nodiscard]] std::string row_of(const std::vector<std::string>& cells);

}  // namespace muster::paper
