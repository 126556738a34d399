#include "service/sweep.h"

#include <algorithm>

#include "service/admin_json.h"
#include "service/event_filter.h"
#include "store/list_order.h"
#include "store/tally.h"

namespace muster::service {
namespace {

using core::EventPlace;
using std::chrono::days;
using store::listed_day;
using store::PoolRow;

constexpr std::string_view kMachinesLeft = "machines_left";
// When the last one has left, whichever host of the database let it. One for all of them.
constexpr std::string_view kSomeLeft = "some_left";
constexpr std::size_t kPage = 1000;

wire::Event event_of(std::string_view type, std::string detail, Instant now) {
  wire::Event out;
  out.time = now;
  out.type = type;
  out.actor = "host";
  out.detail = std::move(detail);
  return out;
}

// The newest checkpoint that is over no later event than `last`.
Expected<std::optional<EventPlace>> newest_checkpoint(store::Store& store, EventPlace last) {
  // One is signed at the latest after so many events, except where signing failed.
  constexpr auto kNear = 2 * Journal::kCheckpointEvents;
  std::optional<EventPlace> out;
  for (EventPlace after{last.epoch, last.seq - std::min(last.seq, kNear)};;) {
    const auto page = store.checkpoints(after, kPage);
    if (!page) return std::unexpected(page.error());
    for (const auto& row : *page) {
      if (row.place > last) return out;
      out = row.place;
    }
    if (page->size() < kPage) return out;
    after = page->back().place;
  }
}

// What the pool shows of machines that have left. True: something of it has.
Expected<bool> take_examples_out(store::Store& store, std::int64_t first_day, PoolRow& row) {
  std::vector<Cmid> gone;
  for (const auto& example : row.record.examples) {
    // Whoever was heard on that day stands in the table still.
    if (listed_day(example.time) >= first_day) continue;
    const auto machine = store.machine({row.vendor, row.group}, example.cmid);
    if (!machine) return std::unexpected(machine.error());
    if (!*machine) gone.push_back(example.cmid);
  }
  const auto left = std::erase_if(row.record.examples, [&](const core::PoolExample& example) {
    return std::ranges::find(gone, example.cmid) != gone.end();
  });
  return left > 0;
}

}  // namespace

Expected<EventPlace> log_begins(store::Store& store) {
  const auto text = store.setting(kLogBegins);
  if (!text) return std::unexpected(text.error());
  if (!*text) return EventPlace{};
  const auto place = place_of(kLogBegins, **text);
  if (!place) return fail(ErrorCode::store_corrupt, "the setting log_begins is damaged");
  return *place;
}

Expected<std::optional<std::string>> checkpoint_over(store::Store& store, EventPlace place) {
  if (place.seq == 0) return std::nullopt;
  auto rows = store.checkpoints({place.epoch, place.seq - 1}, 1);
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() || rows->front().place != place) return std::nullopt;
  return std::move(rows->front().jws);
}

Expected<std::optional<ProvedPlace>> proof_of(store::Store& store, const wire::PublicKey& host,
                                              EventPlace place) {
  auto text = checkpoint_over(store, place);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto read = wire::verify_checkpoint(**text, host);
  if (!read || read->epoch != place.epoch || read->seq != place.seq) return std::nullopt;
  return ProvedPlace{std::move(**text), read->hash};
}

Expected<void> Sweep::load(store::Store& store) {
  const auto begins = log_begins(store);
  if (!begins) return std::unexpected(begins.error());
  if (begins->seq > 0) pruning_ = *begins;
  const auto left = store.setting(kMachinesLeft);
  if (!left) return std::unexpected(left.error());
  if (*left) left_ = whole_number<std::uint64_t>(**left).value_or(0);
  return look_for_left(store);
}

Expected<void> Sweep::look_for_left(store::Store& store) {
  const auto some = store.setting(kSomeLeft);
  if (!some) return std::unexpected(some.error());
  some_left_ = some->has_value();
  return {};
}

bool Sweep::step(const SweepHost& host) {
  if (failed_ && host.monotonic - *failed_ < kPatience) return false;
  const auto today = listed_day(host.now);
  const auto done = [&]() -> Expected<bool> {
    if (looked_day_ != today) {
      if (auto looked = look_for_left(host.store); !looked) return std::unexpected(looked.error());
      looked_day_ = today;
    }
    if (keep_.machines.count() > 0 && machines_day_ != today) return machines(host, today);
    if (pruning_) return prune(host);
    if (keep_.events.count() == 0 || events_day_ == today) return false;
    auto more = events(host);
    if (more) events_day_ = today;
    return more;
  }();
  failed_ = done ? std::nullopt : std::optional(host.monotonic);
  return done.value_or(false);
}

// Machines of this group that were heard on this day or later stay.
Expected<std::int64_t> Sweep::first_day(const SweepHost& host, const GroupKey& key) const {
  minutes retention{0};
  const auto there =
      host.store.look(key, [&](const core::Group& group) { retention = group.retention; });
  if (!there) return std::unexpected(there.error());
  return listed_day(host.now - std::max<seconds>(retention, keep_.machines));
}

Expected<bool> Sweep::machines(const SweepHost& host, std::int64_t today) {
  if (!groups_) {
    auto all = host.store.groups();
    if (!all) return std::unexpected(all.error());
    groups_ = std::move(*all);
  }
  while (!groups_->empty()) {
    const auto key = groups_->back();
    const auto first = first_day(host, key);
    if (!first) return std::unexpected(first.error());
    const auto silent = host.store.listed(key, store::ListOrder::contact, {}, std::nullopt, 1);
    if (!silent) return std::unexpected(silent.error());
    if (silent->machines.empty() || silent->machines.front().place.day >= *first) {
      groups_->pop_back();
      continue;
    }
    std::size_t gone = 0;
    auto done = host.in_unit({&key, 1}, [&](LedgerWork& work) -> Expected<void> {
      const auto some = work.unit.forget_machines(key, *first, kMachines);
      if (!some) return std::unexpected(some.error());
      gone = *some;
      if (gone > 0) {
        work.unit.put_setting(kMachinesLeft, std::to_string(left_ + gone));
        work.unit.put_setting(kSomeLeft, format_time(work.now));
      }
      // What is past its retention counts no more, and would leave with the next request.
      std::vector<core::RollKey> changed;
      auto& group = work.unit.group(key);
      if (group.retention.count() > 0) group.roll.expire(work.now, group.retention, changed);
      for (const auto& entry : changed) work.unit.roll_changed(key, entry);
      return {};
    });
    if (!done) return std::unexpected(done.error());
    left_ += gone;
    some_left_ = some_left_ || gone > 0;
    if (gone == 0) groups_->pop_back();
    return true;
  }
  const auto more = pools(host);
  if (!more || *more) return more;
  if (auto done = end_machines(host); !done) return std::unexpected(done.error());
  machines_day_ = today;
  groups_.reset();
  return true;
}

// A pool in which nothing was seen for as long goes too, unless somebody has marked it.
Expected<bool> Sweep::pools(const SweepHost& host) {
  const auto page = host.store.pools(pools_after_, kPools);
  if (!page) return std::unexpected(page.error());
  std::vector<PoolRow> changed;
  std::vector<store::PoolKey> gone;
  for (auto row : *page) {
    const auto first = first_day(host, {row.vendor, row.group});
    if (!first) return std::unexpected(first.error());
    if (!row.record.expected && listed_day(row.record.newest) < *first) {
      gone.push_back(row.key);
      continue;
    }
    const auto taken = take_examples_out(host.store, *first, row);
    if (!taken) return std::unexpected(taken.error());
    if (*taken) changed.push_back(std::move(row));
  }
  if (!gone.empty() || !changed.empty()) {
    auto done = host.in_unit({}, [&](LedgerWork& work) -> Expected<void> {
      for (const auto& key : gone) {
        if (auto left = work.unit.forget_pool(key); !left) return left;
      }
      for (const auto& row : changed) {
        // Another host may have counted meanwhile.
        auto now = work.unit.read_pool(row.key);
        if (!now) return std::unexpected(now.error());
        if (!*now || (*now)->record.count != row.record.count) continue;
        (*now)->record.examples = row.record.examples;
        if (auto put = work.unit.put_pool(**now); !put) return put;
      }
      return {};
    });
    if (!done) return std::unexpected(done.error());
    pools_left_ = pools_left_ || !gone.empty();
  }
  if (page->size() == kPools) {
    pools_after_ = page->back().key;
    return true;
  }
  pools_after_.reset();
  if (!pools_left_) return false;
  if (auto done = host.pools_left(); !done) return std::unexpected(done.error());
  pools_left_ = false;
  return false;
}

Expected<void> Sweep::end_machines(const SweepHost& host) {
  if (left_ == 0) return {};
  auto done = host.in_unit({}, [&](LedgerWork& work) -> Expected<void> {
    std::string detail;
    json::Writer(detail)
        .plain("rule", "keep_machines")
        .number("keep_days", keep_.machines.count())
        .number("machines", static_cast<std::int64_t>(left_))
        .end();
    work.unit.put_setting(kMachinesLeft, "");
    work.journal.append(work.unit, event_of("machines_left", std::move(detail), work.now));
    return {};
  });
  if (done) left_ = 0;
  return done;
}

Expected<std::optional<EventPlace>> Sweep::place_to_cut(const SweepHost& host) const {
  auto last = place_before(host.store, host.now - keep_.events);
  if (!last) return std::unexpected(last.error());
  *last = std::min(*last, host.counted.at);
  if (!keep_.events_held_by.empty()) {
    const auto text = host.store.setting(keep_.events_held_by);
    if (!text) return std::unexpected(text.error());
    const auto taken = *text ? place_of(keep_.events_held_by, **text) : EventPlace{};
    *last = std::min(*last, taken.value_or(EventPlace{}));
  }
  if (last->seq == 0) return std::nullopt;
  return newest_checkpoint(host.store, *last);
}

// Says what is to leave. Whoever asks from then on is told that it has.
Expected<bool> Sweep::events(const SweepHost& host) {
  if (host.log_wrong || host.counted.broken) return false;
  const auto cut = place_to_cut(host);
  if (!cut) return std::unexpected(cut.error());
  if (!*cut) return false;
  const auto first = host.store.events({}, 1);
  if (!first) return std::unexpected(first.error());
  if (first->empty() || first->front().place > **cut) return false;
  auto done = host.in_unit({}, [&](LedgerWork& work) -> Expected<void> {
    std::string detail;
    json::Writer(detail)
        .plain("rule", "keep_events")
        .number("keep_days", keep_.events.count())
        .plain("first", cursor_of(first->front().place))
        .plain("last", cursor_of(**cut))
        .end();
    work.unit.put_setting(kLogBegins, cursor_of(**cut));
    work.journal.append(work.unit, event_of("events_pruned", std::move(detail), work.now));
    return {};
  });
  if (!done) return std::unexpected(done.error());
  pruning_ = **cut;
  return true;
}

Expected<bool> Sweep::prune(const SweepHost& host) {
  bool more = false;
  auto done = host.in_unit({}, [&](LedgerWork& work) -> Expected<void> {
    const auto rest = work.unit.forget_events(*pruning_, kEvents);
    if (!rest) return std::unexpected(rest.error());
    more = *rest;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  if (!more) pruning_.reset();
  return true;
}

}  // namespace muster::service
