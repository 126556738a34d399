#include "core/ledger.h"

#include <algorithm>
#include <string>

namespace muster::core {
namespace {

bool same_hardware(const Facts& a, const Facts& b, Match match) {
  if (same_machine(a, b, match)) return true;
  const auto* uuid = a.find("product_uuid");
  const auto* other = b.find("product_uuid");
  return uuid != nullptr && other != nullptr && *uuid == *other;
}

std::size_t agreeing(const Facts& a, const Facts& b) {
  return static_cast<std::size_t>(std::ranges::count_if(a, [&](const Fact& fact) {
    const auto* other = b.find(fact.kind);
    return other != nullptr && *other == fact.value;
  }));
}

// Which of a machine's places is its own: of its CMID rather than of an earlier installation, then
// the one that agrees most, then the first.
struct Closeness {
  bool same_cmid = false;
  std::size_t agreeing = 0;
  std::uint32_t number = 0;
  [[nodiscard]] bool before(const Closeness& other) const {
    if (same_cmid != other.same_cmid) return same_cmid;
    if (agreeing != other.agreeing) return agreeing > other.agreeing;
    return number < other.number;
  }
};

// The place that the machine holds already, or null.
const KeyPlace* held_place(const MakPolicy& policy, const KeyAsk& ask, const KeyRows& rows) {
  const KeyPlace* out = nullptr;
  Closeness best;
  for (const auto& place : rows.near) {
    if (place.released) continue;
    const bool again = place.cmid == ask.cmid && same_machine(place.facts, ask.facts, policy.match);
    const bool anew = policy.reactivation == Reactivation::free &&
                      same_hardware(place.facts, ask.facts, policy.match);
    if (!again && !anew) continue;
    const Closeness close{again, agreeing(place.facts, ask.facts), place.number};
    if (out == nullptr || close.before(best)) {
      out = &place;
      best = close;
    }
  }
  return out;
}

KeyPlace place_of(std::uint32_t number, std::uint32_t turn, const KeyAsk& ask, Instant sold,
                  Instant now) {
  KeyPlace out;
  out.number = number;
  out.turn = turn;
  out.cmid = ask.cmid;
  out.facts = ask.facts;
  out.sold = sold;
  out.asked = now;
  return out;
}

class Deciding {
 public:
  Deciding(const MakPolicy& policy, const KeyRecord& record, const KeyAsk& ask, const KeyRows& rows,
           Instant now)
      : policy_(policy), ask_(ask), rows_(rows), now_(now) {
    out_.record = record;
  }

  KeyDecision run() {
    if (out_.record.blocked) return refuse(ErrorCode::mak_unknown);
    if (ask_.shown && same_hardware(ask_.shown->facts, ask_.facts, policy_.match) &&
        ask_.shown->number <= policy_.limit && look_at_shown(*ask_.shown)) {
      return std::move(out_);
    }
    if (const auto* held = held_place(policy_, ask_, rows_)) return keep(*held);
    if (ask_.look_only) return refuse(two_ ? ErrorCode::ledger_behind : ErrorCode::no_place);
    return sell();
  }

 private:
  KeyDecision refuse(ErrorCode code) {
    out_.error = code;
    return std::move(out_);
  }

  // True: the machine has its place back, which the ledger had forgotten.
  bool look_at_shown(const ShownPlace& shown) {
    const auto* row = rows_.shown;
    if (row == nullptr) {
      if (shown.number > out_.record.sold) find_behind();
      return restore(shown);
    }
    const bool forgotten = row->facts.empty() && row->cmid == Cmid{};
    if (forgotten && row->turn <= shown.turn) return restore(shown);
    if (row->turn < shown.turn) {
      find_behind();
      return restore(shown);
    }
    // Two machines with one place: it was sold again after the ledger had forgotten the first.
    two_ = row->turn == shown.turn && !row->released &&
           !same_hardware(row->facts, shown.facts, policy_.match);
    if (two_ && shown.sold >= out_.record.reconciled) find_behind();
    return false;
  }

  void find_behind() {
    out_.found_behind = true;
    out_.record.behind = true;
  }

  bool restore(const ShownPlace& shown) {
    if (!ask_.look_only) {
      out_.record.sold = std::max(out_.record.sold, shown.number);
      if (rows_.shown != nullptr && rows_.shown->released) --out_.record.released;
    }
    out_.gain = Gain::restored;
    out_.place = place_of(shown.number, shown.turn, ask_, shown.sold, now_);
    return true;
  }

  KeyDecision keep(const KeyPlace& held) {
    auto place = held;
    place.asked = now_;
    const bool again =
        held.cmid == ask_.cmid && same_machine(held.facts, ask_.facts, policy_.match);
    if (again) {
      // Kinds that were not known when it was sold; the others stay.
      for (const auto& fact : ask_.facts) place.facts.add(fact.kind, fact.value);
    } else {
      place.cmid = ask_.cmid;
      place.facts = ask_.facts;
    }
    out_.gain = again ? Gain::again : Gain::reinstalled;
    out_.place = std::move(place);
    return std::move(out_);
  }

  KeyDecision sell() {
    auto& record = out_.record;
    if (policy_.expires && now_ >= *policy_.expires) return refuse(ErrorCode::mak_expired);
    if (record.used() >= policy_.limit) return refuse(ErrorCode::limit_reached);
    if (record.behind) return refuse(ErrorCode::ledger_behind);
    if (record.sold < policy_.limit) {
      out_.place = place_of(++record.sold, 1, ask_, now_, now_);
    } else if (rows_.released != nullptr && rows_.released->number <= policy_.limit) {
      --record.released;
      out_.place = place_of(rows_.released->number, rows_.released->turn + 1, ask_, now_, now_);
    } else {
      return refuse(ErrorCode::limit_reached);
    }
    out_.gain = Gain::sold;
    return std::move(out_);
  }

  const MakPolicy& policy_;
  const KeyAsk& ask_;
  const KeyRows& rows_;
  const Instant now_;
  bool two_ = false;  // another machine holds the place that this one shows
  KeyDecision out_;
};

}  // namespace

std::string_view name_of(Gain gain) {
  switch (gain) {
    case Gain::sold: return "sold";
    case Gain::again: return "again";
    case Gain::reinstalled: return "reinstalled";
    case Gain::restored: return "restored";
  }
  return "";
}

KeyDecision decide(const MakPolicy& policy, const KeyRecord& record, const KeyAsk& ask,
                   const KeyRows& rows, Instant now) {
  return Deciding(policy, record, ask, rows, now).run();
}

Expected<void> release(const MakPolicy& policy, KeyRecord& record, KeyPlace& place, Instant now) {
  if (policy.release == Release::never) return fail(ErrorCode::release_not_allowed);
  if (place.released) {
    return fail(ErrorCode::no_place, "place " + std::to_string(place.number) + " was released at " +
                                         format_time(*place.released));
  }
  place.released = now;
  ++record.released;
  return {};
}

std::uint32_t places_forgotten(const MakPolicy& policy, const KeyRecord& record,
                               std::uint32_t used) {
  const auto highest = std::uint64_t{used} + record.released;
  return highest > policy.limit ? static_cast<std::uint32_t>(highest - policy.limit) : 0;
}

Expected<std::vector<KeyPlace>> reconcile(const MakPolicy& policy, KeyRecord& record,
                                          std::uint32_t used, std::span<const KeyPlace> released,
                                          Instant now) {
  if (used < record.used()) {
    return fail(ErrorCode::conflict, "the ledger itself counts " + std::to_string(record.used()) +
                                         " places that are used");
  }
  if (used > policy.limit) {
    return fail(ErrorCode::conflict, "the key's limit is " + std::to_string(policy.limit));
  }
  const auto taken = places_forgotten(policy, record, used);
  if (released.size() < taken) {
    return fail(ErrorCode::internal, "the released places are not there");
  }
  std::vector<KeyPlace> out;
  for (const auto& place : released.first(taken)) {
    out.push_back(place_of(place.number, place.turn + 1, KeyAsk{}, now, now));
    out.back().last_event = place.last_event;
  }
  record.released -= taken;
  record.sold = std::max(record.sold, used + record.released);
  record.behind = false;
  record.reconciled = now;
  return out;
}

int warning_level(std::uint32_t used, std::uint32_t limit) {
  for (const int level : {100, 95, 80}) {
    if (std::uint64_t{used} * 100 >= std::uint64_t{limit} * static_cast<unsigned>(level)) {
      return level;
    }
  }
  return 0;
}

}  // namespace muster::core
