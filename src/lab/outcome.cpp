#include "lab/outcome.h"

#include <algorithm>

namespace muster::lab {

std::string_view name_of(Fidelity fidelity) {
  return fidelity == Fidelity::full ? "full" : "rules";
}

std::optional<Fidelity> fidelity_of(std::string_view name) {
  for (const auto one : {Fidelity::full, Fidelity::rules}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

std::uint32_t Track::lowest() const {
  std::optional<std::uint32_t> out;
  for (const auto& sample : samples) {
    if (first_at_threshold && sample.at <= *first_at_threshold) continue;
    out = std::min(out.value_or(sample.count), sample.count);
  }
  return out.value_or(0);
}

namespace {

std::uint32_t highest_of(const std::vector<Sample>& samples) {
  std::uint32_t out = 0;
  for (const auto& sample : samples) out = std::max(out, sample.count);
  return out;
}

Tally sum_of(const std::vector<Sample>& samples) {
  Tally out;
  for (const auto& sample : samples) add(out, sample.tally);
  return out;
}

}  // namespace

void add(Tally& sum, const Tally& more) {
  sum.activated += more.activated;
  sum.refused += more.refused;
  sum.sent_away += more.sent_away;
  sum.unreached += more.unreached;
  sum.busiest = std::max(sum.busiest, more.busiest);
}

std::uint32_t Track::highest() const { return highest_of(samples); }
std::uint32_t KeyTrack::highest() const { return highest_of(samples); }
Tally Track::total() const { return sum_of(samples); }
Tally KeyTrack::total() const { return sum_of(samples); }

}  // namespace muster::lab
