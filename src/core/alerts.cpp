#include "core/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace muster::core {
namespace {

struct Words {
  AlertRule rule;
  std::string_view name, title, to_do;
};
constexpr std::array<Words, kAlertRules> kWords{{
    {AlertRule::count, "count", "a group's count is near its threshold",
     "start machines that have been off, or let more of them ask; 'muster host status' shows the "
     "count, and the forecast who has to ask by when"},
    {AlertRule::forecast, "forecast", "a group's count falls under its threshold soon",
     "see that machines reach the host: the forecast (GET /v1/groups/GROUP/forecast) lists who "
     "has to ask by when"},
    {AlertRule::key, "key", "a multiple activation key runs out",
     "release machines that are gone ('muster mak release'), or ask the vendor for a larger "
     "limit"},
    {AlertRule::evidence, "evidence", "requests show what should not be",
     "find the machines: GET /v1/clients?evidence=KIND lists them, docs/host.md says what each "
     "kind means"},
    {AlertRule::refusals, "refusals", "many requests are refused",
     "see why: muster_requests_total in /metrics counts them by reason, GET /v1/events names the "
     "machines"},
    {AlertRule::host_key, "host_key", "a host key expires",
     "send the vendor host-request.txt for a new one, then 'muster host install-key'"},
    {AlertRule::chain, "chain", "the event log is not what was written",
     "keep a copy of the database as it is, compare an export with an earlier one ('muster events "
     "verify'), and find out who wrote to it"},
    {AlertRule::disk, "disk", "the disk of the host's store is nearly full",
     "free space; under limits.disk_low machines never seen are refused"},
}};

const Words& words(AlertRule rule) { return kWords.at(static_cast<std::size_t>(rule)); }

// Beyond `holds`, beyond `gone`, or between the two.
Standing stands(bool holds, bool gone) {
  if (holds) return Standing::holds;
  return gone ? Standing::gone : Standing::between;
}

// "in 12 days", or that it is over.
std::string in_time(Instant at, Instant now) {
  return at <= now ? "now" : fmt::format("in {}", spoken_duration(at - now));
}

// The roll holds no more than its capacity, so no line may lie above it.
Condition of_count(const AlertLines& lines, const AlertFigures::Group& group) {
  const auto part = [&](double margin) {
    return std::max<std::uint32_t>(1, static_cast<std::uint32_t>(std::ceil(margin)));
  };
  const auto margin = lines.count_margin > 0 ? part(lines.count_margin * group.threshold) : 0;
  const auto least = std::min(group.threshold + margin, group.capacity);
  const auto enough = std::min(least + part(margin / 2.0), group.capacity);
  const bool climbing = !group.used;
  return {.key = {AlertRule::count, group.id},
          .standing = stands(!climbing && group.count < least, climbing || group.count >= enough),
          .about = "group " + group.name,
          .what = fmt::format(
              "{} in group {}: under {} none is activated, under {} this warns",
              group.count == 1 ? "1 machine counts" : fmt::format("{} machines count", group.count),
              group.name, group.threshold, least)};
}

Condition of_forecast(const AlertLines& lines, const AlertFigures::Group& group, Instant now) {
  constexpr std::chrono::days kSlack{1};
  const auto left = group.falls_under - now;
  const bool climbing = !group.used;
  return {.key = {AlertRule::forecast, group.id},
          .standing = stands(!climbing && left < lines.forecast_within,
                             climbing || left >= lines.forecast_within + kSlack),
          .about = "group " + group.name,
          .what = left <= seconds{0}
                      ? fmt::format("the count of group {} is under {} already", group.name,
                                    group.threshold)
                      : fmt::format("the count of group {} falls under {} {}, at {}, if nobody "
                                    "asks any more",
                                    group.name, group.threshold, in_time(group.falls_under, now),
                                    format_time(group.falls_under))};
}

Condition of_key(const AlertLines& lines, const AlertFigures::Key& key) {
  constexpr double kSlack = 0.02;
  const double part = key.limit == 0 ? 1.0 : static_cast<double>(key.used) / key.limit;
  return {.key = {AlertRule::key, key.id},
          .standing = stands(part >= lines.key_used, part < lines.key_used - kSlack),
          .about = fmt::format("multiple activation key {}", key.id),
          .what = fmt::format("{} of {} places of the multiple activation key {} for {} are used",
                              key.used, key.limit, key.id, key.product)};
}

Condition of_evidence(const AlertLines& lines, const AlertFigures::Shown& shown) {
  return {.key = {AlertRule::evidence, std::string(name_of(shown.kind))},
          .standing = stands(shown.times >= lines.evidence_least, shown.times == 0),
          .about = fmt::format("evidence {}", name_of(shown.kind)),
          .what = fmt::format("{} {} in the last {} showed {}", shown.times,
                              shown.times == 1 ? "request" : "requests",
                              spoken_duration(lines.evidence_window), name_of(shown.kind))};
}

Condition of_refusals(const AlertLines& lines, const AlertFigures& figures) {
  const auto span = std::chrono::duration<double, std::ratio<60>>(lines.refusals_window).count();
  const auto rate = static_cast<double>(figures.refused) / span;
  const auto line = static_cast<double>(lines.refusals_per_minute);
  return {
      .key = {AlertRule::refusals, {}},
      .standing = stands(rate >= line, figures.refused_whole && rate < line / 2),
      .about = "the host",
      .what = fmt::format(
          "{} refused in the last {}, {:.1f} a minute",
          figures.refused == 1 ? "1 request was" : fmt::format("{} requests were", figures.refused),
          spoken_duration(lines.refusals_window), rate)};
}

Condition of_host_key(const AlertLines& lines, const AlertFigures::HostKey& key, Instant now) {
  constexpr std::chrono::days kSlack{1};
  const auto left = key.expires - now;
  return {.key = {AlertRule::host_key, key.id},
          .standing = stands(left <= lines.host_key_within, left > lines.host_key_within + kSlack),
          .about = fmt::format("the host key for {}", key.product),
          .what = left <= seconds{0}
                      ? fmt::format("the host key for {} has expired at {}: the product is not "
                                    "served",
                                    key.product, format_time(key.expires))
                      : fmt::format("the host key for {} expires {}, at {}", key.product,
                                    in_time(key.expires, now), format_time(key.expires))};
}

Condition of_log(const AlertFigures::Log& log) {
  return {.key = {AlertRule::chain, {}},
          .standing = stands(log.wrong.has_value(), log.whole),
          .about = "the event log",
          .what = log.wrong ? *log.wrong
                            : fmt::format("the event log is as it was written up to event {}",
                                          log.verified)};
}

Condition of_disk(const AlertLines& lines, double free) {
  constexpr double kSlack = 0.02;
  return {.key = {AlertRule::disk, {}},
          .standing = stands(free < lines.disk_free, free >= lines.disk_free + kSlack),
          .about = "the disk of the host's store",
          .what = fmt::format("{:.1f} % of the disk are free", free * 100)};
}

}  // namespace

std::string_view name_of(AlertRule rule) { return words(rule).name; }
std::string_view title_of(AlertRule rule) { return words(rule).title; }
std::string_view what_to_do(AlertRule rule) { return words(rule).to_do; }

std::optional<AlertRule> alert_rule_of(std::string_view name) {
  const auto at = std::ranges::find(kWords, name, &Words::name);
  if (at == kWords.end()) return std::nullopt;
  return at->rule;
}

bool AlertLines::on(AlertRule rule) const { return std::ranges::find(off, rule) == off.end(); }

void Growth::add(std::chrono::milliseconds monotonic, std::uint64_t total) {
  const std::chrono::milliseconds span = span_;
  if (!samples_.empty() && monotonic - samples_.front().at >= span) whole_ = true;
  // Samples closer than a sixty-fourth of the span are one: the last of them.
  const auto count = samples_.size();
  if (count >= 2 && monotonic - samples_[count - 2].at < span / 64) {
    samples_.back() = {monotonic, total};
  } else {
    samples_.push_back({monotonic, total});
  }
  while (samples_.size() >= 2 && monotonic - samples_[1].at >= span) samples_.pop_front();
}

std::uint64_t Growth::grown() const {
  return samples_.empty() ? 0 : samples_.back().total - samples_.front().total;
}

std::vector<Condition> conditions(const AlertLines& lines, const AlertFigures& figures) {
  std::vector<Condition> out;
  const auto each = [&](AlertRule rule, const auto& list, auto make) {
    if (!lines.on(rule)) return;
    for (const auto& item : list) out.push_back(make(item));
  };
  each(AlertRule::count, figures.groups, [&](const auto& g) { return of_count(lines, g); });
  each(AlertRule::forecast, figures.groups,
       [&](const auto& g) { return of_forecast(lines, g, figures.now); });
  each(AlertRule::key, figures.keys, [&](const auto& k) { return of_key(lines, k); });
  each(AlertRule::evidence, figures.evidence, [&](const auto& e) { return of_evidence(lines, e); });
  if (lines.on(AlertRule::refusals)) out.push_back(of_refusals(lines, figures));
  each(AlertRule::host_key, figures.host_keys,
       [&](const auto& k) { return of_host_key(lines, k, figures.now); });
  if (lines.on(AlertRule::chain)) out.push_back(of_log(figures.log));
  if (lines.on(AlertRule::disk)) out.push_back(of_disk(lines, figures.disk_free));
  return out;
}

std::vector<AlertBoard::Change> AlertBoard::due(std::span<const Condition> seen,
                                                std::chrono::milliseconds monotonic) {
  std::vector<Change> out;
  for (const auto& condition : seen) {
    const bool fires = firing_.contains(condition.key);
    if (condition.standing != (fires ? Standing::gone : Standing::holds)) {
      since_.erase(condition.key);
      continue;
    }
    const auto since = since_.try_emplace(condition.key, monotonic).first->second;
    if (monotonic - since >= hold_) out.push_back({.raise = !fires, .condition = condition});
  }
  const auto watched = [&](const AlertKey& key) {
    return std::ranges::find(seen, key, &Condition::key) != seen.end();
  };
  for (const auto& [key, firing] : firing_) {
    if (watched(key)) continue;
    out.push_back({.raise = false,
                   .condition = {.key = key,
                                 .standing = Standing::gone,
                                 .about = firing.about,
                                 .what = firing.about + " is not watched any more"}});
  }
  std::erase_if(since_, [&](const auto& entry) { return !watched(entry.first); });
  return out;
}

void AlertBoard::raised(const AlertKey& key, Firing firing) {
  since_.erase(key);
  firing_.insert_or_assign(key, std::move(firing));
}

void AlertBoard::ended(const AlertKey& key) {
  since_.erase(key);
  firing_.erase(key);
}

}  // namespace muster::core
