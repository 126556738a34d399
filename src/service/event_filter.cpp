#include "service/event_filter.h"

#include <algorithm>

#include "base/ascii.h"

namespace muster::service {
namespace {

using core::EventPlace;

constexpr std::size_t kWordMost = 255;

Expected<std::string> word_in(const AdminRequest& request, std::string_view name) {
  const auto* text = request.find(name);
  if (text == nullptr) return std::string();
  if (!text->empty() && text->size() <= kWordMost) return *text;
  return fail(ErrorCode::malformed_request,
              fmt::format("{}: 1 to {} bytes of text expected", name, kWordMost));
}

// What a rule refuses a request with, which then has an event.
std::vector<std::string_view> refusals() {
  std::vector<std::string_view> out;
  for (const auto& row : error_table()) {
    if (row.http == 200) out.push_back(row.name);
  }
  return out;
}

// An unknown one would find nothing, for ever.
Expected<void> is_one_of(std::string_view name, const std::string& word,
                         std::span<const std::string_view> known) {
  if (word.empty() || std::ranges::find(known, word) != known.end()) return {};
  return fail(ErrorCode::malformed_request, fmt::format("{}: {} expected", name, any_of(known)));
}

bool fits_word(const std::string& wanted, const std::string& is) {
  return wanted.empty() || wanted == is;
}

bool holds(std::string_view in, const std::string& text) {
  return lower(in).find(text) != std::string::npos;
}

// The last event before `time` of the log's part up to `last`, which is of one epoch and begins
// before `time` with number `first`.
Expected<EventPlace> halve(store::Store& store, std::uint64_t first, EventPlace last,
                           Instant time) {
  auto before = first;
  for (auto behind = last.seq + 1; behind - before > 1;) {
    const auto middle = before + (behind - before) / 2;
    const auto row = store.event({last.epoch, middle});
    if (!row) return std::unexpected(row.error());
    // What is missing has been pruned meanwhile, and so was all before it.
    ((*row ? (*row)->time : Instant{}) < time ? before : behind) = middle;
  }
  return EventPlace{last.epoch, before};
}

}  // namespace

EventSubject subject_of(const wire::Event& event) {
  EventSubject out{event.vendor, event.group, event.product, event.error,
                   event.cmid,   event.name,  event.address};
  if (event.type != "mak_activation") return out;
  json::Tree tree;
  if (!tree.parse(event.detail, kActBodyMost)) return out;
  json::Claims claims(tree, tree.root(), ErrorCode::log_broken);
  const auto word = [&](std::string_view name) {
    return claims.has(name) ? claims.text(name, kWordMost) : std::string();
  };
  const auto hash = [&](std::string_view name) {
    return claims.has(name) ? std::optional(claims.bytes<16>(name)) : std::nullopt;
  };
  out.vendor = word("vendor");
  out.product = word("product");
  out.error = word("error");
  if (claims.has("cmid")) out.cmid = claims.cmid("cmid");
  out.name = hash("name");
  out.address = hash("address");
  return out;
}

bool EventFilter::empty() const {
  return vendor.empty() && group.empty() && product.empty() && type.empty() && error.empty() &&
         text.empty() && !cmid && !evidence;
}

bool EventFilter::fits(HostService& service, const store::EventRow& row) const {
  if (empty()) return true;
  // What the row itself says spares reading the line.
  if (!group.empty() && (!row.group || row.group->group != group)) return false;
  if (cmid && row.cmid && row.cmid != cmid) return false;
  const auto event = wire::parse_event_line(row.line);
  if (!event) return false;
  if (!fits_word(type, event->type)) return false;
  if (evidence && core::evidence_of(event->evidence) != evidence) return false;
  const auto subject = subject_of(*event);
  if (!fits_word(vendor, subject.vendor) || !fits_word(product, subject.product) ||
      !fits_word(error, subject.error) || (cmid && subject.cmid != cmid)) {
    return false;
  }
  if (text.empty()) return true;
  const auto value = [&](const std::optional<Bytes16>& hash) {
    return value_of(service, hash.value_or(Bytes16{})).value_or("");
  };
  return holds(event->actor, text) || holds(event->detail, text) ||
         (subject.cmid && holds(subject.cmid->text(), text)) || holds(value(subject.name), text) ||
         holds(value(subject.address), text);
}

Expected<EventFilter> event_filter_of(const AdminRequest& request) {
  EventFilter out;
  for (const auto& [name, member] :
       {std::pair{"vendor", &out.vendor}, std::pair{"group", &out.group},
        std::pair{"product", &out.product}, std::pair{"type", &out.type},
        std::pair{"error", &out.error}, std::pair{"text", &out.text}}) {
    auto word = word_in(request, name);
    if (!word) return std::unexpected(word.error());
    *member = std::move(*word);
  }
  out.text = lower(out.text);
  if (const auto* text = request.find("cmid"); text != nullptr) {
    out.cmid = Cmid::parse(*text);
    if (!out.cmid) return fail(ErrorCode::malformed_request, "cmid: a UUID expected");
  }
  const auto evidence = evidence_in(request);
  if (!evidence) return std::unexpected(evidence.error());
  out.evidence = *evidence;
  if (auto known = is_one_of("type", out.type, wire::event_types()); !known) {
    return std::unexpected(known.error());
  }
  if (auto known = is_one_of("error", out.error, refusals()); !known) {
    return std::unexpected(known.error());
  }
  return out;
}

Expected<EventPlace> place_before(store::Store& store, Instant time) {
  const auto head = store.chain_head();
  if (!head) return std::unexpected(head.error());
  EventPlace last{head->epoch, head->seq};
  for (;;) {
    const auto first = store.events({last.epoch, 0}, 1);
    if (!first) return std::unexpected(first.error());
    if (!first->empty() && first->front().place.epoch == last.epoch && first->front().time < time) {
      return halve(store, first->front().place.seq, last, time);
    }
    const auto earlier = store.events_before({last.epoch, 0}, 1);
    if (!earlier) return std::unexpected(earlier.error());
    if (earlier->empty()) return EventPlace{};
    last = earlier->front().place;
  }
}

void write_event_row(std::string& out, HostService& service, const store::EventRow& row) {
  json::Writer writer(out);
  writer.plain("place", cursor_of(row.place)).raw("event", row.line).bytes("hash", row.hash);
  const auto event = wire::parse_event_line(row.line);
  const auto subject = event ? subject_of(*event) : EventSubject{};
  write_value(writer, "name", value_of(service, subject.name.value_or(Bytes16{})));
  write_value(writer, "address", value_of(service, subject.address.value_or(Bytes16{})));
  writer.end();
}

}  // namespace muster::service
