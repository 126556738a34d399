// One machine's story.
#include "service/admin_machines.h"

#include <algorithm>

#include "core/evidence.h"
#include "service/admin_json.h"
#include "service/machine_story.h"
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
void write_event(std::string& out, HostService& service, const wire::Event& request) {
  const auto* event = &request;
  json::Writer writer(out);
  writer.plain("place", cursor_of({event->epoch, event->seq}))
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
}

// A page of the machine's requests, the newest first.
struct History {
  std::vector<wire::Event> requests;
  core::EventPlace next;  // number 0: there are no more
  bool whole = true;      // what is behind has not been pruned
};

Expected<History> read_history(HostService& service, core::EventPlace from, std::size_t most) {
  History out;
  for (out.next = from; out.next.seq != 0 && out.requests.size() < most;) {
    const auto row = service.store().event(out.next);
    if (!row) return std::unexpected(row.error());
    if (!*row) {
      out.next = {};
      out.whole = false;
      break;
    }
    auto event = wire::parse_event_line((*row)->line);
    if (!event) {
      return fail(ErrorCode::store_corrupt, "event " + cursor_of(out.next) + " does not read");
    }
    out.requests.push_back(std::move(*event));
    out.next = (*row)->machine_prev;
  }
  return out;
}

void write_history(json::Writer& writer, HostService& service, const History& history) {
  const std::vector<wire::Event> oldest_first(history.requests.rbegin(), history.requests.rend());
  const bool from_the_first = history.next.seq == 0 && history.whole;
  write_list(writer, "story", story_of(oldest_first, from_the_first),
             [](std::string& out, const Chapter& chapter) {
               json::Writer(out).time("time", chapter.time).text("text", chapter.text).end();
             });
  write_list(writer, "history", history.requests,
             [&](std::string& out, const wire::Event& event) { write_event(out, service, event); });
  history.next.seq == 0 ? writer.null("next") : writer.plain("next", cursor_of(history.next));
}

void write_others(json::Writer& writer, HostService& service, std::string_view name,
                  const std::vector<core::Machine>& others) {
  write_list(writer, name, others, [&](std::string& out, const core::Machine& other) {
    json::Writer one(out);
    one.cmid("cmid", other.cmid);
    write_value(one, "name", value_of(service, other.name_hash));
    one.time("first_seen", other.first_seen).time("last_seen", other.last_seen);
    write_evidence(one, other.evidence);
    one.end();
  });
}

// Adds the rows of other CMIDs that show this primary fact, the most recently heard first.
Expected<void> add_by_fact(HostService& service, const GroupKey& group, const Facts& facts,
                           const Cmid& own, std::vector<core::Machine>& out) {
  const auto primary = facts.primary();
  if (!primary) return {};
  auto found = service.store().machines_by_fact(group, *primary);
  if (!found) return std::unexpected(found.error());
  for (auto& machine : *found) {
    const bool known = std::ranges::find(out, machine.cmid, &core::Machine::cmid) != out.end();
    if (machine.cmid != own && !known) out.push_back(std::move(machine));
  }
  return {};
}

Expected<void> write_story(std::string& out, HostService& service, const GroupKey& group,
                           const core::Machine& machine, std::optional<core::EventPlace> before,
                           std::size_t most) {
  json::Writer writer(out);
  write_machine(writer, service, group, machine);
  write_facts(writer.key("facts"), machine.facts);
  // Other machines that have shown this CMID, and what is known of them under CMIDs of their own.
  write_list(writer, "same_cmid", machine.earlier, write_facts);
  std::vector<core::Machine> same_cmid, same_fact;
  for (const auto& earlier : machine.earlier) {
    if (auto done = add_by_fact(service, group, earlier, machine.cmid, same_cmid); !done) {
      return done;
    }
  }
  write_others(writer, service, "same_cmid_machines", same_cmid);
  if (auto done = add_by_fact(service, group, machine.facts, machine.cmid, same_fact); !done) {
    return done;
  }
  write_others(writer, service, "same_fact", same_fact);
  const auto history = read_history(service, before.value_or(machine.last_event), most);
  if (!history) return std::unexpected(history.error());
  write_history(writer, service, *history);
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
