// The event log: a page of it as JSON, or all of it as CSV; as the export that verifies it is in
// admin_event_export.cpp.
#include <algorithm>
#include <array>
#include <memory>

#include "service/admin_event_export.h"
#include "service/event_walk.h"

namespace muster::service {
namespace {

using core::EventPlace;

constexpr std::size_t kChunk = 1000;      // events that are looked at in one read
constexpr std::size_t kLookMost = 4'000;  // and for one page

enum class Format : std::uint8_t { json, ndjson, csv };

Expected<Format> format_of(const AdminRequest& request) {
  if (const auto* format = request.find("format"); format != nullptr) {
    if (*format == "json") return Format::json;
    if (*format == "ndjson") return Format::ndjson;
    if (*format == "csv") return Format::csv;
    return fail(ErrorCode::malformed_request, "format: json, ndjson or csv expected");
  }
  if (request.accept.find("application/x-ndjson") != std::string_view::npos ||
      request.accept.find("text/x-ndjson") != std::string_view::npos) {
    return Format::ndjson;
  }
  if (request.accept.find("text/csv") != std::string_view::npos) return Format::csv;
  return Format::json;
}

// ---- JSON

// Goes on until the page is full, or enough has been looked at.
Expected<std::vector<store::EventRow>> page_of(EventWalk& walk, std::size_t limit) {
  std::vector<store::EventRow> out;
  for (std::size_t looked = 0; !walk.ended() && looked < kLookMost && out.size() < limit;) {
    const auto look = walk.searches() ? kChunk : limit - out.size();
    if (auto done = walk.next(look, limit - out.size(), out); !done) {
      return std::unexpected(done.error());
    }
    looked += look;
  }
  return out;
}

Reply json_page(HostService& service, EventQuery query, std::size_t limit) {
  auto walk = EventWalk::make(service, std::move(query));
  if (!walk) return reply_of(walk.error());
  const auto rows = page_of(*walk, limit);
  if (!rows) return reply_of(rows.error());
  std::string body;
  json::Writer writer(body);
  write_list(writer, "events", *rows, [&](std::string& out, const store::EventRow& row) {
    write_event_row(out, service, row);
  });
  walk->ended() ? writer.null("next") : writer.plain("next", cursor_of(walk->at()));
  writer.plain("resume", cursor_of(walk->resume()));
  json::Writer log(writer.key("log"));
  write_log_reach(log, service, walk->head());
  log.end();
  writer.end();
  return json_reply(std::move(body));
}

// ---- CSV (RFC 4180), for people and their spreadsheets

constexpr auto kColumns = std::to_array<std::string_view>(
    {"epoch",    "seq",     "time",        "type",  "vendor",       "product",
     "group",    "cmid",    "activated",   "count", "threshold",    "error",
     "evidence", "ticket",  "client_time", "state", "minutes_left", "virtual",
     "name",     "address", "actor",       "detail"});

template <class Value>
std::string text_or_empty(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

std::string line_of(HostService& service, const wire::Event& event) {
  const bool request = event.type == "activation";
  const auto when = [&](bool there, std::string text) {
    return there ? std::move(text) : std::string();
  };
  const auto hashed = [&](const std::optional<Bytes16>& hash) {
    return value_of(service, hash.value_or(Bytes16{})).value_or("");
  };
  const std::array<std::string, kColumns.size()> fields{
      fmt::format("{}", event.epoch),
      fmt::format("{}", event.seq),
      format_time(event.time),
      event.type,
      event.vendor,
      event.product,
      event.group,
      event.cmid ? event.cmid->text() : "",
      when(request, event.activated ? "true" : "false"),
      text_or_empty(event.count),
      text_or_empty(event.threshold),
      event.error,
      event.evidence,
      when(event.ticket != 0, fmt::format("{}", event.ticket)),
      event.client_time ? format_time(*event.client_time) : "",
      when(request, std::string(name_of(event.state))),
      when(request, fmt::format("{}", event.minutes_left)),
      text_or_empty(event.is_virtual),
      hashed(event.name),
      hashed(event.address),
      event.actor,
      event.detail};
  return csv_line(fields);
}

struct CsvSearch {
  HostService* service;
  EventWalk walk;
  std::optional<std::size_t> left;

  Expected<std::optional<std::string>> piece();
};

Expected<std::optional<std::string>> CsvSearch::piece() {
  if (walk.ended() || left == 0) return std::nullopt;
  std::vector<store::EventRow> rows;
  const auto most = std::min(left.value_or(kChunk), kChunk);
  if (auto done = walk.next(kChunk, most, rows); !done) return std::unexpected(done.error());
  if (left) *left -= rows.size();
  std::string out;
  for (const auto& row : rows) {
    const auto event = wire::parse_event_line(row.line);
    if (!event) return std::unexpected(event.error());
    out.append(line_of(*service, *event));
  }
  return out;
}

Reply csv(HostService& service, EventQuery query, std::optional<std::size_t> limit) {
  auto walk = EventWalk::make(service, std::move(query));
  if (!walk) return reply_of(walk.error());
  auto search = std::make_shared<CsvSearch>(CsvSearch{&service, std::move(*walk), limit});
  auto reply = csv_reply(kColumns, "muster-events.csv");
  reply.next_piece = [search] { return search->piece(); };
  return reply;
}

// What is left out would be a gap, and nothing would verify.
Expected<void> refuse_filter(const AdminRequest& request) {
  for (const auto& [name, value] : request.query) {
    if (name == "after" || name == "limit" || name == "format") continue;
    return fail(ErrorCode::malformed_request,
                fmt::format("{}: the export is whole; a part of it does not verify", name));
  }
  return {};
}

}  // namespace

Reply get_events(HostService& service, const AdminRequest& request) {
  const auto format = format_of(request);
  if (!format) return reply_of(format.error());
  const auto limit = limit_of(request, 100);
  if (!limit) return reply_of(limit.error());
  auto query = event_query_of(request);
  if (!query) return reply_of(query.error());
  if (*format == Format::json) return json_page(service, std::move(*query), *limit);
  const auto most = request.find("limit") == nullptr ? std::nullopt : std::optional(*limit);
  if (*format == Format::csv) return csv(service, std::move(*query), most);
  if (auto whole = refuse_filter(request); !whole) return reply_of(whole.error());
  return event_export(service, query->after.value_or(EventPlace{}), most);
}

}  // namespace muster::service
