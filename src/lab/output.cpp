#include "lab/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/csv.h"
#include "paper/chart.h"
#include "paper/page.h"

namespace muster::lab {
namespace {

using paper::escaped;

constexpr std::size_t kFigures = 60;   // rows of a chart's table
constexpr std::size_t kLabel = 7;      // columns left of a chart in plain text
constexpr std::size_t kSentence = 50;  // a longer cell is one, and may be broken

// A Track, or a KeyTrack.
template <class AnyTrack, class Value>
paper::ChartLine line_of(const AnyTrack& track, std::string_view style, std::string label,
                         Value value) {
  paper::ChartLine out{.style = style, .label = std::move(label), .points = {}};
  for (const auto& sample : track.samples) {
    out.points.push_back({sample.at, static_cast<double>(value(sample))});
  }
  return out;
}

// Requests a minute that reached a host in the time before a sample; none: no time has passed.
std::optional<double> mean_per_minute(Instant before, const Sample& sample) {
  if (sample.at <= before) return std::nullopt;
  const std::chrono::duration<double, std::ratio<60>> time = sample.at - before;
  return static_cast<double>(sample.tally.reached()) / time.count();
}

std::string mean_text(Instant before, const Sample& sample) {
  const auto mean = mean_per_minute(before, sample);
  return mean ? fmt::format("{:.2f}", *mean) : "";
}

// Of what a sample says of the time before it: each value stands from the sample before on.
template <class AnyTrack, class Value>
paper::ChartLine line_between(const AnyTrack& track, std::string_view style, std::string label,
                              Value value) {
  paper::ChartLine out{.style = style, .label = std::move(label), .points = {}};
  auto before = track.samples.front().at;
  for (const auto& sample : track.samples) {
    if (sample.at <= before) continue;
    out.points.push_back({before, value(before, sample)});
    before = sample.at;
  }
  if (!out.points.empty()) out.points.push_back({before, out.points.back().value});
  return out;
}

// "1h": the time between two samples.
template <class AnyTrack>
std::string step_of(const AnyTrack& track) {
  auto out = seconds::max();
  for (std::size_t i = 1; i < track.samples.size(); ++i) {
    const auto time = track.samples[i].at - track.samples[i - 1].at;
    if (time > seconds(0)) out = std::min(out, time);
  }
  return out == seconds::max() ? "0m" : format_duration(std::chrono::floor<minutes>(out));
}

template <class AnyTrack>
paper::TimeChart empty_chart(const AnyTrack& track, const std::string& id, const std::string& title,
                             const std::string& text) {
  return {.id = id,
          .title = title,
          .text = text,
          .from = track.samples.front().at,
          .to = std::max(track.samples.back().at, track.samples.front().at + seconds(1)),
          .now = {},
          .bands = {},
          .lines = {},
          .marks = {}};
}

// `counted`: what its samples count.
template <class AnyTrack>
std::string figures_of(const AnyTrack& track, std::string_view counted) {
  std::string out = fmt::format(
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">time, UTC</th>"
      "<th scope=\"col\">{}</th><th scope=\"col\">on</th><th scope=\"col\">licensed</th>"
      "<th scope=\"col\">activated</th><th scope=\"col\">refused</th>"
      "<th scope=\"col\">unreached</th><th scope=\"col\">requests in the busiest minute</th>"
      "<th scope=\"col\">requests a minute, mean</th></tr></thead><tbody>\n",
      counted);
  // Sums go from one row to the next, whatever is left out between them.
  const auto rows = std::min(kFigures, track.samples.size());
  std::size_t next = 0;
  auto before = track.samples.front().at;
  for (std::size_t row = 0; row < rows; ++row) {
    const auto last = (row + 1) * track.samples.size() / rows - 1;
    auto sample = track.samples[last];
    sample.tally = {};
    for (; next <= last; ++next) add(sample.tally, track.samples[next].tally);
    const auto& sum = sample.tally;
    out += paper::row_of({format_time(sample.at), std::to_string(sample.count),
                          std::to_string(sample.running), std::to_string(sample.licensed),
                          std::to_string(sum.activated), std::to_string(sum.refused),
                          std::to_string(sum.unreached), std::to_string(sum.busiest),
                          mean_text(before, sample)});
    before = sample.at;
  }
  return out + "</tbody></table></div>\n";
}

std::string figure_of(const paper::TimeChart& chart, const std::string& figures) {
  return paper::figure(chart.title, chart.text, paper::svg_of(chart), figures);
}

template <class AnyTrack>
std::string machines_and_requests(const AnyTrack& track, const std::string& figures) {
  auto machines = empty_chart(track, "machines-" + track.id, "Machines",
                              "Those that are on, and those whose activation is valid.");
  machines.lines.push_back(
      line_of(track, "activated", "licensed", [](const auto& s) { return s.licensed; }));
  machines.lines.push_back(line_of(track, "other", "on", [](const auto& s) { return s.running; }));
  auto out = figure_of(machines, figures);

  const auto total = track.total();
  const auto step = step_of(track);
  auto requests = empty_chart(
      track, "requests-" + track.id, "Requests per minute",
      fmt::format("Requests that reached the host. Of each {} the busiest minute, and the mean of "
                  "its minutes. {} in all; the busiest minute had {}.",
                  step, total.reached(), total.busiest));
  requests.lines.push_back(
      line_between(track, "cmids", "busiest minute",
                   [](Instant, const Sample& s) { return static_cast<double>(s.tally.busiest); }));
  requests.lines.push_back(line_between(
      track, "other", "mean",
      [](Instant before, const Sample& s) { return mean_per_minute(before, s).value_or(0); }));
  out += figure_of(requests, figures);

  auto answers = empty_chart(
      track, "answers-" + track.id, "Activated and refused",
      fmt::format("Answers in each {}. In all {} activated, {} refused, {} sent away; {} requests "
                  "reached no host.",
                  step, total.activated, total.refused, total.sent_away, total.unreached));
  answers.lines.push_back(line_between(
      track, "activated", "activated",
      [](Instant, const Sample& s) { return static_cast<double>(s.tally.activated); }));
  answers.lines.push_back(line_between(track, "refused", "refused", [](Instant, const Sample& s) {
    return static_cast<double>(s.tally.refused);
  }));
  out += figure_of(answers, figures);
  return out;
}

std::string section_of(const Track& track) {
  auto out = fmt::format("<section>\n<h2>{}</h2>\n", escaped(track.title));
  const auto figures = figures_of(track, "count");
  auto counts =
      empty_chart(track, "count-" + track.id, "The count over time",
                  fmt::format("The highest is {}, the last {}.", track.highest(), track.last()));
  counts.lines.push_back(line_of(track, "count", "count", [](const auto& s) { return s.count; }));
  counts.marks.push_back({"threshold", static_cast<double>(track.threshold),
                          fmt::format("threshold {}", track.threshold)});
  for (const auto lower : track.lower) {
    counts.marks.push_back(
        {"threshold", static_cast<double>(lower), fmt::format("threshold {}", lower)});
  }
  counts.marks.push_back(
      {"ceiling", static_cast<double>(track.capacity), fmt::format("capacity {}", track.capacity)});
  out += figure_of(counts, figures);
  return out + machines_and_requests(track, figures) + "</section>\n";
}

std::string section_of(const KeyTrack& track) {
  auto out = fmt::format("<section>\n<h2>{}</h2>\n", escaped(track.title));
  const auto figures = figures_of(track, "places");
  auto places = empty_chart(track, "places-" + track.id, "Places that are used",
                            fmt::format("Of {}; {} at the end.", track.limit, track.last()));
  places.lines.push_back(line_of(track, "count", "used", [](const auto& s) { return s.count; }));
  places.marks.push_back(
      {"threshold", static_cast<double>(track.limit), fmt::format("limit {}", track.limit)});
  out += figure_of(places, figures);
  return out + machines_and_requests(track, figures) + "</section>\n";
}

std::string table_of(const Table& table) {
  auto out = fmt::format("<section>\n<h2>{}</h2>\n", escaped(table.title));
  if (!table.note.empty()) out += fmt::format("<p class=\"soft\">{}</p>\n", escaped(table.note));
  out += "<div class=\"scroll\"><table><thead><tr>";
  for (const auto& column : table.columns) {
    out += fmt::format("<th scope=\"col\">{}</th>", escaped(column));
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto cell = escaped(row[i]);
      if (table.commands == i) {
        out += fmt::format("<td class=\"command\"><code>{}</code></td>", cell);
        continue;
      }
      out +=
          fmt::format("<td{}>{}</td>", row[i].size() > kSentence ? "" : " class=\"fixed\"", cell);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n</section>\n";
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string out;
  for (const auto& cell : cells) {
    if (!out.empty()) out += ',';
    append_csv_field(out, cell);
  }
  return out + "\n";
}

std::string csv_of_tally(Instant before, const Sample& one) {
  const auto& tally = one.tally;
  return fmt::format("{},{},{},{},{},{}", tally.activated, tally.refused, tally.sent_away,
                     tally.unreached, tally.busiest, mean_text(before, one));
}

std::string csv_of_track(const Track& track) {
  std::string out =
      "time,count,threshold,capacity,on,licensed,activated,refused,sent_away,unreached,"
      "busiest_minute,mean_per_minute\n";
  auto before = track.samples.empty() ? Instant{} : track.samples.front().at;
  for (const auto& one : track.samples) {
    out += fmt::format("{},{},{},{},{},{},{}\n", format_time(one.at), one.count, track.threshold,
                       track.capacity, one.running, one.licensed, csv_of_tally(before, one));
    before = one.at;
  }
  return out;
}

std::string csv_of_track(const KeyTrack& track) {
  std::string out =
      "time,used,limit,on,licensed,activated,refused,sent_away,unreached,busiest_minute,"
      "mean_per_minute\n";
  auto before = track.samples.empty() ? Instant{} : track.samples.front().at;
  for (const auto& one : track.samples) {
    out += fmt::format("{},{},{},{},{},{}\n", format_time(one.at), one.count, track.limit,
                       one.running, one.licensed, csv_of_tally(before, one));
    before = one.at;
  }
  return out;
}

// '#' up to each column's lowest count, '-' at the line where that is below it, '.' where there is
// too little to be drawn.
std::string chart_of(const std::vector<Sample>& samples, std::uint32_t line, std::size_t columns,
                     std::size_t rows) {
  const auto width = std::min(columns - kLabel, samples.size());
  // Each column shows the lowest of its samples: a count that falls for an hour shall be seen.
  std::vector<std::uint32_t> lowest(width, UINT32_MAX);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    auto& one = lowest[i * width / samples.size()];
    one = std::min(one, samples[i].count);
  }
  auto most = std::max(line, 1U);
  for (const auto& sample : samples) most = std::max(most, sample.count);
  rows = std::min<std::size_t>(rows, most);
  const auto at_row = [&](std::size_t row) {
    return static_cast<std::uint32_t>((std::uint64_t{most} * row + rows - 1) / rows);
  };
  std::string out;
  bool marked = false;
  for (auto row = rows; row > 0; --row) {
    const auto value = at_row(row);
    const bool mark = !marked && at_row(row - 1) < line && line <= value;
    marked = marked || mark;
    out += fmt::format("{:>{}} |", mark ? line : value, kLabel - 2);
    for (const auto one : lowest) {
      const bool reached = mark ? one >= line : one >= value;
      const bool little = row == 1 && one > 0;
      out += reached ? '#' : mark ? '-' : little ? '.' : ' ';
    }
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  }
  out += fmt::format("{:>{}} +{}\n", 0, kLabel - 2, std::string(width, '-'));
  const auto from = format_time(samples.front().at).substr(0, 10);
  const auto to = format_time(samples.back().at).substr(0, 10);
  const auto gap = width > from.size() + to.size() ? width - from.size() - to.size() : 1;
  return out + fmt::format("{}{}{}{}\n", std::string(kLabel, ' '), from, std::string(gap, ' '), to);
}

}  // namespace

std::string page_of(const Outcome& outcome, const std::string& command) {
  auto out = fmt::format("<p class=\"soft\">{} machines, {} to {}, {} fidelity, seed {}</p>\n",
                         outcome.machines, format_time(outcome.start), format_time(outcome.end),
                         name_of(outcome.fidelity), outcome.seed);
  for (const auto& sentence : outcome.sentences) {
    out += fmt::format("<p>{}</p>\n", escaped(sentence));
  }
  const auto add_tables = [&](bool leads) {
    for (const auto& table : outcome.tables) {
      if (table.leads == leads) out += table_of(table);
    }
  };
  add_tables(true);
  for (const auto& track : outcome.tracks) out += section_of(track);
  for (const auto& track : outcome.keys) out += section_of(track);
  add_tables(false);
  return paper::page_of(outcome.title, out, command);
}

std::vector<std::pair<std::string, std::string>> csv_of(const Outcome& outcome) {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(outcome.tracks.size() + outcome.keys.size() + outcome.tables.size());
  for (const auto& track : outcome.tracks) out.emplace_back(track.id + ".csv", csv_of_track(track));
  for (const auto& track : outcome.keys) out.emplace_back(track.id + ".csv", csv_of_track(track));
  for (const auto& table : outcome.tables) {
    auto text = csv_line(table.columns);
    for (const auto& row : table.rows) text += csv_line(row);
    out.emplace_back(table.id + ".csv", std::move(text));
  }
  return out;
}

std::string chart_text(const Track& track, std::size_t columns, std::size_t rows) {
  return chart_of(track.samples, track.threshold, columns, rows);
}

std::string chart_text(const KeyTrack& track, std::size_t columns, std::size_t rows) {
  return chart_of(track.samples, track.limit, columns, rows);
}

std::string table_text(const Table& table) {
  std::vector<std::size_t> widths;
  widths.reserve(table.columns.size());
  for (const auto& column : table.columns) widths.push_back(column.size());
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out += fmt::format("{:<{}}  ", cells[i], widths[i]);
    }
    while (out.ends_with(' ')) out.pop_back();
    return out + "\n";
  };
  auto out = table.title + "\n" + line(table.columns);
  for (const auto& row : table.rows) out += line(row);
  return out;
}

}  // namespace muster::lab
