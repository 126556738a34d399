// The event log: a page of it as JSON, or all of it as the export that `muster events verify`
// reads, or as CSV.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/csv.h"
#include "service/admin_json.h"
#include "wire/log_export.h"

namespace muster::service {
namespace {

using core::EventPlace;

constexpr std::size_t kPage = 1000;

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

// Walks the log page by page, at most `left` events.
struct Walk {
  HostService* service;
  EventPlace after;
  std::optional<std::size_t> left;

  Expected<std::vector<store::EventRow>> next() {
    const auto most = std::min(left.value_or(kPage), kPage);
    if (most == 0) return std::vector<store::EventRow>{};
    auto rows = service->store().events(after, most);
    if (!rows) return rows;
    if (left) *left -= rows->size();
    if (!rows->empty()) after = rows->back().place;
    return rows;
  }
};

// ---- JSON

void write_row(std::string& out, HostService& service, const store::EventRow& row) {
  json::Writer writer(out);
  writer.plain("place", cursor_of(row.place)).raw("event", row.line).bytes("hash", row.hash);
  if (const auto event = wire::parse_event_line(row.line)) {
    write_value(writer, "name", value_of(service, event->name.value_or(Bytes16{})));
    write_value(writer, "address", value_of(service, event->address.value_or(Bytes16{})));
  }
  writer.end();
}

Reply json_page(HostService& service, EventPlace after, std::size_t limit) {
  Walk walk{&service, after, limit};
  const auto rows = walk.next();
  if (!rows) return reply_of(rows.error());
  std::string body;
  json::Writer writer(body);
  write_list(writer, "events", *rows,
             [&](std::string& out, const store::EventRow& row) { write_row(out, service, row); });
  // There for an empty page too, so that whoever follows the log can go on from it.
  if (walk.after.epoch > 0) {
    writer.plain("next", cursor_of(walk.after));
  } else {
    writer.null("next");
  }
  writer.end();
  return json_reply(std::move(body));
}

// ---- the export (wire/log_export.h)

struct Export {
  Walk walk;
  std::uint32_t epoch;
  EventPlace checkpoints_after;
  std::vector<store::CheckpointRow> checkpoints{};  // read and not yet written, ascending
  bool checkpoints_end = false;

  Expected<std::optional<std::string>> piece();
  Expected<void> append_checkpoints(std::string& out, EventPlace up_to);
};

Expected<void> Export::append_checkpoints(std::string& out, EventPlace up_to) {
  for (;;) {
    std::size_t used = 0;
    while (used < checkpoints.size() && checkpoints[used].place <= up_to) {
      out.append(wire::encode_checkpoint_line(checkpoints[used++].jws)).append("\n");
    }
    checkpoints.erase(checkpoints.begin(), checkpoints.begin() + static_cast<std::ptrdiff_t>(used));
    if (!checkpoints.empty() || checkpoints_end) return {};
    auto more = walk.service->store().checkpoints(checkpoints_after, kPage);
    if (!more) return std::unexpected(more.error());
    checkpoints_end = more->empty();
    if (!more->empty()) checkpoints_after = more->back().place;
    checkpoints = std::move(*more);
  }
}

Expected<std::optional<std::string>> Export::piece() {
  const auto rows = walk.next();
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  // What was at the end when it was looked at may have grown meanwhile.
  checkpoints_end = false;
  std::string out;
  for (const auto& row : *rows) {
    if (row.place.epoch != epoch) {
      walk.left = 0;
      break;
    }
    out.append(row.line).append("\n");
    if (auto done = append_checkpoints(out, row.place); !done) return std::unexpected(done.error());
  }
  return out;
}

// The newest checkpoint of the epoch, or an empty text.
Expected<std::string> newest_checkpoint(HostService& service, const store::ChainHead& head) {
  if (head.checkpoint_seq == 0) return std::string();
  const auto rows = service.store().checkpoints({head.epoch, head.checkpoint_seq - 1}, 1);
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? std::string() : rows->front().jws;
}

Reply ndjson(HostService& service, EventPlace after, std::optional<std::size_t> limit) {
  if (after.host != 0) {
    return reply_of({ErrorCode::malformed_request, "after: a host exports its own log alone"});
  }
  const auto head = service.store().chain_head();
  if (!head) return reply_of(head.error());
  wire::LogHeader header{.host = service.host_public_key().thumbprint(),
                         .host_jwk = service.host_public_key().jwk(),
                         .epoch = after.epoch > 0 ? after.epoch : head->epoch,
                         .from = after.seq + 1};
  after.epoch = header.epoch;
  if (after.seq > 0) {
    const auto before = service.store().event(after);
    if (!before) return reply_of(before.error());
    if (!*before) return reply_of({ErrorCode::not_found, "there is no event " + cursor_of(after)});
    header.previous = (*before)->hash;
  }
  // The export ends where the log ended when it was asked for, however fast the log grows.
  if (header.epoch == head->epoch) {
    const auto there = head->seq > after.seq ? head->seq - after.seq : 0;
    const bool whole = !limit || *limit >= there;
    limit = std::min<std::uint64_t>(limit.value_or(there), there);
    auto newest = newest_checkpoint(service, *head);
    if (!newest) return reply_of(newest.error());
    if (whole && head->checkpoint_seq > after.seq) header.newest = std::move(*newest);
  }
  auto state = std::make_shared<Export>(
      Export{.walk = {&service, after, limit}, .epoch = header.epoch, .checkpoints_after = after});
  return {.content_type = "application/x-ndjson",
          .body = wire::encode_log_header(header) + "\n",
          .next_piece = [state] { return state->piece(); }};
}

// ---- CSV (RFC 4180), for people and their spreadsheets

constexpr std::array kColumns{"epoch",     "seq",          "time",     "type",      "vendor",
                              "product",   "group",        "cmid",     "activated", "count",
                              "threshold", "error",        "evidence", "ticket",    "client_time",
                              "state",     "minutes_left", "virtual",  "name",      "address",
                              "actor",     "detail"};

template <class Value>
std::string text_or_empty(const std::optional<Value>& value) {
  return value ? fmt::format("{}", *value) : std::string();
}

std::string csv_line(HostService& service, const wire::Event& event) {
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
  std::string out;
  for (const auto& field : fields) {
    if (!out.empty()) out.push_back(',');
    append_csv_field(out, field);
  }
  return out + "\r\n";
}

Expected<std::optional<std::string>> csv_piece(Walk& walk) {
  const auto rows = walk.next();
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  std::string out;
  for (const auto& row : *rows) {
    const auto event = wire::parse_event_line(row.line);
    if (!event) return std::unexpected(event.error());
    out.append(csv_line(*walk.service, *event));
  }
  return out;
}

Reply csv(HostService& service, EventPlace after, std::optional<std::size_t> limit) {
  auto walk = std::make_shared<Walk>(Walk{&service, after, limit});
  return {.content_type = "text/csv; charset=utf-8; header=present",
          .body = fmt::format("{}\r\n", fmt::join(kColumns, ",")),
          .more_headers = "Content-Disposition: attachment; filename=\"muster-events.csv\"\r\n",
          .next_piece = [walk] { return csv_piece(*walk); }};
}

}  // namespace

Reply get_events(HostService& service, const AdminRequest& request) {
  const auto format = format_of(request);
  if (!format) return reply_of(format.error());
  const auto limit = limit_of(request, 100);
  if (!limit) return reply_of(limit.error());
  EventPlace after;
  if (const auto* text = request.find("after"); text != nullptr) {
    const auto place = place_of("after", *text);
    if (!place) return reply_of(place.error());
    after = *place;
  }
  if (*format == Format::json) return json_page(service, after, *limit);
  const auto most = request.find("limit") == nullptr ? std::nullopt : std::optional(*limit);
  return *format == Format::ndjson ? ndjson(service, after, most) : csv(service, after, most);
}

}  // namespace muster::service
