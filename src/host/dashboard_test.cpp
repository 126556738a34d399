// The dashboard's files over a real socket, and what a browser may do with them.
#include "host/dashboard.h"

#include <gmock/gmock.h>

#include <array>

#include "host/testing/host_fixture.h"

namespace muster::host::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::array<DashboardFile, 2> kFiles{{
    {.path = "/", .type = "text/html", .hash = "h0", .plain = "<p>page", .gzip = "zip0"},
    {.path = "/assets/a-h1.js",
     .type = "text/javascript",
     .hash = "h1",
     .plain = "run()",
     .gzip = "zip1"},
}};

service::Reply reply(std::string_view path, std::string takes = {}, std::string has = {}) {
  Request request;
  request.accept_encoding = std::move(takes);
  request.if_none_match = std::move(has);
  return dashboard_reply(*find_dashboard_file(kFiles, path), request);
}

TEST(DashboardFiles, CompressedForWhomTakesThat) {
  for (const auto* takes : {"gzip", "br, gzip;q=0.5,", "GZIP", "*", "deflate , gzip ; q=1"}) {
    EXPECT_EQ(reply("/", takes).body, "zip0") << takes;
    EXPECT_THAT(reply("/", takes).more_headers, HasSubstr("Content-Encoding: gzip\r\n")) << takes;
  }
  for (const auto* takes : {"", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", "identity,"}) {
    EXPECT_EQ(reply("/", takes).body, "<p>page") << takes;
    EXPECT_THAT(reply("/", takes).more_headers, Not(HasSubstr("Content-Encoding"))) << takes;
  }
  EXPECT_THAT(reply("/").more_headers, HasSubstr("Vary: Accept-Encoding\r\n"));
}

TEST(DashboardFiles, ThePageIsAskedForAnewAndTheRestNeverAgain) {
  EXPECT_EQ(reply("/").cache_control, "no-cache");
  EXPECT_EQ(reply("/assets/a-h1.js").cache_control, "public, max-age=31536000, immutable");
}

TEST(DashboardFiles, WhoHasItIsToldSo) {
  struct Row {
    std::string takes, has;
    int status;
  };
  const std::vector<Row> rows = {
      {"", "", 200},
      {"", "\"h0\"", 304},
      {"", "W/\"h0\"", 304},
      {"", "\"old\", \"h0\",", 304},
      {"", "*", 304},
      {"", "\"h1\"", 200},
      {"gzip", "\"h0\"", 200},  // another representation has another tag
      {"gzip", "\"h0-gzip\"", 304},
  };
  for (const auto& row : rows) {
    const auto got = reply("/", row.takes, row.has);
    EXPECT_EQ(got.status, row.status) << row.takes << " " << row.has;
    EXPECT_EQ(got.body.empty(), row.status == 304);
    EXPECT_THAT(got.more_headers, HasSubstr("ETag: "));
  }
}

TEST(DashboardFiles, OnlyWhatIsThere) {
  for (const auto* path : {"", "/index.html", "/assets/", "/assets/a-h1.js/", "/ASSETS/a-h1.js"}) {
    EXPECT_EQ(find_dashboard_file(kFiles, path), nullptr) << path;
  }
  EXPECT_EQ(find_dashboard_file({}, "/"), nullptr) << "built without";
}

class Dashboard : public HostTest {};

// A host that was built without answers as for any address that is not there.
TEST_F(Dashboard, NobodyNeedsATokenToSeeTheLogInPage) {
  start();
  const auto page = ask_admin(get("/?from=mail"));
  if (dashboard_files().empty()) {
    EXPECT_EQ(status_of(page), 404);
    return;
  }
  EXPECT_EQ(status_of(page), 200);
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8\r\n"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'; script-src 'self'; style-src 'self'"));
  EXPECT_THAT(page, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("unsafe")));
  EXPECT_THAT(page, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(body_of(page), Not(HasSubstr("style=")));
  for (const auto& file : dashboard_files()) {
    const auto answer = ask_admin(get(file.path, "Accept-Encoding: gzip\r\n"));
    EXPECT_EQ(status_of(answer), 200) << file.path;
    EXPECT_EQ(body_of(answer), file.gzip) << file.path;
    const auto again = ask_admin(get(file.path, "Accept-Encoding: gzip\r\nIf-None-Match: *\r\n"));
    EXPECT_EQ(status_of(again), 304) << file.path;
    EXPECT_THAT(again, Not(HasSubstr("Content-Length"))) << file.path;
  }
}

TEST_F(Dashboard, IsOnTheAdministrationsSideOnly) {
  start();
  EXPECT_EQ(status_of(ask(get("/"))), 404);
  EXPECT_EQ(status_of(ask_admin(post("/", "{}"))), 404);
  EXPECT_EQ(status_of(ask_admin("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")), 421);
}

// What a browser has to fetch before it shows the first page; the chart comes when one is shown.
TEST(DashboardFiles, TheFirstPaintIsSmall) {
  std::size_t script = 0;
  for (const auto& file : dashboard_files()) {
    if (file.path.starts_with("/assets/index-") && file.path.ends_with(".js")) {
      script += file.gzip.size();
    }
    EXPECT_LT(file.gzip.size(), 100'000U) << file.path;
  }
  EXPECT_EQ(script > 0, !dashboard_files().empty());
  EXPECT_LT(script, 100'000U);
}

}  // namespace
}  // namespace muster::host::testing
