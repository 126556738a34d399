// One machine's story.
#include "service/admin_machines.h"

#include <algorithm>

#include "core/evidence.h"
#include "service/admin_json.h"
#include "wire/event.h"

namespace muster::service {
namespace {

void write_state(json::Writer& writer, LicenceState state) {
  json::Writer(writer.key("state"))
      .number("number", static_cast<int>(state))
      .plain("name", name_of(state))
      .end();
}

void write_evidence(json::Writer& writer, const std::optional<core::Evidence>& evidence) {
  if (!evidence) {
    writer.null("evidence").null("explanation");
    return;
  }
  writer.plain("evidence", core::name_of(*evidence)).text("explanation", core::explain(*evidence));
}

void write_facts(std::string& out, const Facts& facts) {
  json::Writer writer(out);
  for (const auto& fact : facts) writer.bytes(fact.kind, fact.value);
  writer.end();
}

// One request of the machine, as the log has it.
Expected<void> write_event(std::string& out, HostService& service, const store::EventRow& row) {
  const auto event = wire::parse_event_line(row.line);
  if (!event)
    return fail(ErrorCode::store_corrupt, "event " + cursor_of(row.place) + " does not read");
  json::Writer writer(out);
  writer.plain("place", cursor_of(row.place))
      .time("time", event->time)
      .plain("product", event->product)
      .truth("activated", event->activated);
  event->count ? writer.number("count", *event->count) : writer.null("count");
  event->threshold ? writer.number("threshold", *event->threshold) : writer.null("threshold");
  const auto code = error_code(event->error);
  if (event->error.empty()) {
    writer.null("error").null("error_title");
  } else {
    writer.text("error", event->error);
    code ? writer.text("error_title", entry(*code).title) : writer.null("error_title");
  }
  write_evidence(writer, core::evidence_of(event->evidence));
  write_state(writer, event->state);
  writer.number("minutes_left", event->minutes_left);
  write_value(writer, "name", value_of(service, event->name.value_or(Bytes16{})));
  write_value(writer, "address", value_of(service, event->address.value_or(Bytes16{})));
  writer.end();
  return {};
}

// The machine's events from `from` back, newest first. Sets `next` where there are more.
Expected<void> write_history(json::Writer& writer, HostService& service, core::EventPlace from,
                             std::size_t most) {
  auto& out = writer.key("history");
  out.push_back('[');
  std::size_t shown = 0;
  while (from.seq != 0 && shown < most) {
    const auto row = service.store().event(from);
    if (!row) return std::unexpected(row.error());
    if (!*row) break;  // pruned
    if (shown++ > 0) out.push_back(',');
    if (auto done = write_event(out, service, **row); !done) return done;
    from = (*row)->machine_prev;
  }
  out.push_back(']');
  if (from.seq != 0 && shown == most) {
    writer.plain("next", cursor_of(from));
  } else {
    writer.null("next");
  }
  return {};
}

// Which other machines show the same primary fact, the most recently heard first.
Expected<void> write_same_fact(json::Writer& writer, HostService& service, const GroupKey& group,
                               const core::Machine& machine) {
  std::vector<core::Machine> others;
  if (const auto primary = machine.facts.primary()) {
    auto found = service.store().machines_by_fact(group, *primary);
    if (!found) return std::unexpected(found.error());
    others = std::move(*found);
    std::erase_if(others, [&](const core::Machine& other) { return other.cmid == machine.cmid; });
  }
  write_list(writer, "same_fact", others, [&](std::string& out, const core::Machine& other) {
    json::Writer one(out);
    one.cmid("cmid", other.cmid);
    write_value(one, "name", value_of(service, other.name_hash));
    one.time("first_seen", other.first_seen).time("last_seen", other.last_seen);
    write_evidence(one, other.evidence);
    one.end();
  });
  return {};
}

Expected<void> write_story(std::string& out, HostService& service, const GroupKey& group,
                           const core::Machine& machine, std::optional<core::EventPlace> before,
                           std::size_t most) {
  json::Writer writer(out);
  write_machine(writer, service, group, machine);
  write_facts(writer.key("facts"), machine.facts);
  // Other machines that have shown this CMID.
  write_list(writer, "same_cmid", machine.earlier, write_facts);
  if (auto done = write_same_fact(writer, service, group, machine); !done) return done;
  if (auto done = write_history(writer, service, before.value_or(machine.last_event), most);
      !done) {
    return done;
  }
  writer.end();
  return {};
}

}  // namespace

void write_machine(json::Writer& writer, HostService& service, const GroupKey& group,
                   const core::Machine& machine) {
  writer.plain("vendor", group.vendor).plain("group", group.group).cmid("cmid", machine.cmid);
  write_value(writer, "name", value_of(service, machine.name_hash));
  write_value(writer, "address", value_of(service, machine.address_hash));
  writer.time("first_seen", machine.first_seen)
      .time("last_seen", machine.last_seen)
      .number("requests", machine.requests);
  write_state(writer, machine.state);
  write_evidence(writer, machine.evidence);
  std::vector<core::Evidence> seen;
  for (int i = 1; i <= core::kEvidences; ++i) {
    if ((machine.evidence_seen >> i & 1u) != 0) seen.push_back(static_cast<core::Evidence>(i));
  }
  write_list(writer, "evidence_seen", seen, [](std::string& out, core::Evidence evidence) {
    json::Writer(out)
        .plain("evidence", core::name_of(evidence))
        .text("explanation", core::explain(evidence))
        .end();
  });
  if (machine.is_virtual) {
    writer.truth("virtual", *machine.is_virtual);
  } else {
    writer.null("virtual");
  }
  write_list(writer, "products", machine.uses, [](std::string& out, const core::ProductUse& use) {
    json::Writer one(out);
    one.plain("product", use.product).time("last_request", use.heard);
    if (use.valid_until == Instant{}) {
      one.null("valid_until");
    } else {
      one.time("valid_until", use.valid_until);
    }
    one.end();
  });
}

Reply get_client(HostService& service, const AdminRequest& request) {
  const auto cmid = Cmid::parse(request.id);
  if (!cmid) return reply_of({ErrorCode::malformed_request, "the path's CMID is no UUID"});
  const auto limit = limit_of(request, 50);
  if (!limit) return reply_of(limit.error());
  std::optional<core::EventPlace> before;
  if (const auto* text = request.find("before"); text != nullptr) {
    const auto place = place_of("before", *text);
    if (!place) return reply_of(place.error());
    before = *place;
  }
  auto machines = service.store().machines_of(*cmid);
  if (!machines) return reply_of(machines.error());
  const auto* group = request.find("group");
  const auto* vendor = request.find("vendor");
  std::erase_if(*machines, [&](const auto& pair) {
    return (group != nullptr && pair.first.group != *group) ||
           (vendor != nullptr && pair.first.vendor != *vendor);
  });
  if (machines->empty()) {
    return reply_of({ErrorCode::not_found, "no machine with CMID " + cmid->text() + " was seen"});
  }
  if (before && machines->size() > 1) {
    return reply_of(
        {ErrorCode::conflict, "the CMID is in several groups; add ?group= and ?vendor="});
  }
  if (before) {
    // A cursor leads along this machine's events only.
    const auto row = service.store().event(*before);
    if (!row) return reply_of(row.error());
    if (!*row || (*row)->cmid != cmid) {
      return reply_of({ErrorCode::malformed_request, "before: not an event of this machine"});
    }
  }
  std::string body;
  json::Writer writer(body);
  writer.cmid("cmid", *cmid);
  auto& out = writer.key("machines");
  out.push_back('[');
  for (const auto& [key, machine] : *machines) {
    if (out.back() != '[') out.push_back(',');
    if (auto done = write_story(out, service, key, machine, before, *limit); !done) {
      return reply_of(done.error());
    }
  }
  out.push_back(']');
  writer.end();
  return json_reply(std::move(body));
}

}  // namespace muster::service
