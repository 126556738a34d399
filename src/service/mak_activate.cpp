#include "service/mak_activate.h"

#include <algorithm>

#include "wire/json.h"
#include "wire/mak_key.h"

namespace muster::service {
namespace {

namespace json = wire::json;

// One request on its way through the unit.
struct Sale {
  const wire::MakRequest* request = nullptr;
  MakRing::Entry key;  // null: no such key, or it is blocked
  std::optional<core::ShownPlace> shown;
  std::shared_ptr<const Keyring> keys;  // keeps `served` alive
  const Served* served = nullptr;       // null: no valid host key names the product

  // In the unit, and after it.
  bool changes = false;  // the key's record
  bool kept = false;     // what was decided will be committed
  std::optional<ErrorCode> sent_away;
  core::KeyDecision decision;
  wire::LogPlace place;
  Instant decided{};

  // Nothing is left of a unit that was not committed.
  void begin() {
    changes = kept = false;
    sent_away.reset();
    decision = {};
  }
};

// The vendor's side of the product, as the key's document proves it.
wire::ProductFile product_of(const wire::Mak& mak) {
  wire::ProductFile out;
  out.vendor_id = mak.vendor_id;
  out.product = mak.product;
  out.vendor_keys = {mak.root};
  return out;
}

// What the machine holds, where this very host signed it for this key. Another customer's host has
// the vendor's signature too, and could say that the ledger had sold anything.
std::optional<core::ShownPlace> shown_place(const HostService& service, const Sale& sale) {
  if (!sale.key || !sale.request->activation) return std::nullopt;
  const auto& mak = sale.key->mak;
  const auto held = wire::verify_mak_activation(*sale.request->activation, product_of(mak));
  if (!held || held->mak.name() != mak.name() || held->mak.ledger != mak.ledger ||
      held->host_key.host != service.host_public_key()) {
    return std::nullopt;
  }
  const auto& activation = held->activation;
  return core::ShownPlace{activation.place, activation.turn, activation.facts, activation.sold};
}

Sale prepare(const HostService& service, const wire::MakRequest& request) {
  Sale out;
  out.request = &request;
  out.key = service.maks()->find(wire::mak_hash(request.secret), request.product, request.vendor);
  if (out.key && out.key->blocked) out.key = nullptr;
  out.shown = shown_place(service, out);
  out.keys = service.keys();
  if (out.key) out.served = out.keys->find(request.product, out.key->mak.vendor_id);
  return out;
}

Bytes16 keep_name(store::Unit& unit, const Hmac& salt, std::string_view value) {
  if (value.empty()) return {};
  const auto hash = wire::hash_name(salt, value);
  unit.put_name(hash, value);
  return hash;
}

class Ledger {
 public:
  Ledger(LedgerWork& work, const MakSource& source) : work_(work), source_(source) {}

  Expected<void> decide(Sale& sale) {
    sale.decided = work_.now;
    if (auto known = look_up(sale); !known) return known;
    const bool sells = sale.decision.gain == core::Gain::sold || !sale.key;
    if (work_.disk_low && sells) {
      sale.sent_away = ErrorCode::disk_low;
      return {};
    }
    if (sale.request->look && sale.key && !sale.changes) return {};
    return keep(sale);
  }

 private:
  // The decision; nothing is put yet.
  Expected<void> look_up(Sale& sale) {
    if (!sale.key) {
      sale.decision.error = ErrorCode::mak_unknown;
      return {};
    }
    const auto name = sale.key->mak.name();
    const auto record = work_.unit.read_key(name);
    if (!record) return std::unexpected(record.error());
    if (!*record) return fail(ErrorCode::store_corrupt, "the ledger has no record of a key");
    sale.decision.record = **record;
    if (sale.served == nullptr || !sale.served->key.valid_at(work_.now)) {
      sale.served = nullptr;
      sale.decision.error = ErrorCode::product_not_served;
      return {};
    }
    return decide(sale, name, **record);
  }

  Expected<void> decide(Sale& sale, const MakId& name, const core::KeyRecord& record) {
    const auto& request = *sale.request;
    if (auto read = work_.unit.read_places(name, request.cmid, request.facts, near_); !read) {
      return read;
    }
    core::KeyRows rows{.near = near_};
    std::optional<core::KeyPlace> shown;
    if (sale.shown) {
      auto read = work_.unit.read_place(name, sale.shown->number);
      if (!read) return std::unexpected(read.error());
      shown = std::move(*read);
      if (shown) rows.shown = &*shown;
    }
    std::vector<core::KeyPlace> released;
    if (record.released > 0) {
      if (auto read = work_.unit.read_released(name, 1, released); !read) return read;
      if (!released.empty()) rows.released = &released.front();
    }
    const core::KeyAsk ask{request.cmid, request.facts, sale.shown, request.look};
    sale.decision = core::decide(sale.key->mak.policy, record, ask, rows, work_.now);
    sale.changes = sale.decision.record != record;
    return {};
  }

  // The event, and what the decision changes.
  Expected<void> keep(Sale& sale) {
    sale.kept = true;
    if (sale.decision.found_behind) work_.journal.restored(work_.unit, work_.now);
    const auto name = keep_name(work_.unit, work_.name_salt, sale.request->name);
    const auto address = keep_name(work_.unit, work_.name_salt, source_.address);
    wire::Event event;
    event.time = work_.now;
    event.type = "mak_activation";
    event.actor = source_.actor;
    event.detail = detail_of(sale, name, address);
    sale.place = work_.journal.append(work_.unit, std::move(event));
    if (!sale.key) return {};
    const auto key = sale.key->mak.name();
    if (auto put = work_.unit.put_key(key, sale.decision.record); !put) return put;
    if (!sale.decision.place || sale.request->look) return {};
    auto& place = *sale.decision.place;
    place.name_hash = name;
    place.last_event = {sale.place.epoch, sale.place.seq};
    return work_.unit.put_place(key, place);
  }

  // Grammar: docs/protocol.md, the event log.
  [[nodiscard]] std::string detail_of(const Sale& sale, const Bytes16& name,
                                      const Bytes16& address) const {
    const auto& request = *sale.request;
    const auto& decision = sale.decision;
    std::string out;
    json::Writer writer(out);
    if (sale.key) writer.plain("vendor", sale.key->mak.vendor_id);
    if (sale.key) writer.plain("mak", sale.key->mak.id);
    writer.plain("product", request.product).cmid("cmid", request.cmid);
    writer.truth("activated", decision.gain.has_value());
    if (request.look) writer.truth("look", true);
    if (decision.place) {
      writer.number("place", decision.place->number).number("turn", decision.place->turn);
    }
    if (decision.gain) writer.plain("gain", core::name_of(*decision.gain));
    if (sale.key) writer.number("used", decision.record.used());
    if (sale.key) writer.number("limit", sale.key->mak.policy.limit);
    if (decision.found_behind) writer.truth("behind", true);
    if (decision.error) writer.plain("error", entry(*decision.error).name);
    if (!decision.error) writer.null("error");
    writer.time("client_time", request.time);
    if (const auto primary = request.facts.primary()) writer.bytes("machine", *primary);
    if (!request.name.empty()) writer.bytes("name", name);
    if (!source_.address.empty()) writer.bytes("address", address);
    writer.bytes("nonce", request.nonce);
    const auto before = decision.place ? decision.place->last_event : core::EventPlace{};
    const bool own = before.host == 0 && before.epoch == work_.journal.head().epoch;
    if (own && before.seq > 0) {
      writer.number("place_prev", static_cast<std::int64_t>(before.seq));
    }
    writer.end();
    return out;
  }

  LedgerWork& work_;
  const MakSource& source_;
  std::vector<core::KeyPlace> near_;
};

Expected<std::string> signed_activation(const Sale& sale, wire::Signer& signer) {
  const auto& key = sale.served->key;
  const auto& place = *sale.decision.place;
  wire::MakActivation out;
  out.host_key_id = key.id;
  out.mak = sale.key->mak.id;
  out.cmid = sale.request->cmid;
  out.product = key.product;
  // A clock that was set back while a ledger was restored may stand before the sale.
  out.issued = std::max(sale.decided, place.sold);
  out.id = std::to_string(sale.place.epoch) + "-" + std::to_string(sale.place.seq);
  out.nonce = sale.request->nonce;
  out.facts = sale.request->facts;
  out.place = place.number;
  out.turn = place.turn;
  out.sold = place.sold;
  wire::take_terms(out, key.policy);
  out.log = sale.place;
  return wire::sign_mak_activation(out, wire::mak_activation_header(key.text, sale.key->mak.text),
                                   signer);
}

Expected<wire::MakAnswer> answer_of(const Sale& sale, wire::Signer& signer) {
  if (sale.sent_away) return fail(*sale.sent_away);
  const auto& decision = sale.decision;
  wire::MakAnswer out;
  out.time = sale.decided;
  out.activated = decision.gain.has_value();
  out.error = decision.error;
  // A key that was blocked a moment ago is as unknown as any other.
  if (sale.key && decision.error != ErrorCode::mak_unknown) {
    out.limit = sale.key->mak.policy.limit;
    out.used = decision.record.used();
  }
  if (decision.error == ErrorCode::limit_reached) out.vendor_hint = sale.key->mak.hint;
  if (!decision.gain) return out;
  out.place = decision.place->number;
  if (sale.request->look) return out;
  auto text = signed_activation(sale, signer);
  if (!text) return std::unexpected(text.error());
  out.activation = std::move(*text);
  return out;
}

}  // namespace

Expected<std::vector<Expected<wire::MakAnswer>>> activate_by_mak(
    HostService& service, std::span<const wire::MakRequest> requests, const MakSource& source) {
  std::vector<Sale> sales;
  std::vector<MakId> names;
  sales.reserve(requests.size());
  for (const auto& request : requests) {
    sales.push_back(prepare(service, request));
    if (sales.back().key) names.push_back(sales.back().key->mak.name());
  }
  std::ranges::sort(names);
  const auto rest = std::ranges::unique(names);
  names.erase(rest.begin(), rest.end());
  const auto done = service.in_unit(names, [&](LedgerWork& work) -> Expected<void> {
    Ledger ledger(work, source);
    for (auto& sale : sales) {
      sale.begin();
      if (auto decided = ledger.decide(sale); !decided) return decided;
    }
    work.committed = [&sales] {
      for (const auto& sale : sales) {
        if (sale.key && sale.kept) sale.key->show(sale.decision.record);
      }
    };
    return {};
  });
  if (!done) return std::unexpected(done.error());
  const auto signer = service.host_signer();
  std::vector<Expected<wire::MakAnswer>> out;
  out.reserve(sales.size());
  for (const auto& sale : sales) out.push_back(answer_of(sale, *signer));
  return out;
}

MakReply post_mak_activation(HostService& service, std::string_view body, std::string_view address,
                             bool local) {
  auto& figures = service.figures_to_count();
  const auto away = [&](const Error& error, seconds least = seconds{0}) {
    ++figures.mak_sent_away;
    const auto status = entry(error.code).http;
    const bool later = status == 429 || status == 503;
    return MakReply{later ? service.sent_away(error, least) : reply_of(error)};
  };
  seconds wait{0};
  if (const auto error = service.too_many(address, local, wait)) return away(*error, wait);
  const auto request = wire::decode_mak_request(body);
  if (!request) return away(request.error());
  if (const auto error = service.too_many(request->cmid, local, wait)) return away(*error, wait);
  if (const auto error = service.not_ready()) return away(*error);
  auto answers = activate_by_mak(service, {&*request, 1}, {"client", std::string(address)});
  if (!answers) return away(answers.error());
  const auto& answer = answers->front();
  if (!answer) return away(answer.error());
  ++(answer->activated ? figures.mak_activated : figures.mak_refused);
  MakReply out{{.body = wire::encode_mak_answer(*answer)}};
  if (answer->error == ErrorCode::mak_unknown) {
    out.unknown_key = wire::mak_hash(request->secret);
  }
  return out;
}

}  // namespace muster::service
