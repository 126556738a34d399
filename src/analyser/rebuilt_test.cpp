#include "analyser/rebuilt.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

using testing::Ask;
using testing::days;
using testing::HostsLog;
using testing::hours;
using testing::kServer2022;
using testing::kStart;
using testing::kWindows10;
using testing::report_of;

// A KMS host by the words of the documents alone, without core: at each moment everything is
// worked out from the first request on.
class PlainHost {
 public:
  explicit PlainHost(std::vector<Ask> asks, std::vector<Instant> restarts = {})
      : asks_(std::move(asks)), restarts_(std::move(restarts)) {}

  struct Entry {
    std::uint32_t machine;
    Instant last;
  };

  // The entries that live at a moment, after every request up to it (or, `without_its_own`, before
  // those of that moment).
  [[nodiscard]] std::vector<Entry> at(Instant now, bool without_its_own = false) const {
    std::vector<Entry> table;
    std::uint32_t highest = 0;
    std::size_t restart = 0;
    const auto restart_until = [&](Instant time) {
      for (; restart < restarts_.size() && restarts_[restart] <= time; ++restart) {
        table.clear();
        highest = 0;
      }
    };
    for (const auto& ask : asks_) {
      if (ask.time > now || (without_its_own && ask.time == now)) break;
      restart_until(ask.time);
      if (ask.hresult != "0x0") continue;
      expire(table, ask.time);
      std::erase_if(table, [&](const Entry& one) { return one.machine == ask.machine; });
      table.push_back({ask.machine, ask.time});
      highest = std::max(highest, ask.threshold);
      if (table.size() > 2 * std::size_t{highest}) table.erase(table.begin());
    }
    restart_until(now);
    expire(table, now);
    return table;
  }
  [[nodiscard]] std::uint32_t count(Instant now, bool without_its_own = false) const {
    return static_cast<std::uint32_t>(at(now, without_its_own).size());
  }
  // CMIDs that asked within 30 days.
  [[nodiscard]] std::uint64_t heard(Instant now) const {
    std::vector<std::uint32_t> who;
    for (const auto& ask : asks_) {
      const bool recent = ask.time <= now && now - ask.time < days(30);
      if (recent && ask.hresult == "0x0") who.push_back(ask.machine);
    }
    std::ranges::sort(who);
    who.erase(std::ranges::unique(who).begin(), who.end());
    return who.size();
  }
  // The lowest count from `from` on, up to `to`, whose own requests are in it or not.
  [[nodiscard]] std::uint32_t least(std::optional<Instant> from, Instant to,
                                    bool without_its_own) const {
    auto out = count(to, without_its_own);
    for (const auto& ask : asks_) {
      const bool within = (!from || ask.time >= *from) && ask.time <= to;
      if (within && ask.hresult == "0x0") out = std::min(out, count(ask.time, true));
    }
    return out;
  }

 private:
  static void expire(std::vector<Entry>& table, Instant now) {
    std::erase_if(table, [&](const Entry& one) { return now - one.last >= days(30); });
  }

  std::vector<Ask> asks_;
  std::vector<Instant> restarts_;
};

struct Step {
  int second;
  std::uint32_t machine;
  bool server, refused;
};

// Requests, some at the same second, some weeks apart.
std::vector<Ask> any_asks() {
  const auto pauses = rc::gen::weightedOneOf<int>({{2, rc::gen::just(0)},
                                                   {10, rc::gen::inRange(1, 90'000)},
                                                   {1, rc::gen::inRange(1, 2'000'000)}});
  const auto steps = *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
      pauses, rc::gen::inRange(1U, 40U), rc::gen::arbitrary<bool>(),
      rc::gen::map(rc::gen::inRange(0, 8), [](int one) { return one == 0; })));
  std::vector<Ask> out;
  auto time = kStart;
  for (const auto& step : steps) {
    time += seconds(step.second);
    out.push_back({.time = time,
                   .machine = step.machine,
                   .threshold = step.server ? 5U : 25U,
                   .product = step.server ? kServer2022 : kWindows10,
                   .hresult = step.refused ? "0xC004F06C" : "0x0"});
  }
  return out;
}

Log log_of(const std::vector<Ask>& asks) {
  HostsLog log;
  for (const auto& ask : asks) log.ask(ask);
  return log.log();
}

RC_GTEST_PROP(Rebuilt, TheCountOverTimeIsThatOfAPlainHost, ()) {
  const auto asks = any_asks();
  RC_PRE(!asks.empty());
  const auto now = asks.back().time + hours(*rc::gen::inRange(0, 1'000));
  const PlainHost plain(asks);
  const auto read = log_of(asks);
  const auto report = report_of(read, now);
  std::optional<Instant> before;
  for (const auto& point : report.standings.at(0).points) {
    // A point stands before the requests of its second, but the last.
    RC_ASSERT(point.count == plain.count(point.at, point.at != now));
    RC_ASSERT(point.least == plain.least(before, point.at, point.at != now));
    RC_ASSERT((!before || *before < point.at));
    before = point.at;
  }
  const auto& last = report.standings.at(0).now();
  RC_ASSERT(last.at == now);
  RC_ASSERT(last.cmids == plain.heard(now));
}

RC_GTEST_PROP(Rebuilt, TheDueListAndTheDayItFallsAreThoseOfAPlainHost, ()) {
  const auto asks = any_asks();
  RC_PRE(!asks.empty());
  const auto now = asks.back().time + hours(*rc::gen::inRange(0, 1'000));
  const PlainHost plain(asks);
  const auto entries = plain.at(now);
  const auto read = log_of(asks);
  const auto report = report_of(read, now);
  const auto& standing = report.standings.at(0);
  RC_ASSERT(standing.due.size() == entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& due = standing.due[i];
    RC_ASSERT(read.machines.id(due.machine) == testing::cmid(entries[i].machine));
    RC_ASSERT(due.last == entries[i].last);
    RC_ASSERT(due.due == entries[i].last + days(30));
    RC_ASSERT(due.count_after == entries.size() - i - 1);
    // Whose time has come has left; a second before it has not.
    RC_ASSERT(plain.count(due.due) <= due.count_after);
    RC_ASSERT(plain.count(due.due - seconds(1)) > due.count_after);
  }
  for (const auto& fall : standing.falls) {
    RC_ASSERT(fall.under == (plain.count(now) < fall.threshold));
    RC_ASSERT(plain.count(fall.if_silent) < fall.threshold);
    if (fall.under) {
      RC_ASSERT(fall.if_silent == now);
    } else {
      RC_ASSERT(plain.count(fall.if_silent - seconds(1)) >= fall.threshold);
      RC_ASSERT(fall.spare == plain.count(now) - fall.threshold);
      // No moment is foretold at which even those suffice who need not ask again.
      const auto& said = fall.expected;
      for (const auto& at : {said.earliest, said.expected, said.latest}) {
        RC_ASSERT((!at || *at >= fall.if_silent));
      }
    }
    if (fall.under && fall.since) {
      RC_ASSERT(plain.count(*fall.since) < fall.threshold);
      RC_ASSERT(plain.count(*fall.since - seconds(1)) >= fall.threshold);
    }
  }
}

RC_GTEST_PROP(Rebuilt, TheOtherReadingIsAPlainHostThatForgets, ()) {
  const auto asks = any_asks();
  RC_PRE(!asks.empty());
  const auto now = asks.back().time + hours(*rc::gen::inRange(0, 200));
  auto restarts = *rc::gen::container<std::vector<Instant>>(
      rc::gen::map(rc::gen::inRange<std::int64_t>(0, (now - kStart).count() + 1),
                   [](std::int64_t second) { return kStart + seconds(second); }));
  std::ranges::sort(restarts);
  std::vector<Instant> told;  // those less than ten minutes after another are the same start
  for (const auto one : restarts) {
    if (told.empty() || one - told.back() >= seconds(600)) told.push_back(one);
  }
  HostsLog log;
  for (const auto& ask : asks) log.ask(ask);
  for (const auto one : told) {
    log.add(902, one, {}, "kms.example", "Microsoft-Windows-Security-SPP", "Application");
  }
  const auto read = log.log();
  const auto report = report_of(read, now);
  const PlainHost plain(asks, told);
  RC_ASSERT(report.standings.at(0).now().if_forgotten == plain.count(now));
  RC_ASSERT(report.standings.at(0).now().count == PlainHost(asks).count(now));
}

}  // namespace
}  // namespace muster::analyser
