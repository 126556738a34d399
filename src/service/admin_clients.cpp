// The machines that the host has seen, and one machine's story.
#include <algorithm>

#include "core/evidence.h"
#include "service/admin_json.h"
#include "wire/event.h"

namespace muster::service {
namespace {

// A page's cursor is "VENDOR.GROUP.CMID", the last machine shown: neither id holds a dot.
struct Cursor {
  GroupKey group;
  Cmid cmid;
};

std::string cursor_text(const GroupKey& group, const Cmid& cmid) {
  return fmt::format("{}.{}.{}", group.vendor, group.group, cmid.text());
}

std::optional<Cursor> parse_cursor(std::string_view text) {
  const auto first = text.find('.');
  const auto second = text.find('.', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto cmid = Cmid::parse(text.substr(second + 1));
  if (!cmid) return std::nullopt;
  return Cursor{
      {std::string(text.substr(0, first)), std::string(text.substr(first + 1, second - first - 1))},
      *cmid};
}

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

// What a list and a machine's page both show.
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

Expected<std::vector<GroupKey>> groups_of(HostService& service, const AdminRequest& request) {
  if (const auto* group = request.find("group"); group != nullptr) {
    const auto key = find_group(service, *group, request.find("vendor"));
    if (!key) return std::unexpected(key.error());
    return std::vector{*key};
  }
  auto all = service.store().groups();
  if (!all) return all;
  if (const auto* vendor = request.find("vendor"); vendor != nullptr) {
    std::erase_if(*all, [&](const GroupKey& key) { return key.vendor != *vendor; });
  }
  std::ranges::sort(*all);
  return all;
}

}  // namespace

Reply get_clients(HostService& service, const AdminRequest& request) {
  const auto limit = limit_of(request, 100);
  if (!limit) return reply_of(limit.error());
  std::optional<Cursor> after;
  if (const auto* text = request.find("after"); text != nullptr) {
    after = parse_cursor(*text);
    if (!after) return reply_of({ErrorCode::malformed_request, "after: a page's `next` expected"});
  }
  const auto groups = groups_of(service, request);
  if (!groups) return reply_of(groups.error());
  std::vector<std::pair<GroupKey, core::Machine>> machines;
  bool more = false;
  for (const auto& group : *groups) {
    if (after && group < after->group) continue;
    if (machines.size() == *limit) {
      more = true;
      break;
    }
    const auto from = after && group == after->group ? std::optional(after->cmid) : std::nullopt;
    auto page = service.store().machines(group, from, *limit - machines.size());
    if (!page) return reply_of(page.error());
    for (auto& machine : page->machines) machines.emplace_back(group, std::move(machine));
    if (page->next) {
      more = true;
      break;
    }
  }
  std::string body;
  json::Writer writer(body);
  write_list(writer, "clients", machines, [&](std::string& out, const auto& pair) {
    json::Writer one(out);
    write_machine(one, service, pair.first, pair.second);
    one.end();
  });
  if (more && !machines.empty()) {
    writer.plain("next", cursor_text(machines.back().first, machines.back().second.cmid));
  } else {
    writer.null("next");
  }
  writer.end();
  return json_reply(std::move(body));
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
