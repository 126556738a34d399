#include "analyser/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/ascii.h"

namespace muster::analyser {
namespace {

constexpr std::size_t kPlacesKept = 10;
constexpr std::size_t kMisreadKept = 20;
constexpr std::size_t kForeignKept = 100;
constexpr std::size_t kStretchesMost = 100'000;
constexpr std::size_t kNoStretch = SIZE_MAX;
constexpr std::size_t kHostsMost = 4'000;
constexpr std::size_t kProductsMost = 60'000;
constexpr auto kPairWithin = seconds(60);
constexpr auto kOneStart = seconds(600);
constexpr auto kSetBack = seconds(3'600);
constexpr std::size_t kStepsMost = 1'000'000;

Instant whole(evtx::Time time) { return std::chrono::floor<seconds>(time); }

bool holds_text(Strings data, std::string_view text) {
  return std::ranges::any_of(data, [&](std::string_view one) {
    return one.size() < 10'000 && one.find(text) != one.npos;
  });
}

// The last line of a message, or the string itself.
std::string_view last_line(std::string_view text) {
  while (!text.empty() && std::string_view(" \r\n\t").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  const auto at = text.find_last_of('\n');
  return at == text.npos ? text : text.substr(at + 1);
}

bool is_service_start(std::uint32_t id) { return id == 900 || id == 902; }

void erase_marked(auto& from, const std::vector<bool>& gone) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (gone[i]) continue;
    if (kept != i) from[kept] = std::move(from[i]);
    ++kept;
  }
  from.resize(kept);
}

// Of `order`, requests of one second, all that an earlier file held too.
void mark_repeated(const std::vector<Request>& all, std::vector<std::uint32_t>& order,
                   std::vector<bool>& gone) {
  const auto said = [&](std::uint32_t i) {
    const auto& one = all[i];
    return std::tuple(one.host, one.machine, one.name, one.hresult, one.minutes_left,
                      one.client_minute, one.threshold, one.product, one.state, one.is_virtual);
  };
  std::ranges::sort(order, {},
                    [&](std::uint32_t i) { return std::tuple(said(i), all[i].file, i); });
  std::size_t kept = 0, of_this_file = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool same = i > 0 && said(order[i]) == said(order[i - 1]);
    if (!same) kept = 0;
    if (!same || all[order[i]].file != all[order[i - 1]].file) of_this_file = 0;
    if (++of_this_file > kept) {
      ++kept;
    } else {
      gone[order[i]] = true;
    }
  }
}

}  // namespace

std::uint64_t Log::not_understood() const {
  return std::accumulate(misread.begin(), misread.end(), std::uint64_t{0}) + undated;
}

bool is_activation(std::string_view provider) {
  constexpr std::array kProviders{"Microsoft-Windows-Security-SPP",
                                  "Microsoft-Windows-Security-Licensing-SLC",
                                  "Software Protection Platform Service",
                                  "Software Licensing Service",
                                  "KmsRequests",
                                  "Security-SPP",
                                  "Security-Licensing-SLC"};
  return std::ranges::any_of(kProviders, [&](auto name) { return same_letters(provider, name); });
}

void Intake::begin_file(std::string_view name) {
  log_.files.push_back({.name = std::string(name)});
  asks_.clear();
}

std::uint16_t Intake::host_of(std::string_view computer) {
  if (!log_.hosts.empty() && computer == last_computer_) return last_host_;
  last_computer_.assign(computer);
  std::string name;
  Names::assign_form(name, computer);
  // A log of more computers than that is no log of KMS hosts: the rest are taken for one.
  if (hosts_.size() >= kHostsMost && !hosts_.contains(name)) name = "(more computers)";
  const auto [at, is_new] = hosts_.try_emplace(name, static_cast<std::uint16_t>(log_.hosts.size()));
  if (is_new) log_.hosts.push_back(name);
  return last_host_ = at->second;
}

Place Intake::place_of(const evtx::Record& record) const {
  return {.file = static_cast<std::uint32_t>(log_.files.size() - 1),
          .offset = record.offset,
          .record_id = record.record_id};
}

bool Intake::date(const evtx::Record& record, Dated what, std::size_t at,
                  std::optional<Instant> client_time, Instant& time) {
  if (record.time) {
    time = whole(*record.time);
    return true;
  }
  const auto local = LocalDate::parse(record.local_time);
  if (!local) return false;
  pending_.push_back({what, at});
  lines_.push_back({*local, client_time});
  return true;
}

void Intake::add_served(const evtx::Record& record, std::uint16_t host) {
  ++log_.of_12290;
  if (record.binary_bytes > 0) ++log_.binary;
  const auto read = read_served(record.data, scratch_);
  if (!read) {
    ++log_.misread[static_cast<std::size_t>(read.error())];
    if (log_.misread_places.size() < kMisreadKept) {
      log_.misread_places.push_back({place_of(record), read.error()});
    }
    return;
  }
  Request request;
  request.machine = log_.machines.add(read->cmid);
  request.name = log_.names.add(read->name);
  if (!date(record, Dated::request, log_.requests.size(), read->client_time, request.time)) {
    ++log_.undated;
    return;
  }
  if (read->client_time) {
    const auto minute = read->client_time->time_since_epoch().count() / 60;
    if (minute <= INT32_MAX) request.client_minute = static_cast<std::int32_t>(minute);
  }
  request.hresult = read->hresult;
  request.minutes_left = read->minutes_left;
  request.host = host;
  request.threshold = static_cast<std::uint16_t>(read->threshold);
  // A log of more products than that is a stranger's doing: the rest are taken for one, without id.
  const bool full = log_.products.size() >= kProductsMost && !log_.products.find(read->product);
  const auto product = log_.products.add(full ? Cmid{} : read->product);
  request.product = static_cast<std::uint16_t>(product);
  request.state = read->state;
  request.file = static_cast<std::uint32_t>(log_.files.size() - 1);
  request.is_virtual = read->is_virtual;
  log_.requests.push_back(request);
}

void Intake::add_event(const evtx::Record& record, std::uint16_t host, HostEventKind kind) {
  HostEvent event{.host = host, .kind = kind};
  if (kind == HostEventKind::dns_failed || kind == HostEventKind::dns_published ||
      kind == HostEventKind::init_failed || kind == HostEventKind::timer_failed) {
    for (const auto text : record.data) {
      const auto line = last_line(text);
      const auto code = read_code(line);
      if (code) {
        event.hresult = *code;
      } else if (text.size() <= Names::kLongest && text.find(' ') == text.npos) {
        event.domain = text;
      }
    }
  }
  if (!date(record, Dated::event, log_.events.size(), std::nullopt, event.time)) return;
  log_.events.push_back(std::move(event));
}

void Intake::add_client(const evtx::Record& record, std::uint16_t host) {
  if (!record.time) return;  // pairs are told apart by seconds, which exports do not have
  const auto time = whole(*record.time);
  if (record.event_id == 12288) {
    const auto ask = read_ask(record.data);
    if (!ask) {
      ++log_.misread_client;
      return;
    }
    asks_[host] = {time, std::string(ask->host.substr(0, Names::kLongest)),
                   ask->threshold.value_or(0)};
    return;
  }
  const auto answer = read_answer(record.data);
  if (!answer) {
    ++log_.misread_client;
    return;
  }
  Told told{.time = time,
            .computer = host,
            .count = answer->count,
            .renewal_interval = answer->renewal_interval,
            .activated = answer->activated};
  const auto ask = asks_.find(host);
  if (ask != asks_.end() && time - ask->second.time <= kPairWithin && time >= ask->second.time) {
    told.kms_host = ask->second.kms_host;
    told.threshold = ask->second.threshold;
    asks_.erase(ask);
  }
  log_.told.push_back(std::move(told));
}

void Intake::add_foreign(const evtx::Record& record) {
  const auto known = std::ranges::find_if(log_.foreign, [&](const Foreign& one) {
    return one.event_id == record.event_id && one.provider == record.provider.substr(0, 255) &&
           one.channel == record.channel.substr(0, 255);
  });
  auto* one = known != log_.foreign.end() ? &*known : nullptr;
  if (one == nullptr) {
    if (log_.foreign.size() >= kForeignKept) {
      one = &log_.foreign.back();
    } else {
      one = &log_.foreign.emplace_back(
          Foreign{.provider = std::string(record.provider.substr(0, 255)),
                  .channel = std::string(record.channel.substr(0, 255)),
                  .event_id = record.event_id,
                  .first = place_of(record)});
    }
  }
  ++one->records;
  one->binary_bytes += record.binary_bytes;
}

void Intake::add_stretch(const evtx::Record& record, std::uint16_t host) {
  if (record.record_id == 0 || !record.time) return;
  const auto time = whole(*record.time);
  // Forwarded events of several hosts stand among one another.
  if (last_stretches_.size() <= host) last_stretches_.resize(host + std::size_t{1}, kNoStretch);
  auto& place = last_stretches_[host];
  if (place != kNoStretch) {
    auto& last = log_.stretches[place];
    if (record.record_id == last.last_id + 1) {
      add_step(host, last.last, time);
      last.last_id = record.record_id;
      last.last = time;
      return;
    }
    if (record.record_id + 1 == last.first_id) {
      add_step(host, time, last.first);
      last.first_id = record.record_id;
      last.first = time;
      return;
    }
  }
  if (log_.stretches.size() < kStretchesMost) {
    place = log_.stretches.size();
    log_.stretches.push_back({host, record.record_id, record.record_id, time, time});
  }
}

// From one record to the next one.
void Intake::add_step(std::uint16_t host, Instant before, Instant after) {
  if (before - after <= kSetBack || log_.events.size() >= kStepsMost) return;
  log_.events.push_back(
      {.time = after, .host = host, .kind = HostEventKind::set_back, .before = before});
}

void Intake::add(const evtx::Record& record) {
  ++log_.records;
  ++log_.files.back().records;
  const bool ours = is_activation(record.provider) || is_activation(record.source);
  const bool in_channel = same_letters(record.channel, kKmsChannel);
  const auto id = record.event_id;
  if (!ours) {
    const bool eventlog = same_letters(record.provider, "Microsoft-Windows-Eventlog") ||
                          same_letters(record.provider, "Eventlog");
    if (eventlog && id == 104 && holds_text(record.data, kKmsChannel)) {
      add_event(record, host_of(record.computer), HostEventKind::cleared);
    } else if (in_channel || id == 12290) {
      add_foreign(record);
      // Whoever wrote it, its number is not missing.
      if (in_channel) add_stretch(record, host_of(record.computer));
    } else {
      ++log_.others;
    }
    return;
  }
  const auto host = host_of(record.computer);
  if (in_channel) add_stretch(record, host);
  if (id == 12290) {
    add_served(record, host);
  } else if (id >= 12291 && id <= 12294) {
    constexpr std::array kKinds{HostEventKind::init_failed, HostEventKind::timer_failed,
                                HostEventKind::dns_failed, HostEventKind::dns_published};
    add_event(record, host, kKinds[id - 12291]);
  } else if (id == 12288 || id == 12289) {
    add_client(record, host);
  } else if (is_service_start(id)) {
    add_event(record, host, HostEventKind::started);
  } else if (in_channel) {
    add_foreign(record);
  } else {
    ++log_.others;
  }
}

void Intake::skipped(const evtx::Skipped& skipped) {
  auto& file = log_.files.back();
  if (++file.skipped <= kPlacesKept) file.places.push_back(evtx::describe(skipped));
}

Expected<void> Intake::end_file() {
  const auto pending = std::exchange(pending_, {});
  const auto lines = std::exchange(lines_, {});
  if (!pending.empty()) {
    auto& file = log_.files.back();
    auto dating = date_lines(lines, zone_);
    if (!dating) {
      return fail(dating.error().code, fmt::format("{}: {}", file.name, dating.error().detail));
    }
    std::vector<bool> request_gone(log_.requests.size());
    std::vector<bool> event_gone(log_.events.size());
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const auto& [what, at] = pending[i];
      const auto& time = dating->times[i];
      if (what == Dated::request) {
        if (time) log_.requests[at].time = *time;
        request_gone[at] = !time;
        log_.undated += time ? 0 : 1;
      } else {
        if (time) log_.events[at].time = *time;
        event_gone[at] = !time;
      }
    }
    erase_marked(log_.requests, request_gone);
    erase_marked(log_.events, event_gone);
    file.dates = fmt::format("{}; UTC", words_of(dating->order));
    for (const auto offset : dating->offsets_used) {
      const auto minutes = std::abs(offset) / 60;
      file.dates +=
          fmt::format("{}{}{:02}:{:02}", offset == dating->offsets_used.front() ? "" : ", ",
                      offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    }
    file.dates += dating->zone_inferred ? ", by the clients' own times" : ", as --tz says";
  }
  return {};
}

// A file that does not name its computer is of the only host that others name.
void Intake::name_the_nameless() {
  std::vector<bool> serves(log_.hosts.size());
  for (const auto& request : log_.requests) serves[request.host] = true;
  const auto nameless = std::ranges::find(log_.hosts, "");
  std::vector<std::uint16_t> named;
  for (std::size_t i = 0; i < serves.size(); ++i) {
    if (serves[i] && !log_.hosts[i].empty()) named.push_back(static_cast<std::uint16_t>(i));
  }
  if (nameless == log_.hosts.end() || named.size() != 1) return;
  const auto from = static_cast<std::uint16_t>(nameless - log_.hosts.begin());
  for (auto& request : log_.requests) {
    if (request.host == from) request.host = named.front();
  }
  for (auto& event : log_.events) {
    if (event.host == from) event.host = named.front();
  }
}

void Intake::drop_repeated() {
  if (log_.files.size() < 2) return;
  auto& all = log_.requests;
  std::vector<std::uint32_t> order;
  std::vector<bool> gone;
  for (std::size_t begin = 0; begin < all.size();) {
    std::size_t end = begin + 1;
    bool one_file = true;
    for (; end < all.size() && all[end].time == all[begin].time; ++end) {
      one_file = one_file && all[end].file == all[begin].file;
    }
    if (!one_file) {
      gone.resize(all.size());
      order.resize(end - begin);
      std::iota(order.begin(), order.end(), static_cast<std::uint32_t>(begin));
      mark_repeated(all, order, gone);
    }
    begin = end;
  }
  if (gone.empty()) return;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!gone[i]) continue;
    auto& file = log_.files[all[i].file];
    ++file.repeated;
    --file.records;
    --log_.records;
    --log_.of_12290;
  }
  erase_marked(all, gone);
}

// "Starting" and "started" are one start.
void Intake::join_starts() {
  std::map<std::uint16_t, Instant> starts;
  std::erase_if(log_.events, [&](const HostEvent& event) {
    if (event.kind != HostEventKind::started) return false;
    const auto last = starts.find(event.host);
    const bool same = last != starts.end() && event.time - last->second < kOneStart;
    if (!same) starts[event.host] = event.time;
    return same;
  });
}

// What a clock wrote that ran ahead is no later than what came after it.
void Intake::note_last_record() {
  const auto note = [&](Instant time) { log_.last_record = std::max(log_.last_record, time); };
  std::vector<bool> astray(log_.hosts.size());
  for (const auto& event : log_.events) {
    if (event.kind == HostEventKind::set_back) astray[event.host] = true;
  }
  const auto note_newest = [&](const auto& list) {
    const auto newest = std::find_if(list.rbegin(), list.rend(),
                                     [&](const auto& one) { return !astray[one.host]; });
    if (newest != list.rend()) note(newest->time);
  };
  note_newest(log_.requests);
  note_newest(log_.events);
  if (!log_.told.empty()) note(log_.told.back().time);
  for (const auto& stretch : log_.stretches) {
    note(astray[stretch.host] ? stretch.last : std::max(stretch.first, stretch.last));
  }
}

Log Intake::finish() {
  const auto by_time = [](const auto& a, const auto& b) { return a.time < b.time; };
  name_the_nameless();
  if (!std::ranges::is_sorted(log_.requests, by_time)) {
    std::stable_sort(log_.requests.begin(), log_.requests.end(), by_time);
  }
  drop_repeated();
  std::ranges::stable_sort(log_.events, {}, [](const HostEvent& event) {
    return std::tie(event.time, event.host, event.kind, event.hresult, event.domain, event.before);
  });
  const auto again = std::ranges::unique(log_.events);
  log_.events.erase(again.begin(), again.end());
  std::stable_sort(log_.told.begin(), log_.told.end(), by_time);
  std::ranges::sort(log_.stretches, {},
                    [](const Stretch& s) { return std::tuple(s.host, s.first, s.first_id); });
  note_last_record();
  join_starts();
  return std::move(log_);
}

}  // namespace muster::analyser
