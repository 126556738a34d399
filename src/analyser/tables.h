// A report as tables: what the terminal, --json, --csv and the page show is said once, here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analyser/labels.h"
#include "analyser/log.h"
#include "analyser/report.h"

namespace muster::analyser {

// Nothing, a text that is fit to be shown, a whole number, a share or rate, yes or no, a moment.
struct Cell {
  enum class Kind : std::uint8_t { nothing, text, whole, part, yes_or_no, time };

  Cell() = default;
  explicit Cell(std::string value) : kind(Kind::text), text(std::move(value)) {}
  explicit Cell(std::int64_t value) : kind(Kind::whole), whole(value) {}
  explicit Cell(double value) : kind(Kind::part), part(value) {}
  explicit Cell(bool value) : kind(Kind::yes_or_no), whole(value ? 1 : 0) {}
  explicit Cell(Instant value) : kind(Kind::time), whole(value.time_since_epoch().count()) {}
  [[nodiscard]] Instant time() const { return Instant(seconds(whole)); }

  Kind kind = Kind::nothing;
  std::string text{};
  std::int64_t whole = 0;
  double part = 0;
};

struct Column {
  std::string_view name;   // of a member and of a CSV column: "count_after"
  std::string_view title;  // for people: "count after"
};

struct Table {
  std::string_view id;     // "due"
  std::string_view title;  // for people
  std::string_view note;   // what it means and what to do, in a sentence; may be empty
  std::vector<Column> columns;
  std::size_t size = 0;  // rows
  // Fills in a row's cells, as many as there are columns. REQUIRES: row < size.
  std::function<void(std::size_t row, std::vector<Cell>& cells)> fill;
};

// All tables, in the order in which they are shown; those without rows too. Valid as long as the
// log, the report, the labels and the products are.
[[nodiscard]] std::vector<Table> tables_of(const Log& log, const Report& report,
                                           const Labels& labels, const Products& products);

// The columns that tell something in a table's first rows: those with a value in one of them, and
// the host only where there are several.
[[nodiscard]] std::vector<std::size_t> telling_columns(const Table& table, std::size_t rows,
                                                       bool several_hosts);

// A cell for people: numbers with separators, moments to the minute; empty for nothing.
[[nodiscard]] std::string text_of(const Cell& cell);
// Whether a column of such cells stands to the right.
[[nodiscard]] bool is_number(const Cell& cell);

}  // namespace muster::analyser
