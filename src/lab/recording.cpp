#include <algorithm>

#include "lab/recording.h"
#include "wire/log_export.h"

namespace muster::lab {
namespace {

template <class List, class Match>
std::size_t place_of(const List& list, const Match& match) {
  return static_cast<std::size_t>(std::ranges::find_if(list, match) - list.begin());
}

std::size_t host_of(Recording& to, const std::string& name) {
  const auto at = place_of(to.hosts, [&](const std::string& one) { return one == name; });
  if (at == to.hosts.size()) to.hosts.push_back(name);
  return at;
}

std::size_t product_of(Recording& to, const wire::Event& event) {
  const auto at = place_of(to.products, [&](const RecordedProduct& one) {
    return one.id == event.product && one.group == event.group;
  });
  if (at == to.products.size()) {
    to.products.push_back({.id = event.product, .group = event.group, .name = {}});
  }
  to.products[at].threshold = event.threshold.value_or(to.products[at].threshold);
  return at;
}

}  // namespace

Expected<void> add_export(Recording& to, std::istream& text, std::string_view file) {
  std::size_t number = 0;
  for (std::string line; std::getline(text, line);) {
    ++number;
    // The header, and checkpoints: they prove the log, which is not asked here.
    if (line.empty() || line.starts_with("{\"muster_log\"") ||
        line.starts_with("{\"checkpoint\"")) {
      continue;
    }
    const auto event = wire::parse_event_line(line);
    if (!event) {
      return fail(ErrorCode::not_a_log, std::string(file) + ":" + std::to_string(number) +
                                            ": no line of an event log: " + event.error().detail);
    }
    to.end = std::max(to.end, event->time);
    if (event->type != "activation" || !event->cmid || !event->count) continue;
    to.asks.push_back({.at = event->time,
                       .host = host_of(to, event->host),
                       .product = product_of(to, *event),
                       .who = event->cmid->bytes,
                       .name = event->name.value_or(Bytes16{}),
                       .is_virtual = event->is_virtual.value_or(false),
                       .activated = event->activated});
  }
  std::ranges::stable_sort(to.asks, {}, &Recorded::at);
  return {};
}

}  // namespace muster::lab
