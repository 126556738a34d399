// What becomes of a group's count: if nobody asks any more, as it is to be expected, and who has to
// ask by when so that it holds.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/ascii.h"
#include "core/forecast.h"
#include "service/admin_json.h"
#include "service/group_past.h"

namespace muster::service {
namespace {

constexpr std::uint32_t kSteps = 720;     // of 30 days, an hour each
constexpr double kStepsOfRetention = 30;  // of an outlook

void write_moment(json::Writer& writer, std::string_view name, const std::optional<Instant>& at) {
  if (at) {
    writer.time(name, *at);
  } else {
    writer.null(name);
  }
}

// A place in a group's due list: "due.VENDOR.GROUP.SECONDS-PUT", the last contact and the order of
// its second.
struct DueCursor {
  Instant last_seen{};
  std::uint64_t put = 0;
};

std::string list_of(const GroupKey& group) {
  return fmt::format("due.{}.{}.", group.vendor, group.group);
}

std::string text_of(const GroupKey& group, const core::RollEntry& entry) {
  return fmt::format("{}{}-{}", list_of(group), entry.last_seen.time_since_epoch().count(),
                     entry.put);
}

std::optional<DueCursor> parse_due_cursor(std::string_view text, const GroupKey& group) {
  const auto list = list_of(group);
  if (!text.starts_with(list)) return std::nullopt;
  text.remove_prefix(list.size());
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

// All that an answer is made of.
struct Foretold {
  GroupFacts facts;
  Instant now{};
  std::vector<core::RollEntry> roll;  // those that count now
  GroupPast past;
  core::Outlook outlook;
  std::uint32_t keeps = 0;  // the threshold that the due list is for
  core::DueList due;
};

// The highest threshold that the count is not under, or the highest of all.
std::uint32_t threshold_to_keep(const Foretold& from) {
  std::uint32_t out = 0;
  for (const auto& product : from.facts.products) {
    const auto threshold = product.key.policy.threshold;
    if (threshold <= from.roll.size()) out = std::max(out, threshold);
  }
  if (from.facts.threshold <= from.roll.size()) out = from.facts.threshold;
  return out > 0 ? out : std::max(1U, from.facts.threshold);
}

Expected<Foretold> foretell(HostService& service, const AdminRequest& request) {
  const auto key = find_group(service, request.id, request.find("vendor"));
  if (!key) return std::unexpected(key.error());
  Foretold out;
  out.now = service.now();
  auto facts = group_facts(service, *key);
  if (!facts) return std::unexpected(facts.error());
  out.facts = std::move(*facts);
  auto roll = live_roll(service, out.facts, out.now);
  if (!roll) return std::unexpected(roll.error());
  out.roll = std::move(*roll);
  out.keeps = threshold_to_keep(out);
  if (const auto* product = request.find("product"); product != nullptr) {
    const auto at = std::ranges::find(out.facts.products, *product,
                                      [](const ProductFacts& one) { return one.key.product; });
    if (at == out.facts.products.end()) {
      return fail(ErrorCode::not_found, "product: the group has none of that id");
    }
    out.keeps = at->key.policy.threshold;
  }
  auto past = group_past(service, out.facts, out.roll, out.now);
  if (!past) return std::unexpected(past.error());
  out.past = std::move(*past);
  out.outlook = out.past.outlook(out.facts.retention);
  out.due = core::due_list(out.roll, out.now, out.facts.retention, out.keeps,
                           [&](const core::RollEntry& entry) {
                             const auto* machine = out.past.find(entry.key);
                             return machine != nullptr && machine->replaced;
                           });
  return out;
}

// ---- the due list

struct DueRow {
  const core::Due* due;
  std::optional<std::string> name{};
  Instant renews{};  // when its machine is to ask by its policy
};

DueRow row_of(HostService& service, const Foretold& from, const core::Due& due) {
  const auto* known = from.past.find(due.entry.key);
  DueRow out{.due = &due};
  // Under count_by machine an entry is a primary fact, which several CMIDs may have shown.
  const bool one = known != nullptr && from.facts.count_by == CountBy::cmid;
  if (known != nullptr) out.name = value_of(service, known->machine.name_hash);
  out.renews = due.entry.last_seen +
               renewal_of(from.facts, one ? std::optional(known->machine) : std::nullopt);
  return out;
}

void write_due(std::string& out, HostService& service, const Foretold& from, const core::Due& due) {
  const auto row = row_of(service, from, due);
  json::Writer writer(out);
  if (from.facts.count_by == CountBy::cmid) {
    writer.cmid("cmid", Cmid{due.entry.key});
  } else {
    writer.bytes("machine", due.entry.key);
  }
  write_value(writer, "name", row.name);
  writer.time("last_seen", due.entry.last_seen)
      .time("due", row.renews)
      .truth("late", row.renews < from.now)
      .time("leaves", due.leaves)
      .number("count_after", due.count_after)
      .truth("gone", due.gone);
  write_moment(writer, "ask_before", due.ask_before);
  writer.end();
}

constexpr auto kColumns =
    std::to_array<std::string_view>({"ask_before", "machine", "name", "last_seen", "renews", "late",
                                     "leaves", "gone", "count_after"});

std::string line_of(HostService& service, const Foretold& from, const core::Due& due) {
  const auto row = row_of(service, from, due);
  const std::array<std::string, kColumns.size()> fields{
      due.ask_before ? format_time(*due.ask_before) : "",
      from.facts.count_by == CountBy::cmid ? Cmid{due.entry.key}.text() : base64url(due.entry.key),
      row.name.value_or(""),
      format_time(due.entry.last_seen),
      format_time(row.renews),
      fmt::format("{}", row.renews < from.now),
      format_time(due.leaves),
      fmt::format("{}", due.gone),
      fmt::format("{}", due.count_after)};
  return csv_line(fields);
}

Reply csv(HostService& service, const Foretold& from, std::span<const core::Due* const> rows) {
  auto reply = csv_reply(kColumns, "muster-due.csv");
  for (const auto* due : rows) reply.body += line_of(service, from, *due);
  return reply;
}

void write_due_list(json::Writer& writer, HostService& service, const Foretold& from,
                    std::span<const core::Due* const> rows, std::size_t most) {
  write_list(writer, "due", rows.first(std::min(most, rows.size())),
             [&](std::string& out, const core::Due* due) { write_due(out, service, from, *due); });
  if (rows.size() > most) {
    writer.plain("next", text_of(from.facts.key, rows[most - 1]->entry));
  } else {
    writer.null("next");
  }
}

void write_keep(json::Writer& writer, const Foretold& from) {
  json::Writer keep(writer.key("keep"));
  keep.number("threshold", from.keeps)
      .number("spare", from.due.spare)
      .number("missing", from.due.missing);
  write_moment(keep, "falls_under", from.due.falls_under);
  keep.end();
}

// ---- when it falls

void write_falls(json::Writer& writer, const Foretold& from, std::uint32_t threshold) {
  const bool under = threshold == 0 || from.roll.size() < threshold;
  writer.number("threshold", threshold).truth("under", from.roll.size() < threshold);
  // Where it is under the threshold already there is nothing to foretell.
  std::optional<Instant> silent;
  core::ExpectedFall fall;
  if (!under) {
    silent = core::falls_under(from.roll, from.now, from.facts.retention, threshold);
    fall = core::expected_fall(from.outlook, threshold, *silent);
  }
  write_moment(writer, "falls_under", silent);
  write_moment(writer, "expected", fall.expected);
  write_moment(writer, "earliest", fall.earliest);
  write_moment(writer, "latest", fall.latest);
}

// As a roll would count them: whole machines, no more than its capacity.
void write_ahead(json::Writer& writer, const Foretold& from) {
  const auto whole = [&](double machines) {
    return std::min<std::int64_t>(std::llround(machines), from.facts.capacity);
  };
  const auto& all = from.outlook.machines;
  auto& out = writer.key("ahead");
  out.push_back('[');
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) out.push_back(',');
    const auto at = from.now + static_cast<std::int64_t>(i) * from.outlook.step;
    json::Writer(out)
        .time("time", at)
        .number("low", whole(all[i].low))
        .number("expected", whole(all[i].mean))
        .number("high", whole(all[i].high))
        .end();
  }
  out.push_back(']');
}

void write_rests_on(json::Writer& writer, const Foretold& from) {
  const auto& outlook = from.outlook;
  json::Writer one(writer.key("rests_on"));
  one.number("machines", static_cast<std::int64_t>(from.past.machines.size()))
      .truth("whole", from.past.whole)
      .number("returns", static_cast<std::int64_t>(outlook.returns))
      .number("departures", static_cast<std::int64_t>(outlook.departures))
      .number("rhythm_min",
              std::llround(outlook.rhythm * static_cast<double>(outlook.step.count()) / 60))
      .number("arriving", std::llround(outlook.arriving * kStepsOfRetention))
      .number("silent_min", std::chrono::floor<minutes>(outlook.silence).count())
      .end();
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
  const auto as_csv = wants_csv(request);
  if (!as_csv) return reply_of(as_csv.error());
  const auto* needed = request.find("needed");
  if (needed != nullptr && *needed != "true" && *needed != "false") {
    return reply_of({ErrorCode::malformed_request, "needed: true or false expected"});
  }
  const auto made = foretell(service, request);
  if (!made) return reply_of(made.error());
  const auto& from = *made;
  const auto after = parameter<DueCursor>(
      request, "after", "the `next` of this group's due list",
      [&](std::string_view text) { return parse_due_cursor(text, from.facts.key); });
  if (!after) return reply_of(after.error());
  std::vector<const core::Due*> rows;
  for (const auto& due : from.due.entries) {
    const bool is_behind = !*after || std::pair(due.entry.last_seen, due.entry.put) >
                                          std::pair((*after)->last_seen, (*after)->put);
    const bool fits = needed == nullptr || due.ask_before.has_value() == (*needed == "true");
    if (is_behind && fits) rows.push_back(&due);
  }
  if (*as_csv) {
    const bool all = request.find("limit") == nullptr;
    return csv(service, from,
               std::span(rows).first(all ? rows.size() : std::min(*limit, rows.size())));
  }

  std::string body;
  json::Writer writer(body);
  writer.plain("vendor", from.facts.key.vendor)
      .plain("group", from.facts.key.group)
      .time("time", from.now)
      .number("count", static_cast<std::int64_t>(from.roll.size()))
      .number("capacity", from.facts.capacity)
      .duration("retention_min", from.facts.retention);
  write_falls(writer, from, from.facts.threshold);
  write_list(writer, "products", from.facts.products,
             [&](std::string& out, const ProductFacts& product) {
               json::Writer one(out);
               one.plain("product", product.key.product);
               write_falls(one, from, product.key.policy.threshold);
               one.end();
             });
  write_curve(writer, from.roll, from.now, from.facts.retention);
  write_ahead(writer, from);
  write_rests_on(writer, from);
  write_keep(writer, from);
  write_due_list(writer, service, from, rows, *limit);
  writer.end();
  return json_reply(std::move(body));
}

}  // namespace muster::service
