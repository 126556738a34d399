#include "cli/log_figures.h"

#include <fmt/format.h>

#include <array>
#include <functional>

namespace muster::cli {
namespace {

using analyser::Report;
using analyser::Standing;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

struct Figure {
  std::string_view name, help;
  std::uint64_t (*value)(const Standing&);
};
constexpr std::array kFigures{
    Figure{"muster_kms_count", "The rebuilt count of a host and group.",
           [](const Standing& one) -> std::uint64_t { return one.now().count; }},
    Figure{"muster_kms_capacity", "The ceiling of the count.",
           [](const Standing& one) -> std::uint64_t { return one.now().capacity; }},
    Figure{"muster_kms_count_is_lower_bound", "1 where the log is too short to be sure.",
           [](const Standing& one) -> std::uint64_t { return one.now().lower_bound ? 1 : 0; }},
    Figure{"muster_kms_cmids", "CMIDs heard of within 30 days.",
           [](const Standing& one) -> std::uint64_t { return one.now().cmids; }},
    Figure{"muster_kms_names", "Names heard of within 30 days.",
           [](const Standing& one) -> std::uint64_t { return one.now().names; }},
    Figure{"muster_kms_missed_machines", "Machines that share a CMID with another.",
           [](const Standing& one) -> std::uint64_t { return one.missed; }},
    Figure{"muster_kms_requests_served", "Requests in the log that counted.",
           [](const Standing& one) -> std::uint64_t { return one.served; }},
    Figure{"muster_kms_requests_refused", "Requests in the log that were refused.",
           [](const Standing& one) -> std::uint64_t { return one.refused; }},
};

void append_heading(std::string& out, std::string_view name, std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, help, name);
}

}  // namespace

std::string figures_text(const analyser::Log& log, const Report& report,
                         const analyser::Labels& labels) {
  std::string out;
  const auto place = [&](const Standing& one) {
    return fmt::format("host={},group={}", quoted(labels.host(one.host)),
                       quoted(report.groups[one.group].id));
  };
  for (const auto& figure : kFigures) {
    append_heading(out, figure.name, figure.help);
    for (const auto& one : report.standings) {
      out += fmt::format("{}{{{}}} {}\n", figure.name, place(one), figure.value(one));
    }
  }
  const auto add_falls = [&](std::string_view name, std::string_view help, auto value) {
    append_heading(out, name, help);
    for (const auto& one : report.standings) {
      for (const auto& fall : one.falls) {
        out += fmt::format("{}{{{},threshold=\"{}\"}} {}\n", name, place(one), fall.threshold,
                           value(fall));
      }
    }
  };
  add_falls("muster_kms_falls_time_seconds",
            "When the count falls under the threshold if nobody asks again.",
            [](const analyser::Fall& fall) { return fall.if_silent.time_since_epoch().count(); });
  add_falls("muster_kms_spare_machines", "Machines that may stay away.",
            [](const analyser::Fall& fall) { return fall.spare; });
  const auto add_one = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    append_heading(out, name, help);
    out += fmt::format("{} {}\n", name, value);
  };
  add_one("muster_kms_records_12290", "Records of requests in the log.", log.of_12290);
  add_one("muster_kms_records_not_understood", "Of these, the ones that were not understood.",
          log.not_understood());
  append_heading(out, "muster_kms_last_request_time_seconds", "The last request in the log.");
  for (const auto& host : report.hosts) {
    out += fmt::format("muster_kms_last_request_time_seconds{{host={}}} {}\n",
                       quoted(labels.host(host.host)), host.last.time_since_epoch().count());
  }
  return out;
}

}  // namespace muster::cli
