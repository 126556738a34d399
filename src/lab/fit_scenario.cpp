// From who asked when to pools. A machine is a name, or a CMID where the log has no names; machines
// of one host, product and kind that come and go together are a pool.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "base/ids.h"
#include "lab/recording.h"
#include "lab/scenario.h"

namespace muster::lab {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::array<std::string_view, 7> kWeekdays{"mon", "tue", "wed", "thu",
                                                    "fri", "sat", "sun"};
constexpr seconds kDay = days(1);
// Who comes within so long of the begin was there before it.
constexpr days kThere{8};
// Of machines that are there, nobody is silent for so long: the renewal's week, twice.
constexpr days kSilent{16};
// A day of the week, and an hour, on which fewer than one in so many asks is chance.
constexpr std::size_t kChance = 50;

enum class Kind : std::uint8_t { steady, rebuilt, shared };

struct Machine {
  std::size_t host = 0, product = 0;
  bool is_virtual = false;
  Kind kind = Kind::steady;
  std::vector<Instant> asks;                             // ascending
  std::vector<std::pair<core::RollKey, Instant>> cmids;  // each as it first came
};

struct PoolKey {
  std::size_t host, product;
  Kind kind;
  bool is_virtual;
  std::int64_t rebuild_days;  // 0: never
  std::int64_t leaves;        // day after the begin, in weeks; -1: stays
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

std::int64_t median(std::vector<std::int64_t> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  return *middle;
}

class Fit {
 public:
  Fit(const Recording& recording, std::string_view title)
      : recording_(recording),
        start_(std::chrono::floor<days>(recording.asks.front().at)),
        length_(std::max(days(1), std::chrono::ceil<days>(recording.end - start_))) {
    name_products();
    write_head(title);
  }

  std::string run() {
    gather();
    find_outages();
    for (auto& one : machines_) classify(one);
    std::map<PoolKey, std::vector<const Machine*>> pools;
    for (const auto& one : machines_) pools[key_of(one)].push_back(&one);
    write_products();
    write_hosts();
    std::size_t number = 0;
    for (const auto& [key, members] : pools) write_pool(key, members, ++number);
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::int64_t day_of(Instant at) const {
    return std::chrono::floor<days>(at - start_).count();
  }

  void write_head(std::string_view title) {
    std::string plain(title);
    std::erase_if(plain, [](char c) { return c == '"' || c == '\\' || c < ' ' || c > '~'; });
    out_ = fmt::format(
        "# Fitted to a recorded log by 'muster lab import'. What stands here was measured in the "
        "log,\n# unless the line says that it was guessed. Times are UTC.\n"
        "title = \"{}\"\nstart = \"{}\"\ndays = {}\n",
        plain, format_time(start_), length_.count());
  }

  // Names first; a CMID that several names bear is theirs all the same.
  void gather() {
    std::map<std::tuple<std::size_t, std::size_t, core::RollKey>, std::size_t> places;
    std::map<core::RollKey, std::set<core::RollKey>> bearers;
    for (const auto& ask : recording_.asks) {
      const bool named = ask.name != core::RollKey{};
      const auto [at, is_new] =
          places.try_emplace({ask.host, ask.product, named ? ask.name : ask.who}, machines_.size());
      if (is_new) {
        machines_.push_back({.host = ask.host, .product = ask.product, .asks = {}, .cmids = {}});
      }
      auto& one = machines_[at->second];
      one.is_virtual = ask.is_virtual;
      one.asks.push_back(ask.at);
      if (std::ranges::find(one.cmids, ask.who, &decltype(one.cmids)::value_type::first) ==
          one.cmids.end()) {
        one.cmids.emplace_back(ask.who, ask.at);
      }
      if (named) bearers[ask.who].insert(ask.name);
    }
    for (auto& one : machines_) {
      if (bearers[one.cmids.back().first].size() > 1) one.kind = Kind::shared;
    }
  }

  // A machine whose CMIDs take turns was rebuilt, each time by a new one.
  static void classify(Machine& one) {
    if (one.kind == Kind::steady && one.cmids.size() > 2) one.kind = Kind::rebuilt;
  }

  [[nodiscard]] PoolKey key_of(const Machine& one) const {
    PoolKey out{one.host, one.product, one.kind, one.is_virtual, 0, -1};
    if (one.kind == Kind::rebuilt) {
      std::vector<std::int64_t> gaps;
      for (std::size_t i = 1; i < one.cmids.size(); ++i) {
        gaps.push_back(std::max<std::int64_t>(
            1, std::chrono::round<days>(one.cmids[i].second - one.cmids[i - 1].second).count()));
      }
      out.rebuild_days = median(std::move(gaps));
    }
    const auto last = one.asks.back();
    if (recording_.end - last > kSilent && last_of(one.host) - last > kSilent) {
      out.leaves = (day_of(last) + 1) / 7 + 1;
    }
    return out;
  }

  [[nodiscard]] Instant last_of(std::size_t host) const {
    Instant out = start_;
    for (const auto& one : machines_) {
      if (one.host == host) out = std::max(out, one.asks.back());
    }
    return out;
  }

  // A silence of a whole host on a day and in hours in which it is asked every week: ten times as
  // long as the silences there use to be, and shorter than a closure.
  void find_outages() {
    outages_.resize(recording_.hosts.size());
    for (std::size_t host = 0; host < recording_.hosts.size(); ++host) {
      std::array<std::set<std::int64_t>, 7 * 24> weeks;  // in which this hour of the week was asked
      std::int64_t all = 0;
      std::vector<Instant> asks;
      for (const auto& ask : recording_.asks) {
        if (ask.host != host) continue;
        asks.push_back(ask.at);
        const auto hour = std::chrono::floor<hours>(ask.at - start_).count();
        weeks[static_cast<std::size_t>(hour % (7 * 24))].insert(hour / (7 * 24));
        all = hour / (7 * 24) + 1;
      }
      if (all < 4) continue;
      for (std::size_t i = 1; i < asks.size(); ++i) {
        const auto gap = asks[i] - asks[i - 1];
        if (gap < hours(3) || gap > days(3)) continue;
        const auto from = std::chrono::ceil<hours>(asks[i - 1] - start_).count();
        const auto until = std::chrono::floor<hours>(asks[i] - start_).count();
        std::int64_t busy = 0;
        for (auto hour = from; hour < until; ++hour) {
          const auto& one = weeks[static_cast<std::size_t>(hour % (7 * 24))];
          busy += 4 * std::ssize(one) >= 3 * (all - 1) ? 1 : 0;
        }
        if (busy >= 3) outages_[host].push_back({asks[i - 1], asks[i]});
      }
    }
  }

  void write_products() {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (std::ranges::find(machines_, i, &Machine::product) == machines_.end()) continue;
      const auto& product = recording_.products[i];
      out_ += fmt::format("\n[[product]]\nid = \"{}\"\ngroup = \"{}\"\n", ids_[i],
                          valid_id(product.group) ? product.group : "group");
      out_ += fmt::format("threshold = {}\n", std::clamp(product.threshold, 1U, 5'000U));
    }
    out_ += "# The other numbers of the policies were guessed: they are the defaults.\n";
  }

  void write_hosts() {
    for (std::size_t host = 0; host < recording_.hosts.size(); ++host) {
      if (std::ranges::find(machines_, host, &Machine::host) == machines_.end()) continue;
      out_ += fmt::format("\n[[host]]\nname = \"{}\"\n", host_name(host));
      if (outages_[host].empty()) continue;
      out_ += "# Guessed: nobody asked, when somebody asks in every other week.\noutages = [";
      for (const auto& [from, until] : outages_[host]) {
        out_ += fmt::format("{}{}", out_.ends_with('[') ? "" : ", ", span_of(from, until));
      }
      out_ += "]\n";
    }
  }

  [[nodiscard]] std::string span_of(Instant from, Instant until) const {
    const auto at = std::chrono::floor<minutes>(from - start_);
    const auto lasts = std::max(minutes(1), std::chrono::floor<minutes>(until - start_) - at);
    return fmt::format("{{at = \"{}m\", lasts = \"{}m\"}}", at.count(), lasts.count());
  }

  // As a scenario may call them: two vendors may have used one name.
  void name_products() {
    for (const auto& product : recording_.products) {
      auto id = valid_id(product.id) ? product.id : std::string("product");
      if (std::ranges::find(ids_, id) != ids_.end())
        id = fmt::format("product-{}", ids_.size() + 1);
      ids_.push_back(std::move(id));
    }
  }
  [[nodiscard]] static std::string host_name(std::size_t host) {
    return fmt::format("host-{}", host + 1);
  }

  struct Power {
    std::array<bool, 7> on{};
    minutes from{}, until{24 * 60}, arrive{};
    bool always = true;
  };

  // The days and hours in which all but chance ask; round the clock on all days: always on.
  [[nodiscard]] Power power_of(const PoolKey& key,
                               const std::vector<const Machine*>& members) const {
    std::array<std::size_t, 7> by_day{};
    std::vector<std::int64_t> minutes_of, firsts;
    for (const auto* one : members) {
      std::int64_t last_day = -1;
      for (const auto at : one->asks) {
        const auto day = std::chrono::floor<days>(at);
        ++by_day[std::chrono::weekday(day).iso_encoding() - 1];
        minutes_of.push_back((at - day) / minutes(1));
        if (day_of(at) != last_day) firsts.push_back(minutes_of.back());
        last_day = day_of(at);
      }
    }
    std::ranges::sort(minutes_of);
    std::ranges::sort(firsts);
    const auto asks = minutes_of.size();
    Power out;
    bool every_day = true;
    for (std::size_t day = 0; day < 7; ++day) {
      out.on[day] = by_day[day] * kChance > asks;
      every_day = every_day && out.on[day];
    }
    const auto early = minutes_of[asks / 500], late = minutes_of[asks - 1 - asks / 500];
    out.from = minutes(early / 30 * 30);
    out.until = minutes(std::min<std::int64_t>(24 * 60, (late / 60 + 1) * 60));
    out.always = every_day && out.until - out.from >= hours(20);
    // What is rebuilt asks when it starts; of the others, most ask later than they start.
    if (key.kind == Kind::rebuilt) {
      out.arrive = minutes(firsts[firsts.size() * 19 / 20]) - out.from;
      out.arrive = minutes((out.arrive.count() + 14) / 15 * 15);
    } else {
      out.arrive = minutes(60);
    }
    if (out.from + out.arrive >= out.until) out.arrive = (out.until - out.from) / 2;
    return out;
  }

  void write_power(const PoolKey& key, const Power& power) {
    if (power.always) return;
    std::string on;
    for (std::size_t day = 0; day < 7; ++day) {
      if (power.on[day]) on += fmt::format("{}\"{}\"", on.empty() ? "" : ", ", kWeekdays[day]);
    }
    // What is not rebuilt asks once a week or so, which shows little of when it is on.
    const auto how = key.kind == Kind::rebuilt ? "" : "  # guessed";
    out_ += fmt::format("days = [{}]{}\nfrom = \"{}\"{}\nuntil = \"{}\"{}\narrive = \"{}m\"{}\n",
                        on, how, time_text(power.from), how, time_text(power.until), how,
                        power.arrive.count(), how);
  }

  // Those that were there at the begin; the others are growth, in steps as far apart as they came.
  void write_size(const std::vector<const Machine*>& members) {
    std::vector<Instant> firsts;
    for (const auto* one : members) firsts.push_back(one->asks.front());
    std::ranges::sort(firsts);
    const auto joins = day_of(firsts.front());
    const auto there = static_cast<std::size_t>(
        std::ranges::upper_bound(firsts, start_ + days(joins) + kThere) - firsts.begin());
    out_ += fmt::format("machines = {}\n", there);
    if (joins > 0) out_ += fmt::format("joins = \"{}d\"\n", joins);
    std::vector<std::int64_t> steps;
    for (auto i = there; i < firsts.size(); ++i) {
      const auto day = day_of(firsts[i]);
      if (steps.empty() || day - steps.back() > kThere.count()) steps.push_back(day);
    }
    if (steps.empty()) return;
    const auto every = std::max<std::int64_t>(1, (steps.back() - joins) / std::ssize(steps));
    const auto grows = (firsts.size() - there + steps.size() - 1) / steps.size();
    out_ += fmt::format("grows = {}\ngrows_every = \"{}d\"\n", grows, every);
  }

  // When nobody of the pool asked for longer than a renewal can explain; and when it left.
  void write_off(const PoolKey& key, const std::vector<const Machine*>& members) {
    std::vector<Instant> asks;
    for (const auto* one : members) asks.insert(asks.end(), one->asks.begin(), one->asks.end());
    std::ranges::sort(asks);
    std::string off;
    const auto add = [&](Instant from, Instant until) {
      const auto at = std::chrono::ceil<days>(from - start_);
      const auto lasts = std::max(days(1), std::chrono::floor<days>(until - start_) - at);
      off += fmt::format("{}{{at = \"{}d\", lasts = \"{}d\"}}", off.empty() ? "" : ", ", at.count(),
                         lasts.count());
    };
    const auto longest = key.kind == Kind::rebuilt
                             ? days(std::max<std::int64_t>(4, 2 * key.rebuild_days))
                             : days(10);
    for (std::size_t i = 1; i < asks.size(); ++i) {
      if (asks[i] - asks[i - 1] > longest) add(asks[i - 1], asks[i]);
    }
    if (recording_.end - asks.back() > kSilent) add(asks.back(), start_ + length_ + days(1));
    if (off.empty()) return;
    out_ += fmt::format("off = [{}]{}\n", off,
                        key.kind == Kind::rebuilt ? "" : "  # guessed: nobody asked; off for less");
  }

  void write_pool(const PoolKey& key, const std::vector<const Machine*>& members,
                  std::size_t number) {
    out_ += fmt::format("\n[[pool]]\nname = \"pool-{}\"\nproduct = \"{}\"\nhost = \"{}\"\n", number,
                        ids_[key.product], host_name(key.host));
    write_size(members);
    out_ += fmt::format("virtual = {}\n", key.is_virtual);
    switch (key.kind) {
      case Kind::steady: out_ += "image = \"installed\"  # a CMID each, which it keeps\n"; break;
      case Kind::rebuilt:
        out_ += fmt::format(
            "image = \"generalized\"  # a CMID each, and a new one every time\nrebuild = \"{}d\"\n"
            "rebuild_at = \"02:00\"  # guessed\n",
            key.rebuild_days);
        break;
      case Kind::shared:
        out_ += "image = \"clone\"  # one CMID for several names; by which way, was guessed\n";
        break;
    }
    write_power(key, power_of(key, members));
    write_off(key, members);
  }

  const Recording& recording_;
  Instant start_;
  days length_;
  std::string out_;
  std::vector<std::string> ids_;  // of products
  std::vector<Machine> machines_;
  std::vector<std::vector<std::pair<Instant, Instant>>> outages_;  // by host
};

}  // namespace

Expected<std::string> fit_scenario(const Recording& recording, std::string_view title) {
  if (recording.asks.empty()) {
    return fail(ErrorCode::nothing_counted, "there is nothing to fit a scenario to");
  }
  return Fit(recording, title).run();
}

}  // namespace muster::lab
