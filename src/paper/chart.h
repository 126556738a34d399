// Charts as inline SVG: no script, no outside asset, colours by the page's style, and told apart by
// dashes and labels too, so that they are readable in print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace muster::paper {

struct ChartPoint {
  Instant at{};
  double value = 0;
};

struct ChartLine {
  std::string_view style;  // a class of the page's style: "count"
  std::string label;       // for the legend; empty: none
  std::vector<ChartPoint> points;
  bool steps = true;  // a value stays until the next one
};

// An area between two lines at the same moments.
struct ChartBand {
  std::string_view style;
  std::string label;
  std::vector<ChartPoint> low, high;
};

// A value that matters: a threshold, the ceiling.
struct ChartMark {
  std::string_view style;
  double value = 0;
  std::string label;
};

struct TimeChart {
  std::string id;     // of the SVG's own parts; letters, digits and dashes
  std::string title;  // read out by a screen reader, and shown above
  std::string text;   // what it shows, in a sentence
  Instant from{}, to{};
  Instant now{};  // a line there, where it lies within
  std::vector<ChartBand> bands;
  std::vector<ChartLine> lines;
  std::vector<ChartMark> marks;
};
// Texts are escaped here. REQUIRES: from < to.
[[nodiscard]] std::string svg_of(const TimeChart& chart);

struct BarChart {
  std::string id, title, text;
  std::vector<std::uint64_t> values;
  std::vector<std::string> labels;  // one a value
};
[[nodiscard]] std::string svg_of(const BarChart& chart);

// The text with & < > " ' as entities.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace muster::paper
