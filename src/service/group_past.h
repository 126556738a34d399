// What a host knows of a group's machines for a forecast: when each of them asked. Read from the
// table of machines and from their events, at most so much of both that a group of a million costs
// what one of a thousand does.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/outlook.h"
#include "service/admin_groups.h"

namespace muster::service {

struct MachinePast {
  core::Machine machine{};       // of several CMIDs that are one machine, the last heard
  std::vector<Instant> times{};  // of the newest counted contacts, ascending
  Instant first{};               // of all contacts
  bool replaced = false;  // the same primary fact has come with a newer CMID since its last contact
};

struct GroupPast {
  std::map<core::RollKey, MachinePast> machines;  // as the roll counts them
  bool whole = true;  // every machine that the host knows; otherwise those that were heard last
  Instant now{};

  [[nodiscard]] const MachinePast* find(const core::RollKey& key) const;
  [[nodiscard]] core::Outlook outlook(minutes retention) const;
};
// `roll` as live_roll() gives it. What events no longer tell, because they were pruned or are too
// many to read, is left out.
[[nodiscard]] Expected<GroupPast> group_past(HostService& service, const GroupFacts& facts,
                                             std::span<const core::RollEntry> roll, Instant now);

}  // namespace muster::service
