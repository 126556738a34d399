#include "lab/testing/oracle.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "wire/json.h"
#include "wire/jws.h"

namespace muster::lab::testing {
namespace {

constexpr std::size_t kClaimsMost = 64 * 1024;
constexpr std::size_t kPage = 1000;

// Which computer asks, whatever its disk says.
std::string hardware_of(const Facts& facts) {
  const auto* value = facts.find("product_uuid");
  return value == nullptr ? std::string() : base64url(*value);
}

std::uint64_t number_of(const std::array<std::uint8_t, 24>& ticket) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8; ++i) out = out << 8U | ticket.at(i);
  return out;
}

// What a document says, unproved: the client has to prove it.
struct Claims {
  std::string cmid, product;
  Instant issued{}, from{}, until{};
  Bytes16 nonce{};
  std::uint32_t count = 0, threshold = 0, place = 0, turn = 0;
  store::EventPlace event;
  Bytes16 hash{};
};

Expected<Claims> read_claims(std::string_view text, std::string_view typ) {
  const auto jws = wire::parse_jws(text, typ);
  if (!jws) return std::unexpected(jws.error());
  wire::json::Tree tree;
  if (auto parsed = tree.parse(jws->payload, kClaimsMost); !parsed) {
    return std::unexpected(parsed.error());
  }
  wire::json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  Claims out;
  out.cmid = claims.cmid("sub").text();
  out.product = claims.id("aud");
  out.issued = claims.numeric_date("iat");
  out.from = claims.numeric_date("nbf");
  out.nonce = claims.bytes<16>("nonce");
  if (claims.has("exp")) {
    out.until = claims.numeric_date("exp");
    out.count = claims.count("count");
    out.threshold = claims.count("threshold");
  } else {
    out.place = claims.count("place");
    out.turn = claims.count("turn");
  }
  auto log = claims.object("log");
  out.event = {log.count("epoch"), log.place("seq")};
  out.hash = log.bytes<16>("hash");
  claims.take(log);
  if (!claims.ok()) return claims.failure();
  return out;
}

}  // namespace

template <class... Args>
void Oracle::accuse(std::string_view format, const Args&... args) {
  if (!wrong_) wrong_ = fmt::format(fmt::runtime(format), args...);
}

Oracle::Oracle(Rules rules) : rules_(std::move(rules)) {
  for (const auto& [id, product] : rules_.products) {
    groups_[product.group].retention = product.policy.retention;
  }
}

void Oracle::clock_says(Instant wall) {
  wall_ = wall;
  newest_wall_ = std::max(newest_wall_, wall);
}

void Oracle::answered(const wire::ActivationRequest& request, int status, std::string_view answer) {
  if (wrong_ || status != 200) return;
  const auto said = wire::decode_answer(answer);
  if (!said) return accuse("an answer that is none: {}", said.error().sentence());
  const auto cmid = request.cmid.text();
  if (clock_distrusted_) return accuse("{}: answered while the host's clock is suspect", cmid);
  if (said->time < newest_answer_) return accuse("{}: the host's time ran backwards", cmid);
  if (said->time < wall_ || said->time > newest_wall_) {
    return accuse("{}: answered at {}, and the host's clock said {}", cmid, format_time(said->time),
                  format_time(wall_));
  }
  newest_answer_ = said->time;
  const auto product = rules_.products.find(request.product);
  if (product == rules_.products.end()) {
    return accuse("{}: a product that nobody serves was decided", cmid);
  }
  const auto off = std::chrono::abs(request.time - said->time);
  if (said->count.has_value() != (off <= product->second.policy.clock_skew)) {
    return accuse("{}: a clock that is {} s off was {}", cmid, off.count(),
                  said->count ? "counted" : "refused");
  }
  if (said->activated && !said->count) return accuse("{}: activated and not counted", cmid);
  if (said->count) counted(request, *said);
}

// Entries that are silent for the retention are gone.
void Oracle::Group::leave_before(Instant now) {
  std::erase_if(contacts,
                [&](const auto& item) { return now - item.second.possibly >= retention; });
  for (auto& [cmid, contact] : contacts) {
    if (contact.surely && now - *contact.surely >= retention) contact.surely.reset();
  }
}

// Whoever has as many behind him as the capacity may have been the oldest.
void Oracle::Group::put_out() {
  const auto most = std::size_t{2} * threshold_sure;
  if (contacts.size() <= most) return;
  std::vector<Instant> heard;
  heard.reserve(contacts.size());
  for (const auto& [cmid, contact] : contacts) heard.push_back(contact.possibly);
  std::ranges::sort(heard, std::greater{});
  for (auto& [cmid, contact] : contacts) {
    if (contact.surely && heard.at(most) >= *contact.surely) contact.surely.reset();
  }
}

std::uint32_t Oracle::Group::sure() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      contacts, [](const auto& item) { return item.second.surely.has_value(); }));
}

void Oracle::counted(const wire::ActivationRequest& request, const wire::ActivationAnswer& answer) {
  const auto cmid = request.cmid.text();
  const auto& product = rules_.products.find(request.product)->second;
  auto& group = groups_.at(product.group);
  const auto threshold = product.policy.threshold;
  const auto count = *answer.count;
  group.leave_before(answer.time);
  group.threshold_sure = std::max(group.threshold_sure, threshold);
  group.threshold_possible = std::max(group.threshold_possible, threshold);
  auto& contact = group.contacts[request.cmid];
  contact = {std::max(answer.time, contact.possibly), answer.time};
  if (count > group.contacts.size()) {
    return accuse("{}: the count is {}, and {} CMIDs asked within the retention", cmid, count,
                  group.contacts.size());
  }
  if (count > group.capacity()) {
    return accuse("{}: the count is {}, beyond the capacity of {}", cmid, count, group.capacity());
  }
  group.put_out();
  if (count < group.sure()) {
    return accuse("{}: the count is {}, and {} CMIDs must stand on the roll", cmid, count,
                  group.sure());
  }
  if (answer.activated != (count >= threshold)) {
    return accuse("{}: {} at a count of {}, and the threshold is {}", cmid,
                  answer.activated ? "activated" : "refused", count, threshold);
  }
  if (!answer.ticket) return accuse("{}: counted, and no ticket was given", cmid);
  auto& ticket = group.tickets[request.cmid];
  ticket = std::max(ticket, number_of(*answer.ticket));
  if (answer.activated) read(request, answer);
}

void Oracle::read(const wire::ActivationRequest& request, const wire::ActivationAnswer& answer) {
  const auto cmid = request.cmid.text();
  if (!answer.activation) return accuse("{}: activated without a document", cmid);
  const auto claims = read_claims(*answer.activation, "muster-activation+jwt");
  if (!claims) return accuse("{}: a document that is none: {}", cmid, claims.error().sentence());
  const auto& policy = rules_.products.find(request.product)->second.policy;
  if (claims->cmid != cmid || claims->nonce != request.nonce ||
      claims->product != request.product) {
    return accuse("{}: the document is another's", cmid);
  }
  if (claims->count != *answer.count || claims->count < policy.threshold) {
    return accuse("{}: the document says a count of {}, below {}", cmid, claims->count,
                  policy.threshold);
  }
  if (claims->issued != answer.time || claims->until - claims->issued != policy.validity ||
      claims->issued - claims->from != policy.clock_skew) {
    return accuse("{}: the document's times are not the policy's", cmid);
  }
  told_[claims->event] = {claims->hash, request.nonce, request.cmid};
  documents_.emplace(request.cmid,
                     Document{request.product, claims->from, claims->until, request.facts});
}

void Oracle::unanswered(const wire::ActivationRequest& request) {
  if (wrong_) return;
  const auto product = rules_.products.find(request.product);
  if (product == rules_.products.end()) return;
  auto& group = groups_.at(product->second.group);
  // Its time is none that was told: the latest that the host may have used.
  group.contacts[request.cmid].possibly = std::max(newest_answer_, newest_wall_);
  group.threshold_possible = std::max(group.threshold_possible, product->second.policy.threshold);
  group.put_out();
}

void Oracle::answered(const wire::MakRequest& request, int status, std::string_view answer) {
  if (wrong_ || status != 200) return;
  const auto said = wire::decode_mak_answer(answer);
  if (!said) return accuse("an answer that is none: {}", said.error().sentence());
  const auto cmid = request.cmid.text();
  if (said->limit && *said->limit != rules_.key_limit) {
    return accuse("{}: a limit of {}, and the key's is {}", cmid, *said->limit, rules_.key_limit);
  }
  if (said->used && *said->used > rules_.key_limit) {
    return accuse("{}: {} of {} places are used", cmid, *said->used, rules_.key_limit);
  }
  if (said->activated && !request.look) read(request, *said);
}

void Oracle::read(const wire::MakRequest& request, const wire::MakAnswer& answer) {
  const auto cmid = request.cmid.text();
  if (!answer.activation) return accuse("{}: a place without a document", cmid);
  const auto claims = read_claims(*answer.activation, "muster-mak-activation+jwt");
  if (!claims) return accuse("{}: a document that is none: {}", cmid, claims.error().sentence());
  if (claims->cmid != cmid || claims->nonce != request.nonce ||
      claims->product != request.product) {
    return accuse("{}: the document is another's", cmid);
  }
  const auto place = claims->place;
  if (place == 0 || place > rules_.key_limit || answer.place != place) {
    return accuse("{}: place {} of a limit of {}", cmid, place, rules_.key_limit);
  }
  const auto hardware = hardware_of(request.facts);
  const auto [at, is_new] = holders_.try_emplace(place, Holder{hardware, claims->turn});
  auto& holder = at->second;
  if (!is_new && claims->turn > holder.turn) {
    if (!holder.released) return accuse("{}: place {} was taken from its machine", cmid, place);
    holder = {hardware, claims->turn};
  }
  if (holder.hardware != hardware || claims->turn != holder.turn) {
    return accuse("{}: place {}, turn {} belongs to another machine", cmid, place, claims->turn);
  }
  if (holder.released) return accuse("{}: place {} was given back", cmid, place);
  told_[claims->event] = {claims->hash, request.nonce, request.cmid};
  permanent_.emplace(request.cmid, hardware);
}

void Oracle::released(std::uint32_t place) {
  if (wrong_) return;
  const auto at = holders_.find(place);
  if (at != holders_.end()) at->second.released = true;
}

void Oracle::look_at(store::Store& store) {
  look_at_log(store);
  for (const auto& [name, group] : groups_) {
    look_at_machines(store, name, group);
    look_at_roll(store, name, group);
  }
  look_at_places(store);
}

void Oracle::look_at_log(store::Store& store) {
  store::EventPlace at;
  Bytes32 hash{};
  auto left = told_;
  while (!wrong_) {
    const auto rows = store.events(at, kPage);
    if (!rows) return accuse("the log cannot be read: {}", rows.error().sentence());
    if (rows->empty()) break;
    for (const auto& row : *rows) {
      const auto [epoch, seq, host] = row.place;
      const bool anew = epoch > at.epoch && seq == 1;
      if (!anew && (epoch != at.epoch || seq != at.seq + 1)) {
        return accuse("event {}-{} follows {}-{}", epoch, seq, at.epoch, at.seq);
      }
      if (anew) hash = {};
      if (!row.line.ends_with(fmt::format(R"("prev":"{}"}})", base64url(first16(hash))))) {
        return accuse("event {}-{} does not name the one before it", epoch, seq);
      }
      hash = Sha256().add(hash).add(as_bytes(row.line)).digest();
      if (hash != row.hash) return accuse("event {}-{}: the chain's hash is another", epoch, seq);
      at = row.place;
      const auto told = left.find(at);
      if (told == left.end()) continue;
      const auto& one = told->second;
      if (one.hash != first16(hash) || !row.line.contains(one.cmid.text()) ||
          !row.line.contains(base64url(one.nonce))) {
        return accuse("{} was told of event {}-{}, which is another", one.cmid.text(), epoch, seq);
      }
      left.erase(told);
    }
  }
  if (left.empty()) return;
  const auto& [place, one] = *left.begin();
  accuse("{} was told of event {}-{}, which is not there", one.cmid.text(), place.epoch, place.seq);
}

void Oracle::look_at_machines(store::Store& store, const std::string& name, const Group& group) {
  for (const auto& [cmid, number] : group.tickets) {
    const auto row = store.machine({rules_.vendor, name}, cmid);
    if (!row || !*row) return accuse("{} was counted, and the host does not know it", cmid.text());
    if ((*row)->number < number) {
      return accuse("{} was told ticket {}, and the host has given {}", cmid.text(), number,
                    (*row)->number);
    }
  }
}

void Oracle::look_at_roll(store::Store& store, const std::string& name, const Group& group) {
  std::set<Cmid> stands;
  const auto found = store.look({rules_.vendor, name}, [&](const core::Group& kept) {
    for (const auto& entry : kept.roll.entries()) stands.insert(Cmid{entry.key});
  });
  if (!found) return accuse("the roll cannot be read: {}", found.error().sentence());
  if (stands.size() > group.capacity()) {
    return accuse("{} machines stand on a roll of {}", stands.size(), group.capacity());
  }
  for (const auto& [cmid, contact] : group.contacts) {
    const bool stays = contact.surely && newest_wall_ - *contact.surely < group.retention;
    if (stays && !stands.contains(cmid)) {
      return accuse("{} was counted, and stands on the roll no more", cmid.text());
    }
  }
}

void Oracle::look_at_places(store::Store& store) {
  const auto places = store.places(rules_.key, 0);
  if (!places) return accuse("the ledger cannot be read: {}", places.error().sentence());
  for (const auto& [number, holder] : holders_) {
    const auto at = std::ranges::find(*places, number, &core::KeyPlace::number);
    if (at == places->end() || at->turn < holder.turn) {
      return accuse("place {} was sold, and the ledger does not know it", number);
    }
  }
}

void Oracle::stands(const client::ProductStatus& status, Instant now, const Facts& facts) {
  if (wrong_ || status.state != LicenceState::licensed || !status.cmid) return;
  if (status.permanent) {
    if (!permanent_.contains({*status.cmid, hardware_of(facts)})) {
      accuse("{} is licensed for ever, and no place was sold to it", status.cmid->text());
    }
    return;
  }
  const auto [first, behind] = documents_.equal_range(*status.cmid);
  const bool allowed = std::any_of(first, behind, [&](const auto& item) {
    const auto& document = item.second;
    return document.product == status.product && document.from <= now && now < document.until &&
           document.facts == facts;
  });
  if (!allowed) {
    accuse("{} says at {} that it is licensed, and no document allows it", status.cmid->text(),
           format_time(now));
  }
}

}  // namespace muster::lab::testing
