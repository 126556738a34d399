#include "lab/contacts.h"

#include "core/forecast.h"

namespace muster::lab {

std::vector<Under> times_under(const ContactLog& log, Instant start, Instant end) {
  std::vector<Under> out;
  core::Roll roll{Bytes16{}};
  std::vector<core::RollKey> changed;
  bool under = true;
  auto since = start;
  auto looked = start;
  const auto look = [&](Instant now) {
    if (under || roll.count_at(now, log.retention) >= log.threshold) return;
    under = true;
    since = core::falls_under(roll.entries(), looked, log.retention, log.threshold);
  };
  for (const auto& contact : log.contacts) {
    if (contact.at >= end) break;
    look(contact.at);
    changed.clear();
    const auto count = roll.ask(contact.who, contact.at, log.threshold, log.retention, changed);
    looked = contact.at;
    if (under && count >= log.threshold) {
      out.push_back({since, contact.at});
      under = false;
    }
  }
  look(end);
  if (under && since < end) out.push_back({since, end});
  return out;
}

}  // namespace muster::lab
