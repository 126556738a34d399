#include "lab/incidents.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::lab {

std::vector<Change> changes_of(const Scenario& scenario) {
  std::vector<Change> out;
  std::size_t number = 0;
  for (std::size_t host = 0; host < scenario.hosts.size(); ++host) {
    for (const auto& outage : scenario.hosts[host].outages) {
      out.push_back({tick(outage.at), host, Incident::down});
      out.push_back({tick(outage.at + outage.lasts), host, Incident::up});
    }
    for (const auto& restore : scenario.hosts[host].restores) {
      out.push_back({tick(restore.backup), host, Incident::backup, number});
      out.push_back({tick(restore.at), host, Incident::restore, number});
      ++number;
    }
  }
  std::ranges::stable_sort(out, {}, &Change::at);
  return out;
}

Table table_of(std::span<const Restored> restored, std::span<const Track> tracks) {
  Table out{.id = "restores",
            .title = "Hosts that came back from a backup",
            .note =
                "Of a machine that was heard after the backup the host knows less than the "
                "machine itself: it shows a newer ticket, and the host goes on from there.",
            .columns = {"count group", "backup of", "back on", "count before", "count after",
                        "count at the end", "events forgotten", "newer tickets shown",
                        "epoch before", "epoch at the end"},
            .rows = {}};
  for (const auto& one : restored) {
    const auto& track = tracks[one.track];
    std::vector<std::string> row{track.title,
                                 format_time(one.backup),
                                 format_time(one.at),
                                 std::to_string(one.before),
                                 std::to_string(one.after),
                                 std::to_string(track.last())};
    if (one.log_before && one.log_after) {
      const auto& [before, after] = std::pair(*one.log_before, *one.log_after);
      row.push_back(std::to_string(before.events - std::min(before.events, after.events)));
      row.push_back(std::to_string(one.behind));
      row.push_back(std::to_string(before.epoch));
      row.push_back(std::to_string(one.epoch));
    } else {
      row.insert(row.end(), 4, "-");
    }
    out.rows.push_back(std::move(row));
  }
  return out;
}

Table echoes_of(std::span<const Track> tracks, minutes every) {
  Table out{.id = "echoes",
            .title = "How the herd comes again",
            .note =
                "Requests that reached a host in each renewal interval, and in its busiest "
                "minute.",
            .columns = {"interval", "from"},
            .rows = {}};
  for (const auto& track : tracks) {
    out.columns.push_back(track.title + ": requests");
    out.columns.push_back(track.title + ": busiest minute");
  }
  const auto& times = tracks.front().samples;
  const auto start = times.front().at;
  // A sample holds what came since the one before it.
  std::size_t next = 0;
  for (std::size_t number = 0; next < times.size(); ++number) {
    const auto from = start + static_cast<std::int64_t>(number) * seconds(every);
    auto behind = next;
    while (behind < times.size() && times[behind].at <= from + every) ++behind;
    std::vector<std::string> row{std::to_string(number + 1), format_time(from)};
    for (const auto& track : tracks) {
      std::uint64_t requests = 0;
      std::uint64_t busiest = 0;
      for (auto i = next; i < behind; ++i) {
        requests += track.samples[i].tally.reached();
        busiest = std::max(busiest, track.samples[i].tally.busiest);
      }
      row.push_back(std::to_string(requests));
      row.push_back(std::to_string(busiest));
    }
    out.rows.push_back(std::move(row));
    next = behind;
  }
  return out;
}

}  // namespace muster::lab
