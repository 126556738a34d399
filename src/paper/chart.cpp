#include "paper/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace muster::paper {
namespace {

using std::chrono::days;

constexpr double kWidth = 880, kHeight = 250;
constexpr double kLeft = 46, kRight = 96, kTop = 14, kBottom = 26;
constexpr double kLabelHeight = 13;

// 1, 2 or 5 times a power of ten, so that about five of them reach `most`.
double tick_of(double most) {
  const double rough = std::max(1.0, most / 5);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (rough <= step * power) return step * power;
  }
  return 10 * power;
}

int day_tick_of(Instant from, Instant to) {
  const auto span = (to - from) / days(1);
  for (const int step : {1, 2, 7, 14, 30, 61, 91, 182, 365}) {
    if (span / step <= 8) return step;
  }
  return 730;
}

std::string day_label(Instant at, bool with_year) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::year_month_day date(std::chrono::floor<days>(at));
  auto out = fmt::format("{} {}", static_cast<unsigned>(date.day()),
                         kMonths[static_cast<unsigned>(date.month()) - 1]);
  if (with_year) out += fmt::format(" {}", static_cast<int>(date.year()));
  return out;
}

std::string opening(const std::string& id, const std::string& title, const std::string& text) {
  return fmt::format(
      "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-title {}-text\">"
      "<title id=\"{}-title\">{}</title><desc id=\"{}-text\">{}</desc>\n",
      kWidth, kHeight, id, id, id, escaped(title), id, escaped(text));
}

class Drawing {
 public:
  explicit Drawing(const TimeChart& chart) : chart_(&chart), highest_(1) {
    for (const auto& line : chart.lines) note(line.points);
    for (const auto& band : chart.bands) note(band.high);
    for (const auto& mark : chart.marks) highest_ = std::max(highest_, mark.value);
    highest_ *= 1.08;
  }

  std::string draw() {
    out_ = opening(chart_->id, chart_->title, chart_->text);
    draw_axes();
    for (const auto& band : chart_->bands) draw_band(band);
    for (const auto& mark : chart_->marks) {
      out_ += fmt::format("<path class=\"{}\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", mark.style, kLeft,
                          y(mark.value), kWidth - kRight);
      labels_.push_back({y(mark.value), mark.label, mark.style});
    }
    for (const auto& line : chart_->lines) draw_line(line);
    if (chart_->now > chart_->from && chart_->now < chart_->to) {
      out_ += fmt::format(
          "<path class=\"now\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>"
          "<text class=\"small\" x=\"{:.1f}\" y=\"{:.1f}\">now</text>\n",
          x(chart_->now), kTop, kHeight - kBottom, x(chart_->now) + 4, kTop + 10);
    }
    draw_labels();
    return out_ + "</svg>\n";
  }

 private:
  struct Label {
    double at;
    std::string text;
    std::string_view style;
  };

  void note(const std::vector<ChartPoint>& points) {
    for (const auto& point : points) highest_ = std::max(highest_, point.value);
  }
  [[nodiscard]] double x(Instant at) const {
    const double share = static_cast<double>((at - chart_->from).count()) /
                         static_cast<double>((chart_->to - chart_->from).count());
    return kLeft + std::clamp(share, 0.0, 1.0) * (kWidth - kLeft - kRight);
  }
  [[nodiscard]] double y(double value) const {
    return kHeight - kBottom - value / highest_ * (kHeight - kTop - kBottom);
  }

  void draw_axes() {
    const double step = tick_of(highest_);
    for (double value = 0; value <= highest_; value += step) {
      out_ += fmt::format(
          "<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>"
          "<text class=\"small end\" x=\"{:.1f}\" y=\"{:.1f}\">{:.0f}</text>\n",
          kLeft, y(value), kWidth - kRight, kLeft - 6, y(value) + 4, value);
    }
    const auto day = days(day_tick_of(chart_->from, chart_->to));
    int year = 0;
    auto at = Instant(std::chrono::ceil<days>(chart_->from));
    for (; at <= chart_->to; at += day) {
      const std::chrono::year_month_day date(std::chrono::floor<days>(at));
      const bool new_year = static_cast<int>(date.year()) != year;
      year = static_cast<int>(date.year());
      out_ += fmt::format(
          "<path class=\"grid\" d=\"M{:.1f} {:.1f}v4\"/>"
          "<text class=\"small middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
          x(at), kHeight - kBottom, x(at), kHeight - kBottom + 18, day_label(at, new_year));
    }
  }

  void draw_band(const ChartBand& band) {
    if (band.low.size() < 2) return;
    std::string path;
    for (const auto& point : band.high) append(path, point);
    for (auto at = band.low.rbegin(); at != band.low.rend(); ++at) append(path, *at);
    out_ += fmt::format("<path class=\"{}\" d=\"{}Z\"/>\n", band.style, path);
    if (!band.label.empty()) {
      const auto middle = (band.low.back().value + band.high.back().value) / 2;
      labels_.push_back({y(middle), band.label, band.style});
    }
  }

  void append(std::string& path, const ChartPoint& point) const {
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x(point.at), y(point.value));
  }

  void draw_line(const ChartLine& line) {
    if (line.points.empty()) return;
    std::string path;
    double last = -1;
    for (const auto& point : line.points) {
      if (line.steps && !path.empty()) {
        if (y(point.value) == last) continue;
        path += fmt::format("H{:.1f}V{:.1f}", x(point.at), y(point.value));
      } else {
        append(path, point);
      }
      last = y(point.value);
    }
    if (line.steps) path += fmt::format("H{:.1f}", x(line.points.back().at));
    out_ += fmt::format("<path class=\"{}\" d=\"{}\"/>\n", line.style, path);
    if (!line.label.empty()) {
      labels_.push_back({y(line.points.back().value), line.label, line.style});
    }
  }

  // Beside the lines' ends, none upon another.
  void draw_labels() {
    std::ranges::stable_sort(labels_, {}, &Label::at);
    double free = kTop + 4;
    for (auto& label : labels_) {
      label.at = std::max(label.at, free);
      free = label.at + kLabelHeight;
    }
    double most = kHeight - kBottom + 2;
    for (auto at = labels_.rbegin(); at != labels_.rend(); ++at) {
      at->at = std::min(at->at, most);
      most = at->at - kLabelHeight;
      out_ += fmt::format("<text class=\"small of-{}\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
                          at->style, kWidth - kRight + 6, at->at + 4, escaped(at->text));
    }
  }

  const TimeChart* chart_;
  double highest_;
  std::string out_;
  std::vector<Label> labels_;
};

}  // namespace

std::string svg_of(const TimeChart& chart) { return Drawing(chart).draw(); }

std::string svg_of(const BarChart& chart) {
  auto out = opening(chart.id, chart.title, chart.text);
  std::uint64_t most = 1;
  for (const auto value : chart.values) most = std::max(most, value);
  const double place = (kWidth - kLeft - kTop) / static_cast<double>(chart.values.size());
  const double height = kHeight - kTop - kBottom;
  const double step = tick_of(static_cast<double>(most));
  const auto y = [&](double value) {
    return kHeight - kBottom - value / static_cast<double>(most) * height;
  };
  for (double value = 0; value <= static_cast<double>(most); value += step) {
    out += fmt::format(
        "<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>"
        "<text class=\"small end\" x=\"{:.1f}\" y=\"{:.1f}\">{:.0f}</text>\n",
        kLeft, y(value), kWidth - kTop, kLeft - 6, y(value) + 4, value);
  }
  for (std::size_t i = 0; i < chart.values.size(); ++i) {
    const auto value = static_cast<double>(chart.values[i]);
    const double x = kLeft + place * static_cast<double>(i);
    out += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
        "height=\"{:.1f}\"/>"
        "<text class=\"small middle\" x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        x + place * 0.12, y(value), place * 0.76, kHeight - kBottom - y(value), x + place / 2,
        kHeight - kBottom + 18, escaped(chart.labels[i]));
  }
  return out + "</svg>\n";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace muster::paper
