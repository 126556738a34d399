#include "analyser/products.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "base/ascii.h"
#include "base/shown.h"
#include "evtx/csv_rows.h"

namespace muster::analyser {
namespace {

constexpr std::uint32_t kHighestThreshold = 5'000;

Expected<std::pair<Cmid, Product>> read_row(std::span<const std::string> cells, std::size_t line) {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorCode::config_invalid, fmt::format("line {}: {}", line, what));
  };
  if (cells.size() != 4) return wrong("not activation_id,group,threshold,name");
  const auto id = Cmid::parse(cells[0]);
  if (!id) return wrong("the activation id is no UUID");
  if (!valid_id(cells[1])) return wrong("the group is none of [a-z0-9][a-z0-9-]{0,62}");
  const auto threshold = whole_number<std::uint32_t>(cells[2]);
  if (!threshold || *threshold < 1 || *threshold > kHighestThreshold) {
    return wrong("the threshold is no number within 1 .. 5000");
  }
  if (cells[3].empty() || !valid_text(cells[3], 255)) return wrong("the name is empty or too long");
  return std::pair(*id, Product{shown_text(cells[3], 100), cells[1], *threshold});
}

}  // namespace

Products::Products() {
  [[maybe_unused]] const bool whole = add(product_table()).has_value();
  assert(whole);
}

Expected<void> Products::add(std::string_view csv) {
  std::map<Cmid, Product> added;
  evtx::CsvRows rows(as_bytes(csv), ',');
  std::size_t line = 0;
  for (auto next = rows.next(); next != evtx::CsvRows::Next::end; next = rows.next()) {
    ++line;
    if (next == evtx::CsvRows::Next::no_row) {
      return fail(ErrorCode::config_invalid, fmt::format("line {}: a quote is not closed", line));
    }
    if (line == 1 && rows.cells().front() == "activation_id") continue;
    auto row = read_row(rows.cells(), line);
    if (!row) return std::unexpected(row.error());
    added[row->first] = std::move(row->second);
  }
  for (auto& [id, product] : added) products_[id] = std::move(product);
  return {};
}

const Product* Products::find(const Cmid& activation_id) const {
  const auto at = products_.find(activation_id);
  return at == products_.end() ? nullptr : &at->second;
}

}  // namespace muster::analyser
