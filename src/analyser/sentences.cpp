#include "analyser/sentences.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::analyser {
namespace {

using std::chrono::days;

constexpr auto kSoon = days(14);

const Fall* first_under(const Standing& standing) {
  const auto at = std::ranges::find_if(standing.falls, &Fall::under);
  return at == standing.falls.end() ? nullptr : &*at;
}

// Hosts of the same group, this one included.
std::size_t hosts_of(const Report& report, const Standing& standing) {
  return static_cast<std::size_t>(
      std::ranges::count(report.standings, standing.group, &Standing::group));
}

std::string why(const Report& report, const Standing& standing) {
  const auto& now = standing.now();
  std::string out;
  if (now.count == 0) {
    out = standing.served == 0 ? fmt::format("The count is 0 because every one of {} was refused",
                                             counted(standing.refused, "request"))
                               : std::string("The count is 0 because nobody has asked for 30 days");
  } else if (now.count == now.capacity) {
    out = fmt::format(
        "The count stands at {} because {} is the ceiling, twice the highest threshold that a "
        "client has presented; behind it {} asked within 30 days",
        now.count, now.capacity, counted(now.cmids, "CMID"));
  } else if (now.cmids > now.count && standing.raised) {
    out = fmt::format(
        "The count stands at {} because the ceiling was {} until a client presented a higher "
        "threshold on {}: of the {} that asked within 30 days, the older ones had left before",
        now.count, standing.ceiling_before, date_text(*standing.raised),
        counted(now.cmids, "CMID"));
  } else {
    out = fmt::format("The count stands at {} because {} asked within 30 days", now.count,
                      counted(now.cmids, "CMID"));
  }
  if (standing.missed > 0) {
    out += fmt::format("; {} not in it because they share a CMID with another",
                       standing.missed == 1
                           ? "1 machine is"
                           : fmt::format("{} are", counted(standing.missed, "machine")));
  }
  if (standing.padded > 0) {
    out += fmt::format(
        "; only {} behind these, because names change their CMIDs",
        now.names == 1 ? "1 name is" : fmt::format("{} are", counted(now.names, "name")));
  }
  if (standing.refused > 0 && now.count > 0) {
    out += fmt::format("; {} refused and do not count",
                       standing.refused == 1
                           ? "1 request was"
                           : fmt::format("{} were", counted(standing.refused, "request")));
  }
  if (hosts_of(report, standing) > 1) {
    out += "; the other hosts keep counts of their own, and hosts do not share them";
  }
  if (standing.restarts > 0 && now.if_forgotten != now.count) {
    out += fmt::format(
        "; if the host forgot its count when its service restarted, it stands at {} (Microsoft's "
        "documents disagree)",
        now.if_forgotten);
  }
  if (now.lower_bound) {
    out += "; it is a lower bound, because the log does not hold the 30 days before";
  }
  return out + ".";
}

std::string expected_words(const Report& report, const Standing& standing, const Fall& fall) {
  constexpr auto on = date_text;
  const auto& said = fall.expected;
  if (standing.outlook.returns == 0) {
    return "no machine has come twice, so that nothing can be expected yet";
  }
  if (!said.expected) {
    if (!said.earliest) return fmt::format("that is not expected within {} days", core::kHorizon);
    return fmt::format("that is not expected within {} days, but may be from {} on", core::kHorizon,
                       on(*said.earliest));
  }
  return fmt::format("that is expected on {} (between {} and {})", on(*said.expected),
                     on(said.earliest.value_or(report.now)),
                     said.latest ? on(*said.latest)
                                 : fmt::format("past {}", on(report.now + days(core::kHorizon))));
}

std::string when(const Report& report, const Standing& standing) {
  if (standing.falls.empty()) return "There is no threshold that it could fall under.";
  std::string out;
  for (const auto& fall : standing.falls) {
    out += out.empty() ? "" : " ";
    if (fall.under) {
      out += fall.since ? fmt::format("It has been under {} since {}.", fall.threshold,
                                      date_text(*fall.since))
                        : fmt::format("It is under {}, and was never above it in this log.",
                                      fall.threshold);
      continue;
    }
    out += fmt::format("If nobody asks again it falls under {} on {}", fall.threshold,
                       date_text(fall.if_silent));
    if (fall.if_silent_forgotten && *fall.if_silent_forgotten != fall.if_silent) {
      out +=
          *fall.if_silent_forgotten <= report.now
              ? std::string(" (by the other reading it is under already)")
              : fmt::format(" (by the other reading on {})", date_text(*fall.if_silent_forgotten));
    }
    out += fmt::format("; by the machines' own rhythm {}.", expected_words(report, standing, fall));
  }
  return out;
}

std::string lift(const Report& report, const Standing& standing, const Fall& fall) {
  const auto& now = standing.now();
  if (standing.served == 0) {
    return "See the failures below for what to do about each code.";
  }
  if (now.lower_bound) {
    return "Compare with slmgr /dlv on the host (--slmgr) before anything else: the log is too "
           "short to say.";
  }
  const auto wanted = fall.threshold - now.count;
  if (standing.missed > 0) {
    return fmt::format(
        "Give the machines that share a CMID one of their own (slmgr /rearm, restart, slmgr /ato; "
        "mend the image with sysprep /generalize): {} of them {} enough.",
        std::min<std::uint64_t>(wanted, standing.missed),
        standing.missed >= wanted ? "are" : "are not");
  }
  if (hosts_of(report, standing) > 1) {
    return "Point all clients to one host: each host counts for itself, and spread machines keep "
           "every count low.";
  }
  return fmt::format(
      "Have {} more ask (slmgr /ato on each); where there are none, MAK or activation by Active "
      "Directory needs no count.",
      counted(wanted, "machine"));
}

std::string what_to_do(const Report& report, const Standing& standing) {
  if (const auto* fall = first_under(standing)) return lift(report, standing, *fall);
  const auto& now = standing.now();
  const auto forgotten = [&](const Fall& fall) {
    return fall.if_silent_forgotten && *fall.if_silent_forgotten <= report.now;
  };
  if (std::ranges::any_of(standing.falls, forgotten)) {
    return "Compare with slmgr /dlv on the host (--slmgr): it says which of the two readings is "
           "true.";
  }
  const Fall* soonest = nullptr;
  for (const auto& fall : standing.falls) {
    if (soonest == nullptr || fall.if_silent < soonest->if_silent) soonest = &fall;
  }
  if (soonest == nullptr) return "Nothing.";
  if (soonest->if_silent - report.now <= kSoon) {
    return fmt::format(
        "Have the machines at the head of the due list ask before {} (power them on; slmgr /ato): "
        "{} to spare.",
        date_text(soonest->if_silent),
        soonest->spare == 0 ? "there is none" : fmt::format("there are {}", soonest->spare));
  }
  if (soonest->expected.expected) {
    return "Look at the machines that have fallen silent: the fleet shrinks.";
  }
  if (standing.padded > 0 && now.names < soonest->threshold) {
    return "Count on nothing: the machines alone are too few, and the count holds only as long as "
           "names go on changing their CMIDs.";
  }
  if (standing.missed > 0) {
    return "Nothing is urgent; mend the image that gave several machines one CMID before the count "
           "is needed.";
  }
  return "Nothing.";
}

}  // namespace

std::array<std::string, 3> sentences_of(const Report& report, const Standing& standing) {
  return {why(report, standing), when(report, standing), what_to_do(report, standing)};
}

std::string date_text(Instant time) { return format_time(time).substr(0, 10); }

std::string counted(std::uint64_t number, std::string_view noun) {
  auto digits = fmt::format("{}", number);
  for (auto at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return fmt::format("{} {}{}", digits, noun, number == 1 ? "" : "s");
}

std::vector<Unseen> unseen_causes() {
  return {
      {"machines never reach the host: TCP 1688 is closed on the way",
       "on a client: Test-NetConnection KMSHOST -Port 1688; the host's firewall rule is off by "
       "default"},
      {"machines ask a host that is gone: a stale SRV record",
       "nslookup -type=srv _vlmcs._tcp.DOMAIN, and compare with the hosts above"},
      {"machines never ask: a MAK or a retail key is installed",
       "on a client: slmgr /dlv; the channel must read VOLUME_KMSCLIENT"},
      {"machines are activated by Active Directory, and do not ask a KMS host",
       "on a client: slmgr /dlv names an activation object; event 12308"},
      {"machines are told another host by hand or by policy",
       "on a client: slmgr /dlv names the registered host; slmgr /ckms goes back to DNS"},
  };
}

}  // namespace muster::analyser
