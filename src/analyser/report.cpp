#include "analyser/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "analyser/sentences.h"
#include "analyser/tallies.h"
#include "base/shown.h"
#include "core/forecast.h"

namespace muster::analyser {
namespace {

using std::chrono::days;

constexpr std::size_t kManyStandings = 50;
constexpr std::string_view kOtherThresholds = "threshold-other";

std::string name_of_group(std::string_view id) {
  if (id == "windows") return "Windows";
  if (id == "office") return "Office";
  if (id == kOtherThresholds) return "Unknown products, other thresholds";
  constexpr std::string_view unknown = "threshold-";
  if (id.starts_with(unknown)) {
    return fmt::format("Unknown products, threshold {}", id.substr(unknown.size()));
  }
  return std::string(id);
}

class Making {
 public:
  explicit Making(const ReportTask& task) : task_(&task), log_(task.log) {}

  Report run() {
    cut();
    group();
    out_.together = taken_together(log_->names);
    out_.identities = identify(requests_, out_.group_of, out_.together, out_.now);
    enough_.assign(requests_.size(), false);
    const Tally tally{log_, requests_, &enough_};
    tally_gaps(tally, out_);
    stand();
    tally_machines(tally, out_);
    tally_failures(tally, out_);
    tally_products(tally, *task_->products, out_);
    tally_hours(tally, out_);
    hold();
    for (auto& standing : out_.standings) standing.sentences = sentences_of(out_, standing);
    return std::move(out_);
  }

 private:
  void cut() {
    const auto& all = log_->requests;
    out_.now = task_->at.value_or(log_->last_record);
    const auto end = std::ranges::upper_bound(all, out_.now, {}, &Request::time);
    const auto size = static_cast<std::size_t>(end - all.begin());
    requests_ = std::span(all).first(size);
    out_.requests = size;
    out_.later = all.size() - size;
    out_.from = requests_.empty() ? Instant{} : requests_.front().time;
  }

  // Group and threshold of an id that no table knows are what its last request presented.
  void group() {
    std::vector<std::uint16_t> threshold(log_->products.size());
    for (const auto& request : requests_) threshold[request.product] = request.threshold;
    const auto followed = followed_thresholds(threshold);
    for (std::uint32_t i = 0; i < log_->products.size(); ++i) {
      const auto* product = task_->products->find(log_->products.id(i));
      const bool known = product != nullptr;
      const auto id = known                             ? product->group
                      : followed.contains(threshold[i]) ? fmt::format("threshold-{}", threshold[i])
                                                        : std::string(kOtherThresholds);
      auto at = std::ranges::find(out_.groups, id, &GroupSeen::id);
      if (at == out_.groups.end()) {
        at = out_.groups.insert(at, {.id = id, .name = name_of_group(id)});
      }
      out_.group_of.push_back(static_cast<std::uint16_t>(at - out_.groups.begin()));
    }
    order_groups();
  }

  // Of the thresholds that unknown products present, those of the most requests: both are a
  // client's word, and a stranger may make up as many as there are.
  [[nodiscard]] std::set<std::uint16_t> followed_thresholds(
      const std::vector<std::uint16_t>& threshold) const {
    constexpr std::size_t kFollowed = 8;
    std::map<std::uint16_t, std::uint64_t> requests;
    std::vector<bool> unknown(log_->products.size());
    for (std::uint32_t i = 0; i < log_->products.size(); ++i) {
      unknown[i] = task_->products->find(log_->products.id(i)) == nullptr;
    }
    for (const auto& request : requests_) {
      if (unknown[request.product]) ++requests[threshold[request.product]];
    }
    std::vector<std::pair<std::uint64_t, std::uint16_t>> order;
    order.reserve(requests.size());
    for (const auto& [one, times] : requests) order.emplace_back(times, one);
    std::ranges::sort(order, std::greater());
    std::set<std::uint16_t> out;
    for (std::size_t i = 0; i < std::min(kFollowed, order.size()); ++i) out.insert(order[i].second);
    return out;
  }

  // Windows first, then Office, then the others as they came.
  void order_groups() {
    std::vector<std::uint16_t> order(out_.groups.size());
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::ranges::stable_sort(order, {}, [&](std::uint16_t i) {
      const auto& id = out_.groups[i].id;
      return id == "windows" ? 0 : id == "office" ? 1 : 2;
    });
    std::vector<GroupSeen> groups;
    std::vector<std::uint16_t> place(order.size());
    for (const auto old : order) {
      place[old] = static_cast<std::uint16_t>(groups.size());
      groups.push_back(out_.groups[old]);
    }
    out_.groups = std::move(groups);
    for (auto& one : out_.group_of) one = place[one];
  }

  void stand() {
    std::vector<std::uint32_t> order(requests_.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto key = [&](std::uint32_t i) {
      return std::pair(out_.group_of[requests_[i].product], requests_[i].host);
    };
    std::ranges::stable_sort(order, {}, key);
    std::size_t standings = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == 0 || key(order[i]) != key(order[i - 1])) ++standings;
    }
    points_most_ = standings > kManyStandings ? 60 : 480;
    for (std::size_t i = 0; i < order.size();) {
      std::size_t end = i + 1;
      while (end < order.size() && key(order[end]) == key(order[i])) ++end;
      add_standing(std::span(order).subspan(i, end - i));
      i = end;
    }
  }

  void add_standing(std::span<const std::uint32_t> which) {
    const auto& first = requests_[which.front()];
    Standing out;
    out.host = first.host;
    out.group = out_.group_of[first.product];
    const auto starts = starts_of(out.host);
    const auto unknown = unknown_of(out.host);
    std::uint32_t highest = 0;
    for (const auto i : which) highest = std::max<std::uint32_t>(highest, requests_[i].threshold);
    const auto rebuilt =
        rebuild({.requests = requests_,
                 .which = which,
                 .starts = starts,
                 .unknown = unknown,
                 .together = out_.together,
                 .machines = &log_->machines,
                 .ceiling = out_.groups[out.group].id == "windows" ? 50 : 2 * highest,
                 .now = out_.now,
                 .points_most = points_most_,
                 .hash_key = task_->hash_key},
                enough_);
    out.points = rebuilt.points;
    out.raised = rebuilt.raised;
    out.ceiling_before = rebuilt.ceiling_before;
    out.served = rebuilt.served;
    out.refused = rebuilt.refused;
    out.restarts = static_cast<std::uint32_t>(std::ranges::count_if(
        starts, [&](Instant start) { return out_.now - start < kRetention; }));
    for (const auto& shared : out_.identities.shared) {
      if (shared.group == out.group) out.missed += shared.missed();
    }
    const auto& now = out.now();
    if (now.cmids > now.names) out.padded = now.cmids - now.names;
    look_ahead_of(which, rebuilt, out);
    out_.standings.push_back(std::move(out));
  }

  [[nodiscard]] std::vector<Instant> starts_of(std::uint16_t host) const {
    std::vector<Instant> out;
    for (const auto& event : log_->events) {
      if (event.kind == HostEventKind::started && event.host == host && event.time <= out_.now) {
        out.push_back(event.time);
      }
    }
    return out;
  }

  // 30 days from the log's begin, and from the end of each gap; apart from one another, in order.
  [[nodiscard]] std::vector<Span> unknown_of(std::uint16_t host) const {
    std::vector<Span> all;
    for (const auto& seen : out_.hosts) {
      if (seen.host == host) all.push_back({seen.first, seen.first + kRetention});
    }
    for (const auto& gap : out_.gaps) {
      if (gap.host == host && gap.matters()) all.push_back({gap.from, gap.to + kRetention});
    }
    std::ranges::sort(all, {}, &Span::from);
    std::vector<Span> out;
    for (const auto& span : all) {
      if (!out.empty() && span.from <= out.back().to) {
        out.back().to = std::max(out.back().to, span.to);
      } else {
        out.push_back(span);
      }
    }
    return out;
  }

  struct Histories {
    std::vector<Instant> times;
    std::vector<core::Contacts> fleet;
    std::unordered_map<std::uint32_t, std::size_t> of;  // a machine's place in fleet
  };

  [[nodiscard]] Histories histories_of(std::span<const std::uint32_t> which) const {
    std::vector<std::uint32_t> order;
    for (const auto i : which) {
      if (requests_[i].hresult == 0) order.push_back(i);
    }
    std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return requests_[i].machine; });
    Histories out;
    out.times.reserve(order.size());  // spans into it stay right
    for (std::size_t i = 0; i < order.size();) {
      const auto machine = requests_[order[i]].machine;
      const auto begin = out.times.size();
      for (; i < order.size() && requests_[order[i]].machine == machine; ++i) {
        out.times.push_back(requests_[order[i]].time);
      }
      out.of[machine] = out.fleet.size();
      out.fleet.push_back({.times = std::span(out.times).subspan(begin)});
    }
    return out;
  }

  void look_ahead_of(std::span<const std::uint32_t> which, const Rebuilt& rebuilt, Standing& out) {
    const auto histories = histories_of(which);
    const core::Fleet fleet{.machines = histories.fleet,
                            .since = requests_[which.front()].time,
                            .now = out_.now,
                            .retention = kRetention};
    out.outlook = core::look_ahead(fleet);
    out.back_test = core::test_back(fleet);
    const auto count = static_cast<std::uint32_t>(rebuilt.entries.size());
    for (auto at = rebuilt.thresholds.rbegin(); at != rebuilt.thresholds.rend(); ++at) {
      Fall fall{.threshold = at->first};
      fall.under = count < fall.threshold;
      fall.since = rebuilt.crossed.at(fall.threshold);
      fall.spare = fall.under ? 0 : count - fall.threshold;
      fall.if_silent = core::falls_under(rebuilt.entries, out_.now, kRetention, fall.threshold);
      if (out.restarts > 0) {
        fall.if_silent_forgotten =
            core::falls_under(rebuilt.if_forgotten, out_.now, kRetention, fall.threshold);
      }
      if (!fall.under) {
        fall.expected = core::expected_fall(out.outlook, fall.threshold, fall.if_silent);
      }
      out.falls.push_back(fall);
    }
    add_due(which, rebuilt, histories, out);
  }

  void add_due(std::span<const std::uint32_t> which, const Rebuilt& rebuilt,
               const Histories& histories, Standing& out) {
    std::map<core::RollKey, std::pair<std::uint32_t, std::uint32_t>> who;  // machine, name
    for (const auto& entry : rebuilt.entries) who[entry.key] = {UINT32_MAX, 0};
    // The newest request of each: from the end, until all are found.
    std::size_t left = who.size();
    for (auto i = which.rbegin(); i != which.rend() && left > 0; ++i) {
      const auto& request = requests_[*i];
      const auto at = who.find(log_->machines.id(request.machine).bytes);
      if (request.hresult != 0 || at == who.end() || at->second.first != UINT32_MAX) continue;
      at->second = {request.machine, request.name};
      --left;
    }
    // Who has asked under another CMID since asks no more under this one.
    std::set<std::uint32_t> newer;
    std::set<core::RollKey> replaced;
    for (auto entry = rebuilt.entries.rbegin(); entry != rebuilt.entries.rend(); ++entry) {
      const auto name = who[entry->key].second;
      const bool named = !log_->names.text(name).empty();
      if (!newer.insert(out_.together[name]).second && named) replaced.insert(entry->key);
    }
    const auto list =
        core::due_list(rebuilt.entries, out_.now, kRetention, threshold_to_keep(out),
                       [&](const core::RollEntry& entry) { return replaced.contains(entry.key); });
    for (const auto& one : list.entries) {
      const auto [machine, name] = who[one.entry.key];
      out.due.push_back({.machine = machine,
                         .name = name,
                         .last = one.entry.last_seen,
                         .due = one.ask_before.value_or(one.leaves),
                         .leaves = one.leaves,
                         .needed = one.ask_before.has_value(),
                         .count_after = one.count_after,
                         .usual = usual_of(histories, machine, one.entry.last_seen),
                         .replaced = one.gone});
    }
  }

  // The highest that the count is not under, else the lowest of all.
  [[nodiscard]] static std::uint32_t threshold_to_keep(const Standing& standing) {
    for (const auto& fall : standing.falls) {
      if (!fall.under) return fall.threshold;
    }
    return standing.falls.empty() ? 1 : standing.falls.back().threshold;
  }

  [[nodiscard]] static std::optional<Instant> usual_of(const Histories& histories,
                                                       std::uint32_t machine, Instant last) {
    const auto times = histories.fleet[histories.of.at(machine)].times;
    std::vector<seconds> gaps;
    for (std::size_t i = 1; i < times.size(); ++i) gaps.push_back(times[i] - times[i - 1]);
    // What is asked again within half a day was refused, or asked by hand.
    std::erase_if(gaps, [](seconds gap) { return 2 * gap < days(1); });
    if (gaps.empty()) return std::nullopt;
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::ranges::nth_element(gaps, middle);
    return last + *middle;
  }

  // What a host says of itself is held against the only host's roll of its group.
  void hold() {
    for (const auto& facts : task_->facts) {
      Held held{.facts = facts};
      const auto group = facts.group.empty() ? "windows" : facts.group;
      std::size_t fitting = 0;
      for (std::size_t i = 0; i < out_.standings.size(); ++i) {
        if (out_.groups[out_.standings[i].group].id != group) continue;
        held.standing = i;
        ++fitting;
      }
      if (fitting > 1) held.standing.reset();
      out_.held.push_back(std::move(held));
    }
  }

  const ReportTask* task_;
  const Log* log_;
  std::span<const Request> requests_;
  std::vector<bool> enough_;
  std::size_t points_most_ = 0;
  Report out_;
};

}  // namespace

std::optional<Instant> Report::soonest_fall() const {
  std::optional<Instant> out;
  for (const auto& standing : standings) {
    for (const auto& fall : standing.falls) {
      if (!out || fall.if_silent < *out) out = fall.if_silent;
    }
  }
  return out;
}

Report make_report(const ReportTask& task) { return Making(task).run(); }

std::string name_of_product(const Log& log, const Products& products, std::uint16_t product) {
  const auto& id = log.products.id(product);
  const auto* known = products.find(id);
  return known != nullptr ? known->name : id.text();
}

}  // namespace muster::analyser
