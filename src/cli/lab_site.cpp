#include "cli/lab_site.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "cli/lab_shared.h"

namespace muster::cli {
namespace {

using std::chrono::days;

// Every question is a year or several; a larger site is a scenario of its own.
constexpr std::int64_t kMachinesMost = 1'000;
constexpr std::size_t kDateSize = 10;

constexpr std::pair<std::string_view, lab::Origin> kImages[] = {
    {"generalized", lab::Origin::generalized},
    {"keep-id", lab::Origin::keep_id},
    {"clone", lab::Origin::clone},
    {"instant", lab::Origin::instant}};

std::unexpected<Error> wrong(const Invocation& asked, std::string_view option,
                             std::string_view expected) {
  return fail(ErrorCode::usage, fmt::format("--{}: '{}' found, {} expected", option,
                                            asked.maybe(option).value_or(""), expected));
}

std::optional<Instant> date(std::string_view text) {
  if (text.size() != kDateSize) return std::nullopt;
  return parse_time(std::string(text) + "T00:00:00Z");
}
std::string date_text(Instant at) { return format_time(at).substr(0, kDateSize); }

// "08:30", "24:00" included.
std::optional<minutes> clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = whole_number<int>(text.substr(0, 2));
  const auto minute = whole_number<int>(text.substr(3));
  if (!hour || !minute || *hour < 0 || *minute < 0 || *minute > 59) return std::nullopt;
  const minutes out(*hour * 60 + *minute);
  return out <= days(1) ? std::optional(out) : std::nullopt;
}
std::string clock_text(minutes at) {
  return fmt::format("{:02}:{:02}", at.count() / 60, at.count() % 60);
}

// Days of which both are meant: "2026-08-03..2026-08-16", or one day.
Expected<std::vector<lab::Span>> spans(const Invocation& asked, std::string_view option,
                                       Instant start, Instant end) {
  std::vector<lab::Span> out;
  for (const auto& text : asked.all(option)) {
    const auto dots = text.find("..");
    const auto from = date(std::string_view(text).substr(0, dots));
    const auto to = dots == text.npos ? from : date(std::string_view(text).substr(dots + 2));
    if (!from || !to || *to < *from || *from < start || *from >= end) {
      return fail(ErrorCode::usage,
                  fmt::format("--{}: '{}' found, days such as 2026-08-03..2026-08-16 expected, the "
                              "first of them in the plan's time, {} to {}",
                              option, text, date_text(start), date_text(end - days(1))));
    }
    out.push_back({std::chrono::duration_cast<minutes>(*from - start),
                   std::chrono::duration_cast<minutes>(*to - *from) + days(1)});
  }
  std::ranges::sort(out, {}, &lab::Span::at);
  return out;
}

Expected<void> read_rebuild(const Invocation& asked, lab::Site& site) {
  const bool persistent =
      asked.maybe("persistent").value_or(asked.has("rebuild") ? "no" : "yes") == "yes";
  if (persistent && asked.has("rebuild")) {
    return fail(ErrorCode::usage, "--rebuild is for desktops that are not persistent");
  }
  if (persistent) return {};
  const auto rebuild = asked.maybe("rebuild").value_or("nightly");
  if (rebuild == "start") {
    site.rebuild_start = true;
  } else if (rebuild == "nightly") {
    site.rebuild = days(1);
  } else if (rebuild == "weekly") {
    site.rebuild = days(7);
  } else {
    const auto every = parse_duration(rebuild);
    if (!every || *every < minutes(60)) {
      return wrong(asked, "rebuild", "start, nightly, weekly, or a duration of at least 1h");
    }
    site.rebuild = *every;
  }
  return {};
}

Expected<void> read_days(const Invocation& asked, lab::Site& site) {
  const auto start = date(asked.text("start"));
  if (!start) return wrong(asked, "start", "a day such as 2026-01-05");
  site.start = *start;
  site.days = days(asked.number("days"));
  const auto& hours = asked.text("hours");
  const auto dash = std::min(hours.find('-'), hours.size());
  const auto from = clock(hours.substr(0, dash));
  const auto until = clock(dash < hours.size() ? hours.substr(dash + 1) : "");
  if (!from || !until || *from >= *until) {
    return wrong(asked, "hours", "times of the day such as 08:00-18:00");
  }
  site.from = *from;
  site.until = *until;
  const auto end = site.start + site.days;
  auto closed = spans(asked, "closed", site.start, end);
  if (!closed) return std::unexpected(closed.error());
  site.closures = std::move(*closed);
  auto outages = spans(asked, "outage", site.start, end);
  if (!outages) return std::unexpected(outages.error());
  site.outages = std::move(*outages);
  if (asked.given("closure-days") && site.closures.empty()) {
    return fail(ErrorCode::usage, "--closure-days is for a plan with --closed");
  }
  return {};
}

// What is said of desktops where there are none, or of a rebuild where nothing is rebuilt.
Expected<void> check_desktops(const Invocation& asked, const lab::Site& site) {
  if (site.desktops == 0) {
    for (const auto* option : {"persistent", "rebuild", "image", "hardware", "growth"}) {
      if (!asked.given(option)) continue;
      return fail(ErrorCode::usage,
                  fmt::format("--{} is for a plan with --desktops, and there are none", option));
    }
  }
  if (site.rebuilds()) return {};
  for (const auto* option : {"hardware", "releases"}) {
    if (!asked.given(option)) continue;
    return fail(ErrorCode::usage,
                fmt::format("--{} is for desktops that are rebuilt (--rebuild)", option));
  }
  return {};
}

// The numbers of the policy, by the options that give them. One that is not given has its default,
// which another one has put out of its bounds.
Expected<void> check_policy(const Invocation& asked, lab::Site& site) {
  const auto good = check(site.policy);
  if (good) return {};
  constexpr std::pair<std::string_view, std::string_view> kOptions[] = {
      {"validity", "validity"},
      {"renewal_interval", "renewal-interval"},
      {"retry_interval", "retry-interval"},
      {"initial_grace", "grace"},
      {"retention", "retention"},
      {"threshold", "threshold"}};
  std::string_view detail = good.error().detail;
  const auto field = detail.substr(0, detail.find(' '));
  const auto* at =
      std::ranges::find(kOptions, field, &std::pair<std::string_view, std::string_view>::first);
  if (at == std::end(kOptions)) return fail(ErrorCode::usage, std::string(detail));
  detail.remove_prefix(field.size());
  return fail(ErrorCode::usage,
              fmt::format("--{}{}{}", at->second, detail,
                          asked.given(at->second) ? "" : "; it has its default: give it too"));
}

std::uint32_t number(const Invocation& asked, std::string_view name) {
  return static_cast<std::uint32_t>(asked.number(name));
}

Expected<void> read_key(const Invocation& asked, lab::Site& site) {
  site.by_key = *lab::by_key_of(asked.text("key"));
  site.key.limit = number(asked, "key-limit");
  site.server_limit = number(asked, "server-key-limit");
  site.key.reactivation = *reactivation_of(asked.text("reactivation"));
  site.key.match = *match_of(asked.text("match"));
  site.releases = asked.flag("releases");
  if (site.by_key != lab::ByKey::nobody) return {};
  for (const auto* option : {"key-limit", "server-key-limit", "releases"}) {
    if (!asked.given(option)) continue;
    return fail(ErrorCode::usage, fmt::format("--{} is for a plan with --key", option));
  }
  return {};
}

// The options by which a site differs from one where nothing is said.
class Options {
 public:
  Options(const lab::Site& site, const Invocation& asked) : site_(site), asked_(asked) {}

  std::string text() {
    const lab::Site plain;
    number("desktops", site_.desktops, 0);
    number("physical", site_.physical, 0);
    number("servers", site_.servers, 0);
    desktops(plain);
    number("workdays", site_.workdays, plain.workdays);
    const auto hours = clock_text(site_.from) + "-" + clock_text(site_.until);
    word("hours", hours, clock_text(plain.from) + "-" + clock_text(plain.until));
    spans("closed", site_.closures);
    number("closure-days", site_.closure_days, 0);
    spans("outage", site_.outages);
    number("threshold", site_.policy.threshold, plain.policy.threshold);
    number("server-threshold", site_.server_threshold, plain.server_threshold);
    time("validity", site_.policy.validity, plain.policy.validity);
    time("renewal-interval", site_.policy.renewal_interval, plain.policy.renewal_interval);
    time("retry-interval", site_.policy.retry_interval, plain.policy.retry_interval);
    time("grace", site_.policy.initial_grace, plain.policy.initial_grace);
    time("retention", site_.policy.retention, plain.policy.retention);
    key();
    word("start", date_text(site_.start), asked_.given("start") ? "" : date_text(site_.start));
    number("days", site_.days.count(), plain.days.count());
    number("runs", asked_.number("runs"), lab::PlanOptions{}.runs);
    number("seed", asked_.number("seed"), 1);
    return out_;
  }

 private:
  void add(std::string_view name, std::string_view value) {
    out_ += fmt::format(" --{} {}", name, shell_word(value));
  }
  void word(std::string_view name, std::string_view value, std::string_view plain) {
    if (value != plain) add(name, value);
  }
  void number(std::string_view name, std::int64_t value, std::int64_t plain) {
    if (value != plain) add(name, std::to_string(value));
  }
  void time(std::string_view name, minutes value, minutes plain) {
    if (value != plain) add(name, format_duration(value));
  }
  void spans(std::string_view name, const std::vector<lab::Span>& all) {
    for (const auto& span : all) {
      const auto from = site_.start + span.at;
      const auto last = from + span.lasts - days(1);
      add(name, date_text(from) + (last > from ? ".." + date_text(last) : ""));
    }
  }
  void desktops(const lab::Site& plain) {
    if (site_.rebuild_start) {
      add("rebuild", "start");
    } else if (site_.rebuild > minutes(0)) {
      add("rebuild", site_.rebuild == days(1)   ? "nightly"
                     : site_.rebuild == days(7) ? "weekly"
                                                : format_duration(site_.rebuild));
    }
    if (site_.image != plain.image) {
      add("image",
          std::ranges::find(kImages, site_.image, &std::pair<std::string_view, lab::Origin>::second)
              ->first);
    }
    if (site_.new_hardware) add("hardware", "new");
    number("growth", site_.growth, 0);
  }
  void key() {
    if (site_.key.reactivation != Reactivation::free) add("reactivation", "counts");
    if (site_.key.match != Match::most) add("match", name_of(site_.key.match));
    if (site_.by_key == lab::ByKey::nobody) return;
    add("key", lab::name_of(site_.by_key));
    if (site_.desktops + site_.physical > 0) number("key-limit", site_.key.limit, 0);
    if (site_.by_key == lab::ByKey::all) number("server-key-limit", site_.server_limit, 0);
    if (site_.releases) out_ += " --releases";
  }

  const lab::Site& site_;
  const Invocation& asked_;
  std::string out_;
};

Option numbered(std::string_view name, std::string_view help, std::string_view fallback,
                std::int64_t least, std::int64_t most, std::string_view variable) {
  return {.name = name,
          .kind = Kind::number,
          .placeholder = "N",
          .help = help,
          .fallback = fallback,
          .least = least,
          .most = most,
          .variable = variable};
}

Option timed(std::string_view name, std::string_view help, std::string_view fallback,
             std::string_view variable) {
  return {.name = name,
          .kind = Kind::duration,
          .placeholder = "TIME",
          .help = help,
          .fallback = fallback,
          .variable = variable};
}

Option chosen(std::string_view name, std::string_view help, std::string_view fallback,
              std::vector<std::string_view> choices, std::string_view variable) {
  return {.name = name,
          .kind = Kind::choice,
          .placeholder = "HOW",
          .help = help,
          .fallback = fallback,
          .choices = std::move(choices),
          .variable = variable};
}

std::vector<Option> machine_options() {
  return {
      numbered("desktops", "virtual desktops", "0", 0, kMachinesMost, "MUSTER_PLAN_DESKTOPS"),
      numbered("physical", "office computers, each installed by itself", "0", 0, kMachinesMost,
               "MUSTER_PLAN_PHYSICAL"),
      numbered("servers", "servers, always on, of a product that shares the roll", "0", 0,
               kMachinesMost, "MUSTER_PLAN_SERVERS"),
      {.name = "persistent",
       .kind = Kind::choice,
       .placeholder = "HOW",
       .help = "whether the desktops keep their disk",
       .shown_fallback = "yes, and no where --rebuild is given",
       .choices = {"yes", "no"},
       .variable = "MUSTER_PLAN_PERSISTENT"},
      {.name = "rebuild",
       .kind = Kind::text,
       .placeholder = "WHEN",
       .help = "when the desktops are anew: start, nightly, weekly, or a duration; at 02:00",
       .shown_fallback = "nightly where they are not persistent",
       .variable = "MUSTER_PLAN_REBUILD"},
      chosen("image",
             "how their image was made: generalized gives each desktop a CMID of its own, and with "
             "keep-id, clone and instant all share one",
             "generalized", {"generalized", "keep-id", "clone", "instant"}, "MUSTER_PLAN_IMAGE"),
      chosen("hardware", "whether a rebuild keeps the virtual hardware", "kept", {"kept", "new"},
             "MUSTER_PLAN_HARDWARE"),
      numbered("growth", "desktops that come every 30 days", "0", 0, kMachinesMost,
               "MUSTER_PLAN_GROWTH"),
      numbered("workdays", "days of a week, Monday first, on which all but the servers are on", "5",
               1, 7, "MUSTER_PLAN_WORKDAYS"),
      {.name = "hours",
       .kind = Kind::text,
       .placeholder = "FROM-UNTIL",
       .help = "when they are on, UTC",
       .fallback = "08:00-18:00",
       .variable = "MUSTER_PLAN_HOURS"},
      {.name = "closed",
       .kind = Kind::text,
       .placeholder = "DAY..DAY",
       .help = "a closure: all but the servers are off from the first day to the last",
       .repeated = true,
       .variable = "MUSTER_PLAN_CLOSED"},
      numbered("closure-days",
               "workdays of each week of a closure on which they are on all the "
               "same",
               "0", 0, 7, "MUSTER_PLAN_CLOSURE_DAYS"),
      {.name = "outage",
       .kind = Kind::text,
       .placeholder = "DAY..DAY",
       .help = "days on which nobody reaches the host",
       .repeated = true,
       .variable = "MUSTER_PLAN_OUTAGE"}};
}

std::vector<Option> term_options() {
  return {numbered("threshold", "the desktops' and office computers' threshold", "25", 1, 5'000,
                   "MUSTER_PLAN_THRESHOLD"),
          numbered("server-threshold", "the servers' threshold", "5", 1, 5'000,
                   "MUSTER_PLAN_SERVER_THRESHOLD"),
          timed("validity", "how long an activation lasts", "180d", "MUSTER_PLAN_VALIDITY"),
          timed("renewal-interval", "when an activated machine asks again", "7d",
                "MUSTER_PLAN_RENEWAL_INTERVAL"),
          timed("retry-interval", "when a refused machine asks again", "2h",
                "MUSTER_PLAN_RETRY_INTERVAL"),
          timed("grace", "the grace from the installation on", "30d", "MUSTER_PLAN_GRACE"),
          timed("retention", "how long the roll keeps a silent machine", "30d",
                "MUSTER_PLAN_RETENTION"),
          chosen("key", "who activates by a multiple activation key, and is not counted", "none",
                 {"none", "desktops", "all"}, "MUSTER_PLAN_KEY"),
          numbered("key-limit", "places of the key for desktops and office computers", "0", 0,
                   MakPolicy::kLimitMost, "MUSTER_PLAN_KEY_LIMIT"),
          numbered("server-key-limit", "places of the servers' key", "0", 0, MakPolicy::kLimitMost,
                   "MUSTER_PLAN_SERVER_KEY_LIMIT"),
          chosen("reactivation", "what an installation anew on the same hardware costs", "free",
                 {"free", "counts"}, "MUSTER_PLAN_REACTIVATION"),
          chosen("match", "how many facts of a machine make it the same", "most",
                 {"any", "most", "all"}, "MUSTER_PLAN_MATCH"),
          {.name = "releases",
           .kind = Kind::flag,
           .help = "each place is given back before its desktop is rebuilt",
           .variable = "MUSTER_PLAN_RELEASES"}};
}

}  // namespace

Expected<lab::Site> read_site(const Invocation& asked) {
  lab::Site out;
  out.desktops = number(asked, "desktops");
  out.physical = number(asked, "physical");
  out.servers = number(asked, "servers");
  out.growth = number(asked, "growth");
  out.workdays = number(asked, "workdays");
  out.closure_days = number(asked, "closure-days");
  out.new_hardware = asked.text("hardware") == "new";
  out.image = std::ranges::find(kImages, std::string_view(asked.text("image")),
                                &std::pair<std::string_view, lab::Origin>::first)
                  ->second;
  out.policy.threshold = number(asked, "threshold");
  out.server_threshold = number(asked, "server-threshold");
  out.policy.validity = asked.duration("validity");
  out.policy.renewal_interval = asked.duration("renewal-interval");
  out.policy.retry_interval = asked.duration("retry-interval");
  out.policy.initial_grace = asked.duration("grace");
  out.policy.retention = asked.duration("retention");
  for (const auto read : {check_policy, read_rebuild, read_days, read_key}) {
    if (auto done = read(asked, out); !done) return std::unexpected(done.error());
  }
  if (auto good = check_desktops(asked, out); !good) return std::unexpected(good.error());
  if (out.by_key != lab::ByKey::nobody && out.desktops + out.physical > 0 && out.key.limit == 0) {
    return fail(ErrorCode::usage, "--key-limit is missing: how many places the key has");
  }
  if (auto good = lab::check(out); !good) {
    return fail(ErrorCode::usage, good.error().detail);
  }
  return out;
}

std::string site_command(const lab::Site& site, const Invocation& asked) {
  return "muster lab plan" + Options(site, asked).text();
}

std::vector<Option> site_options() {
  auto out = machine_options();
  std::ranges::move(term_options(), std::back_inserter(out));
  out.push_back({.name = "start",
                 .kind = Kind::text,
                 .placeholder = "DAY",
                 .help = "when the plan begins",
                 .fallback = "2026-01-05",
                 .variable = "MUSTER_PLAN_START"});
  out.push_back(numbered("days", "how long it goes", "365", 1, lab::kDaysMost, "MUSTER_PLAN_DAYS"));
  out.push_back(numbered("runs", "how often each question is asked, each time by another seed", "3",
                         1, 20, "MUSTER_PLAN_RUNS"));
  out.push_back(numbered("seed", "what chance does: the same seed and version give the same bytes",
                         "1", 0, INT64_MAX, "MUSTER_PLAN_SEED"));
  out.push_back({.name = "out",
                 .kind = Kind::directory,
                 .placeholder = "DIR",
                 .help = "write index.html, and every track and table as CSV, there",
                 .variable = "MUSTER_LAB_OUT"});
  out.push_back(json_option());
  return out;
}

}  // namespace muster::cli
