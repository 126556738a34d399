// Evidence by pool: what was seen where, what to do about it, and what an operator expects.
#include <algorithm>
#include <array>
#include <map>

#include "base/ascii.h"
#include "core/evidence.h"
#include "service/admin_json.h"

namespace muster::service {
namespace {

using store::PoolKey;
using store::PoolRow;

constexpr std::size_t kPage = 1000;
constexpr std::size_t kNoteMost = 255;

// The kinds of one pool, the newest first.
using Pool = std::vector<PoolRow>;

struct PoolFilter {
  std::string vendor, group;
  std::optional<core::Evidence> evidence;
  std::optional<bool> expected;

  [[nodiscard]] bool fits(const PoolRow& row) const {
    return (vendor.empty() || row.vendor == vendor) && (group.empty() || row.group == group) &&
           (!evidence || row.key.evidence == *evidence) &&
           (!expected || row.record.expected.has_value() == *expected);
  }
};

Expected<PoolFilter> filter_of(const AdminRequest& request) {
  PoolFilter out;
  if (const auto* vendor = request.find("vendor"); vendor != nullptr) out.vendor = *vendor;
  if (const auto* group = request.find("group"); group != nullptr) out.group = *group;
  const auto evidence = evidence_in(request);
  if (!evidence) return std::unexpected(evidence.error());
  out.evidence = *evidence;
  if (const auto* expected = request.find("expected"); expected != nullptr) {
    out.expected = *expected == "true";
    if (!*out.expected && *expected != "false") {
      return fail(ErrorCode::malformed_request, "expected: true or false expected");
    }
  }
  return out;
}

constexpr std::string_view kCursor = "pool.";

// The order of the list, and a page's end as text, "pool.SECONDS.POOL": the newest first.
struct Rank {
  std::int64_t newest = 0;
  Bytes16 id{};
  friend auto operator<=>(const Rank&, const Rank&) = default;
};

Rank rank_of(const Pool& pool) {
  return {pool.front().record.newest.time_since_epoch().count(), pool.front().key.id};
}

Expected<Rank> rank_in(std::string_view text) {
  const bool own = text.starts_with(kCursor);
  if (own) text.remove_prefix(kCursor.size());
  const auto dot = text.find('.');
  if (own && dot != std::string_view::npos) {
    const auto newest = whole_number<std::int64_t>(text.substr(0, dot));
    const auto id = array_from_base64url<16>(text.substr(dot + 1));
    if (newest && id) return Rank{*newest, *id};
  }
  return fail(ErrorCode::malformed_request, "after: the `next` of the page before expected");
}

void sort_kinds(Pool& pool) {
  std::ranges::sort(pool, std::ranges::greater{},
                    [](const PoolRow& row) { return std::pair(row.record.newest, row.key); });
}

// There are some thousand at most, so that all are read for a page.
Expected<std::vector<Pool>> pools_of(HostService& service, const PoolFilter& filter) {
  std::map<Bytes16, Pool> by_id;
  for (std::optional<PoolKey> after;;) {
    auto rows = service.store().pools(after, kPage);
    if (!rows) return std::unexpected(rows.error());
    const bool last = rows->size() < kPage;
    if (!last) after = rows->back().key;
    for (auto& row : *rows) {
      if (filter.fits(row)) by_id[row.key.id].push_back(std::move(row));
    }
    if (last) break;
  }
  std::vector<Pool> out;
  for (auto& [id, pool] : by_id) {
    sort_kinds(pool);
    out.push_back(std::move(pool));
  }
  std::ranges::sort(out, std::ranges::greater{}, rank_of);
  return out;
}

void write_text_or_null(json::Writer& writer, std::string_view name, const std::string& text) {
  text.empty() ? writer.null(name) : writer.text(name, text);
}

void write_example(std::string& out, HostService& service, const core::PoolExample& example) {
  json::Writer writer(out);
  writer.cmid("cmid", example.cmid);
  write_value(writer, "name", value_of(service, example.name_hash));
  writer.time("time", example.time).plain("event", cursor_of(example.event));
  writer.end();
}

void write_kind(std::string& out, HostService& service, const PoolRow& row) {
  const auto& record = row.record;
  json::Writer writer(out);
  writer.plain("evidence", core::name_of(row.key.evidence))
      .text("explanation", core::explain(row.key.evidence))
      .text("advice", core::advice(row.key.evidence))
      .number("count", static_cast<std::int64_t>(record.count))
      .number("last_30_days", static_cast<std::int64_t>(record.last_days(service.now())))
      .time("first", record.first)
      .time("newest", record.newest)
      .plain("newest_event", cursor_of(record.newest_event));
  if (record.expected) {
    json::Writer(writer.key("expected"))
        .plain("by", record.expected->by)
        .time("since", record.expected->since)
        .text("note", record.expected->note)
        .end();
  } else {
    writer.null("expected");
  }
  write_list(
      writer, "examples", record.examples,
      [&](std::string& to, const core::PoolExample& one) { write_example(to, service, one); });
  writer.end();
}

void write_pool(std::string& out, HostService& service, const Pool& pool) {
  const auto& row = pool.front();
  json::Writer writer(out);
  writer.bytes("pool", row.key.id).plain("vendor", row.vendor).plain("group", row.group);
  write_text_or_null(writer, "pattern", row.pattern);
  write_text_or_null(writer, "subnet", row.subnet);
  writer.time("newest", row.record.newest);
  write_list(writer, "kinds", pool,
             [&](std::string& to, const PoolRow& kind) { write_kind(to, service, kind); });
  writer.end();
}

// ---- CSV: a line for each kind of each pool

constexpr auto kColumns = std::to_array<std::string_view>(
    {"pool", "vendor", "group", "pattern", "subnet", "evidence", "count", "last_30_days", "first",
     "newest", "newest_event", "expected_by", "expected_since", "note"});

Reply csv(HostService& service, std::span<const Pool> pools) {
  auto reply = csv_reply(kColumns, "muster-evidence.csv");
  for (const auto& pool : pools) {
    for (const auto& row : pool) {
      const auto& record = row.record;
      const auto& mark = record.expected;
      const std::array<std::string, kColumns.size()> fields{
          base64url(row.key.id),
          row.vendor,
          row.group,
          row.pattern,
          row.subnet,
          std::string(core::name_of(row.key.evidence)),
          fmt::format("{}", record.count),
          fmt::format("{}", record.last_days(service.now())),
          format_time(record.first),
          format_time(record.newest),
          cursor_of(record.newest_event),
          mark ? mark->by : "",
          mark ? format_time(mark->since) : "",
          mark ? mark->note : ""};
      reply.body += csv_line(fields);
    }
  }
  return reply;
}

// ---- the mark

struct Mark {
  PoolKey key;
  bool expected = false;
  std::string note;
};

Expected<Mark> mark_of(const AdminRequest& request) {
  json::Tree tree;
  if (auto done = parse_body(tree, request.body); !done) return std::unexpected(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  Mark out;
  const auto kind = core::evidence_of(claims.nonempty("evidence", 64));
  out.expected = claims.truth("expected");
  if (claims.has("note")) out.note = claims.text("note", kNoteMost);
  if (claims.ok() && !kind) claims.refuse("evidence", "a kind of evidence expected");
  if (!claims.ok()) return claims.failure();
  const auto id = array_from_base64url<16>(request.id);
  if (!id) return fail(ErrorCode::not_found, "there is no such pool");
  out.key = {*id, *kind};
  return out;
}

Expected<void> keep_mark(LedgerWork& work, const Mark& mark, Actor actor) {
  auto row = work.unit.read_pool(mark.key);
  if (!row) return std::unexpected(row.error());
  if (!*row) {
    return fail(ErrorCode::not_found,
                fmt::format("no {} was seen in such a pool", core::name_of(mark.key.evidence)));
  }
  auto& record = (*row)->record;
  record.expected.reset();
  if (mark.expected) record.expected = core::PoolMark{std::string(actor), work.now, mark.note};
  if (auto put = work.unit.put_pool(**row); !put) return put;
  // The pattern is made of a name and stands nowhere in the log; the id is a salted hash.
  wire::Event event;
  event.time = work.now;
  event.type = mark.expected ? "evidence_expected" : "evidence_unexpected";
  event.actor = actor;
  json::Writer detail(event.detail);
  detail.bytes("pool", mark.key.id).plain("evidence", core::name_of(mark.key.evidence));
  if (!mark.note.empty()) detail.text("note", mark.note);
  detail.end();
  work.journal.append(work.unit, std::move(event));
  return {};
}

}  // namespace

Reply get_evidence(HostService& service, const AdminRequest& request) {
  const auto limit = limit_of(request, 100);
  if (!limit) return reply_of(limit.error());
  const auto as_csv = wants_csv(request);
  if (!as_csv) return reply_of(as_csv.error());
  const auto filter = filter_of(request);
  if (!filter) return reply_of(filter.error());
  std::optional<Rank> after;
  if (const auto* text = request.find("after"); text != nullptr) {
    const auto rank = rank_in(*text);
    if (!rank) return reply_of(rank.error());
    after = *rank;
  }
  auto pools = pools_of(service, *filter);
  if (!pools) return reply_of(pools.error());
  if (after) std::erase_if(*pools, [&](const Pool& pool) { return rank_of(pool) >= *after; });
  if (*as_csv) {
    const bool all = request.find("limit") == nullptr;
    return csv(service,
               std::span(*pools).first(all ? pools->size() : std::min(*limit, pools->size())));
  }
  const bool more = pools->size() > *limit;
  if (more) pools->resize(*limit);
  const auto at = service.digested().at;
  std::string body;
  json::Writer writer(body);
  writer.time("time", service.now());
  at.seq == 0 ? writer.null("up_to") : writer.plain("up_to", cursor_of(at));
  write_list(writer, "pools", *pools,
             [&](std::string& out, const Pool& pool) { write_pool(out, service, pool); });
  if (more) {
    const auto last = rank_of(pools->back());
    writer.plain("next", fmt::format("{}{}.{}", kCursor, last.newest, base64url(last.id)));
  } else {
    writer.null("next");
  }
  writer.end();
  return json_reply(std::move(body));
}

Reply post_evidence_expected(HostService& service, const AdminRequest& request) {
  const auto mark = mark_of(request);
  if (!mark) return reply_of(mark.error());
  const auto done =
      service.in_unit({}, [&](LedgerWork& work) { return keep_mark(work, *mark, request.actor); });
  if (!done) return reply_of(done.error());
  Pool pool;
  // All kinds of one pool stand together: the first comes behind kind 0.
  const auto rows = service.store().pools(PoolKey{mark->key.id, {}}, core::kEvidences);
  if (!rows) return reply_of(rows.error());
  std::ranges::copy_if(*rows, std::back_inserter(pool),
                       [&](const PoolRow& row) { return row.key.id == mark->key.id; });
  sort_kinds(pool);
  std::string body;
  write_pool(body, service, pool);
  return json_reply(std::move(body));
}

}  // namespace muster::service
