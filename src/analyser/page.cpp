#include "analyser/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "analyser/sentences.h"
#include "paper/chart.h"
#include "paper/page.h"

namespace muster::analyser {
namespace {

using paper::BarChart;
using paper::ChartBand;
using paper::ChartLine;
using paper::ChartPoint;
using paper::escaped;
using paper::figure;
using paper::row_of;
using paper::TimeChart;
using std::chrono::days;

constexpr std::size_t kRows = 50;       // of a table
constexpr std::size_t kFigures = 60;    // of a chart's table
constexpr auto kAhead = days(60);       // that a chart looks ahead
constexpr std::size_t kSections = 100;  // hosts and groups with sentences
constexpr std::size_t kCharted = 20;    // hosts and groups with charts

// Tables that a chart shows, or the sentences.
constexpr std::array<std::string_view, 2> kElsewhere{"history", "hours"};

std::vector<ChartPoint> points_of(const Standing& standing, auto value) {
  std::vector<ChartPoint> out;
  out.reserve(standing.points.size());
  for (const auto& point : standing.points) {
    out.push_back({point.at, static_cast<double>(value(point))});
  }
  return out;
}

// The count where the log knows it, and where it is a lower bound, as pieces.
std::vector<ChartLine> count_lines(const Standing& standing) {
  std::vector<ChartLine> out;
  bool bound = false;
  for (const auto& point : standing.points) {
    if (out.empty() || point.lower_bound != bound) {
      const ChartPoint begin{point.at, static_cast<double>(point.count)};
      if (!out.empty()) out.back().points.push_back(begin);
      bound = point.lower_bound;
      out.push_back({.style = bound ? "bound" : "count", .label = {}, .points = {begin}});
      continue;
    }
    out.back().points.push_back({point.at, static_cast<double>(point.count)});
  }
  if (!out.empty()) out.back().label = bound ? "at least" : "count";
  return out;
}

TimeChart count_chart(const Report& report, const Standing& standing, std::size_t number) {
  const auto& now = standing.now();
  TimeChart out{.id = fmt::format("count-{}", number),
                .title = "The count over time",
                .text = standing.sentences[0] + " " + standing.sentences[1],
                .from = standing.points.front().at,
                .to = report.now + kAhead,
                .now = report.now,
                .bands = {},
                .lines = count_lines(standing),
                .marks = {}};
  const bool two = std::ranges::any_of(
      standing.points, [](const CountPoint& point) { return point.if_forgotten != point.count; });
  if (two) {
    out.lines.push_back(
        {.style = "other",
         .label = "if forgotten",
         .points = points_of(standing, [](const auto& point) { return point.if_forgotten; })});
  }
  ChartLine silent{.style = "silent", .label = "if silent", .points = {}};
  silent.points.push_back({report.now, static_cast<double>(now.count)});
  for (const auto& due : standing.due) {
    silent.points.push_back({due.leaves, static_cast<double>(due.count_after)});
  }
  out.lines.push_back(std::move(silent));
  for (const auto& fall : standing.falls) {
    out.marks.push_back({"threshold", static_cast<double>(fall.threshold),
                         fmt::format("threshold {}", fall.threshold)});
  }
  if (now.capacity > 0) {
    out.marks.push_back(
        {"ceiling", static_cast<double>(now.capacity), fmt::format("ceiling {}", now.capacity)});
  }
  return out;
}

TimeChart machines_chart(const Report& report, const Standing& standing, std::size_t number) {
  TimeChart out{.id = fmt::format("machines-{}", number),
                .title = "Machines heard of within 30 days, behind the ceiling",
                .text = fmt::format("{} and {} now; the shaded part is where the number of CMIDs "
                                    "is expected, in 8 of 10 cases",
                                    counted(standing.now().cmids, "CMID"),
                                    counted(standing.now().names, "name")),
                .from = standing.points.front().at,
                .to = report.now + kAhead,
                .now = report.now,
                .bands = {},
                .lines = {},
                .marks = {}};
  ChartBand band{.style = "range", .label = {}, .low = {}, .high = {}};
  ChartLine expected{.style = "expected", .label = "expected", .points = {}, .steps = false};
  for (std::size_t day = 0; day < standing.outlook.machines.size() && days(day) <= kAhead; ++day) {
    const auto& one = standing.outlook.machines[day];
    const auto at = report.now + days(day);
    band.low.push_back({at, one.low});
    band.high.push_back({at, one.high});
    expected.points.push_back({at, one.mean});
  }
  out.bands.push_back(std::move(band));
  out.lines.push_back(
      {.style = "cmids", .label = "CMIDs", .points = points_of(standing, [](const auto& point) {
                                             return point.cmids;
                                           })});
  out.lines.push_back(
      {.style = "names", .label = "names", .points = points_of(standing, [](const auto& point) {
                                             return point.names;
                                           })});
  out.lines.push_back(std::move(expected));
  return out;
}

std::string figures_of(const Standing& standing) {
  std::string out =
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">time, UTC</th>"
      "<th scope=\"col\">count</th><th scope=\"col\">ceiling</th><th scope=\"col\">CMIDs</th>"
      "<th scope=\"col\">names</th></tr></thead><tbody>\n";
  const auto size = std::min(kFigures, standing.points.size());
  for (std::size_t i = 0; i < size; ++i) {
    const auto& point = standing.points[(i + 1) * standing.points.size() / size - 1];
    out += row_of({text_of(Cell(point.at)),
                   (point.lower_bound ? "at least " : "") + std::to_string(point.count),
                   std::to_string(point.capacity), std::to_string(point.cmids),
                   std::to_string(point.names)});
  }
  return out + "</tbody></table></div>\n";
}

std::string section_of(const Report& report, const Labels& labels, const Standing& standing,
                       std::size_t number) {
  const bool under = std::ranges::any_of(standing.falls, &Fall::under);
  auto out = fmt::format(
      "<section>\n<h2>{} on {}</h2>\n<dl class=\"say{}\"><dt>Why</dt><dd>{}</dd>"
      "<dt>When</dt><dd>{}</dd><dt>To do</dt><dd>{}</dd></dl>\n",
      escaped(report.groups[standing.group].name), escaped(labels.host(standing.host)),
      under ? " under" : "", escaped(standing.sentences[0]), escaped(standing.sentences[1]),
      escaped(standing.sentences[2]));
  if (number < kCharted) {
    const auto counts = count_chart(report, standing, number);
    const auto machines = machines_chart(report, standing, number);
    out += figure(counts.title,
                  "Dashed to the right of now: the count if nobody asks again. Dotted: a lower "
                  "bound.",
                  svg_of(counts), figures_of(standing));
    out += figure(machines.title, machines.text, svg_of(machines), figures_of(standing));
  }
  return out + "</section>\n";
}

std::string hours_of(const Report& report) {
  BarChart chart{.id = "hours",
                 .title = "Requests by hour of the day, UTC",
                 .text = fmt::format("The busiest ten minutes began {} UTC, with {}.",
                                     text_of(Cell(report.busiest)),
                                     counted(report.busiest_requests, "request")),
                 .values = {report.by_hour.begin(), report.by_hour.end()},
                 .labels = {}};
  std::string rows =
      "<table><thead><tr><th scope=\"col\">hour</th><th scope=\"col\">requests</th></tr></thead>"
      "<tbody>\n";
  for (std::size_t hour = 0; hour < report.by_hour.size(); ++hour) {
    chart.labels.push_back(std::to_string(hour));
    rows += row_of({std::to_string(hour), std::to_string(report.by_hour[hour])});
  }
  return "<section>\n<h2>Boot storms</h2>\n" +
         figure(chart.title, chart.text, svg_of(chart), rows + "</tbody></table>\n") +
         "</section>\n";
}

std::string table_of(const Table& table, bool several_hosts) {
  auto out = fmt::format("<section>\n<h2>{}</h2>\n", escaped(table.title));
  if (!table.note.empty()) out += fmt::format("<p class=\"soft\">{}</p>\n", escaped(table.note));
  const auto rows = std::min(kRows, table.size);
  const auto columns = telling_columns(table, rows, several_hosts);
  std::vector<Cell> cells;
  table.fill(0, cells);
  out += "<div class=\"scroll\"><table><thead><tr>";
  for (const auto i : columns) {
    out += fmt::format("<th scope=\"col\"{}>{}</th>", is_number(cells[i]) ? " class=\"right\"" : "",
                       escaped(table.columns[i].title));
  }
  out += "</tr></thead><tbody>\n";
  for (std::size_t row = 0; row < rows; ++row) {
    table.fill(row, cells);
    out += "<tr>";
    for (const auto column : columns) {
      const auto& cell = cells[column];
      const auto* style = is_number(cell)                 ? " class=\"right\""
                          : cell.kind == Cell::Kind::time ? " class=\"fixed\""
                                                          : "";
      out += fmt::format("<td{}>{}</td>", style, escaped(text_of(cell)));
    }
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
  if (table.size > kRows) {
    out += fmt::format("<p class=\"soft\">and {}; --csv DIR writes all</p>\n",
                       counted(table.size - kRows, "more row"));
  }
  return out + "</section>\n";
}

}  // namespace

std::string page_of(const Log& log, const Report& report, const Labels& labels,
                    const std::vector<Table>& tables) {
  std::string out;
  out += fmt::format("<p class=\"soft\">{}, {} to {} UTC", counted(report.requests, "request"),
                     text_of(Cell(report.from)), text_of(Cell(report.now)));
  if (log.not_understood() > 0) {
    out += fmt::format("; {} of {} records 12290 were not understood", log.not_understood(),
                       log.of_12290);
  }
  if (log.binary > 0) {
    out +=
        fmt::format("; {} carry binary data, which requests do not have: look at them on the host",
                    counted(log.binary, "record"));
  }
  out += ".</p>\n";
  if (report.standings.empty())
    out += "<p>No request in these logs: there is nothing to count.</p>";
  for (std::size_t i = 0; i < std::min(kSections, report.standings.size()); ++i) {
    out += section_of(report, labels, report.standings[i], i);
  }
  if (report.standings.size() > kSections) {
    out +=
        fmt::format("<p>and {} more hosts and groups</p>\n", report.standings.size() - kSections);
  }
  if (report.requests > 0) out += hours_of(report);
  for (const auto& table : tables) {
    const bool elsewhere = std::ranges::find(kElsewhere, table.id) != kElsewhere.end();
    if (table.size > 0 && !elsewhere) out += table_of(table, log.hosts.size() > 1);
  }
  return paper::page_of("What the KMS host's log says", out, "muster logs report");
}

}  // namespace muster::analyser
