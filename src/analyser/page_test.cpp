#include "analyser/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser/testing/hosts_log.h"
#include "base/ids.h"
#include "paper/chart.h"

namespace muster::analyser {
namespace {

using paper::svg_of;
using paper::TimeChart;
using testing::cmid;
using testing::days;
using ::testing::HasSubstr;
using testing::HostsLog;
using testing::kStart;
using ::testing::Not;
using testing::report_of;

std::string page_of_log(const Log& log, bool pseudonyms = false) {
  const auto report = report_of(log);
  const Labels labels(log, report, pseudonyms);
  const Products products;
  return page_of(log, report, labels, tables_of(log, report, labels, products));
}

// Whether every element that is opened is closed, in order; what has no end is passed over.
bool is_balanced(std::string_view page) {
  std::vector<std::string> open;
  for (auto at = page.find('<'); at != page.npos; at = page.find('<', at + 1)) {
    const auto end = page.find('>', at);
    if (end == page.npos) return false;
    auto tag = page.substr(at + 1, end - at - 1);
    if (tag.starts_with("!") || tag.starts_with("meta") || tag.ends_with('/')) continue;
    const bool closing = tag.starts_with('/');
    if (closing) tag.remove_prefix(1);
    const std::string name(tag.substr(0, tag.find(' ')));
    if (!closing) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

TEST(Page, NamesNeverBecomeMarkup) {
  HostsLog log;
  const std::string names[] = {"<script>alert(1)</script>",
                               "\"><img src=x onerror=alert(1)>",
                               "</style></table>",
                               "&lt;b&gt;",
                               "\xe2\x80\xae"
                               "exe",
                               "\x1b[2J"};
  std::uint32_t machine = 0;
  for (const auto& name : names) {
    for (int day = 0; day < 4; ++day) {
      log.ask({.time = kStart + days(day), .machine = ++machine, .name = name, .host = name});
      log.ask({.time = kStart + days(day), .machine = 99, .name = name, .host = name});
    }
  }
  const auto read = log.log();
  const auto page = page_of_log(read);
  EXPECT_TRUE(is_balanced(page));
  for (const auto* part : {"<script", "<img", "onerror=alert(1)>", "\x1b", "\xe2\x80\xae"}) {
    EXPECT_THAT(page, Not(HasSubstr(part)));
  }
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("&amp;lt;b&amp;gt;"));
}

TEST(Page, FetchesNothingAndRunsNothing) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 30; ++i) {
    for (int week = 0; week < 9; ++week) {
      log.ask({.time = kStart + days(7 * week) + minutes(i), .machine = i});
    }
  }
  const auto read = log.log();
  const auto page = page_of_log(read);
  EXPECT_TRUE(is_balanced(page));
  for (const auto* part :
       {"http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(part))) << part;
  }
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("<div class=\"scroll\"><svg viewBox"))
      << "a narrow screen scrolls it";
  EXPECT_THAT(page, HasSubstr("aria-labelledby=\"count-0-title count-0-text\""));
  EXPECT_THAT(page, HasSubstr("<summary>The figures</summary>"));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(page, HasSubstr("@media print"));
}

TEST(Page, PseudonymsLeaveNoName) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 9; ++i) {
    log.ask(
        {.time = kStart + days(i), .machine = i, .name = "anna-pc", .host = "kms.corp.example"});
  }
  const auto read = log.log();
  const auto page = page_of_log(read, true);
  EXPECT_THAT(page, Not(HasSubstr("anna")));
  EXPECT_THAT(page, Not(HasSubstr("corp.example")));
  EXPECT_THAT(page, Not(HasSubstr(cmid(1).text())));
}

TEST(Page, AnEmptyLogHasAPageToo) {
  HostsLog log;
  const auto read = log.log();
  const auto page = page_of_log(read);
  EXPECT_TRUE(is_balanced(page));
  EXPECT_THAT(page, HasSubstr("there is nothing to count"));
}

// Every coordinate lies within the picture, whatever the values.
TEST(Chart, StaysWithinItsFrame) {
  for (const double value : {0.0, 0.4, 1.0, 49.0, 1'000'000.0}) {
    TimeChart chart{.id = "c",
                    .title = "t",
                    .text = "x",
                    .from = kStart,
                    .to = kStart + days(400),
                    .now = kStart + days(300),
                    .bands = {},
                    .lines = {},
                    .marks = {}};
    chart.lines.push_back(
        {.style = "count", .label = "count", .points = {{kStart, value}, {kStart + days(500), 0}}});
    chart.marks.push_back({"threshold", 25, "threshold 25"});
    const auto svg = svg_of(chart);
    EXPECT_TRUE(is_balanced(svg));
    EXPECT_THAT(svg, Not(HasSubstr("nan")));
    EXPECT_THAT(svg, Not(HasSubstr("inf")));
    EXPECT_THAT(svg, Not(HasSubstr(" -"))) << svg;
  }
}

}  // namespace
}  // namespace muster::analyser
