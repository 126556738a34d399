#include "lab/score.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/forecast.h"
#include "core/outlook.h"

namespace muster::lab {
namespace {

using std::chrono::days;

// What a host reads of its machines (service/group_past.h): the last contacts of those that were
// heard last.
constexpr std::size_t kHostMachines = 1000;
constexpr std::size_t kHostContacts = 5;
constexpr days kMonth{30};

using Histories = std::map<core::RollKey, std::vector<Instant>>;

class Cut {
 public:
  Cut(const ScoreTask& task, Instant now) : task_(task), log_(*task.log), now_(now) {
    core::Roll roll{Bytes16{}};
    std::vector<core::RollKey> changed;
    for (const auto& contact : log_.contacts) {
      if (contact.at > now) break;
      changed.clear();
      roll.ask(contact.who, contact.at, log_.threshold, log_.retention, changed);
      histories_[contact.who].push_back(contact.at);
    }
    entries_ = roll.entries();
    std::erase_if(entries_, [&](const core::RollEntry& entry) {
      return now - entry.last_seen >= log_.retention;
    });
    silent_ = core::falls_under(entries_, now, log_.retention, log_.threshold);
  }

  [[nodiscard]] Instant silent() const { return silent_; }
  [[nodiscard]] core::ExpectedFall by_log() const {
    std::vector<core::Contacts> machines;
    for (const auto& [who, times] : histories_) machines.push_back({.times = times});
    return said(machines, log_.contacts.front().at);
  }
  [[nodiscard]] core::ExpectedFall by_host() const {
    std::vector<core::Contacts> machines;
    for (const auto& [who, times] : histories_) machines.push_back(kept(times));
    std::ranges::stable_sort(machines, std::greater(),
                             [](const core::Contacts& one) { return one.times.back(); });
    machines.resize(std::min(machines.size(), kHostMachines));
    auto since = now_;
    for (const auto& one : machines) since = std::min(since, one.first);
    return said(machines, since);
  }

 private:
  [[nodiscard]] core::ExpectedFall said(std::span<const core::Contacts> machines,
                                        Instant since) const {
    const auto outlook = core::look_ahead(
        {.machines = machines, .since = since, .now = now_, .retention = log_.retention});
    return core::expected_fall(outlook, log_.threshold, silent_);
  }
  [[nodiscard]] core::Contacts kept(const std::vector<Instant>& times) const {
    std::size_t contacts = 1;
    auto from = times.size() - 1;
    for (; from > 0 && contacts < kHostContacts; --from) {
      contacts += 2 * (times[from] - times[from - 1]) >= log_.retention / 30 ? 1 : 0;
    }
    return {.times = std::span(times).subspan(from), .first = times.front()};
  }

  const ScoreTask& task_;
  const ContactLog& log_;
  Instant now_;
  Histories histories_;
  std::vector<core::RollEntry> entries_;
  Instant silent_{};
};

// The next moment after `now` at which the count goes under, if it does after `now` what it did in
// the month before it, or since it first was not under.
std::optional<Instant> by_last_month(std::span<const Under> under, Instant start, Instant now) {
  auto from = std::max(start, now - kMonth);
  if (!under.empty() && under.front().from == start) from = std::max(from, under.front().until);
  for (const auto& one : under) {
    if (one.from >= now) break;
    if (one.until <= from) continue;
    return now + (std::max(one.from, from) - from);
  }
  return std::nullopt;
}

}  // namespace

Score& Score::operator+=(const Score& more) {
  forecasts += more.forecasts;
  falls += more.falls;
  by_log += more.by_log;
  by_host += more.by_host;
  by_silence += more.by_silence;
  by_last_month += more.by_last_month;
  in_range_by_log += more.in_range_by_log;
  in_range_by_host += more.in_range_by_host;
  return *this;
}

Score score_forecasts(const ScoreTask& task) {
  Score out;
  if (task.log->contacts.empty()) return out;
  const auto under = times_under(*task.log, task.start, task.end);
  for (auto now = task.start + task.first; now + task.ahead <= task.end; now += task.every) {
    const auto next =
        std::ranges::find_if(under, [&](const Under& one) { return one.until > now; });
    const bool is_under = next != under.end() && next->from <= now;
    if (is_under) continue;
    const auto last = now + task.ahead;
    const auto happened = next == under.end() ? last : std::min(last, next->from);
    const auto error = [&](const std::optional<Instant>& said) {
      const auto day = std::min(last, said.value_or(last));
      return std::abs(static_cast<double>((day - happened).count())) / 86'400;
    };
    const auto holds = [&](const core::ExpectedFall& said) {
      return happened >= std::min(last, said.earliest.value_or(last)) &&
             happened <= std::min(last, said.latest.value_or(last));
    };
    const Cut cut(task, now);
    const auto by_log = cut.by_log(), by_host = cut.by_host();
    out += {.forecasts = 1,
            .falls = happened < last ? 1U : 0U,
            .by_log = error(by_log.expected),
            .by_host = error(by_host.expected),
            .by_silence = error(cut.silent()),
            .by_last_month = error(by_last_month(under, task.start, now)),
            .in_range_by_log = holds(by_log) ? 1U : 0U,
            .in_range_by_host = holds(by_host) ? 1U : 0U};
  }
  return out;
}

}  // namespace muster::lab
