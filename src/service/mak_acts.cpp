#include "service/mak_acts.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/admin_json.h"

namespace muster::service {
namespace {

// The detail of an act on a key: {"vendor","mak", ...} and what `more` adds.
template <class More>
std::string detail_of(const MakId& key, const More& more) {
  std::string out;
  json::Writer writer(out);
  writer.plain("vendor", key.vendor).plain("mak", key.id);
  more(writer);
  writer.end();
  return out;
}

core::EventPlace log_act(LedgerWork& work, std::string_view type, std::string detail, Actor actor) {
  wire::Event event;
  event.time = work.now;
  event.type = type;
  event.actor = actor;
  event.detail = std::move(detail);
  const auto place = work.journal.append(work.unit, std::move(event));
  return {place.epoch, place.seq};
}

Expected<MakRing::Entry> find_key(const HostService& service, std::string_view id) {
  auto entry = service.maks()->find(id);
  if (entry) return entry;
  return fail(ErrorCode::not_found,
              fmt::format("the ledger keeps no multiple activation key '{}'", id));
}

Expected<core::KeyRecord> read_record(LedgerWork& work, const MakId& key) {
  auto record = work.unit.read_key(key);
  if (!record) return std::unexpected(record.error());
  if (*record) return **record;
  return fail(ErrorCode::store_corrupt, "the ledger has no record of a key");
}

// The ledger and the vendor fit, whoever brings it.
Expected<void> check_fit(const HostService& service, const wire::Mak& mak) {
  if (mak.ledger != service.ledger()) {
    return fail(ErrorCode::wrong_ledger, fmt::format("the key is for the ledger {}, this one is {}",
                                                     hex(mak.ledger), hex(service.ledger())));
  }
  const auto keys = service.keys();
  const auto* served = keys->find(mak.product, mak.vendor_id);
  if (served == nullptr) {
    return fail(ErrorCode::product_not_served,
                fmt::format("no host key of {} for '{}' is installed", mak.vendor, mak.product));
  }
  // That the vendor of the host key has signed this too.
  if (const auto same = wire::read_host_key(served->key.text, {mak.root}); !same) {
    return std::unexpected(same.error());
  }
  const auto now = service.now();
  // What is sold before that verifies nowhere.
  if (mak.issued > now + served->key.policy.clock_skew) {
    return fail(ErrorCode::not_yet_valid,
                fmt::format("it was issued at {}, and this host's clock shows {}; set it right",
                            format_time(mak.issued), format_time(now)));
  }
  if (mak.policy.expires && now >= *mak.policy.expires) {
    return fail(ErrorCode::mak_expired,
                fmt::format("it ended at {}", format_time(*mak.policy.expires)));
  }
  return {};
}

Expected<void> check_successor(const wire::Mak& held, const wire::Mak& next) {
  if (held.key_hash == next.key_hash && held.product == next.product && next.issued > held.issued) {
    return {};
  }
  return fail(ErrorCode::conflict,
              "the ledger keeps a key with this id, and this document is none that follows it");
}

// Places that may be the machine's; where one is named, that one.
Expected<void> read_held(LedgerWork& work, const MakId& key, const Cmid& cmid,
                         std::optional<std::uint32_t> number, std::vector<core::KeyPlace>& out) {
  if (!number) return work.unit.read_places(key, cmid, {}, out);
  auto row = work.unit.read_place(key, *number);
  if (!row) return std::unexpected(row.error());
  if (*row) out.push_back(std::move(**row));
  return {};
}

// The machine's place among those that were read; a copy of a machine holds one of its own.
Expected<core::KeyPlace> held_by(const std::vector<core::KeyPlace>& near, const Cmid& cmid,
                                 std::optional<std::uint32_t> number) {
  std::vector<core::KeyPlace> held;
  std::ranges::copy_if(near, std::back_inserter(held), [&](const core::KeyPlace& place) {
    return place.cmid == cmid && !place.released && (!number || place.number == *number);
  });
  if (held.empty()) {
    return fail(
        ErrorCode::no_place,
        number ? fmt::format("{} does not hold place {}", cmid.text(), *number) : cmid.text());
  }
  if (held.size() == 1) return held.front();
  std::string numbers;
  for (const auto& place : held) {
    numbers += fmt::format("{}{}", numbers.empty() ? "" : ", ", place.number);
  }
  return fail(ErrorCode::conflict,
              fmt::format("machines with this CMID hold the places {}; name one", numbers));
}

}  // namespace

Expected<AddedMak> add_mak(HostService& service, std::string_view text, Actor actor) {
  auto mak = wire::read_mak(text, {});
  if (!mak) return std::unexpected(mak.error());
  if (auto fits = check_fit(service, *mak); !fits) return std::unexpected(fits.error());
  const auto name = mak->name();
  AddedMak out;
  const auto done = service.in_unit({&name, 1}, [&](LedgerWork& work) -> Expected<void> {
    const auto held = service.maks()->find(name.id);
    if (held && held->mak.text == mak->text) {
      out.entry = held;
      return {};
    }
    if (held) {
      if (auto follows = check_successor(held->mak, *mak); !follows) return follows;
    }
    auto stored = work.unit.read_key(name);
    if (!stored) return std::unexpected(stored.error());
    auto record = stored->value_or(core::KeyRecord{});
    // Before that it may have been sold by what this host has forgotten.
    if (!*stored && mak->issued <= work.restored_before) record.behind = true;
    if (auto put = work.unit.put_key(name, record); !put) return put;
    work.unit.put_setting(mak_setting(name), mak->text);
    log_act(work, "mak_added",
            detail_of(name,
                      [&](json::Writer& writer) {
                        writer.plain("product", mak->product).number("limit", mak->policy.limit);
                        writer.text("end", mak->key_end);
                      }),
            actor);
    out.entry = std::make_shared<InstalledMak>(*mak, record);
    out.is_new = true;
    work.committed = [&service, entry = out.entry] { service.add_to_ring(entry); };
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Expected<ReleasedPlace> release_place(HostService& service, std::string_view id, const Cmid& cmid,
                                      std::optional<std::uint32_t> place, Actor actor) {
  const auto entry = find_key(service, id);
  if (!entry) return std::unexpected(entry.error());
  const auto& policy = (*entry)->mak.policy;
  const auto name = (*entry)->mak.name();
  ReleasedPlace out;
  const auto done = service.in_unit({&name, 1}, [&](LedgerWork& work) -> Expected<void> {
    auto record = read_record(work, name);
    if (!record) return std::unexpected(record.error());
    std::vector<core::KeyPlace> near;
    if (auto read = read_held(work, name, cmid, place, near); !read) return read;
    // A key that allows none is refused for that, whatever the machine holds.
    if (policy.release == Release::never) return fail(ErrorCode::release_not_allowed);
    auto held = held_by(near, cmid, place);
    if (!held) return std::unexpected(held.error());
    if (auto freed = core::release(policy, *record, *held, work.now); !freed) return freed;
    held->last_event =
        log_act(work, "mak_released",
                detail_of(name,
                          [&](json::Writer& writer) {
                            writer.number("place", held->number).number("turn", held->turn);
                            writer.cmid("cmid", cmid).number("used", record->used());
                          }),
                actor);
    if (auto put = work.unit.put_key(name, *record); !put) return put;
    if (auto put = work.unit.put_place(name, *held); !put) return put;
    out = {held->number, record->used(), policy.limit};
    work.committed = [entry = *entry, after = *record] { entry->show(after); };
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Expected<core::KeyRecord> reconcile_mak(HostService& service, std::string_view id,
                                        std::uint32_t used, bool restored, Actor actor) {
  const auto entry = find_key(service, id);
  if (!entry) return std::unexpected(entry.error());
  const auto& policy = (*entry)->mak.policy;
  const auto name = (*entry)->mak.name();
  core::KeyRecord out;
  const auto done = service.in_unit({&name, 1}, [&](LedgerWork& work) -> Expected<void> {
    auto record = read_record(work, name);
    if (!record) return std::unexpected(record.error());
    const auto before = *record;
    if (!before.behind && !restored) {
      return fail(ErrorCode::conflict,
                  "no machine has shown that this host was restored, and what is counted too much "
                  "stays used; where it was restored, say that too (restored)");
    }
    std::vector<core::KeyPlace> released;
    const auto wanted = core::places_forgotten(policy, before, used);
    if (auto read = work.unit.read_released(name, wanted, released); !read) return read;
    const auto taken = core::reconcile(policy, *record, used, released, work.now);
    if (!taken) return std::unexpected(taken.error());
    log_act(work, "mak_reconciled",
            detail_of(name,
                      [&](json::Writer& writer) {
                        writer.number("used", record->used()).number("used_before", before.used());
                        writer.truth("behind_before", before.behind);
                      }),
            actor);
    if (auto put = work.unit.put_key(name, *record); !put) return put;
    for (const auto& place : *taken) {
      if (auto put = work.unit.put_place(name, place); !put) return put;
    }
    out = *record;
    work.committed = [entry = *entry, after = out] { entry->show(after); };
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Expected<core::KeyRecord> block_mak(HostService& service, std::string_view id, bool blocked,
                                    Actor actor) {
  const auto entry = find_key(service, id);
  if (!entry) return std::unexpected(entry.error());
  const auto name = (*entry)->mak.name();
  core::KeyRecord out;
  const auto done = service.in_unit({&name, 1}, [&](LedgerWork& work) -> Expected<void> {
    auto record = read_record(work, name);
    if (!record) return std::unexpected(record.error());
    out = *record;
    if (record->blocked == blocked) return {};
    out.blocked = blocked;
    log_act(work, blocked ? "mak_blocked" : "mak_unblocked", detail_of(name, [](json::Writer&) {}),
            actor);
    if (auto put = work.unit.put_key(name, out); !put) return put;
    work.committed = [entry = *entry, after = out] { entry->show(after); };
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

}  // namespace muster::service
