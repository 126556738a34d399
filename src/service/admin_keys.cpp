// The calls on multiple activation keys: what the ledger holds, and what administrators do to it.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "service/admin_json.h"
#include "service/mak_activate.h"
#include "service/mak_acts.h"
#include "wire/exchange.h"
#include "wire/mak_key.h"

namespace muster::service {
namespace {

// How fast the places of a key go: of the last that were sold, those of the last 30 days.
struct Sales {
  double per_day = 0;
  std::optional<std::int64_t> days_left;  // none: nothing is sold at present
};

Sales sales_of(const std::vector<core::KeyPlace>& last, std::uint32_t remaining, Instant now) {
  constexpr std::chrono::days kSpan{30};
  Instant first = now;
  std::int64_t sold = 0;
  for (const auto& place : last) {
    if (now - place.sold >= kSpan) continue;
    first = std::min(first, place.sold);
    ++sold;
  }
  // Where older ones are known the whole span has been looked at.
  const bool whole = sold < static_cast<std::int64_t>(last.size());
  const seconds span =
      whole ? seconds(kSpan) : std::max<seconds>(now - first, std::chrono::days(1));
  Sales out;
  out.per_day =
      static_cast<double>(sold) / std::chrono::duration<double, std::ratio<86400>>(span).count();
  if (remaining == 0) {
    out.days_left = 0;
  } else if (sold > 0) {
    out.days_left = static_cast<std::int64_t>(remaining / out.per_day);
  }
  return out;
}

std::uint32_t remaining_of(const InstalledMak& entry) {
  const auto limit = entry.mak.policy.limit;
  const auto used = entry.used.load();
  return limit > used ? limit - used : 0;
}

// The last page of its places.
Expected<std::vector<core::KeyPlace>> last_places(HostService& service, const MakId& key) {
  const auto keys = service.store().keys();
  if (!keys) return std::unexpected(keys.error());
  const auto at = std::ranges::find(*keys, key, [](const auto& pair) { return pair.first; });
  if (at == keys->end()) return std::vector<core::KeyPlace>{};
  constexpr std::uint32_t kLast = store::kPlacesPage;
  const auto sold = at->second.sold;
  return service.store().places(key, sold > kLast ? sold - kLast : 0);
}

Expected<void> write_key(json::Writer& writer, HostService& service, const InstalledMak& entry) {
  const auto& mak = entry.mak;
  const auto& policy = mak.policy;
  const auto used = entry.used.load();
  writer.plain("id", mak.id)
      .plain("vendor", mak.vendor_id)
      .text("vendor_name", mak.vendor)
      .plain("product", mak.product)
      .text("customer", mak.customer)
      .plain("key", wire::masked_mak(mak.key_end))
      .number("limit", policy.limit)
      .number("used", used)
      .number("remaining", remaining_of(entry))
      .truth("behind", entry.behind)
      .truth("blocked", entry.blocked)
      .plain("reactivation", name_of(policy.reactivation))
      .plain("match", name_of(policy.match))
      .plain("release", name_of(policy.release))
      .text("hint", mak.hint)
      .time("issued", mak.issued);
  if (policy.expires) {
    writer.time("expires", *policy.expires);
  } else {
    writer.null("expires");
  }
  const auto last = last_places(service, mak.name());
  if (!last) return std::unexpected(last.error());
  const auto sales = sales_of(*last, remaining_of(entry), service.now());
  writer.raw("sold_per_day", fmt::format("{:.2f}", sales.per_day));
  if (sales.days_left) {
    writer.number("days_until_empty", *sales.days_left);
  } else {
    writer.null("days_until_empty");
  }
  return {};
}

void write_place(std::string& out, HostService& service, const core::KeyPlace& place) {
  json::Writer writer(out);
  writer.number("place", place.number).number("turn", place.turn);
  // A place that the ledger has forgotten is held by a machine that it does not know.
  place.cmid == Cmid{} ? writer.null("cmid") : writer.cmid("cmid", place.cmid);
  write_value(writer, "name", value_of(service, place.name_hash));
  writer.time("sold", place.sold).time("asked", place.asked);
  place.released ? writer.time("released", *place.released) : writer.null("released");
  place.last_event.seq == 0 ? writer.null("event")
                            : writer.plain("event", cursor_of(place.last_event));
  writer.end();
}

// ---- CSV

constexpr auto kKeyColumns = std::to_array<std::string_view>(
    {"id", "vendor", "vendor_name", "product", "customer", "key", "limit", "used", "remaining",
     "behind", "blocked", "reactivation", "match", "release", "hint", "issued", "expires",
     "sold_per_day", "days_until_empty"});

Expected<std::string> key_line(HostService& service, const InstalledMak& entry) {
  const auto& mak = entry.mak;
  const auto& policy = mak.policy;
  const auto last = last_places(service, mak.name());
  if (!last) return std::unexpected(last.error());
  const auto sales = sales_of(*last, remaining_of(entry), service.now());
  const std::array<std::string, kKeyColumns.size()> fields{
      mak.id,
      mak.vendor_id,
      mak.vendor,
      mak.product,
      mak.customer,
      wire::masked_mak(mak.key_end),
      fmt::format("{}", policy.limit),
      fmt::format("{}", entry.used.load()),
      fmt::format("{}", remaining_of(entry)),
      fmt::format("{}", entry.behind.load()),
      fmt::format("{}", entry.blocked.load()),
      std::string(name_of(policy.reactivation)),
      std::string(name_of(policy.match)),
      std::string(name_of(policy.release)),
      mak.hint,
      format_time(mak.issued),
      policy.expires ? format_time(*policy.expires) : "",
      fmt::format("{:.2f}", sales.per_day),
      sales.days_left ? fmt::format("{}", *sales.days_left) : ""};
  return csv_line(fields);
}

Reply keys_csv(HostService& service) {
  auto reply = csv_reply(kKeyColumns, "muster-keys.csv");
  for (const auto& entry : service.maks()->all()) {
    const auto line = key_line(service, *entry);
    if (!line) return reply_of(line.error());
    reply.body += *line;
  }
  return reply;
}

constexpr auto kPlaceColumns = std::to_array<std::string_view>(
    {"place", "turn", "cmid", "name", "sold", "asked", "released", "event"});

std::string place_line(HostService& service, const core::KeyPlace& place) {
  const std::array<std::string, kPlaceColumns.size()> fields{
      fmt::format("{}", place.number),
      fmt::format("{}", place.turn),
      place.cmid == Cmid{} ? "" : place.cmid.text(),
      value_of(service, place.name_hash).value_or(""),
      format_time(place.sold),
      format_time(place.asked),
      place.released ? format_time(*place.released) : "",
      place.last_event.seq == 0 ? "" : cursor_of(place.last_event)};
  return csv_line(fields);
}

// All of them, a page in a read of its own.
Reply places_csv(HostService& service, const MakId& key, std::uint32_t after) {
  auto reply = csv_reply(kPlaceColumns, "muster-places.csv");
  reply.next_piece = [&service, key, after,
                      ended = false]() mutable -> Expected<std::optional<std::string>> {
    if (ended) return std::nullopt;
    const auto places = service.store().places(key, after);
    if (!places) return std::unexpected(places.error());
    ended = places->size() < store::kPlacesPage;
    std::string out;
    for (const auto& place : *places) {
      out += place_line(service, place);
      after = place.number;
    }
    return out;
  };
  return reply;
}

// ?after: a place's number.
Expected<std::uint32_t> place_in(const AdminRequest& request, std::uint32_t limit) {
  const auto read = [&](std::string_view text) {
    auto out = whole_number<std::uint32_t>(text);
    if (out && *out > limit) out.reset();
    return out;
  };
  const auto out = parameter<std::uint32_t>(request, "after",
                                            fmt::format("a place's number, 0 to {},", limit), read);
  if (!out) return std::unexpected(out.error());
  return out->value_or(0);
}

// The key as it is after an act.
Reply key_reply(HostService& service, std::string_view id, int status = 200) {
  const auto entry = service.maks()->find(id);
  if (!entry) return reply_of({ErrorCode::not_found, "there is no such key"});
  std::string body;
  json::Writer writer(body);
  if (auto done = write_key(writer, service, *entry); !done) return reply_of(done.error());
  writer.end();
  return json_reply(std::move(body), status);
}

Reply set_blocked(HostService& service, const AdminRequest& request, bool blocked) {
  const auto done = block_mak(service, request.id, blocked, request.actor);
  if (!done) return reply_of(done.error());
  return key_reply(service, request.id);
}

}  // namespace

Reply get_keys(HostService& service, const AdminRequest& request) {
  const auto as_csv = wants_csv(request);
  if (!as_csv) return reply_of(as_csv.error());
  if (*as_csv) return keys_csv(service);
  std::string body;
  json::Writer writer(body);
  writer.plain("ledger", hex(service.ledger())).time("time", service.now());
  Expected<void> done;
  write_list(writer, "keys", service.maks()->all(),
             [&](std::string& out, const MakRing::Entry& entry) {
               json::Writer one(out);
               if (done) done = write_key(one, service, *entry);
               one.end();
             });
  if (!done) return reply_of(done.error());
  writer.end();
  return json_reply(std::move(body));
}

Reply get_key(HostService& service, const AdminRequest& request) {
  const auto entry = service.maks()->find(request.id);
  if (!entry) return reply_of({ErrorCode::not_found, "there is no such key"});
  const auto after = place_in(request, entry->mak.policy.limit);
  if (!after) return reply_of(after.error());
  const auto as_csv = wants_csv(request);
  if (!as_csv) return reply_of(as_csv.error());
  if (*as_csv) return places_csv(service, entry->mak.name(), *after);
  const auto places = service.store().places(entry->mak.name(), *after);
  if (!places) return reply_of(places.error());
  std::string body;
  json::Writer writer(body);
  if (auto done = write_key(writer, service, *entry); !done) return reply_of(done.error());
  write_list(writer, "places", *places, [&](std::string& out, const core::KeyPlace& place) {
    write_place(out, service, place);
  });
  if (places->size() < store::kPlacesPage) {
    writer.null("next");
  } else {
    writer.number("next", places->back().number);
  }
  writer.end();
  return json_reply(std::move(body));
}

Reply post_key(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto text = claims.nonempty("mak", kActBodyMost);
  if (!claims.ok()) return reply_of(claims.failure().error());
  const auto added = add_mak(service, text, request.actor);
  if (!added) return reply_of(added.error());
  return key_reply(service, added->entry->mak.id, added->is_new ? 201 : 200);
}

Reply post_key_release(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto cmid = claims.cmid("cmid");
  std::optional<std::uint32_t> place;
  if (claims.has("place")) place = claims.count("place");
  if (!claims.ok()) return reply_of(claims.failure().error());
  const auto done = release_place(service, request.id, cmid, place, request.actor);
  if (!done) return reply_of(done.error());
  std::string body;
  json::Writer(body)
      .number("place", done->place)
      .number("used", done->used)
      .number("limit", done->limit)
      .end();
  return json_reply(std::move(body));
}

Reply post_key_reconcile(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto used = claims.count("used");
  const bool restored = claims.has("restored") && claims.truth("restored");
  if (!claims.ok()) return reply_of(claims.failure().error());
  const auto done = reconcile_mak(service, request.id, used, restored, request.actor);
  if (!done) return reply_of(done.error());
  return key_reply(service, request.id);
}

Reply post_key_block(HostService& service, const AdminRequest& request) {
  return set_blocked(service, request, true);
}

Reply post_key_unblock(HostService& service, const AdminRequest& request) {
  return set_blocked(service, request, false);
}

// One that cannot be read is answered for itself; the others go on.
Reply post_mak_answers(HostService& service, const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return reply_of(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  const auto* list = claims.member("requests", json::Kind::array);
  if (!claims.ok()) return reply_of(claims.failure().error());
  std::vector<Expected<wire::MakRequest>> asked;
  std::vector<wire::MakRequest> good;
  for (const auto* item = tree.first(*list); item != nullptr; item = tree.next(*item)) {
    std::string text;
    tree.append(text, *item);
    asked.push_back(wire::decode_mak_request(text));
    if (asked.back()) good.push_back(*asked.back());
  }
  if (asked.empty() || asked.size() > kMakAnswersMost) {
    return reply_of(
        {ErrorCode::malformed_request, fmt::format("requests: 1 to {} expected", kMakAnswersMost)});
  }
  const auto answers = activate_by_mak(service, good, {request.actor, ""});
  if (!answers) return reply_of(answers.error());
  auto answer = answers->begin();
  std::string body;
  json::Writer writer(body);
  write_list(writer, "answers", asked, [&](std::string& out, const auto& one) {
    if (!one) {
      out += wire::encode_problem(one.error());
      return;
    }
    out += *answer ? wire::encode_mak_answer(**answer) : wire::encode_problem(answer->error());
    ++answer;
  });
  writer.end();
  return json_reply(std::move(body));
}

}  // namespace muster::service
