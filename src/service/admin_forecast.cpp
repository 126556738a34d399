// What becomes of a group's count if nobody asks any more, and who has to ask by when.
#include <algorithm>

#include "base/ascii.h"
#include "core/forecast.h"
#include "service/admin_json.h"

namespace muster::service {
namespace {

constexpr std::uint32_t kSteps = 720;  // of 30 days, an hour each

// A place in the due list: "SECONDS-PUT", the last contact and the order of its second.
struct DueCursor {
  Instant last_seen{};
  std::uint64_t put = 0;
};

std::string text_of(const core::RollEntry& entry) {
  return fmt::format("{}-{}", entry.last_seen.time_since_epoch().count(), entry.put);
}

std::optional<DueCursor> parse_due_cursor(std::string_view text) {
  const auto dash = text.rfind('-');
  if (dash == text.npos) return std::nullopt;
  const auto at = whole_number<std::int64_t>(text.substr(0, dash));
  const auto put = whole_number<std::uint64_t>(text.substr(dash + 1));
  if (!at || !put) return std::nullopt;
  return DueCursor{Instant{seconds{*at}}, *put};
}

// When a machine is to ask next: by the shortest interval of the products that it uses, or of the
// group's where it is not known which those are.
minutes renewal_of(const GroupFacts& facts, const std::optional<core::Machine>& machine) {
  std::optional<minutes> of_its_own, of_all;
  const auto take = [](std::optional<minutes>& least, minutes value) {
    least = std::min(least.value_or(value), value);
  };
  for (const auto& product : facts.products) {
    const auto interval = product.key.policy.renewal_interval;
    take(of_all, interval);
    if (!machine) continue;
    const auto& uses = machine->uses;
    const auto used = std::ranges::find(uses, product.key.product, &core::ProductUse::product);
    if (used != uses.end()) take(of_its_own, interval);
  }
  return of_its_own.value_or(of_all.value_or(Policy{}.renewal_interval));
}

Expected<void> write_due(std::string& out, HostService& service, const GroupFacts& facts,
                         const core::RollEntry& entry, Instant now) {
  json::Writer writer(out);
  std::optional<core::Machine> machine;
  // Under count_by machine an entry is a primary fact, which several CMIDs may have shown.
  if (facts.count_by == CountBy::cmid) {
    auto found = service.store().machine(facts.key, Cmid{entry.key});
    if (!found) return std::unexpected(found.error());
    machine = std::move(*found);
    writer.cmid("cmid", Cmid{entry.key});
  } else {
    writer.bytes("machine", entry.key);
  }
  write_value(writer, "name", machine ? value_of(service, machine->name_hash) : std::nullopt);
  const auto due = entry.last_seen + renewal_of(facts, machine);
  writer.time("last_seen", entry.last_seen)
      .time("due", due)
      .truth("late", due < now)
      .time("leaves", entry.last_seen + facts.retention)
      .end();
  return {};
}

Expected<void> write_due_list(json::Writer& writer, HostService& service, const GroupFacts& facts,
                              std::span<const core::RollEntry> entries, Instant now,
                              std::size_t most) {
  auto& out = writer.key("due");
  out.push_back('[');
  for (const auto& entry : entries.first(std::min(most, entries.size()))) {
    if (out.back() != '[') out.push_back(',');
    if (auto done = write_due(out, service, facts, entry, now); !done) return done;
  }
  out.push_back(']');
  if (entries.size() > most) {
    writer.plain("next", text_of(entries[most - 1]));
  } else {
    writer.null("next");
  }
  return {};
}

void write_falls(json::Writer& writer, std::span<const core::RollEntry> entries, Instant now,
                 minutes retention, std::uint32_t threshold) {
  writer.number("threshold", threshold).truth("under", entries.size() < threshold);
  // Where it is under the threshold already there is nothing to foretell.
  if (threshold == 0 || entries.size() < threshold) {
    writer.null("falls_under");
  } else {
    writer.time("falls_under", core::falls_under(entries, now, retention, threshold));
  }
}

void write_curve(json::Writer& writer, std::span<const core::RollEntry> entries, Instant now,
                 minutes retention) {
  write_list(writer, "if_silent", core::count_if_silent(entries, now, retention, kSteps),
             [](std::string& out, const core::CountAt& point) {
               json::Writer(out).time("time", point.at).number("count", point.count).end();
             });
}

}  // namespace

Reply get_forecast(HostService& service, const AdminRequest& request) {
  const auto limit = limit_of(request, 100);
  if (!limit) return reply_of(limit.error());
  std::optional<DueCursor> after;
  if (const auto* text = request.find("after"); text != nullptr) {
    after = parse_due_cursor(*text);
    if (!after) return reply_of({ErrorCode::malformed_request, "after: a list's `next` expected"});
  }
  const auto key = find_group(service, request.id, request.find("vendor"));
  if (!key) return reply_of(key.error());
  const auto now = service.now();
  const auto facts = group_facts(service, *key);
  if (!facts) return reply_of(facts.error());
  const auto roll = live_roll(service, *facts, now);
  if (!roll) return reply_of(roll.error());
  std::span<const core::RollEntry> entries(*roll);

  std::string body;
  json::Writer writer(body);
  writer.plain("vendor", key->vendor)
      .plain("group", key->group)
      .time("time", now)
      .number("count", static_cast<std::int64_t>(entries.size()))
      .duration("retention_min", facts->retention);
  write_falls(writer, entries, now, facts->retention, facts->threshold);
  write_list(writer, "products", facts->products,
             [&](std::string& out, const ProductFacts& product) {
               json::Writer one(out);
               one.plain("product", product.key.product);
               write_falls(one, entries, now, facts->retention, product.key.policy.threshold);
               one.end();
             });
  write_curve(writer, entries, now, facts->retention);
  if (after) {
    const auto from = std::ranges::find_if(entries, [&](const core::RollEntry& entry) {
      return std::pair(entry.last_seen, entry.put) > std::pair(after->last_seen, after->put);
    });
    entries = entries.subspan(static_cast<std::size_t>(from - entries.begin()));
  }
  if (auto done = write_due_list(writer, service, *facts, entries, now, *limit); !done) {
    return reply_of(done.error());
  }
  writer.end();
  return json_reply(std::move(body));
}

}  // namespace muster::service
