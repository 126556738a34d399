#include "service/alert_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/forecast.h"
#include "service/admin_json.h"

namespace muster::service {
namespace {

using core::AlertKey;
using core::AlertRule;
using core::Firing;

constexpr std::string_view kPrefix = "alert/";
constexpr std::size_t kFiringMost = 64 * 1024;

std::string setting_of(const AlertKey& key) {
  return fmt::format("{}{}/{}", kPrefix, name_of(key.rule), key.subject);
}

std::string encode(const Firing& firing) {
  std::string out;
  json::Writer(out)
      .text("id", firing.id)
      .time("since", firing.since)
      .text("about", firing.about)
      .text("what", firing.what)
      .end();
  return out;
}

Expected<Firing> decode_firing(std::string_view text) {
  json::Tree tree;
  if (auto done = tree.parse(text, kFiringMost); !done) return std::unexpected(done.error());
  json::Claims claims(tree, tree.root(), ErrorCode::store_corrupt);
  Firing out{.id = claims.nonempty("id", 64), .since = claims.time("since")};
  out.about = claims.text("about", kFiringMost);
  out.what = claims.text("what", kFiringMost);
  if (!claims.ok()) return claims.failure();
  return out;
}

// What fires, as it was stored. A rule that this version does not know is a newer one's, and stays.
Expected<std::map<AlertKey, Firing>> read_firing(store::Store& store) {
  const auto stored = store.settings(kPrefix);
  if (!stored) return std::unexpected(stored.error());
  std::map<AlertKey, Firing> out;
  for (const auto& [name, text] : *stored) {
    const auto rest = std::string_view(name).substr(kPrefix.size());
    const auto slash = rest.find('/');
    const auto rule = core::alert_rule_of(rest.substr(0, slash));
    if (!rule || slash == rest.npos) continue;
    auto firing = decode_firing(text);
    if (!firing) {
      return fail(ErrorCode::store_corrupt, fmt::format("the setting {} is damaged", name));
    }
    out.emplace(AlertKey{*rule, std::string(rest.substr(slash + 1))}, std::move(*firing));
  }
  return out;
}

std::string shown_name(const GroupFacts& facts) {
  return fmt::format("{} of {}", facts.key.group,
                     facts.vendor.empty() ? facts.key.vendor : facts.vendor);
}

// Those that are refused because too few count are the rule `count`'s matter.
std::uint64_t refused_so_far(const HostService& service) {
  const auto& figures = service.figures();
  auto out = figures.mak_refused.load();
  for (const auto code : HostService::Figures::kRefusals) {
    if (code != ErrorCode::count_insufficient) out += figures.refused_with(code);
  }
  return out;
}

std::string_view name_of(core::Standing standing) {
  switch (standing) {
    case core::Standing::holds: return "holds";
    case core::Standing::between: return "between";
    case core::Standing::gone: break;
  }
  return "gone";
}

// The key's id by its end, as keys are shown everywhere.
core::Condition with_short_id(core::Condition condition) {
  constexpr std::size_t kShown = 5;
  const auto id = condition.key.subject;
  const auto end = "\u2026" + id.substr(id.size() - std::min(kShown, id.size()));
  for (auto* text : {&condition.key.subject, &condition.about, &condition.what}) {
    if (const auto at = text->find(id); at != text->npos) text->replace(at, id.size(), end);
  }
  return condition;
}

void write_condition(std::string& out, const core::Condition& condition, const Firing* firing) {
  json::Writer writer(out);
  writer.plain("rule", name_of(condition.key.rule))
      .text("subject", condition.key.subject)
      .plain("standing", name_of(condition.standing))
      .truth("fires", firing != nullptr);
  if (firing != nullptr) {
    writer.text("alert", firing->id).time("since", firing->since);
  } else {
    writer.null("alert").null("since");
  }
  writer.text("title", title_of(condition.key.rule))
      .text("about", condition.about)
      .text("what", condition.what)
      .text("to_do", what_to_do(condition.key.rule))
      .end();
}

void write_receiver(std::string& out, const ReceiverStatus& status) {
  json::Writer writer(out);
  const auto time = [&](std::string_view name, const std::optional<Instant>& at) {
    at ? writer.time(name, *at) : writer.null(name);
  };
  writer.plain("receiver", status.name)
      .text("to", status.to)
      .number("waiting", static_cast<std::int64_t>(status.waiting));
  time("last_taken", status.last_taken);
  time("last_failed", status.last_failed);
  status.last_error.empty() ? writer.null("last_error")
                            : writer.text("last_error", status.last_error);
  writer.end();
}

}  // namespace

AlertWatch::AlertWatch(HostService& service, AlertOutbox& outbox, const AlertPlan& plan,
                       std::map<AlertKey, Firing> stored)
    : service_(service),
      outbox_(outbox),
      plan_(plan),
      refused_(plan.lines.refusals_window),
      board_(plan.hold, std::move(stored)) {
  service_.read_log_again(plan.lines.on(AlertRule::chain) ? plan.chain_per_second : 0);
  refused_.add(service.clock().monotonic(), refused_so_far(service));
  for (const auto kind : plan.lines.evidence_kinds) evidence_.push_back({kind, 0});
}

Expected<std::unique_ptr<AlertWatch>> AlertWatch::open(HostService& service, AlertOutbox& outbox,
                                                       const AlertPlan& plan) {
  auto firing = read_firing(service.store());
  if (!firing) return std::unexpected(firing.error());
  return std::unique_ptr<AlertWatch>(new AlertWatch(service, outbox, plan, std::move(*firing)));
}

// By the pools that the digest has counted: what somebody has marked as expected is not in it. A
// day more than the window, because the first one is not whole.
Expected<void> AlertWatch::read_evidence(Instant now) {
  const auto today = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
  // A mark is an event, and counted like others.
  const std::pair at(service_.digested().at, std::int64_t{today});
  if (at == evidence_at_) return {};
  auto shown = evidence_;
  for (auto& one : shown) one.times = 0;
  const auto many = static_cast<std::size_t>(plan_.lines.evidence_window.count()) + 1;
  constexpr std::size_t kPage = 1000;
  for (std::optional<store::PoolKey> after;;) {
    const auto page = service_.store().pools(after, kPage);
    if (!page) return std::unexpected(page.error());
    for (const auto& row : *page) {
      const auto one = std::ranges::find(shown, row.key.evidence, &core::AlertFigures::Shown::kind);
      if (one == shown.end() || row.record.expected) continue;
      one->times += row.record.last_days(now, many);
    }
    if (page->size() < kPage) break;
    after = page->back().key;
  }
  evidence_ = std::move(shown);
  evidence_at_ = at;
  return {};
}

Expected<core::AlertFigures> AlertWatch::figures() {
  const auto monotonic = service_.clock().monotonic();
  core::AlertFigures out{.now = service_.now()};
  const auto groups = group_facts(service_);
  if (!groups) return std::unexpected(groups.error());
  for (const auto& facts : *groups) {
    if (facts.threshold == 0) continue;
    const auto roll = live_roll(service_, facts, out.now);
    if (!roll) return std::unexpected(roll.error());
    out.groups.push_back(
        {.id = facts.key.vendor + "/" + facts.key.group,
         .name = shown_name(facts),
         .used = facts.counters.requests > facts.counters.failed,
         .count = facts.count,
         .threshold = facts.threshold,
         .capacity = std::max(facts.capacity, 2 * facts.threshold),
         .falls_under = core::falls_under(*roll, out.now, facts.retention, facts.threshold)});
  }
  for (const auto& entry : service_.maks()->all()) {
    const auto& mak = entry->mak;
    out.keys.push_back({mak.id, mak.product, entry->used.load(), mak.policy.limit});
  }
  if (auto read = read_evidence(out.now); !read) return std::unexpected(read.error());
  out.evidence = evidence_;
  refused_.add(monotonic, refused_so_far(service_));
  out.refused = refused_.grown();
  out.refused_whole = refused_.whole();
  for (const auto& served : service_.keys()->served()) {
    const auto& key = served.key;
    out.host_keys.push_back({key.vendor_id + "/" + key.product, key.product, key.expires});
  }
  out.log = service_.log_standing();
  out.disk_free = service_.store().free_part();
  return out;
}

Expected<bool> AlertWatch::look() {
  const auto seen_figures = figures();
  if (!seen_figures) return std::unexpected(seen_figures.error());
  auto seen = conditions(plan_.lines, *seen_figures);
  std::vector<core::AlertBoard::Change> due;
  {
    const std::scoped_lock lock(mutex_);
    due = board_.due(seen, service_.clock().monotonic());
    seen_ = std::move(seen);
  }
  for (const auto& change : due) {
    if (auto done = store(change); !done) return std::unexpected(done.error());
  }
  return !due.empty();
}

Expected<void> AlertWatch::store(const core::AlertBoard::Change& change) {
  const auto& [key, standing, about, what] = change.condition;
  const auto now = service_.now();
  // No other thread changes the board.
  const Firing firing = change.raise
                            ? Firing{.id = new_id(), .since = now, .about = about, .what = what}
                            : board_.firing().at(key);
  const AlertMessage message{
      .state = change.raise ? AlertMessage::State::raised : AlertMessage::State::ended,
      .alert = firing.id,
      .rule = std::string(name_of(key.rule)),
      .subject = key.subject,
      .title = std::string(title_of(key.rule)),
      .about = about,
      .what = what,
      .to_do = change.raise ? std::string(what_to_do(key.rule)) : std::string(),
      .since = firing.since,
      .time = now,
      .host = service_.host_public_key().thumbprint()};
  const auto text = encode(message);
  std::string detail;
  json::Writer(detail)
      .text("alert", firing.id)
      .text("rule", message.rule)
      .text("subject", key.subject)
      .text("about", about)
      .text("what", what)
      .time("since", firing.since)
      .end();
  auto settings = outbox_.plan(text);
  settings.emplace_back(setting_of(key), change.raise ? encode(firing) : std::string());
  const auto* type = change.raise ? "alert_raised" : "alert_ended";
  if (auto done = service_.act(type, detail, "host", settings); !done) return done;
  outbox_.stored(text);
  const std::scoped_lock lock(mutex_);
  if (change.raise) {
    board_.raised(key, firing);
  } else {
    board_.ended(key);
  }
  return {};
}

std::string AlertWatch::new_id() { return base64url(service_.random().bytes<16>()); }

AlertMessage AlertWatch::test_message() {
  const auto now = service_.now();
  return {.state = AlertMessage::State::test,
          .alert = new_id(),
          .rule = "test",
          .subject = {},
          .title = "this is a test",
          .about = "nothing",
          .what = "somebody ran 'muster alerts test': alerts reach you",
          .to_do = "nothing",
          .since = now,
          .time = now,
          .host = service_.host_public_key().thumbprint()};
}

std::string AlertWatch::body(const std::vector<ReceiverStatus>& receivers, bool shows_keys) const {
  std::string out;
  json::Writer writer(out);
  writer.time("time", service_.now());
  const std::scoped_lock lock(mutex_);
  write_list(writer, "alerts", seen_, [&](std::string& to, const core::Condition& condition) {
    const auto at = board_.firing().find(condition.key);
    const bool hides = condition.key.rule == AlertRule::key && !shows_keys;
    write_condition(to, hides ? with_short_id(condition) : condition,
                    at == board_.firing().end() ? nullptr : &at->second);
  });
  write_list(writer, "off", plan_.lines.off,
             [](std::string& to, AlertRule rule) { json::append_string(to, name_of(rule)); });
  write_list(writer, "receivers", receivers, write_receiver);
  writer.end();
  return out;
}

}  // namespace muster::service
