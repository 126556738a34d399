// The ledger's part of the host: its id, its keys, and units that work on them.
#include <fmt/format.h>

#include <map>

#include "service/host_service.h"

namespace muster::service {
namespace {

constexpr std::string_view kMakPrefix = "mak/";
// Set in the unit in which a machine showed that this host was restored, until every key is marked.
constexpr std::string_view kHostBehind = "host_behind";
// Before when this host was restored, as a machine has shown.
constexpr std::string_view kRestoredSeen = "restored_seen";

}  // namespace

std::string mak_setting(const MakId& key) {
  return fmt::format("{}{}/{}", kMakPrefix, key.vendor, key.id);
}

Expected<void> HostService::read_ledger() {
  opened_ = clock_guard_.now();
  const auto ledger = secret("ledger");
  if (!ledger) return std::unexpected(ledger.error());
  ledger_ = first16(*ledger);
  const auto behind = store_.setting(kHostBehind);
  if (!behind) return std::unexpected(behind.error());
  keys_to_mark_ = behind->has_value();
  const auto restored = store_.setting(kRestoredSeen);
  if (!restored) return std::unexpected(restored.error());
  if (*restored) restored_before_ = parse_time(**restored).value_or(Instant{});

  const auto documents = store_.settings(kMakPrefix);
  if (!documents) return std::unexpected(documents.error());
  const auto records = store_.keys();
  if (!records) return std::unexpected(records.error());
  auto ring = std::make_shared<const MakRing>();
  for (const auto& [name, text] : *documents) {
    auto mak = wire::read_mak(text, {});
    if (!mak) return fail(ErrorCode::store_corrupt, fmt::format("the setting {} is damaged", name));
    core::KeyRecord record;
    for (const auto& [key, stored] : *records) {
      if (key == mak->name()) record = stored;
    }
    ring = ring->with(std::make_shared<InstalledMak>(std::move(*mak), record));
  }
  maks_ = std::move(ring);
  return {};
}

void HostService::follow_keys() {
  const auto records = store_.keys();
  if (!records) return;
  const auto ring = maks();
  std::map<MakId, core::KeyRecord> added;
  for (const auto& [name, record] : *records) {
    const auto entry = ring->find(name.id);
    if (entry && entry->mak.name() == name) {
      entry->show(record);
    } else {
      added[name] = record;
    }
  }
  for (const auto& [name, record] : added) {
    const auto text = store_.setting(mak_setting(name));
    if (!text || !*text) continue;
    auto mak = wire::read_mak(**text, {});
    if (mak) add_to_ring(std::make_shared<InstalledMak>(std::move(*mak), record));
  }
}

std::shared_ptr<const MakRing> HostService::maks() const {
  const std::scoped_lock lock(state_mutex_);
  return maks_;
}

void HostService::add_to_ring(MakRing::Entry entry) {
  const std::scoped_lock lock(state_mutex_);
  maks_ = maks_->with(std::move(entry));
}

Expected<void> HostService::in_unit(std::span<const MakId> keys, const UnitWork& work) {
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  if (clock_guard_.suspect()) return fail(ErrorCode::clock_suspect, clock_guard_.reason());
  if (auto marked = mark_keys_behind(); !marked) return marked;
  return one_unit({}, keys, work);
}

Expected<void> HostService::in_unit_of_all(const UnitWork& work) {
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  const auto groups = store_.groups();
  if (!groups) return std::unexpected(groups.error());
  return one_unit(*groups, {}, work);
}

Expected<void> HostService::one_unit(std::span<const GroupKey> groups, std::span<const MakId> keys,
                                     const UnitWork& work) {
  bool failed = false;
  auto done = try_unit(groups, keys, work, failed);
  if (failed) set_store_error(done.error());
  return done;
}

// Where other hosts were in the way the work is done again, on what they have left, as a batch is
// decided again: so whatever it leaves outside the unit it must leave anew.
Expected<void> HostService::try_unit(std::span<const GroupKey> groups, std::span<const MakId> keys,
                                     const UnitWork& work, bool& failed) {
  constexpr int kTries = 5;
  for (int tries = 1;; ++tries) {
    auto now = clock_guard_.now();
    auto unit = open_unit(groups, keys, now);
    failed = !unit;
    if (!unit) return std::unexpected(unit.error());
    LedgerWork doing{**unit, journal_, name_salt_, now, disk_low_, restored_before_, {}};
    auto outcome = work(doing);
    if (outcome) {
      outcome = (*unit)->commit();
      failed = !outcome;
    }
    if (outcome) {
      committed();
      if (doing.committed) doing.committed();
      return outcome;
    }
    journal_.roll_back();
    const bool again = outcome.error().code == ErrorCode::store_unavailable &&
                       (*unit)->was_in_the_way() && tries < kTries;
    if (!again) return outcome;
  }
}

// A host that was restored may have sold places that its ledger does not know of. It was restored
// before it was opened, so what was reconciled since is no news, however many machines still come
// with newer tickets.
Expected<void> HostService::mark_keys_behind() {
  if (!keys_to_mark_) return {};
  const auto ring = maks();
  const auto names = ring->names();
  std::vector<MakRing::Entry> marked;
  auto done = one_unit({}, names, [&](LedgerWork& work) -> Expected<void> {
    marked.clear();
    for (const auto& entry : ring->all()) {
      auto record = work.unit.read_key(entry->mak.name());
      if (!record) return std::unexpected(record.error());
      if (!*record || (*record)->behind || (*record)->reconciled >= opened_) continue;
      (*record)->behind = true;
      if (auto put = work.unit.put_key(entry->mak.name(), **record); !put) return put;
      wire::Event event;
      event.time = work.now;
      event.type = "ledger_behind";
      event.actor = "host";
      event.detail = fmt::format(R"({{"vendor":"{}","mak":"{}","evidence":"host_behind"}})",
                                 entry->mak.vendor_id, entry->mak.id);
      work.journal.append(work.unit, std::move(event));
      marked.push_back(entry);
    }
    work.unit.put_setting(kHostBehind, "");
    return {};
  });
  if (!done) return done;
  for (const auto& entry : marked) entry->behind = true;
  keys_to_mark_ = false;
  return {};
}

// A key that was issued before that, and is added anew, may have been sold already.
void HostService::note_behind(store::Unit& unit) {
  unit.put_setting(kRestoredSeen, format_time(opened_));
  if (!maks()->all().empty()) unit.put_setting(kHostBehind, format_time(opened_));
}

void HostService::behind_noted() {
  restored_before_ = opened_;
  keys_to_mark_ = !maks()->all().empty();
  // Where this fails no key sells before it was done: in_unit() begins with it.
  [[maybe_unused]] const auto marked = mark_keys_behind();
}

}  // namespace muster::service
