#include "analyser/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analyser/codes.h"
#include "analyser/sentences.h"

namespace muster::analyser {
namespace {

using std::chrono::days;

using Cells = std::vector<Cell>;

// A row's cells, each made from a value of its kind.
template <class... Values>
Cells row_of(Values&&... values) {
  return {Cell(std::forward<Values>(values))...};
}

Cell number(std::uint64_t value) { return Cell(static_cast<std::int64_t>(value)); }
Cell moment(const std::optional<Instant>& value) { return value ? Cell(*value) : Cell(); }
Cell text(std::string_view value) { return Cell(std::string(value)); }
Cell tenth(double value) { return Cell(std::round(value * 10) / 10); }

std::string_view words_of(HostEventKind kind) {
  switch (kind) {
    case HostEventKind::cleared: return "the KMS log was cleared";
    case HostEventKind::started: return "the licensing service started";
    case HostEventKind::init_failed: return "KMS could not start";
    case HostEventKind::timer_failed: return "the renewal timer could not start";
    case HostEventKind::dns_failed: return "publishing in DNS failed";
    case HostEventKind::dns_published: return "published in DNS";
    case HostEventKind::set_back: return "the clock was set back";
  }
  return "";
}

// A row of a table whose rows are those of several lists one after the other.
struct Place {
  std::size_t list, row;
};

// What a table's rows are made from; a copy of it lives as long as the table.
struct Source {
  const Log* log;
  const Report* report;
  const Labels* labels;
  const Products* products;

  [[nodiscard]] Cell group(std::uint16_t group) const {
    return Cell(Labels::text(report->groups[group].name));
  }
  [[nodiscard]] Cell host(std::uint16_t host) const { return Cell(labels->host(host)); }
  [[nodiscard]] Cell name(std::uint32_t name) const { return Cell(labels->name(name)); }
};

class Making {
 public:
  Making(const Log& log, const Report& report, const Labels& labels, const Products& products)
      : source_{&log, &report, &labels, &products}, log_(&log), report_(&report) {}

  std::vector<Table> run() {
    add_counts();
    add_falls();
    add_due();
    add_identities();
    add_machines();
    add_failures();
    add_products();
    add_hours();
    add_hosts();
    add_told();
    add_gaps();
    add_reading();
    add_unseen();
    add_history();
    return std::move(out_);
  }

 private:
  template <class Fill>
  void add(std::string_view id, std::string_view title, std::string_view note,
           std::vector<Column> columns, std::size_t size, const Fill& fill) {
    out_.push_back(
        {id, title, note, std::move(columns), size, [fill](std::size_t row, Cells& cells) {
           cells.clear();
           fill(row, cells);
         }});
  }

  // How many of a list by time are not later than the report.
  template <class List>
  [[nodiscard]] std::size_t up_to_now(const List& list) const {
    using Item = typename List::value_type;
    const auto end = std::ranges::upper_bound(list, report_->now, {}, &Item::time);
    return static_cast<std::size_t>(end - list.begin());
  }

  // Places of all rows of lists of these sizes.
  template <class Size>
  static std::vector<Place> places(std::size_t lists, Size size) {
    std::vector<Place> out;
    for (std::size_t list = 0; list < lists; ++list) {
      for (std::size_t row = 0; row < size(list); ++row) out.push_back({list, row});
    }
    return out;
  }

  void add_counts() {
    add("counts", "Counts now", "",
        {{"group", "group"},
         {"host", "host"},
         {"count", "count"},
         {"capacity", "ceiling"},
         {"lower_bound", "lower bound"},
         {"cmids", "CMIDs, 30 days"},
         {"names", "names, 30 days"},
         {"count_if_forgotten", "if forgotten at restart"},
         {"missed", "missed"},
         {"served", "served"},
         {"refused", "refused"}},
        report_->standings.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->standings[row];
          const auto& now = one.now();
          cells = row_of(s.group(one.group), s.host(one.host), number(now.count),
                         number(now.capacity), now.lower_bound, number(now.cmids),
                         number(now.names), one.restarts > 0 ? number(now.if_forgotten) : Cell(),
                         number(one.missed), number(one.served), number(one.refused));
        });
  }

  void add_falls() {
    const auto& standings = report_->standings;
    const auto where =
        places(standings.size(), [&](std::size_t list) { return standings[list].falls.size(); });
    add("falls", "When the count falls",
        "'if silent' is the day if nobody asks again; 'expected' and its range follow each "
        "machine's own rhythm, within 180 days",
        {{"group", "group"},
         {"host", "host"},
         {"threshold", "threshold"},
         {"under", "under"},
         {"since", "since"},
         {"spare", "spare"},
         {"if_silent", "if silent"},
         {"if_silent_forgotten", "if forgotten and silent"},
         {"expected", "expected"},
         {"earliest", "earliest"},
         {"latest", "latest"}},
        where.size(), [s = source_, where](std::size_t row, Cells& cells) {
          const auto& one = s.report->standings[where[row].list];
          const auto& fall = one.falls[where[row].row];
          cells = row_of(s.group(one.group), s.host(one.host), number(fall.threshold), fall.under,
                         moment(fall.since), number(fall.spare), fall.if_silent,
                         moment(fall.if_silent_forgotten), moment(fall.expected.expected),
                         moment(fall.expected.earliest), moment(fall.expected.latest));
        });
    add("forecasts", "What the expectation rests on",
        "the same forecast, made each week of the past for 30 days ahead, would have been wrong by "
        "so many machines; its range should hold 8 of 10",
        {{"group", "group"},
         {"host", "host"},
         {"rhythm_days", "usual rhythm, days"},
         {"returns", "returns"},
         {"departures", "departures"},
         {"arriving_a_day", "new a day"},
         {"tests", "tests"},
         {"mean_error", "mean error"},
         {"mean_machines", "of machines"},
         {"in_range", "in range"}},
        standings.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->standings[row];
          const auto& test = one.back_test;
          const bool tested = test.forecasts > 0;
          cells = row_of(s.group(one.group), s.host(one.host), tenth(one.outlook.rhythm),
                         number(one.outlook.returns), number(one.outlook.departures),
                         tenth(one.outlook.arriving), number(test.forecasts),
                         tested ? tenth(test.mean_error) : Cell(),
                         tested ? tenth(test.mean_actual) : Cell(),
                         tested ? number(test.in_range) : Cell());
        });
  }

  void add_due() {
    const auto& standings = report_->standings;
    const auto where =
        places(standings.size(), [&](std::size_t list) { return standings[list].due.size(); });
    add("due", "Due list",
        "who must ask by when so that the count stays at its threshold; power them on, or slmgr "
        "/ato on each. Who is not needed may stay away, and leaves then; a replaced CMID leaves "
        "whatever is done, its name asks under another",
        {{"group", "group"},
         {"host", "host"},
         {"name", "name"},
         {"cmid", "CMID"},
         {"last", "last asked"},
         {"due", "must ask before"},
         {"needed", "needed"},
         {"count_after", "count after"},
         {"usual", "usually asks"},
         {"replaced", "replaced"}},
        where.size(), [s = source_, where](std::size_t row, Cells& cells) {
          const auto& one = s.report->standings[where[row].list];
          const auto& due = one.due[where[row].row];
          cells = row_of(s.group(one.group), s.host(one.host), s.name(due.name),
                         s.labels->cmid(due.machine), due.last, due.due, due.needed,
                         number(due.count_after), moment(due.usual), due.replaced);
        });
  }

  void add_identities() {
    const auto& shared = report_->identities.shared;
    add("duplicates", "CMIDs under several names",
        "shared: an image without sysprep /generalize; on each machine slmgr /rearm, restart, "
        "slmgr /ato, and mend the image",
        {{"group", "group"},
         {"cmid", "CMID"},
         {"kind", "kind"},
         {"names", "names"},
         {"alive", "in 30 days"},
         {"missed", "missed by the count"},
         {"since", "since"}},
        shared.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->identities.shared[row];
          cells = row_of(s.group(one.group), s.labels->cmid(one.machine), text(words_of(one.kind)),
                         number(one.bearers.size()), number(one.alive), number(one.missed()),
                         one.since);
        });
    const auto where =
        places(shared.size(), [&](std::size_t list) { return shared[list].bearers.size(); });
    add("duplicate_names", "The names behind these CMIDs", "",
        {{"cmid", "CMID"},
         {"name", "name"},
         {"first", "first asked"},
         {"last", "last asked"},
         {"requests", "requests"}},
        where.size(), [s = source_, where](std::size_t row, Cells& cells) {
          const auto& one = s.report->identities.shared[where[row].list];
          const auto& bearer = one.bearers[where[row].row];
          cells = row_of(s.labels->cmid(one.machine), s.name(bearer.name), bearer.first,
                         bearer.last, number(bearer.requests));
        });
    std::vector<std::uint32_t> shorter;
    for (std::uint32_t i = 0; i < report_->together.size(); ++i) {
      if (report_->together[i] != i) shorter.push_back(i);
    }
    add("together", "Names taken for one machine",
        "a short name that begins exactly one full name; if they are two machines, the numbers of "
        "names are too low",
        {{"name", "name"}, {"short_name", "short name"}}, shorter.size(),
        [s = source_, shorter](std::size_t row, Cells& cells) {
          const auto short_name = shorter[row];
          cells = row_of(s.name(s.report->together[short_name]), s.name(short_name));
        });
    add("churn", "Names that keep changing their CMID",
        "a rearm at each start, or a pool whose machines forget: the count counts them over and "
        "over, and falls 30 days after it stops",
        {{"group", "group"},
         {"name", "name"},
         {"cmids", "CMIDs"},
         {"recent", "in 30 days"},
         {"first_change", "first change"},
         {"last_change", "last change"}},
        report_->identities.churn.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->identities.churn[row];
          cells = row_of(s.group(one.group), s.name(one.name), number(one.cmids),
                         number(one.recent), one.first_change, one.last_change);
        });
  }

  void add_machines() {
    constexpr std::string_view spans[] = {"30 days", "90 days", "150 days"};
    add("silent", "Machines that have fallen silent", "a licence ends 180 days after its renewal",
        {{"silent_for", "silent for"}, {"machines", "machines"}},
        report_->machines.empty() ? 0 : report_->silent.size(),
        [s = source_, spans](std::size_t row, Cells& cells) {
          cells = row_of(text(spans[row]), number(s.report->silent[row]));
        });
    add("machines", "Machines by last contact", "",
        {{"group", "group"},
         {"name", "name"},
         {"cmid", "CMID"},
         {"product", "product"},
         {"host", "host"},
         {"last", "last asked"},
         {"silent_days", "silent, days"},
         {"valid_until", "licence ends"},
         {"state", "state before"},
         {"virtual", "virtual"},
         {"requests", "requests"},
         {"refused", "refused"},
         {"clock_minutes", "clock, minutes"}},
        report_->machines.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->machines[row];
          const auto silent = std::chrono::floor<days>(s.report->now - one.last).count();
          cells = row_of(s.group(one.group), s.name(one.name), s.labels->cmid(one.machine),
                         Labels::text(name_of_product(*s.log, *s.products, one.product)),
                         s.host(one.host), one.last, std::int64_t{silent}, moment(one.valid_until),
                         text(name_of_state(one.state)), one.is_virtual, number(one.requests),
                         number(one.refused),
                         one.skew_known ? Cell(std::int64_t{one.skew_minutes}) : Cell());
        });
    add("clocks", "Clocks that differ by more than 15 minutes",
        "at 4 hours a host refuses; set the clock from the domain (w32tm /resync)",
        {{"name", "name"},
         {"cmid", "CMID"},
         {"minutes", "minutes ahead of the host"},
         {"last", "last asked"}},
        report_->skewed.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->machines[s.report->skewed[row]];
          cells = row_of(s.name(one.name), s.labels->cmid(one.machine),
                         std::int64_t{one.skew_minutes}, one.last);
        });
  }

  void add_failures() {
    add("failures", "Refused requests", "",
        {{"code", "code"},
         {"group", "group"},
         {"requests", "requests"},
         {"machines", "machines"},
         {"last", "last"},
         {"last_name", "last from"},
         {"meaning", "meaning"},
         {"remedy", "what to do"}},
        report_->failures.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->failures[row];
          const auto& code = code_of(one.hresult);
          cells = row_of(analyser::text_of(one.hresult), s.group(one.group), number(one.requests),
                         number(one.machines), one.last, s.name(one.last_name), text(code.meaning),
                         text(code.remedy));
        });
  }

  void add_products() {
    add("products", "Products", "--products FILE.csv gives unknown ids a name",
        {{"product", "product"},
         {"activation_id", "activation id"},
         {"group", "group"},
         {"threshold", "threshold"},
         {"machines", "machines"},
         {"recent", "in 30 days"},
         {"requests", "requests"}},
        report_->products.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->products[row];
          cells = row_of(Labels::text(name_of_product(*s.log, *s.products, one.product)),
                         s.log->products.id(one.product).text(), s.group(one.group),
                         number(one.threshold), number(one.machines), number(one.recent),
                         number(one.requests));
        });
    add("virtual", "Virtual machines, 30 days", "",
        {{"group", "group"},
         {"machines", "machines"},
         {"virtual", "virtual"},
         {"percent", "percent"}},
        report_->virtuals.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->virtuals[row];
          const double share = one.machines == 0
                                   ? 0
                                   : 100.0 * static_cast<double>(one.of_them_virtual) /
                                         static_cast<double>(one.machines);
          cells = row_of(s.group(one.group), number(one.machines), number(one.of_them_virtual),
                         tenth(share));
        });
  }

  void add_hours() {
    add("hours", "Requests by hour of the day, UTC", "",
        {{"hour", "hour"}, {"requests", "requests"}},
        report_->requests == 0 ? 0 : report_->by_hour.size(),
        [s = source_](std::size_t row, Cells& cells) {
          cells = row_of(number(row), number(s.report->by_hour[row]));
        });
    add("busiest", "The busiest ten minutes", "a boot storm, where it stands far above the rest",
        {{"from", "from"}, {"requests", "requests"}}, report_->requests == 0 ? 0 : 1,
        [s = source_](std::size_t, Cells& cells) {
          cells = row_of(s.report->busiest, number(s.report->busiest_requests));
        });
  }

  void add_hosts() {
    add("hosts", "Hosts", "a first record above 1: what was before it is overwritten, or elsewhere",
        {{"host", "host"},
         {"first", "first request"},
         {"last", "last request"},
         {"requests", "requests"},
         {"first_record", "first record"}},
        report_->hosts.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->hosts[row];
          cells = row_of(s.host(one.host), one.first, one.last, number(one.requests),
                         one.first_record == 0 ? Cell() : number(one.first_record));
        });
    add("held", "Held against what the host says", "a lower bound may be under it",
        {{"source", "file"},
         {"group", "group"},
         {"said", "the host says"},
         {"rebuilt", "rebuilt"},
         {"agrees", "agrees"}},
        report_->held.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->held[row];
          cells = row_of(s.labels->source(row, one.facts.source), text(one.facts.group),
                         one.facts.count ? number(*one.facts.count) : Cell());
          if (!one.standing) {
            cells.insert(cells.end(), {Cell(), Cell()});
            return;
          }
          const auto& now = s.report->standings[*one.standing].now();
          cells.push_back(number(now.count));
          cells.emplace_back(
              one.facts.count.has_value() &&
              (now.count == *one.facts.count || (now.lower_bound && now.count < *one.facts.count)));
        });
  }

  void add_told() {
    add("told", "What hosts told clients (events 12288 and 12289)", "",
        {{"time", "time"},
         {"computer", "client"},
         {"kms_host", "host"},
         {"count", "count"},
         {"threshold", "threshold"},
         {"activated", "activated"}},
        up_to_now(log_->told), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.log->told[row];
          cells = row_of(one.time, s.host(one.computer), s.labels->told_host(one.kms_host),
                         number(one.count), one.threshold == 0 ? Cell() : number(one.threshold),
                         one.activated);
        });
  }

  void add_gaps() {
    add("gaps", "Records that are in none of the files",
        "export more often, or make the log larger; for 30 days the count is a lower bound again",
        {{"host", "host"}, {"from", "from"}, {"to", "to"}, {"records", "records"}},
        report_->gaps.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->gaps[row];
          cells = row_of(s.host(one.host), one.from, one.to,
                         one.records == 0 ? Cell() : number(one.records));
        });
    add("silences", "Longest times without a request",
        "the host was off or not reached: port 1688, SRV record",
        {{"host", "host"}, {"from", "from"}, {"to", "to"}}, report_->silences.size(),
        [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.report->silences[row];
          cells = row_of(s.host(one.host), one.from, one.to);
        });
    add("events", "What else the hosts wrote", "",
        {{"time", "time"},
         {"host", "host"},
         {"event", "event"},
         {"code", "code"},
         {"domain", "domain"},
         {"before", "clock before"}},
        up_to_now(log_->events), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.log->events[row];
          cells = row_of(one.time, s.host(one.host), text(words_of(one.kind)),
                         one.hresult == 0 ? Cell() : Cell(analyser::text_of(one.hresult)),
                         one.domain.empty() ? Cell() : Cell(s.labels->domain(one.domain)),
                         one.kind == HostEventKind::set_back ? Cell(one.before) : Cell());
        });
  }

  void add_reading() {
    add("foreign", "Records that volume activation did not write",
        "in the KMS channel, or with its number: somebody else's, and once an attacker's hidden "
        "code; look at them on the host",
        {{"provider", "provider"},
         {"event_id", "event"},
         {"channel", "channel"},
         {"records", "records"},
         {"binary_bytes", "bytes of binary data"},
         {"file", "first in"},
         {"offset", "at byte"}},
        log_->foreign.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.log->foreign[row];
          cells = row_of(Labels::text(one.provider), number(one.event_id),
                         Labels::text(one.channel), number(one.records), number(one.binary_bytes),
                         s.labels->file(one.first.file), number(one.first.offset));
        });
    add("not_understood", "Requests that were not understood",
        "'muster logs shape FILE' shows their shape with every value masked",
        {{"file", "file"}, {"record_id", "record"}, {"offset", "at byte"}, {"why", "why"}},
        log_->misread_places.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.log->misread_places[row];
          cells = row_of(s.labels->file(one.place.file), number(one.place.record_id),
                         number(one.place.offset), text(words_of(one.why)));
        });
    const auto& files = log_->files;
    const auto where =
        places(files.size(), [&](std::size_t list) { return files[list].places.size(); });
    add("unreadable", "Places that could not be read", "", {{"file", "file"}, {"place", "place"}},
        where.size(), [s = source_, where](std::size_t row, Cells& cells) {
          cells = row_of(s.labels->file(static_cast<std::uint32_t>(where[row].list)),
                         text(s.log->files[where[row].list].places[where[row].row]));
        });
    add("files", "Files", "",
        {{"file", "file"},
         {"records", "records"},
         {"repeated", "in an earlier file too"},
         {"unreadable", "unreadable"},
         {"dates", "dates"}},
        files.size(), [s = source_](std::size_t row, Cells& cells) {
          const auto& one = s.log->files[row];
          cells = row_of(s.labels->file(static_cast<std::uint32_t>(row)), number(one.records),
                         number(one.repeated), number(one.skipped),
                         one.dates.empty() ? Cell() : text(one.dates));
        });
  }

  void add_unseen() {
    add("unseen", "Causes that this log cannot show", "",
        {{"cause", "cause"}, {"check", "how to check"}}, unseen_causes().size(),
        [](std::size_t row, Cells& cells) {
          const auto one = unseen_causes()[row];
          cells = row_of(text(one.cause), text(one.check));
        });
  }

  void add_history() {
    const auto& standings = report_->standings;
    const auto where =
        places(standings.size(), [&](std::size_t list) { return standings[list].points.size(); });
    add("history", "The count over time", "",
        {{"group", "group"},
         {"host", "host"},
         {"time", "time"},
         {"count", "count"},
         {"least", "least since before"},
         {"capacity", "ceiling"},
         {"cmids", "CMIDs, 30 days"},
         {"names", "names, 30 days"},
         {"lower_bound", "lower bound"},
         {"count_if_forgotten", "if forgotten at restart"}},
        where.size(), [s = source_, where](std::size_t row, Cells& cells) {
          const auto& one = s.report->standings[where[row].list];
          const auto& point = one.points[where[row].row];
          cells = row_of(s.group(one.group), s.host(one.host), point.at, number(point.count),
                         number(point.least), number(point.capacity), number(point.cmids),
                         number(point.names), point.lower_bound, number(point.if_forgotten));
        });
  }

  Source source_;
  const Log* log_;
  const Report* report_;
  std::vector<Table> out_;
};

}  // namespace

std::vector<Table> tables_of(const Log& log, const Report& report, const Labels& labels,
                             const Products& products) {
  return Making(log, report, labels, products).run();
}

}  // namespace muster::analyser
