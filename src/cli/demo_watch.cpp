#include "cli/demo_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "wire/json.h"

namespace muster::cli {
namespace {

namespace json = wire::json;

constexpr std::size_t kPageMost = std::size_t{16} << 20;
constexpr std::uint32_t kBarWidth = 25;

}  // namespace

DemoWatch::DemoWatch(const std::vector<DemoMachine>& machines) {
  for (const auto& machine : machines) seen_[machine.cmid.text()].name = machine.name;
}

std::string DemoWatch::next_page() const {
  return after_.empty() ? "/v1/events?limit=1000"
                        : fmt::format("/v1/events?limit=1000&after={}", after_);
}

Expected<std::vector<DemoAnswer>> DemoWatch::take(std::string_view page) {
  json::Tree tree;
  if (auto parsed = tree.parse(page, kPageMost); !parsed) {
    return fail(ErrorCode::bad_answer, parsed.error().detail);
  }
  json::Claims body(tree, tree.root(), ErrorCode::bad_answer);
  const auto* events = body.member("events", json::Kind::array);
  after_ = body.text("resume", 64);
  if (!body.ok()) return body.failure();
  std::vector<DemoAnswer> out;
  for (const auto* item = tree.first(*events); item != nullptr; item = tree.next(*item)) {
    json::Claims row(tree, *item, ErrorCode::bad_answer);
    auto event = row.object("event");
    const bool answered = event.text("type", 64) == "activation" && event.has("count");
    row.take(event);
    if (!row.ok()) return row.failure();
    if (!answered) continue;
    const auto at = seen_.find(event.text("cmid", 64));
    if (at == seen_.end()) continue;
    auto& machine = at->second;
    DemoAnswer answer{.machine = machine.name,
                      .activated = event.truth("activated"),
                      .count = event.count("count"),
                      .threshold = event.count("threshold"),
                      .asked = ++machine.asked};
    if (!event.ok()) return event.failure();
    count_ = answer.count;
    machine.activated = machine.activated || answer.activated;
    if (answer.activated && first_activated_ == 0) first_activated_ = answer.count;
    out.push_back(std::move(answer));
  }
  return out;
}

int DemoWatch::asked() const {
  return static_cast<int>(
      std::ranges::count_if(seen_, [](const auto& item) { return item.second.asked > 0; }));
}

int DemoWatch::activated() const {
  return static_cast<int>(
      std::ranges::count_if(seen_, [](const auto& item) { return item.second.activated; }));
}

std::string DemoWatch::bar() const {
  const auto filled = std::min(count_, kBarWidth);
  return fmt::format("[{}{}] {} machines seen, {} needed; {} of {} activated",
                     std::string(filled, '#'), std::string(kBarWidth - filled, '.'), count_,
                     kDemoThreshold, activated(), kDemoMachines);
}

std::string words_of(const DemoAnswer& answer) {
  const auto who = answer.machine + (answer.asked > 1 ? " asks again" : "");
  if (!answer.activated) {
    return fmt::format("{}: {} of {}, not yet", who, answer.count, answer.threshold);
  }
  return fmt::format("{}: the host has seen {}, activated", who, answer.count);
}

}  // namespace muster::cli
