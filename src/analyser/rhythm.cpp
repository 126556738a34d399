#include "analyser/rhythm.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace muster::analyser {
namespace {

constexpr std::int32_t kKept = 30;  // days on the roll
constexpr int kSlowest = 60;        // the longest rhythm, days
constexpr int kLongestSilence = 120;
constexpr std::size_t kBins = 80;  // tenths of a rhythm
constexpr double kRange = 1.2816;  // standard deviations of the middle 80 of 100
constexpr int kTestedWeeks = 12;

std::span<const std::int32_t> known_by(const Contacts& contacts, std::int32_t today) {
  const auto end = std::ranges::upper_bound(contacts.days, today);
  return contacts.days.first(static_cast<std::size_t>(end - contacts.days.begin()));
}

class Fleet {
 public:
  Fleet(std::span<const Contacts> contacts, std::int32_t since, std::int32_t today)
      : since_(since), today_(today) {
    for (const auto& one : contacts) note_gaps(known_by(one, today));
    later_[kBins] = gaps_[kBins];
    rhythm_ = median_rhythm();
    for (const auto& one : contacts) note_machine(known_by(one, today));
    fill();
    for (std::size_t i = kBins; i > 0; --i) later_[i - 1] = later_[i] + gaps_[i - 1];
  }

  [[nodiscard]] Outlook outlook(int horizon) const {
    Outlook out;
    out.rhythm = rhythm_;
    out.returns = returns_;
    out.departures = departures_;
    out.leaving = 100 * leaving();
    out.arriving = arriving();
    for (int k = 0; k <= horizon; ++k) out.machines.push_back(expected(k));
    return out;
  }

 private:
  void note_gaps(std::span<const std::int32_t> days) {
    if (days.size() < 2) return;
    const int rhythm = rhythm_of(days);
    ++rhythms_[static_cast<std::size_t>(rhythm)];
    for (std::size_t i = 1; i < days.size(); ++i) {
      const auto late = static_cast<std::size_t>(10 * (days[i] - days[i - 1]) / rhythm);
      ++gaps_[std::min(late, kBins)];
      ++returns_;
      gap_days_ += days[i] - days[i - 1];
    }
  }

  void note_machine(std::span<const std::int32_t> days) {
    if (days.empty()) return;
    const int own = days.size() > 1 ? rhythm_of(days) : 0;
    const int rhythm = own > 0 ? own : static_cast<int>(std::max(1.0, rhythm_));
    const int silent = today_ - days.back();
    const bool gone = silent >= std::max(kKept, 3 * rhythm);
    departures_ += gone ? 1 : 0;
    if (days.front() >= since_ + kKept) {
      ++arrivals_;
      if (days.front() <= today_ - kKept) {
        ++old_arrivals_;
        stayed_ += gone ? 0 : 1;
      }
    }
    if (silent < kLongestSilence) {
      ++cells_[static_cast<std::size_t>(silent)][static_cast<std::size_t>(rhythm)];
    }
  }

  int rhythm_of(std::span<const std::int32_t> days) {
    auto& gaps = scratch_;
    gaps.clear();
    for (std::size_t i = 1; i < days.size(); ++i) gaps.push_back(days[i] - days[i - 1]);
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::ranges::nth_element(gaps, middle);
    return std::clamp(*middle, 1, kSlowest);
  }

  // Machines of one silence and rhythm are all the same.
  void fill() {
    for (int silent = 0; silent < kLongestSilence; ++silent) {
      for (int rhythm = 1; rhythm <= kSlowest; ++rhythm) {
        const auto n = cells_[static_cast<std::size_t>(silent)][static_cast<std::size_t>(rhythm)];
        if (n > 0) filled_.push_back({silent, rhythm, static_cast<double>(n)});
      }
    }
  }

  [[nodiscard]] double median_rhythm() const {
    std::uint64_t all = 0, seen = 0;
    for (const auto n : rhythms_) all += n;
    for (std::size_t i = 0; i < rhythms_.size(); ++i) {
      seen += rhythms_[i];
      if (all > 0 && 2 * seen >= all) return static_cast<double>(i);
    }
    return 0;
  }

  // The chance that after a contact there is none any more.
  [[nodiscard]] double leaving() const {
    return (static_cast<double>(departures_) + 0.5) /
           (static_cast<double>(departures_ + returns_) + 1);
  }
  [[nodiscard]] double arriving() const {
    const auto days = today_ - since_ - kKept;
    return days <= 0 ? 0 : static_cast<double>(arrivals_) / days;
  }
  // Of machines that come back: the share of silences longer than `rhythms` of their own.
  [[nodiscard]] double later_than(double rhythms) const {
    const auto from = std::min(static_cast<std::size_t>(std::max(0.0, 10 * rhythms)), kBins);
    return (static_cast<double>(later_[from]) + 0.5) / (static_cast<double>(returns_) + 1);
  }

  struct Chance {
    double counts;  // that it counts on that day
    double slope;   // by what a day's chance of leaving takes off it
  };
  [[nodiscard]] Chance chance(int silent, int rhythm, int k, double hazard) const {
    if (silent + k < kKept) return {1, 0};
    const double r = rhythm;
    const double later = later_than(silent / r);
    const double there = (1 - leaving()) * later / ((1 - leaving()) * later + leaving());
    const int window = std::min(k, kKept);  // days of the future in which it may ask
    const double by_then = 1 - std::min(1.0, later_than((silent + window) / r) / later);
    const double asks = std::max(by_then, k > kKept ? std::min(1.0, kKept / r) : by_then);
    const int exposed = std::max(0, k - kKept);
    const double survives = std::exp(-hazard * exposed);
    return {there * asks * survives, there * asks * survives * exposed};
  }

  [[nodiscard]] Expectation expected(int k) const {
    const double mean_gap = returns_ > 0 ? gap_days_ / static_cast<double>(returns_) : 7;
    const double hazard = leaving() / std::max(1.0, mean_gap);
    double mean = 0, variance = 0, slope = 0, certain = 0;
    for (const auto& cell : filled_) {
      if (cell.silent + k < kKept) certain += cell.machines;
      const auto one = chance(cell.silent, cell.rhythm, k, hazard);
      mean += cell.machines * one.counts;
      variance += cell.machines * one.counts * (1 - one.counts);
      slope += cell.machines * one.slope;
    }
    const double stay =
        old_arrivals_ > 0 ? static_cast<double>(stayed_) / static_cast<double>(old_arrivals_) : 1;
    const double fresh = arriving() * (std::min(k, kKept) + stay * std::max(0, k - kKept));
    mean += fresh;
    variance += fresh;
    const double unsure = slope * hazard / std::sqrt(static_cast<double>(departures_) + 0.5);
    const double deviation = std::sqrt(variance + unsure * unsure);
    return {.mean = mean,
            .low = std::max(certain, mean - kRange * deviation),
            .high = mean + kRange * deviation};
  }

  struct Cell {
    int silent, rhythm;
    double machines;
  };
  using Row = std::array<std::uint32_t, kSlowest + 1>;

  std::int32_t since_, today_;
  std::vector<std::int32_t> scratch_;
  std::array<std::uint64_t, kSlowest + 1> rhythms_{};
  std::array<std::uint64_t, kBins + 1> gaps_{};   // by their length in tenths of a rhythm
  std::array<std::uint64_t, kBins + 1> later_{};  // of them, so long or longer
  double gap_days_ = 0;
  double rhythm_ = 0;
  std::uint64_t returns_ = 0, departures_ = 0, arrivals_ = 0, old_arrivals_ = 0, stayed_ = 0;
  std::vector<Row> cells_ = std::vector<Row>(kLongestSilence);  // machines by silence and rhythm
  std::vector<Cell> filled_;
};

}  // namespace

Outlook look_ahead(std::span<const Contacts> fleet, std::int32_t since, std::int32_t today,
                   int horizon) {
  return Fleet(fleet, since, today).outlook(horizon);
}

FallDay fall_day(const Outlook& outlook, std::uint32_t threshold) {
  FallDay out;
  for (std::size_t i = 0; i < outlook.machines.size(); ++i) {
    const auto& one = outlook.machines[i];
    const auto day = static_cast<int>(i);
    if (!out.earliest && one.low < threshold) out.earliest = day;
    if (!out.expected && one.mean < threshold) out.expected = day;
    if (!out.latest && one.high < threshold) out.latest = day;
  }
  return out;
}

BackTest test_back(std::span<const Contacts> fleet, std::int32_t since, std::int32_t today) {
  BackTest out;
  for (int week = 0; week < kTestedWeeks; ++week) {
    const auto day = today - kKept - 7 * week;
    if (day < since + 2 * kKept) break;
    const auto said = look_ahead(fleet, since, day, kKept).machines.back();
    double actual = 0;
    for (const auto& one : fleet) {
      const auto known = known_by(one, day + kKept);
      if (!known.empty() && known.back() > day) ++actual;
    }
    ++out.forecasts;
    out.mean_error += std::abs(said.mean - actual);
    out.mean_actual += actual;
    out.in_range += actual >= said.low && actual <= said.high ? 1 : 0;
  }
  if (out.forecasts > 0) {
    out.mean_error /= out.forecasts;
    out.mean_actual /= out.forecasts;
  }
  return out;
}

}  // namespace muster::analyser
