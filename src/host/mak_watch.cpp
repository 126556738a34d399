#include "host/mak_watch.h"

namespace muster::host {
namespace {

std::string_view message_of(int level) {
  switch (level) {
    case 100: return "a multiple activation key has no place left";
    case 95: return "95 % of a multiple activation key's places are used";
    default: return "80 % of a multiple activation key's places are used";
  }
}

}  // namespace

std::vector<MakWatch::Warning> MakWatch::look(const service::MakRing& ring) {
  std::vector<Warning> out;
  for (const auto& entry : ring.all()) {
    const auto& mak = entry->mak;
    const auto used = entry->used.load();
    const auto say = [&](std::string_view message) {
      out.push_back({message, mak.id, mak.product, used, mak.policy.limit});
    };
    auto& said = said_[mak.name()];
    const auto level = core::warning_level(used, mak.policy.limit);
    if (level > said.level) say(message_of(level));
    said.level = level;
    const bool behind = entry->behind;
    if (behind && !said.behind) {
      say("a multiple activation key sells nothing until 'muster mak reconcile': this host was "
          "restored");
    }
    said.behind = behind;
  }
  return out;
}

}  // namespace muster::host
