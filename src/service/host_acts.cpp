// What is not a request: time and health, start and stop, and the acts of administrators.
#include <fmt/format.h>

#include <algorithm>

#include "service/host_service.h"

namespace muster::service {
namespace {

// Why the clock is suspect, while it is: a restart must not forget it.
constexpr std::string_view kClockSuspect = "clock_suspect";

using Settings = std::vector<TokenUses::Setting>;

std::string setting_name(const wire::HostKey& key) {
  return fmt::format("host_key/{}/{}", key.vendor_id, key.product);
}

// Ids and times only, so nothing needs escaping.
std::string detail_of(const wire::HostKey& key) {
  return fmt::format(
      R"({{"host_key":"{}","product":"{}","group":"{}","vendor":"{}","expires":"{}"}})", key.id,
      key.product, key.group, key.vendor_id, format_time(key.expires));
}

// Why no key of a file was taken.
Error why_none(const std::vector<wire::HostKey>& given, Instant now) {
  for (const auto& key : given) {
    if (key.valid_at(now)) continue;
    return {ErrorCode::host_key_expired,
            fmt::format("the key for {} is valid from {} until {}, and the host's time is {}",
                        key.product, format_time(key.issued), format_time(key.expires),
                        format_time(now))};
  }
  return {ErrorCode::conflict, "the host holds keys for these products that were issued later"};
}

wire::Event act_event(std::string_view type, std::string_view detail, Actor actor, Instant now) {
  wire::Event event;
  event.time = now;
  event.type = type;
  event.actor = actor;
  event.detail = detail;
  return event;
}

}  // namespace

Expected<void> HostService::commit_act(
    wire::Event event, const std::vector<std::pair<std::string, std::string>>& settings) {
  auto unit = open_unit({}, {}, event.time);
  if (!unit) return std::unexpected(unit.error());
  for (const auto& [name, value] : settings) (*unit)->put_setting(name, value);
  const bool last = event.type == "stop";
  const auto time = event.time;
  journal_.append(**unit, std::move(event));
  if (last) journal_.checkpoint(**unit, time);
  if (auto done = (*unit)->commit(); !done) {
    journal_.roll_back();
    set_store_error(done.error());
    return done;
  }
  committed();
  return {};
}

void HostService::committed() {
  journal_.committed();
  stored_at_ = clock_.monotonic();
  const std::scoped_lock lock(state_mutex_);
  logged_ = {journal_.head().epoch, journal_.head().seq};
}

Expected<void> HostService::read_clock() {
  const auto suspect = store_.setting(kClockSuspect);
  if (!suspect) return std::unexpected(suspect.error());
  if (*suspect) clock_guard_.still_suspect(**suspect);
  suspect_logged_ = suspect->has_value();
  publish_clock();
  return {};
}

void HostService::look_at_clock() {
  clock_guard_.look(clock_.now(), clock_.monotonic());
  // Where even this event cannot be stored the host is not ready for two reasons, and tries again.
  if (clock_guard_.suspect() && !suspect_logged_) {
    const auto& reason = clock_guard_.reason();
    suspect_logged_ =
        commit_act(act_event(kClockSuspect, fmt::format(R"({{"reason":"{}"}})", reason), "host",
                             clock_guard_.now()),
                   {{std::string(kClockSuspect), reason}})
            .has_value();
  }
  publish_clock();
}

void HostService::publish_clock() {
  const std::scoped_lock lock(state_mutex_);
  rules_now_ = clock_guard_.now();
  clock_error_ = clock_guard_.suspect()
                     ? std::optional(Error{ErrorCode::clock_suspect, clock_guard_.reason()})
                     : std::nullopt;
}

// A full disk is to be found before a request finds it: while there is next to no room, and once a
// minute of rest, because a quota or a file system that was mounted anew shows in no number.
bool HostService::probe_due(double free_part, std::chrono::milliseconds monotonic) const {
  constexpr double kNextToNone = 0.01;
  const std::chrono::milliseconds rest = free_part < kNextToNone ? seconds(5) : seconds(60);
  return monotonic - stored_at_ >= rest;
}

void HostService::tick() {
  const auto free_part = store_.free_part();
  disk_low_ = free_part < limits_.disk_low;
  look_at_rates();
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  bool probe = false;
  {
    const std::scoped_lock state(state_mutex_);
    probe = store_error_.has_value();
  }
  const auto monotonic = clock_.monotonic();
  probe = probe || probe_due(free_part, monotonic);
  // Where the store cannot even be read, the next unit says so.
  const auto uses = token_uses_.to_store(store_, false).value_or(Settings{});
  auto now = clock_guard_.now();
  follow_keys();
  peaks_.look(store_, *keys(), monotonic, now);
  const auto peaks = peaks_.to_store(monotonic, false);
  const bool sign = journal_.checkpoint_due(monotonic) || probe;
  if (!sign && uses.empty() && peaks.empty()) return;
  auto unit = open_unit({}, {}, now);
  Expected<void> done = unit ? Expected<void>{} : std::unexpected(unit.error());
  if (unit) {
    // A small write of its own shows whether storing works.
    if (probe) (*unit)->put_setting("stored_again", format_time(now));
    for (const auto& [name, value] : uses) (*unit)->put_setting(name, value);
    for (const auto& [name, value] : peaks) (*unit)->put_setting(name, value);
    if (sign) journal_.checkpoint(**unit, now);
    done = (*unit)->commit();
  }
  if (done) {
    committed();
    token_uses_.stored(uses);
    if (!peaks.empty()) peaks_.stored(monotonic);
    set_store_error(std::nullopt);
  } else {
    journal_.roll_back();
    set_store_error(done.error());
  }
}

Expected<void> HostService::start(std::string_view version) {
  disk_low_ = store_.free_part() < limits_.disk_low;
  look_at_rates();
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  return commit_act(
      act_event("start", fmt::format(R"({{"version":"{}"}})", version), "host", clock_guard_.now()),
      {});
}

Expected<void> HostService::stop() {
  stopping_ = true;
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  auto settings = token_uses_.to_store(store_, true).value_or(Settings{});
  std::ranges::copy(peaks_.to_store(clock_.monotonic(), true), std::back_inserter(settings));
  return commit_act(act_event("stop", "", "host", clock_guard_.now()), settings);
}

Expected<std::vector<wire::HostKey>> HostService::install_keys(std::string_view file, Actor actor) {
  auto given = wire::read_host_key_file(file);
  if (!given) return std::unexpected(given.error());
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  const auto now = clock_guard_.now();
  std::vector<wire::HostKey> all;
  for (const auto& served : keys()->served()) all.push_back(served.key);
  std::ranges::copy_if(*given, std::back_inserter(all),
                       [&](const wire::HostKey& key) { return key.valid_at(now); });
  auto ring = Keyring::make(std::move(all), host_key_.public_key(), now);
  if (!ring) return std::unexpected(ring.error());

  std::vector<wire::HostKey> taken;
  std::ranges::copy_if(*given, std::back_inserter(taken), [&](const wire::HostKey& key) {
    const auto* in_use = (*ring)->find(key.product, key.vendor_id);
    return in_use != nullptr && in_use->key.text == key.text;
  });
  if (taken.empty()) return std::unexpected(why_none(*given, now));
  std::vector<std::pair<std::string, std::string>> settings;
  std::string detail;
  for (const auto& key : taken) {
    settings.emplace_back(setting_name(key), key.text);
    detail += (detail.empty() ? "" : ",") + detail_of(key);
  }
  const auto done = commit_act(
      act_event("key_installed", fmt::format(R"({{"keys":[{}]}})", detail), actor, now), settings);
  if (!done) return std::unexpected(done.error());
  const std::scoped_lock state(state_mutex_);
  keys_ = std::move(*ring);
  return taken;
}

Expected<void> HostService::confirm_clock(Actor actor) {
  const std::scoped_lock lock(unit_mutex_);
  auto confirmed = clock_guard_;
  confirmed.confirm(clock_.now(), clock_.monotonic());
  auto done = commit_act(act_event("clock_confirmed", "", actor, confirmed.now()),
                         {{std::string(kClockSuspect), ""}});
  if (!done) return done;
  clock_guard_ = std::move(confirmed);
  suspect_logged_ = false;
  publish_clock();
  return {};
}

Expected<void> HostService::act(std::string_view type, std::string_view detail, Actor actor,
                                const std::vector<std::pair<std::string, std::string>>& settings) {
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  return commit_act(act_event(type, detail, actor, clock_guard_.now()), settings);
}

Expected<void> HostService::go_on_restored(Actor actor) {
  const std::scoped_lock lock(unit_mutex_);
  look_at_clock();
  auto now = clock_guard_.now();
  {
    auto unit = open_unit({}, {}, now);
    if (!unit) return std::unexpected(unit.error());
    journal_.restored(**unit, now, actor);
    journal_.checkpoint(**unit, now);
    note_behind(**unit);
    if (auto done = (*unit)->commit(); !done) {
      journal_.roll_back();
      return done;
    }
    committed();
  }
  restored_before_ = opened_;
  keys_to_mark_ = !maks()->all().empty();
  return mark_keys_behind();
}

// The event first: whoever holds the copy reads in it who has made it.
Expected<void> HostService::begin_backup(Actor actor) {
  if (disk_low_) return fail(ErrorCode::disk_low, "there is no room for a copy");
  const auto pem = host_key_.to_pem("");
  if (!pem) return std::unexpected(pem.error());
  {
    const std::scoped_lock lock(unit_mutex_);
    if (copy_) return fail(ErrorCode::conflict, "a backup is being made already");
    auto copy = store_.begin_copy({{"host.key", *pem}});
    if (!copy) return std::unexpected(copy.error());
    look_at_clock();
    auto logged = commit_act(act_event("backup_begun", "", actor, clock_guard_.now()), {});
    if (!logged) return logged;
    copy_ = std::move(*copy);
    copies_ = true;
    const std::scoped_lock state(state_mutex_);
    backup_ = {.stage = Backup::Stage::begun, .progress = {}, .error = {}};
  }
  wake();
  return {};
}

HostService::Backup HostService::backup() const {
  const std::scoped_lock lock(state_mutex_);
  return backup_;
}

// Machines never seen wait where the disk is nearly full: no copy is worth that.
bool HostService::copy_some() {
  if (!copies_) return false;
  const std::scoped_lock lock(unit_mutex_);
  if (!copy_) return false;
  const auto more = disk_low_ ? Expected<bool>(fail(ErrorCode::disk_low, "the copy was given up"))
                              : copy_->step();
  Backup now{.stage = Backup::Stage::begun, .progress = copy_->progress(), .error = {}};
  if (!more) now.error = more.error();
  if (!more || !*more) {
    now.stage = more ? Backup::Stage::made : Backup::Stage::failed;
    copy_.reset();
    copies_ = false;
  }
  const std::scoped_lock state(state_mutex_);
  backup_ = std::move(now);
  return copies_;
}

Expected<void> HostService::put_settings(
    const std::vector<std::pair<std::string, std::string>>& settings) {
  const std::scoped_lock lock(unit_mutex_);
  auto unit = store_.open({});
  if (!unit) return std::unexpected(unit.error());
  for (const auto& [name, value] : settings) (*unit)->put_setting(name, value);
  if (auto done = (*unit)->commit(); !done) {
    set_store_error(done.error());
    return done;
  }
  committed();
  return {};
}

}  // namespace muster::service
