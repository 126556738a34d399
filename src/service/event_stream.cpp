// GET /v1/events/stream: the log as it grows, as server-sent events. The log itself is the queue: a
// reader that is slow, or comes back, is given what it has not had from there, so nothing of it is
// kept in memory and no unit waits for it.
//   id: HOST/EPOCH/SEQ, data: an event as /v1/events shows it; an id alone where a filter has
//   passed over events, so that whoever comes back need not search them again
#include <algorithm>
#include <memory>

#include "base/ascii.h"
#include "service/event_filter.h"

namespace muster::service {
namespace {

using core::EventPlace;
using std::chrono::milliseconds;

constexpr std::size_t kChunk = 200;       // events of one read
constexpr std::size_t kLookMost = 2'000;  // and of one piece
constexpr std::size_t kPieceMost = 64 * 1024;
constexpr milliseconds kHeartbeat{15'000};  // proxies cut what is silent for a minute
constexpr milliseconds kAskAgain{1'000};    // whether the reader may still read

struct Stream {
  HostService& service;
  EventFilter filter;
  std::string host;
  std::function<bool()> may_go_on;
  EventPlace at;         // the last event that was looked at
  EventPlace told;       // and the last that the reader has the id of
  milliseconds asked{};  // monotonic, as the next
  milliseconds sent{};

  [[nodiscard]] bool has_more() const { return at < service.logged(); }
  [[nodiscard]] bool due() const {
    return has_more() || service.clock().monotonic() - asked >= kAskAgain;
  }
  Expected<std::optional<std::string>> piece();
  Expected<void> read(std::string& out);
  void append_id(std::string& out) {
    out += fmt::format("id: {}/{}/{}\n", host, at.epoch, at.seq);
    told = at;
  }
};

Expected<void> Stream::read(std::string& out) {
  for (std::size_t looked = 0; looked < kLookMost && has_more() && out.size() < kPieceMost;) {
    const auto rows = service.store().events(at, kChunk);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty()) return {};
    for (const auto& row : *rows) {
      ++looked;
      at = row.place;
      if (!filter.fits(service, row)) continue;
      append_id(out);
      out += "data: ";
      write_event_row(out, service, row);
      out += "\n\n";
      if (out.size() >= kPieceMost) break;
    }
  }
  return {};
}

Expected<std::optional<std::string>> Stream::piece() {
  const auto now = service.clock().monotonic();
  if (now - asked >= kAskAgain) {
    if (!may_go_on()) return std::nullopt;
    asked = now;
  }
  std::string out;
  if (auto done = read(out); !done) return std::unexpected(done.error());
  if (out.empty() && now - sent >= kHeartbeat) {
    if (at != told) append_id(out);
    out += ":\n\n";
  }
  if (!out.empty()) sent = now;
  return out;
}

// "HOST/EPOCH/SEQ"; conflict where the host is another one.
Expected<EventPlace> place_of_id(HostService& service, std::string_view text) {
  const auto slash = text.find('/');
  const auto second = slash == std::string_view::npos ? slash : text.find('/', slash + 1);
  if (second != std::string_view::npos) {
    const auto epoch = whole_number<std::uint32_t>(text.substr(slash + 1, second - slash - 1));
    const auto seq = whole_number<std::uint64_t>(text.substr(second + 1));
    const bool own = text.substr(0, slash) == service.host_public_key().thumbprint();
    if (!own) return fail(ErrorCode::conflict, "the events before were another host's; begin anew");
    if (epoch && seq) return EventPlace{*epoch, *seq};
  }
  return fail(ErrorCode::malformed_request, "Last-Event-ID: HOST/EPOCH/SEQ expected");
}

// Behind which event; conflict where this log has not come so far: it was restored.
Expected<EventPlace> begin_of(HostService& service, const AdminRequest& request) {
  const auto* after = request.find("after");
  Expected<EventPlace> out = service.logged();
  if (!request.last_event_id.empty()) {
    out = place_of_id(service, request.last_event_id);
  } else if (after != nullptr) {
    out = place_of("after", *after);
  }
  if (!out || *out <= service.logged()) return out;
  return fail(ErrorCode::conflict, fmt::format("the log ends at {}, before {}; begin anew",
                                               cursor_of(service.logged()), cursor_of(*out)));
}

}  // namespace

Reply get_event_stream(HostService& service, const AdminRequest& request) {
  auto filter = event_filter_of(request);
  if (!filter) return reply_of(filter.error());
  const auto begin = begin_of(service, request);
  if (!begin) return reply_of(begin.error());
  const auto now = service.clock().monotonic();
  auto stream = std::make_shared<Stream>(Stream{.service = service,
                                                .filter = std::move(*filter),
                                                .host = service.host_public_key().thumbprint(),
                                                .may_go_on = request.may_go_on,
                                                .at = *begin,
                                                .told = *begin,
                                                .asked = now,
                                                .sent = now});
  // A reader that has had no event yet has the place to come back to all the same.
  std::string first = "retry: 2000\n";
  stream->append_id(first);
  return {.content_type = "text/event-stream",
          .body = first + "\n",
          .more_headers = "X-Accel-Buffering: no\r\n",
          .next_piece = [stream] { return stream->piece(); },
          .due = [stream] { return stream->due(); }};
}

}  // namespace muster::service
