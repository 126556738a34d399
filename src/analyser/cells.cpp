#include <fmt/format.h>

#include "analyser/tables.h"

namespace muster::analyser {
namespace {

std::string with_separators(std::int64_t value) {
  auto out = fmt::format("{}", value < 0 ? -value : value);
  for (auto at = out.size(); at > 3; at -= 3) out.insert(at - 3, 1, ',');
  return value < 0 ? "-" + out : out;
}

}  // namespace

std::vector<std::size_t> telling_columns(const Table& table, std::size_t rows, bool several_hosts) {
  std::vector<bool> filled(table.columns.size());
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < rows; ++row) {
    table.fill(row, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].kind != Cell::Kind::nothing) filled[i] = true;
    }
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const bool only = table.columns[i].name == "host" && table.id != "hosts" && !several_hosts;
    if (filled[i] && !only) out.push_back(i);
  }
  return out;
}

std::string text_of(const Cell& cell) {
  switch (cell.kind) {
    case Cell::Kind::nothing: return {};
    case Cell::Kind::text: return cell.text;
    case Cell::Kind::whole: return with_separators(cell.whole);
    case Cell::Kind::part: return fmt::format("{:.1f}", cell.part);
    case Cell::Kind::yes_or_no: return cell.whole != 0 ? "yes" : "no";
    case Cell::Kind::time: break;
  }
  auto out = format_time(cell.time()).substr(0, 16);
  out[10] = ' ';
  return out;
}

bool is_number(const Cell& cell) {
  return cell.kind == Cell::Kind::whole || cell.kind == Cell::Kind::part;
}

}  // namespace muster::analyser
