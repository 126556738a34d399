#include "service/machine_story.h"

#include <fmt/format.h>

#include "core/evidence.h"
#include "core/pool.h"

namespace muster::service {
namespace {

enum class Kind : std::uint8_t { activated, renewed, refused, news };

struct Part {
  Kind kind = Kind::activated;
  const wire::Event* first = nullptr;
  const wire::Event* last = nullptr;
  int times = 0;
};

bool is_news(const wire::Event& event) {
  const auto evidence = core::evidence_of(event.evidence);
  return evidence && core::is_news(*evidence);
}

bool goes_on(const Part& part, Kind kind, const wire::Event& event) {
  if (part.kind != kind || part.first->product != event.product) return false;
  if (kind == Kind::activated || part.first->error != event.error) return false;
  return kind != Kind::news || part.first->evidence == event.evidence;
}

// What its product's request before was answered tells an activation from a renewal.
Kind kind_of(const wire::Event& event, const std::vector<Part>& before, bool from_the_first) {
  if (is_news(event)) return Kind::news;
  if (!event.activated) return Kind::refused;
  for (auto part = before.rbegin(); part != before.rend(); ++part) {
    if (part->first->product != event.product) continue;
    return part->last->activated ? Kind::renewed : Kind::activated;
  }
  return from_the_first ? Kind::activated : Kind::renewed;
}

std::string why_refused(const wire::Event& event) {
  const auto code = error_code(event.error);
  std::string out(code ? entry(*code).title : std::string_view(event.error));
  if (event.count && event.threshold) {
    out += fmt::format(" ({} of {})", *event.count, *event.threshold);
  }
  return out;
}

std::string text_of(const Part& part) {
  const auto& event = *part.first;
  const auto times = part.times == 1 ? std::string()
                                     : fmt::format(" {} times, until {}", part.times,
                                                   format_time(part.last->time));
  switch (part.kind) {
    case Kind::activated: return fmt::format("Activated for {}.", event.product);
    case Kind::renewed: return fmt::format("Renewed for {}{}.", event.product, times);
    case Kind::refused:
      return fmt::format("Refused for {}{}: {}.", event.product, times, why_refused(*part.last));
    case Kind::news: break;
  }
  std::string out(core::explain(*core::evidence_of(event.evidence)));
  if (part.times > 1) out += fmt::format(" This happened{}.", times);
  if (!event.activated) out += fmt::format(" It was refused: {}.", why_refused(event));
  return out;
}

}  // namespace

std::vector<Chapter> story_of(const std::vector<wire::Event>& requests, bool from_the_first) {
  std::vector<Part> parts;
  for (const auto& event : requests) {
    const auto kind = kind_of(event, parts, from_the_first);
    if (parts.empty() || !goes_on(parts.back(), kind, event)) {
      parts.push_back({.kind = kind, .first = &event});
    }
    parts.back().last = &event;
    ++parts.back().times;
  }
  std::vector<Chapter> out;
  for (const auto& part : parts) out.push_back({part.first->time, text_of(part)});
  return out;
}

}  // namespace muster::service
