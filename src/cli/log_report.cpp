#include "cli/log_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyser/sentences.h"
#include "base/csv.h"
#include "base/shown.h"
#include "cli/output.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

using analyser::Cell;
using analyser::Table;

constexpr std::size_t kColumns = 100;
constexpr std::size_t kRowsShown = 10;
constexpr std::size_t kGroupsShown = 40;  // hosts and groups
constexpr std::size_t kWidest = 60;       // of a text in the terminal

// Tables that a terminal does not show as such, and those that it shows whole.
constexpr std::array<std::string_view, 2> kElsewhere{"history", "hours"};
constexpr std::array<std::string_view, 4> kWhole{"counts", "falls", "forecasts", "unseen"};

// Columns that a terminal has no room for; CSV, JSON and the page have them.
struct Hidden {
  std::string_view table, column;
};
constexpr Hidden kHidden[] = {
    {"counts", "served"},
    {"counts", "refused"},
    {"due", "cmid"},
    {"machines", "cmid"},
    {"machines", "virtual"},
    {"machines", "requests"},
    {"machines", "refused"},
    {"machines", "state"},
    {"machines", "clock_minutes"},
    {"clocks", "cmid"},
    {"products", "requests"},
    {"products", "threshold"},
    {"forecasts", "returns"},
    {"forecasts", "departures"},
    {"falls", "if_silent_forgotten"},
    {"counts", "count_if_forgotten"},
};

std::vector<std::size_t> columns_of(const ReportView& view, const Table& table, std::size_t rows) {
  auto out = analyser::telling_columns(table, rows, view.log->hosts.size() > 1);
  std::erase_if(out, [&](std::size_t i) {
    return std::ranges::any_of(kHidden, [&](const Hidden& one) {
      return one.table == table.id && one.column == table.columns[i].name;
    });
  });
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const auto own = width_of(text);
  const std::string blanks(width > own ? width - own : 0, ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

// Days are told to the day.
std::string shown(const Table& table, const Cell& cell) {
  if (table.id == "falls" && cell.kind == Cell::Kind::time) return analyser::date_text(cell.time());
  return shown_text(analyser::text_of(cell), kWidest);
}

// Texts that are sentences stand below one another.
bool is_prose(const Table& table) { return table.id == "unseen" || table.id == "failures"; }

std::string prose_text(const Table& table, std::size_t rows) {
  std::string out;
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < rows; ++row) {
    table.fill(row, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto text = fmt::format("{}: {}", table.columns[i].title, analyser::text_of(cells[i]));
      out += wrap(text, kColumns, i == 0 ? "  " : "      ");
    }
  }
  return out;
}

std::string grid_text(const ReportView& view, const Table& table, std::size_t rows) {
  const auto columns = columns_of(view, table, rows);
  std::vector<std::size_t> widths;
  widths.reserve(columns.size());
  std::vector<bool> right(columns.size());
  for (const auto column : columns) widths.push_back(width_of(table.columns[column].title));
  std::vector<std::vector<std::string>> lines;
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < rows; ++row) {
    table.fill(row, cells);
    auto& line = lines.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      line.push_back(shown(table, cells[columns[i]]));
      widths[i] = std::max(widths[i], width_of(line.back()));
      if (analyser::is_number(cells[columns[i]])) right[i] = true;
    }
  }
  std::string out;
  const auto append = [&](const auto& text_at) {
    std::string line = " ";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      line += " " + padded(text_at(i), widths[i], right[i]) + " ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  append([&](std::size_t i) { return table.columns[columns[i]].title; });
  for (const auto& line : lines) append([&](std::size_t i) { return std::string_view(line[i]); });
  return out;
}

std::string table_text(const ReportView& view, const Table& table) {
  const bool whole = std::ranges::find(kWhole, table.id) != kWhole.end();
  const auto rows = std::min(table.size, whole ? 2 * kGroupsShown : kRowsShown);
  auto out = fmt::format("\n{}\n", table.title);
  if (!table.note.empty()) out += wrap(table.note, kColumns, "  ");
  out += is_prose(table) ? prose_text(table, rows) : grid_text(view, table, rows);
  if (rows < table.size) {
    out += fmt::format("  and {} (--csv DIR writes all)\n",
                       analyser::counted(table.size - rows, "more row"));
  }
  return out;
}

// Eight heights of a block.
std::string bars(const std::vector<std::uint64_t>& values) {
  const auto most = std::max<std::uint64_t>(1, std::ranges::max(values));
  std::string out;
  for (const auto value : values) {
    if (value == 0) {
      out += ' ';
      continue;
    }
    const auto height = std::min<std::uint64_t>(7, value * 8 / (most + 1));
    out += "\xe2\x96";
    out += static_cast<char>(0x81 + height);
  }
  return out;
}

std::string curve(const analyser::Standing& standing) {
  constexpr std::size_t kPoints = 60;
  const auto& points = standing.points;
  std::vector<std::uint64_t> values;
  const auto size = std::min(kPoints, points.size());
  values.reserve(size);
  for (std::size_t i = 0; i < size; ++i) values.push_back(points[i * points.size() / size].count);
  return fmt::format("  {} |{}| {}\n", analyser::date_text(points.front().at), bars(values),
                     analyser::date_text(points.back().at));
}

std::string group_text(const ReportView& view, const analyser::Standing& standing) {
  auto out = fmt::format("{} on {}\n", view.report->groups[standing.group].name,
                         view.labels->host(standing.host));
  constexpr std::array<std::string_view, 3> kWords{"Why   ", "When  ", "To do "};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    auto text = wrap(standing.sentences[i], kColumns, "        ");
    text.replace(2, kWords[i].size(), kWords[i]);
    out += text;
  }
  return out + curve(standing);
}

std::string reading_text(const ReportView& view) {
  const auto& log = *view.log;
  const auto& report = *view.report;
  auto out = fmt::format("{}, {} .. {}", analyser::counted(report.requests, "request"),
                         analyser::text_of(Cell(report.from)), analyser::text_of(Cell(report.now)));
  out += " UTC";
  if (report.later > 0) out += fmt::format("; {} later, left out", report.later);
  if (log.not_understood() > 0) {
    out +=
        fmt::format("; {} of {} records 12290 not understood", log.not_understood(), log.of_12290);
  }
  if (log.binary > 0) {
    out += fmt::format(
        "; {} with binary data, which requests do not have: look at them on the host", log.binary);
  }
  return wrap(out, kColumns, "") + "\n";
}

}  // namespace

std::string report_text(const ReportView& view) {
  std::string out;
  if (view.report->standings.empty()) {
    out += "No request in these logs: there is nothing to count.\n";
  } else {
    out += reading_text(view);
  }
  const auto& standings = view.report->standings;
  for (std::size_t i = 0; i < std::min(kGroupsShown, standings.size()); ++i) {
    out += group_text(view, standings[i]) + "\n";
  }
  if (standings.size() > kGroupsShown) {
    out += fmt::format("and {} more hosts and groups (--json has all)\n\n",
                       standings.size() - kGroupsShown);
  }
  if (!out.ends_with(".\n")) out.pop_back();
  for (const auto& table : view.tables) {
    const bool elsewhere = std::ranges::find(kElsewhere, table.id) != kElsewhere.end();
    if (table.size > 0 && !elsewhere) out += table_text(view, table);
    if (table.id == "hours" && table.size > 0) {
      const auto& hours = view.report->by_hour;
      out += fmt::format("\n{}\n   0 |{}| 23\n", table.title, bars({hours.begin(), hours.end()}));
    }
  }
  return out;
}

void append_json(std::string& out, const Table& table) {
  out += '[';
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < table.size; ++row) {
    if (row > 0) out += ',';
    table.fill(row, cells);
    JsonObject object;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto& cell = cells[i];
      const auto name = table.columns[i].name;
      switch (cell.kind) {
        case Cell::Kind::nothing: object.add_null(name); break;
        case Cell::Kind::text: object.add(name, cell.text); break;
        case Cell::Kind::whole: object.add(name, cell.whole); break;
        case Cell::Kind::part: object.add_raw(name, fmt::format("{:.1f}", cell.part)); break;
        case Cell::Kind::yes_or_no: object.add(name, cell.whole != 0); break;
        case Cell::Kind::time: object.add(name, cell.time()); break;
      }
    }
    out += object.text();
  }
  out += ']';
}

std::string groups_json(const ReportView& view) {
  std::vector<JsonObject> out;
  for (const auto& standing : view.report->standings) {
    out.emplace_back()
        .add("group", view.report->groups[standing.group].name)
        .add("host", view.labels->host(standing.host))
        .add("why", standing.sentences[0])
        .add("when", standing.sentences[1])
        .add("to_do", standing.sentences[2]);
  }
  JsonObject holder;
  holder.add("groups", out);
  const auto text = holder.text();
  constexpr std::string_view kBefore = "{\"groups\":";
  return text.substr(kBefore.size(), text.size() - kBefore.size() - 1);
}

std::string table_csv(const Table& table) {
  std::string out;
  const auto separate = [&](std::size_t i) {
    if (i > 0) out += ',';
  };
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    separate(i);
    out += table.columns[i].name;
  }
  out += "\r\n";
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < table.size; ++row) {
    table.fill(row, cells);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      separate(i);
      const auto& cell = cells[i];
      switch (cell.kind) {
        case Cell::Kind::whole: out += fmt::format("{}", cell.whole); break;
        case Cell::Kind::time: append_time(out, cell.time()); break;
        default: append_csv_field(out, analyser::text_of(cell)); break;
      }
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace muster::cli
