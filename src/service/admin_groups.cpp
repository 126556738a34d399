#include "service/admin_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "service/admin_json.h"

namespace muster::service {
namespace {

void read_policy(GroupFacts& facts, const HostService& service) {
  const auto keys = service.keys();
  facts.retention = Policy{}.retention;
  for (const auto& served : keys->served()) {
    if (served.group != facts.key) continue;
    facts.vendor = served.key.vendor;
    facts.retention = served.key.policy.retention;
    facts.count_by = served.key.policy.count_by;
    facts.threshold = std::max(facts.threshold, served.key.policy.threshold);
    facts.products.push_back({.key = served.key, .valid = served.key.valid_at(service.now())});
  }
}

Expected<void> read_group(GroupFacts& facts, HostService& service) {
  const auto now = service.now();
  const auto found = service.store().look(facts.key, [&](const core::Group& group) {
    facts.count = group.roll.count_at(now, facts.retention);
    if (group.roll.highest_threshold() > 0) facts.threshold = group.roll.highest_threshold();
    facts.capacity = group.roll.capacity();
    facts.active = group.active.count(now, facts.retention);
    facts.counters = group.counters;
    for (auto& product : facts.products) {
      const auto at = group.by_product.find(product.key.product);
      if (at != group.by_product.end()) product.active = at->second.count(now, facts.retention);
    }
  });
  if (!found) return std::unexpected(found.error());
  facts.last_minute = service.request_rate(facts.key, facts.counters.requests).last_minute;
  return {};
}

void write_product(std::string& out, const ProductFacts& product) {
  const auto& key = product.key;
  json::Writer writer(out);
  writer.plain("product", key.product)
      .text("name", key.name)
      .number("threshold", key.policy.threshold)
      .number("active_machines", static_cast<std::int64_t>(product.active));
  if (key.policy.licensed) {
    writer.number("licensed", *key.policy.licensed);
  } else {
    writer.null("licensed");
  }
  writer.plain("over", name_of(key.policy.over))
      .text("customer", key.customer)
      .plain("host_key", key.id)
      .time("issued", key.issued)
      .time("expires", key.expires)
      .truth("valid", product.valid)
      .end();
}

// Under count_by machine a machine stands there by its primary fact.
Reply roll_csv(const GroupFacts& facts, std::span<const core::RollEntry> entries) {
  constexpr auto kColumns =
      std::to_array<std::string_view>({"vendor", "group", "machine", "last_seen", "leaves"});
  auto reply = csv_reply(kColumns, "muster-roll.csv");
  for (const auto& entry : entries) {
    const std::array<std::string, kColumns.size()> fields{
        facts.key.vendor, facts.key.group,
        facts.count_by == CountBy::cmid ? Cmid{entry.key}.text() : base64url(entry.key),
        format_time(entry.last_seen), format_time(entry.last_seen + facts.retention)};
    reply.body += csv_line(fields);
  }
  return reply;
}

}  // namespace

Expected<std::vector<GroupFacts>> group_facts(HostService& service) {
  const auto stored = service.store().groups();
  if (!stored) return std::unexpected(stored.error());
  const auto keyed = service.keys()->groups();
  std::set<GroupKey> all(stored->begin(), stored->end());
  all.insert(keyed.begin(), keyed.end());
  std::vector<GroupFacts> out;
  for (const auto& key : all) {
    auto facts = group_facts(service, key);
    if (!facts) return std::unexpected(facts.error());
    out.push_back(std::move(*facts));
  }
  return out;
}

Expected<GroupFacts> group_facts(HostService& service, const GroupKey& key) {
  GroupFacts facts{.key = key};
  read_policy(facts, service);
  if (auto done = read_group(facts, service); !done) return std::unexpected(done.error());
  return facts;
}

Expected<std::vector<core::RollEntry>> live_roll(HostService& service, const GroupFacts& facts,
                                                 Instant now) {
  std::vector<core::RollEntry> out;
  const auto found = service.store().look(
      facts.key, [&](const core::Group& group) { out = group.roll.entries(); });
  if (!found) return std::unexpected(found.error());
  std::erase_if(
      out, [&](const core::RollEntry& entry) { return now - entry.last_seen >= facts.retention; });
  return out;
}

Expected<GroupKey> find_group(HostService& service, std::string_view group,
                              const std::string* vendor) {
  const auto all = service.store().groups();
  if (!all) return std::unexpected(all.error());
  const auto keyed = service.keys()->groups();
  std::set<GroupKey> fitting;
  for (const auto* keys : {&*all, &keyed}) {
    for (const auto& key : *keys) {
      if (key.group == group && (vendor == nullptr || key.vendor == *vendor)) fitting.insert(key);
    }
  }
  if (fitting.empty()) {
    return fail(ErrorCode::not_found, fmt::format("there is no group '{}'{}", group,
                                                  vendor == nullptr ? "" : " of that vendor"));
  }
  if (fitting.size() > 1) {
    return fail(ErrorCode::conflict,
                fmt::format("two vendors have a group '{}'; add ?vendor= with one of the ids that "
                            "/v1/groups shows",
                            group));
  }
  return *fitting.begin();
}

void write_group(std::string& out, const GroupFacts& facts) {
  json::Writer writer(out);
  writer.plain("vendor", facts.key.vendor)
      .text("vendor_name", facts.vendor)
      .plain("group", facts.key.group)
      .number("count", facts.count)
      .number("threshold", facts.threshold)
      .number("capacity", facts.capacity)
      .number("active_machines", static_cast<std::int64_t>(facts.active))
      .duration("retention_min", facts.retention)
      .plain("count_by", name_of(facts.count_by))
      .number("requests", static_cast<std::int64_t>(facts.counters.requests))
      .number("failed", static_cast<std::int64_t>(facts.counters.failed))
      .number("requests_last_minute", static_cast<std::int64_t>(facts.last_minute));
  auto& states = writer.key("by_licence_state");
  json::Writer by_state(states);
  for (int i = 0; i < kLicenceStates; ++i) {
    by_state.number(
        name_of(static_cast<LicenceState>(i)),
        static_cast<std::int64_t>(facts.counters.by_state.at(static_cast<std::size_t>(i))));
  }
  by_state.end();
  write_list(writer, "products", facts.products, write_product);
  writer.end();
}

Reply get_groups(HostService& service, const AdminRequest&) {
  const auto groups = group_facts(service);
  if (!groups) return reply_of(groups.error());
  std::string body;
  json::Writer writer(body);
  writer.time("time", service.now());
  write_list(writer, "groups", *groups, write_group);
  writer.end();
  return json_reply(std::move(body));
}

Reply get_roll(HostService& service, const AdminRequest& request) {
  const auto as_csv = wants_csv(request);
  if (!as_csv) return reply_of(as_csv.error());
  const auto key = find_group(service, request.id, request.find("vendor"));
  if (!key) return reply_of(key.error());
  const auto read = group_facts(service, *key);
  if (!read) return reply_of(read.error());
  const auto& facts = *read;
  const auto now = service.now();
  auto entries = live_roll(service, facts, now);
  if (!entries) return reply_of(entries.error());
  std::ranges::reverse(*entries);
  if (*as_csv) return roll_csv(facts, *entries);
  std::string body;
  json::Writer writer(body);
  writer.plain("vendor", key->vendor)
      .plain("group", key->group)
      .time("time", now)
      .number("count", facts.count)
      .number("threshold", facts.threshold)
      .number("capacity", facts.capacity)
      .number("active_machines", static_cast<std::int64_t>(facts.active))
      .plain("count_by", name_of(facts.count_by));
  write_list(writer, "entries", *entries, [&](std::string& out, const core::RollEntry& entry) {
    json::Writer one(out);
    // Under count_by machine a machine stands there by its primary fact.
    if (facts.count_by == CountBy::cmid) {
      one.cmid("cmid", Cmid{entry.key});
    } else {
      one.bytes("machine", entry.key);
    }
    one.time("last_seen", entry.last_seen).time("leaves", entry.last_seen + facts.retention).end();
  });
  writer.end();
  return json_reply(std::move(body));
}

}  // namespace muster::service
