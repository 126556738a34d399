#include "core/outlook.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace muster::core {
namespace {

constexpr int kKept = 30;     // steps on the roll
constexpr int kSlowest = 60;  // the longest rhythm
constexpr int kLongestSilence = 120;
constexpr std::size_t kBins = 80;  // tenths of a rhythm
constexpr double kRange = 1.2816;  // standard deviations of the middle 80 of 100
constexpr int kTestedWeeks = 12;
constexpr int kWeek = 7;
constexpr std::int64_t kWeeksSeen = 8;   // back, of arrivals
constexpr std::int64_t kSpanMost = 400;  // steps back in which the fleet's silences are looked for
constexpr double kUnseenDepartures = 0.2;  // where none was seen: the middle of what may be true
constexpr double kNever = 1e9;

// Rounded down, also below zero.
std::int64_t whole_steps(seconds time, seconds step) {
  const auto out = time / step;
  return time < out * step ? out - 1 : out;
}

std::span<const Instant> known_by(const Contacts& contacts, Instant now) {
  const auto end = std::ranges::upper_bound(contacts.times, now);
  return contacts.times.first(static_cast<std::size_t>(end - contacts.times.begin()));
}

// When a fleet that is silent asks again, in steps from now: by chances.
struct Return {
  double soon = 0, middle = 0, late = 0;
};

class Past {
 public:
  explicit Past(const Fleet& fleet)
      : fleet_(fleet),
        step_(std::max<seconds>(seconds(1), seconds(fleet.retention) / kKept)),
        heard_(static_cast<std::size_t>(std::clamp<std::int64_t>(
                   whole_steps(fleet.now - fleet.since, step_), 0, kSpanMost)) +
               1) {
    for (const auto& one : fleet.machines) note_gaps(known_by(one, fleet.now));
    later_[kBins] = gaps_[kBins];
    for (std::size_t i = kBins; i > 0; --i) later_[i - 1] = later_[i] + gaps_[i - 1];
    rhythm_ = median_rhythm();
    find_silence();
    for (const auto& one : fleet.machines) note_machine(one);
    fill();
    weigh_arrivals();
  }

  [[nodiscard]] Outlook outlook(int horizon) const {
    Outlook out{.now = fleet_.now, .step = step_, .machines = {}};
    out.rhythm = rhythm_;
    out.returns = returns_;
    out.departures = departures_;
    out.leaving = 100 * leaving();
    out.arriving = arriving_;
    out.silence = silence_ * step_;
    for (int k = 0; k <= horizon; ++k) out.machines.push_back(expected(k));
    return out;
  }

 private:
  [[nodiscard]] std::int64_t age(Instant time) const {
    return whole_steps(fleet_.now - time, step_);
  }

  // Of what a machine asked within half a step only the first counts: it was refused, and asked
  // again.
  template <class Use>
  void each_gap(std::span<const Instant> times, const Use& use) const {
    auto last = times.begin();
    for (auto next = times.begin(); next != times.end(); ++next) {
      if (2 * (*next - *last) < step_) continue;
      use(static_cast<double>((*next - *last).count()) / static_cast<double>(step_.count()));
      last = next;
    }
  }

  void note_gaps(std::span<const Instant> times) {
    for (const auto time : times) {
      const auto back = age(time);
      if (back < std::ssize(heard_)) heard_[static_cast<std::size_t>(back)] = true;
    }
    const int rhythm = rhythm_of(times);
    if (rhythm == 0) return;
    ++rhythms_[static_cast<std::size_t>(rhythm)];
    each_gap(times, [&](double gap) {
      ++gaps_[std::min(static_cast<std::size_t>(10 * gap / rhythm), kBins)];
      ++returns_;
      gap_steps_ += gap;
    });
  }

  // 0: it came once only.
  int rhythm_of(std::span<const Instant> times) {
    auto& gaps = scratch_;
    gaps.clear();
    each_gap(times, [&](double gap) { gaps.push_back(gap); });
    if (gaps.empty()) return 0;
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::ranges::nth_element(gaps, middle);
    return static_cast<int>(std::clamp<double>(std::round(*middle), 1, kSlowest));
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

  // Whether the fleet as a whole is silent for longer than it uses to be.
  void find_silence() {
    const auto newest = std::ranges::find(heard_, true);
    if (newest == heard_.end()) return;
    const auto silent = newest - heard_.begin();
    std::vector<std::int64_t> gaps;
    auto last = newest;
    for (auto at = newest + 1; at != heard_.end(); ++at) {
      if (!*at) continue;
      gaps.push_back(at - last);
      last = at;
    }
    std::int64_t usual = 2;
    if (!gaps.empty()) {
      const auto at = gaps.begin() + (std::ssize(gaps) - 1) * 19 / 20;
      std::ranges::nth_element(gaps, at);
      usual = std::max(usual, *at);
    }
    if (2 * silent <= 3 * usual) return;
    silence_ = silent;
    const auto life = static_cast<double>(last - newest + 1);
    const auto s = static_cast<double>(silent);
    const auto by = [&](double chance) {
      const double of_those = chance * (life + s) / life;
      return of_those >= 1 ? kNever : s * of_those / (1 - of_those);
    };
    return_ = {by(0.1), by(0.5), by(0.9)};
  }

  void note_machine(const Contacts& one) {
    const auto times = known_by(one, fleet_.now);
    if (times.empty()) return;
    const int own = rhythm_of(times);
    const int rhythm = own > 0 ? own : static_cast<int>(rhythm_ > 0 ? rhythm_ : kWeek);
    const auto silent = age(times.back());
    const bool gone = silent - silence_ >= std::max(kKept, 3 * rhythm);
    departures_ += gone ? 1 : 0;
    const auto first = one.first == Instant{} ? times.front() : std::min(one.first, times.front());
    note_arrival(age(first), gone);
    if (silent < kLongestSilence) {
      ++cells_[static_cast<std::size_t>(silent)][static_cast<std::size_t>(rhythm)];
    }
  }

  // Until every machine that was there before has had the time to ask, nobody can be told to be
  // new.
  [[nodiscard]] std::int64_t newcomers_since() const {
    const auto rhythm = rhythm_ > 0 ? static_cast<std::int64_t>(rhythm_) : kWeek;
    return std::clamp<std::int64_t>(2 * rhythm, kWeek, kKept);
  }

  void note_arrival(std::int64_t ago, bool gone) {
    const auto all = age(fleet_.since);
    if (all - ago < newcomers_since()) return;
    const auto week = static_cast<std::size_t>((ago - silence_) / kWeek);
    if (ago >= silence_ && week < arrivals_.size()) ++arrivals_[week];
    if (ago - silence_ < kKept) return;
    ++old_arrivals_;
    stayed_ += gone ? 0 : 1;
  }

  // A week's new machines, over the whole weeks before the silence that can be told; the last four
  // decide, all say how evenly they come.
  void weigh_arrivals() {
    const auto told = age(fleet_.since) - newcomers_since() - silence_;
    const auto weeks = std::clamp<std::int64_t>(told / kWeek, 0, kWeeksSeen);
    if (weeks == 0) return;
    double sum = 0, squares = 0, recent = 0;
    const auto last = std::min<std::int64_t>(weeks, 4);
    for (std::int64_t week = 0; week < weeks; ++week) {
      const auto n = static_cast<double>(arrivals_[static_cast<std::size_t>(week)]);
      sum += n;
      squares += n * n;
      if (week < last) recent += n;
    }
    const double mean = sum / static_cast<double>(weeks);
    arriving_ = recent / static_cast<double>(kWeek * last);
    weeks_seen_ = static_cast<double>(last);
    if (weeks > 1 && mean > 0) {
      const double variance = (squares - sum * mean) / static_cast<double>(weeks - 1);
      unevenness_ = std::max(1.0, variance / mean);
    }
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

  // The chance that after a contact there is none any more.
  [[nodiscard]] double leaving() const {
    return (static_cast<double>(departures_) + kUnseenDepartures) /
           (static_cast<double>(departures_ + returns_) + 1);
  }
  // Of machines that come back: the share of silences longer than `rhythms` of their own. One more
  // than were seen is added, which is late by a tenth half of the time, by two a quarter ...: so
  // that a fleet that has only begun is taken for one that will go on.
  [[nodiscard]] double later_than(double rhythms) const {
    const auto from = std::min(static_cast<std::size_t>(std::max(0.0, 10 * rhythms)), kBins);
    const double added = from <= 10 ? 1 : std::ldexp(1.0, 10 - static_cast<int>(from));
    return (static_cast<double>(later_[from]) + added) / (static_cast<double>(returns_) + 1);
  }

  struct Chance {
    double counts = 0;  // that it counts then
    double slope = 0;   // by what a step's chance of leaving takes off it
  };
  [[nodiscard]] Chance chance(int silent, int rhythm, int k, double hazard, double back) const {
    if (silent + k < kKept) return {1, 0};
    if (k <= back) return {};
    const double r = rhythm;
    const double own = std::max<double>(0, static_cast<double>(silent - silence_));
    const double later = later_than(own / r);
    const double there = (1 - leaving()) * later / ((1 - leaving()) * later + leaving());
    const int window = std::min(k, kKept);  // of the future, in which it may ask
    const double by_then = 1 - std::min(1.0, later_than((silent + window) / r) / later);
    const double asks = std::max(by_then, k > kKept ? std::min(1.0, kKept / r) : by_then);
    const int exposed = std::max(0, k - kKept);
    const double survives = std::exp(-hazard * exposed);
    return {there * asks * survives, there * asks * survives * exposed};
  }

  struct Sum {
    double mean = 0, deviation = 0, certain = 0;
  };
  [[nodiscard]] Sum sum(int k, double back) const {
    const double mean_gap = returns_ > 0 ? gap_steps_ / static_cast<double>(returns_) : kWeek;
    const double hazard = leaving() / std::max(1.0, mean_gap);
    Sum out;
    double variance = 0, slope = 0;
    for (const auto& cell : filled_) {
      if (cell.silent + k < kKept) out.certain += cell.machines;
      const auto one = chance(cell.silent, cell.rhythm, k, hazard, back);
      out.mean += cell.machines * one.counts;
      variance += cell.machines * one.counts * (1 - one.counts);
      slope += cell.machines * one.slope;
    }
    const double stay =
        old_arrivals_ > 0 ? static_cast<double>(stayed_) / static_cast<double>(old_arrivals_) : 1;
    const double future = std::max(0.0, k - back);
    const double fresh =
        arriving_ * (std::min<double>(future, kKept) + stay * std::max<double>(0, future - kKept));
    out.mean += fresh;
    variance += fresh * unevenness_;
    // How far the rates themselves may be off.
    const double unsure = slope * hazard / std::sqrt(static_cast<double>(departures_) + 0.5);
    const double seen = arriving_ * kWeek * weeks_seen_;
    const double more = seen > 0 ? fresh * std::sqrt(unevenness_ / seen) : 0;
    out.deviation = std::sqrt(variance + unsure * unsure + more * more);
    return out;
  }

  [[nodiscard]] Expectation expected(int k) const {
    const auto middle = sum(k, return_.middle);
    const auto low = silence_ > 0 ? sum(k, return_.late) : middle;
    const auto high = silence_ > 0 ? sum(k, return_.soon) : middle;
    return {
        .mean = middle.mean,
        .low = std::max(middle.certain, std::min(middle.mean, low.mean - kRange * low.deviation)),
        .high = std::max(middle.mean, high.mean + kRange * high.deviation)};
  }

  struct Cell {
    int silent, rhythm;
    double machines;
  };
  using Row = std::array<std::uint32_t, kSlowest + 1>;

  const Fleet& fleet_;
  seconds step_;
  std::vector<bool> heard_;  // by steps back from now: somebody asked
  std::vector<double> scratch_;
  std::array<std::uint64_t, kSlowest + 1> rhythms_{};
  std::array<std::uint64_t, kBins + 1> gaps_{};   // by their length in tenths of a rhythm
  std::array<std::uint64_t, kBins + 1> later_{};  // of them, so long or longer
  double gap_steps_ = 0;
  double rhythm_ = 0;
  std::int64_t silence_ = 0;  // of the fleet, where it is not usual
  Return return_;
  std::uint64_t returns_ = 0, departures_ = 0, old_arrivals_ = 0, stayed_ = 0;
  std::array<std::uint32_t, kWeeksSeen> arrivals_{};  // by weeks back
  double arriving_ = 0, weeks_seen_ = 0, unevenness_ = 1;
  std::vector<Row> cells_ = std::vector<Row>(kLongestSilence);  // machines by silence and rhythm
  std::vector<Cell> filled_;
};

}  // namespace

Outlook look_ahead(const Fleet& fleet, int horizon) { return Past(fleet).outlook(horizon); }

ExpectedFall expected_fall(const Outlook& outlook, std::uint32_t threshold, Instant if_silent) {
  // A number of machines is whole: half of one is the next one.
  const auto least = static_cast<double>(threshold) - 0.5;
  ExpectedFall out;
  for (std::size_t i = 0; i < outlook.machines.size(); ++i) {
    const auto& one = outlook.machines[i];
    // It fell some time in the step that ends here.
    const auto end = std::max(if_silent, outlook.now + static_cast<std::int64_t>(i) * outlook.step);
    if (!out.earliest && one.low < least) out.earliest = std::max(if_silent, end - outlook.step);
    if (!out.expected && one.mean < least) {
      out.expected = std::max(if_silent, end - outlook.step / 2);
    }
    if (!out.latest && one.high < least) out.latest = end;
  }
  return out;
}

BackTest test_back(const Fleet& fleet) {
  BackTest out;
  const auto step = seconds(fleet.retention) / kKept;
  for (int week = 0; week < kTestedWeeks; ++week) {
    auto before = fleet;
    before.now = fleet.now - fleet.retention - kWeek * week * step;
    if (before.now < fleet.since + 2 * seconds(fleet.retention)) break;
    const auto said = look_ahead(before, kKept).machines.back();
    double actual = 0;
    for (const auto& one : fleet.machines) {
      const auto known = known_by(one, before.now + fleet.retention);
      if (!known.empty() && known.back() > before.now) ++actual;
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

}  // namespace muster::core
