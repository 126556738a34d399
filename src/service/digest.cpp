#include "service/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "service/chain_patrol.h"
#include "wire/json.h"

namespace muster::service {
namespace {

using core::EventPlace;
using store::EventRow;

// {"epoch","seq","hash","checked","broken_epoch","broken_seq"}
constexpr std::string_view kSetting = "digest";
constexpr std::size_t kForget = 2'000;
// What comes when there are as many pools as are kept.
constexpr std::string_view kOther = "...";

std::string text_of(const DigestState& state) {
  std::string out;
  wire::json::Writer writer(out);
  writer.number("epoch", state.at.epoch)
      .number("seq", static_cast<std::int64_t>(state.at.seq))
      .bytes("hash", state.hash)
      .time("checked", state.checked);
  if (state.broken) {
    writer.number("broken_epoch", state.broken->epoch)
        .number("broken_seq", static_cast<std::int64_t>(state.broken->seq));
  }
  writer.end();
  return out;
}

Expected<DigestState> read_state(std::string_view text) {
  wire::json::Tree tree;
  if (!tree.parse(text, 1024))
    return fail(ErrorCode::store_corrupt, "the setting digest is damaged");
  wire::json::Claims claims(tree, tree.root(), ErrorCode::store_corrupt);
  DigestState out;
  out.at = {claims.count("epoch"), claims.place("seq")};
  out.hash = claims.bytes<32>("hash");
  out.checked = claims.time("checked");
  if (claims.has("broken_seq")) {
    out.broken = EventPlace{claims.count("broken_epoch"), claims.place("broken_seq")};
  }
  if (!claims.ok()) return claims.failure();
  return out;
}

// Takes one more event. Where a log that was pruned begins, nothing is known of what came before.
void check(DigestState& state, const EventRow& row, const std::optional<wire::Event>& event) {
  const bool begins = state.at == EventPlace{} && row.place.seq != 1;
  const bool named =
      event && event->epoch == row.place.epoch && event->seq == row.place.seq &&
      (begins || event->prev == first16(row.place.seq == 1 ? Bytes32{} : state.hash));
  const bool fits = named && (begins || !wrong_with(row, state.at, state.hash));
  if (!fits && !state.broken) state.broken = row.place;
  state.at = row.place;
  state.hash = row.hash;
}

}  // namespace

std::int32_t month_of(Instant time) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
  return (static_cast<int>(date.year()) - 1970) * 12 +
         static_cast<std::int32_t>(static_cast<unsigned>(date.month())) - 1;
}

Bytes16 pool_id(const Hmac& salt, std::string_view vendor, std::string_view group,
                std::string_view pattern, std::string_view subnet) {
  // No part but the pattern can hold a line's end, and no text does.
  return first16(
      salt.of(as_bytes(fmt::format("pool\n{}\n{}\n{}\n{}", vendor, group, pattern, subnet))));
}

// What a step will write.
struct Digest::Work {
  struct Evidence {
    store::PoolRow pool;  // without its record
    core::PoolExample example;
  };
  DigestState state;
  std::vector<Evidence> evidence;
  std::vector<std::pair<store::UsageKey, Bytes16>> members;
  std::map<Bytes16, std::string> names;  // that were read
  std::int32_t month = 0;
};

Expected<void> Digest::load(store::Store& store) {
  const auto text = store.setting(kSetting);
  if (!text) return std::unexpected(text.error());
  if (*text) {
    const auto state = read_state(**text);
    if (!state) return std::unexpected(state.error());
    state_ = *state;
  }
  return load_pools(store);
}

Expected<void> Digest::load_pools(store::Store& store) {
  std::set<Bytes16> found;
  for (std::optional<store::PoolKey> after;;) {
    const auto page = store.pools(after, 1000);
    if (!page) return std::unexpected(page.error());
    for (const auto& row : *page) found.insert(row.key.id);
    if (page->size() < 1000) break;
    after = page->back().key;
  }
  pools_ = std::move(found);
  return {};
}

Expected<void> Digest::read_evidence(store::Store& store, const Hmac& salt, const EventRow& row,
                                     const wire::Event& event, Work& work) {
  const auto evidence = core::evidence_of(event.evidence);
  if (!evidence || !core::is_news(*evidence) || !event.cmid) return {};
  const auto value = [&](const std::optional<Bytes16>& hash) -> Expected<std::string> {
    if (!hash) return std::string();
    if (const auto at = work.names.find(*hash); at != work.names.end()) return at->second;
    auto found = store.name(*hash);
    if (!found) return std::unexpected(found.error());
    return work.names[*hash] = std::move(*found).value_or("");
  };
  const auto name = value(event.name);
  if (!name) return std::unexpected(name.error());
  const auto address = value(event.address);
  if (!address) return std::unexpected(address.error());
  auto& out = work.evidence.emplace_back();
  out.pool.vendor = event.vendor;
  out.pool.group = event.group;
  out.pool.pattern = core::name_pattern(*name);
  out.pool.subnet = core::subnet_of(*address);
  out.pool.key = {pool_id(salt, event.vendor, event.group, out.pool.pattern, out.pool.subnet),
                  *evidence};
  out.example = {.cmid = *event.cmid,
                 .name_hash = event.name.value_or(Bytes16{}),
                 .time = event.time,
                 .event = row.place};
  return {};
}

Expected<bool> Digest::step(store::Store& store, const Hmac& salt, EventPlace logged,
                            std::chrono::milliseconds monotonic, Instant now) {
  if (logged <= state_.at) return false;
  const bool many = logged.epoch != state_.at.epoch || logged.seq - state_.at.seq >= kEvents;
  if (!last_) last_ = monotonic;
  if (!many && monotonic - *last_ < kPatience) return false;
  const auto rows = store.events(state_.at, kEvents);
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return false;
  Work work;
  work.state = state_;
  for (const auto& row : *rows) {
    const auto event = wire::parse_event_line(row.line);
    check(work.state, row, event ? std::optional(*event) : std::nullopt);
    if (!event) continue;
    work.month = month_of(event->time);
    if (event->type != "activation") continue;
    if (auto done = read_evidence(store, salt, row, *event, work); !done) {
      return std::unexpected(done.error());
    }
    if (!event->activated || !event->cmid) continue;
    const store::UsageKey key{event->vendor, event->product, work.month, false};
    work.members.emplace_back(key, event->cmid->bytes);
    // Without facts nothing but the CMID tells it from another.
    work.members.emplace_back(store::UsageKey{key.vendor, key.product, key.month, true},
                              event->machine.value_or(event->cmid->bytes));
  }
  work.state.checked = now;
  if (auto done = commit(store, work); !done) return std::unexpected(done.error());
  last_ = monotonic;
  return state_.at < logged;
}

// `known` gains the ids of pools that are new.
Expected<void> Digest::put_pools(store::Unit& unit, const Work& work,
                                 std::set<Bytes16>& known) const {
  std::map<store::PoolKey, store::PoolRow> rows;
  for (const auto& [found, example] : work.evidence) {
    auto pool = found;
    if (!pools_.contains(pool.key.id) && !known.contains(pool.key.id) &&
        pools_.size() + known.size() >= kPoolsMost) {
      // A client chooses its own name. The id is that of no other pool: no pattern is as long.
      pool.pattern = kOther;
      pool.subnet.clear();
      pool.key.id = first16(sha256(as_bytes(pool.vendor + "\n" + pool.group)));
    }
    if (!pools_.contains(pool.key.id)) known.insert(pool.key.id);
    auto at = rows.find(pool.key);
    if (at == rows.end()) {
      auto row = unit.read_pool(pool.key);
      if (!row) return std::unexpected(row.error());
      at = rows.emplace(pool.key, *row ? std::move(**row) : std::move(pool)).first;
    }
    at->second.record.add(example);
  }
  for (const auto& [key, row] : rows) {
    if (auto done = unit.put_pool(row); !done) return done;
  }
  return {};
}

Expected<void> Digest::commit(store::Store& store, const Work& work) {
  auto unit = store.open({});
  if (!unit) return std::unexpected(unit.error());
  std::set<Bytes16> known;
  auto done = put_pools(**unit, work, known);
  for (const auto& [key, member] : work.members) {
    if (done) done = (*unit)->count_once(key, member);
  }
  bool forgotten = forgotten_ >= work.month;
  if (done && !forgotten) {
    const auto more = (*unit)->forget_members(work.month, kForget);
    if (!more) done = std::unexpected(more.error());
    forgotten = more && !*more;
  }
  (*unit)->put_setting(kSetting, text_of(work.state));
  if (done) done = (*unit)->commit();
  if (!done) return done;
  state_ = work.state;
  pools_.merge(known);
  if (forgotten) forgotten_ = work.month;
  return {};
}

}  // namespace muster::service
