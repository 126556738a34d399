#include "cli/log_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "analyser/testing/hosts_log.h"
#include "base/ids.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

using analyser::testing::days;
using analyser::testing::HostsLog;
using analyser::testing::hours;
using analyser::testing::kStart;
using analyser::testing::report_of;
using ::testing::HasSubstr;
using ::testing::Not;

// What a client may call itself.
const std::vector<std::string> kHostile{
    "=cmd|'/c calc'!A1",
    "+1+1",
    "@sum(a1)",
    "<script>alert(1)</script>",
    "a,b\"c\"\\d",
    "\x1b[2J\x07",
    "line\r\nline",
    "\xc2\x9b"
    "31m",
    "\xe2\x80\xae"
    "txt.exe",
    "\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf\xd8\x9c\x7f",
    std::string(10'240, 'a'),
    "\xff\xfe",
};

// A report in which each of these names stands in every table that shows names.
struct Shown {
  analyser::Products products;
  analyser::Log log;
  analyser::Report report;
  analyser::Labels labels;
  ReportView view;

  explicit Shown(bool pseudonyms = false)
      : log(read()),
        report(report_of(log)),
        labels(log, report, pseudonyms),
        view{.log = &log,
             .report = &report,
             .labels = &labels,
             .tables = analyser::tables_of(log, report, labels, products)} {}

  static analyser::Log read() {
    HostsLog log;
    std::uint32_t machine = 0;
    for (const auto& name : kHostile) {
      for (int day = 0; day < 5; ++day) {
        log.ask(
            {.time = kStart + days(day), .machine = ++machine, .name = name, .host = "kms" + name});
        log.ask({.time = kStart + days(day),
                 .machine = 999,
                 .name = name,
                 .host = "kms" + name,
                 .client_time = kStart + days(day) + hours(3)});
      }
      log.ask({.time = kStart + days(5), .machine = 998, .name = name, .hresult = "0xC004F06C"});
    }
    log.add(12293, kStart, {"0x80072338", "\x1b]0;x"});
    log.add(1337, kStart, {"code"}, "kms.example", "KmsRequests", "Key Management Service");
    return log.log();
  }
};

void expect_harmless(std::string_view text, const char* what) {
  std::string line;
  for (const char c : text) {
    if (c != '\n' && c != '\r') {
      line += c;
      continue;
    }
    EXPECT_TRUE(valid_text(line, line.size())) << what << ": " << line;
    line.clear();
  }
  for (const std::string_view hidden :
       {"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xd8\x9c"}) {
    EXPECT_EQ(text.find(hidden), text.npos) << what;
  }
}

TEST(LogReport, TheTerminalObeysNoName) {
  const Shown shown;
  expect_harmless(report_text(shown.view), "terminal");
}

TEST(LogReport, CsvHoldsNoFormulaAndNoControl) {
  const Shown shown;
  std::size_t names = 0;
  for (const auto& table : shown.view.tables) {
    const auto csv = table_csv(table);
    expect_harmless(csv, table.id.data());
    for (const auto* start : {",=", ",\"=", ",@", ",\"@", ",+", ",\"+", "\n=", "\n@", "\n+"}) {
      EXPECT_THAT(csv, Not(HasSubstr(start))) << table.id;
    }
    names += csv.find("<script>") != csv.npos ? 1U : 0U;
  }
  EXPECT_GE(names, 5U) << "the names are in the tables, as texts";
}

TEST(LogReport, JsonIsJsonWhateverTheNames) {
  const Shown shown;
  for (const auto& table : shown.view.tables) {
    std::string json;
    append_json(json, table);
    expect_harmless(json, table.id.data());
    wire::json::Tree tree;
    EXPECT_TRUE(tree.parse("{\"rows\":" + json + "}", 1 << 24).has_value()) << table.id;
  }
}

TEST(LogReport, PseudonymsLeaveNoNameInAnyForm) {
  const Shown shown(true);
  auto all = report_text(shown.view) + groups_json(shown.view);
  for (const auto& table : shown.view.tables) {
    append_json(all, table);
    all += table_csv(table);
  }
  for (const auto* part :
       {"script", "cmd|", "txt.exe", "aaaa", "kms.example", "kms.evtx", "]0;x"}) {
    EXPECT_THAT(all, Not(HasSubstr(part)));
  }
  for (std::uint32_t i = 0; i < shown.log.machines.size(); ++i) {
    EXPECT_THAT(all, Not(HasSubstr(shown.log.machines.id(i).text())));
  }
  EXPECT_THAT(all, HasSubstr("machine-1"));
  EXPECT_THAT(all, HasSubstr("00000000-0000-4000-8000-000000000001"));
  EXPECT_THAT(all, HasSubstr("domain-1"));
}

std::string report_text_of(HostsLog& log) {
  const auto read = log.log();
  const auto report = report_of(read);
  const analyser::Labels labels(read, report, false);
  const analyser::Products products;
  const ReportView view{.log = &read,
                        .report = &report,
                        .labels = &labels,
                        .tables = analyser::tables_of(read, report, labels, products)};
  return report_text(view);
}

TEST(LogReport, TheThreeSentencesComeFirst) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 6; ++i) log.ask({.time = kStart + days(i), .machine = i});
  EXPECT_THAT(report_text_of(log),
              HasSubstr("Windows on kms.example\n"
                        "  Why   The count stands at 6 because 6 CMIDs asked within 30 days; it is "
                        "a lower bound, because the\n"));
}

TEST(LogReport, TheHostIsNamedInTablesWhereThereAreSeveral) {
  for (const bool several : {false, true}) {
    HostsLog log;
    log.ask({.time = kStart, .machine = 1});
    log.ask({.time = kStart, .machine = 2, .host = several ? "kms2.example" : "kms.example"});
    const auto text = report_text_of(log);
    EXPECT_EQ(text.find("  group    host ") != text.npos, several) << text;
  }
}

TEST(LogReport, AnEmptyLogSaysSo) {
  HostsLog log;
  EXPECT_THAT(report_text_of(log), HasSubstr("there is nothing to count"));
}

}  // namespace
}  // namespace muster::cli
