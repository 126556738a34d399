#include "lab/scenario.h"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace muster::lab {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kHead = "title = \"t\"\ndays = 30\n";
constexpr std::string_view kSite =
    "[[product]]\nid = \"acme-cad\"\n[[host]]\nname = \"host-1\"\n[[pool]]\nname = \"desks\"\n";

TEST(ScenarioFile, says_the_line_what_was_found_and_what_was_expected) {
  const auto pool = [](std::string_view more) {
    return std::string(kHead) + std::string(kSite) + std::string(more);  // ends in line 8
  };
  const struct {
    std::string text;
    std::string_view line, found, expected;
  } cases[] = {
      {"title = \n", "x.toml:1: ", "", ""},
      {"days = 30\n", "x.toml:1: ", "title", "is missing"},
      {"title = \"t\"\ndays = 0\n", "x.toml:2: ", "0 found", "from 1 to 3650"},
      {"title = \"t\"\ndays = \"3\"\n", "x.toml:2: ", "\"3\" found", "a whole number"},
      {"title = 7\ndays = 3\n", "x.toml:1: ", "7 found", "a text in quotes"},
      {std::string(kHead) + "start = \"monday\"\n", "x.toml:3: ", "\"monday\" found", "a time"},
      {std::string(kHead) + "fidelity = \"half\"\n", "x.toml:3: ", "\"half\"", "\"rules\""},
      {std::string(kHead) + "sample = \"0m\"\n", "x.toml:3: ", "\"0m\" found", "at least 1m"},
      {std::string(kHead) + "pools = 1\n" + std::string(kSite) + "machines = 1\n",
       "x.toml:3: ", "there is no 'pools'", "known are"},
      {std::string(kHead), "x.toml:", "there is no [[product]]", ""},
      {pool(""), "x.toml:7: ", "pool.machines is missing", ""},
      {pool("machines = 0\n"), "x.toml:9: ", "pool.machines: 0 found", "from 1 to"},
      {pool("machines = 1\nimage = \"gold\"\n"), "x.toml:10: ", "\"gold\" found", "\"keep-id\""},
      {pool("machines = 1\ndays = [\"mon\",\n\"someday\"]\n"), "x.toml:11: ", "\"someday\"",
       "\"mon\" to \"sun\""},
      {pool("machines = 1\nfrom = \"8am\"\n"), "x.toml:10: ", "\"8am\" found", "\"08:30\""},
      {pool("machines = 1\nuntil = \"24:01\"\n"), "x.toml:10: ", "\"24:01\"", "time of the day"},
      {pool("machines = 1\nfrom = \"08:00\"\nuntil = \"07:00\"\n"),
       "x.toml:11: ", "desks: it starts at 08:00", "until is 07:00: until must be later"},
      {pool("machines = 1\nfrom = \"23:00\"\narrive = \"90m\"\n"), "x.toml:11: ", "90m later",
       "until is 24:00"},
      {pool("machines = 1\ndays = []\n"), "x.toml:10: ", "a list found", "at least one of"},
      {pool("machines = 1.5\n"), "x.toml:9: ", "1.5 found", "a whole number"},
      {pool("machines = 1\nrebuild = \"30m\"\n"), "x.toml:10: ", "\"30m\" found", "at least 1h"},
      {pool("machines = 2\nclock_off = \"5h\"\nclock_machines = 3\n"), "x.toml:11: ", "3 found",
       "from 0 to 2"},
      {pool("machines = 1\nrebuild = \"nightly\"\n"), "x.toml:10: ", "\"nightly\"", "\"1d\""},
      {pool("machines = 1\noff = [{at = \"1d\"}]\n"), "x.toml:10: ", "pool.off.lasts", "missing"},
      {pool("machines = 1\nreverts = [\"3d\"]\n"), "x.toml:10: ", "snapshot", "earlier"},
      {pool("machines = 1\nclock_off = \"late\"\n"), "x.toml:10: ", "\"late\"", "\"-5h\""},
      {pool("machines = 1\nproduct = \"other\"\n"), "x.toml:10: ", "no [[product]] 'other'", ""},
      {pool("machines = 1\ncolour = \"red\"\n"), "x.toml:10: ", "there is no 'pool.colour'",
       "machines"},
      {pool("machines = 1\n[[pool]]\nname = \"desks\"\nmachines = 1\n"),
       "x.toml:10: ", "two [[pool]]", "desks"},
      {pool("machines = 2000000\n[[pool]]\nname = \"b\"\nmachines = 1\n"),
       "x.toml:", "2000001 machines found", "at most 2000000"},
      {pool("machines = 1\nkey = \"mak\"\n"), "x.toml:10: ", "pool.key", "no [[key]] 'mak'"},
      {pool("machines = 1\nhardware = \"old\"\n"), "x.toml:10: ", "\"old\" found", "\"kept\""},
      {pool("machines = 1\nreleases = true\n"), "x.toml:10: ", "pool.releases", "a key"},
      {pool("machines = 1\n[[key]]\nname = \"mak\"\n"), "x.toml:10: ", "key.limit", "missing"},
      {pool("machines = 1\n[[key]]\nname = \"mak\"\nlimit = 0\n"), "x.toml:12: ", "0 found",
       "from 1 to 1000000"},
      {pool("machines = 1\n[[key]]\nname = \"mak\"\nlimit = 1\nmatch = \"some\"\n"),
       "x.toml:13: ", "\"some\" found", "\"most\""},
      {pool("machines = 1\n[[key]]\nname = \"mak\"\nlimit = 1\nreactivation = \"no\"\n"),
       "x.toml:13: ", "\"no\" found", "\"counts\""},
      {pool("machines = 1\n[[key]]\nname = \"mak\"\nlimit = 1\nproduct = \"sim\"\n"),
       "x.toml:13: ", "key.product", "no [[product]] 'sim'"},
      {pool("machines = 1\nkey = \"mak\"\nreleases = true\n[[key]]\nname = \"mak\"\n"
            "limit = 1\nrelease = \"never\"\n"),
       "x.toml:11: ", "pool desks", "allows no release"},
      {pool("machines = 1\nhost = \"host-1\"\nkey = \"mak\"\n[[host]]\nname = \"host-2\"\n"
            "[[key]]\nname = \"mak\"\nlimit = 1\nhost = \"host-2\"\n"),
       "x.toml:7: ", "key mak is for acme-cad on host-2", "one host"},
      {pool("machines = 1\n[[key]]\nname = \"a\"\nlimit = 1\n[[key]]\nname = \"a\"\nlimit = 1\n"),
       "x.toml:13: ", "two [[key]]", "'a'"},
      {std::string(kHead) + "[[product]]\nid = \"a\"\nretention = \"13d\"\n",
       "x.toml:5: ", "product.retention: \"13d\" found", "14d to 36500d expected"},
      {std::string(kHead) + "[[product]]\nid = \"a\"\nvalidity = \"1d\"\n",
       "x.toml:5: ", "product.renewal_interval is 7d", "1m to 1d, where the file does not say it"},
      {std::string(kHead) + "[[product]]\nid = \"a\"\n\nrenewal_interval = \"20d\"\n",
       "x.toml:6: ", "product.retention is 30d", "40d to 36500d, where the file does not say it"},
      {std::string(kHead) + "[[product]]\nid = \"a\"\n[[host]]\nname = \"h\"\n"
                            "outages = [{at = \"30d\", lasts = \"1h\"}]\n",
       "x.toml:7: ", "host.outages.at: \"30d\" found", "before the end, which `days` puts at 30d"},
      {std::string(kHead) + "[[product]]\nid = \"a\"\n[[host]]\nname = \"h\"\n"
                            "restores = [{at = \"31d\", backup = \"3d\"}]\n",
       "x.toml:7: ", "host.restores.at: \"31d\" found", "before the end"},
      {pool("machines = 1\njoins = \"30d\"\n"), "x.toml:10: ", "pool.joins: \"30d\" found",
       "before the end"},
      {pool("machines = 1\noff = [{at = \"1d\", lasts = \"1d\"},\n"
            "{at = \"40d\", lasts = \"1d\"}]\n"),
       "x.toml:11: ", "pool.off.at: \"40d\" found", "before the end"},
      {pool("machines = 1\nsnapshot = \"30d\"\n"), "x.toml:10: ", "pool.snapshot",
       "before the end"},
      {pool("machines = 1\nsnapshot = \"1d\"\nreverts = [\"2d\",\n\"30d\"]\n"),
       "x.toml:12: ", "pool.reverts: \"30d\" found", "before the end"},
      {pool("machines = 1\ngrows_every = \"7d\"\n"),
       "x.toml:10: ", "pool.grows_every: \"7d\" found", "without grows"},
      {pool("machines = 1\nhardware = \"new\"\n"), "x.toml:10: ", "pool.hardware: \"new\" found",
       "without a rebuild"},
      {pool("machines = 1\nkey = \"mak\"\nreleases = true\n[[key]]\nname = \"mak\"\nlimit = 1\n"),
       "x.toml:11: ", "pool.releases: true found", "without a rebuild"},
      {pool("machines = 1\nrebuild = \"start\"\nrebuild_at = \"02:00\"\n"),
       "x.toml:11: ", "pool.rebuild_at", "without a rebuild each time"},
      {pool("machines = 1\nclock_machines = 0\n"), "x.toml:10: ", "pool.clock_machines",
       "without clock_off"},
      {std::string(kHead) + "[[product]]\nid = \"a\"\ncount_by = \"name\"\n",
       "x.toml:5: ", "\"name\" found", "\"cmid\" or \"machine\""},
      {std::string(kHead) +
           "[[product]]\nid = \"a\"\n[[product]]\nid = \"b\"\nretention = \"40d\"\n" +
           "[[host]]\nname = \"h\"\n[[pool]]\nname = \"p\"\nproduct = \"a\"\nmachines = 1\n",
       "x.toml:", "products a and b", "must agree"},
  };
  for (const auto& one : cases) {
    const auto read = read_scenario(one.text, "x.toml");
    ASSERT_FALSE(read) << one.text;
    EXPECT_EQ(read.error().code, ErrorCode::config_invalid);
    EXPECT_THAT(read.error().detail,
                AllOf(StartsWith(std::string(one.line)), HasSubstr(std::string(one.found)),
                      HasSubstr(std::string(one.expected))))
        << one.text;
  }
}

TEST(ScenarioFile, takes_what_it_says) {
  const auto read = read_scenario(R"(
title = "a site"
start = "2026-03-02T00:00:00Z"
days = 90
fidelity = "rules"
sample = "30m"
[[product]]
id = "cad"
group = "acme"
threshold = 10
retry_interval = "1h"
[[host]]
name = "one"
outages = [{at = "10d", lasts = "8h"}]
[[host]]
name = "two"
[[pool]]
name = "vdi"
product = "cad"
host = "two"
machines = 12
grows = 3
grows_every = "30d"
image = "keep-id"
rebuild = "1d"
rebuild_at = "02:30"
days = ["mon", "fri"]
from = "08:00"
until = "18:15"
arrive = "45m"
off = [{at = "20d", lasts = "14d"}]
snapshot = "1d"
reverts = ["40d", "20d"]
clock_off = "-5h"
clock_machines = 2
)",
                                  "x.toml");
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->start, *parse_time("2026-03-02T00:00:00Z"));
  EXPECT_EQ(read->fidelity, Fidelity::rules);
  EXPECT_EQ(read->sample, minutes(30));
  EXPECT_EQ(read->products.at(0).policy.threshold, 10u);
  EXPECT_EQ(read->hosts.at(0).outages.at(0).lasts, minutes(480));
  const auto& pool = read->pools.at(0);
  EXPECT_EQ(pool.host, 1u);
  EXPECT_EQ(pool.origin, Origin::keep_id);
  EXPECT_EQ(pool.rebuild, minutes(1'440));
  EXPECT_EQ(pool.rebuild_at, minutes(150));
  EXPECT_TRUE(pool.on_days[0] && pool.on_days[4] && !pool.on_days[5]);
  EXPECT_EQ(pool.until, minutes(18 * 60 + 15));
  EXPECT_EQ(pool.reverts, (std::vector{minutes(20 * 1'440), minutes(40 * 1'440)}));
  EXPECT_EQ(pool.clock_off, minutes(-300));
  EXPECT_EQ(pool.clock_machines, 2u);
  EXPECT_EQ(read->machines(), 12u + 3u * 3u);
}

// The error for an unknown member lists the known ones; the paper must name each.
TEST(ScenarioFile, every_member_stands_in_the_paper) {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/lab.md");
  const std::string paper{std::istreambuf_iterator<char>(in), {}};
  const std::string pool = std::string(kHead) + std::string(kSite) + "machines = 1\n";
  const std::string texts[] = {"colour = 1\n" + pool,
                               pool + "colour = 1\n",
                               std::string(kHead) + "[[product]]\nid = \"a\"\ncolour = 1\n",
                               pool + "[[host]]\nname = \"b\"\ncolour = 1\n",
                               pool + "[[key]]\nname = \"a\"\nlimit = 1\ncolour = 1\n",
                               pool + "off = [{at = \"1d\", lasts = \"1d\", colour = 1}]\n"};
  for (const auto& text : texts) {
    const auto read = read_scenario(text, "x.toml");
    ASSERT_FALSE(read);
    std::string_view known = read.error().detail;
    const auto at = known.find("known are ");
    ASSERT_NE(at, known.npos) << known;
    known.remove_prefix(at + 10);
    while (!known.empty()) {
      const auto name = known.substr(0, known.find(", "));
      known.remove_prefix(std::min(known.size(), name.size() + 2));
      if (name == "product" || name == "host" || name == "pool") continue;
      const bool member = paper.find(std::string("`").append(name).append("`")) != paper.npos ||
                          paper.find(std::string("{").append(name).append(" = ")) != paper.npos ||
                          paper.find(std::string(", ").append(name).append(" = ")) != paper.npos;
      EXPECT_TRUE(member) << name;
    }
  }
}

TEST(ScenarioFile, those_that_ship_are_good) {
  ASSERT_FALSE(shipped_scenarios().empty());
  for (const auto& one : shipped_scenarios()) {
    const auto read = read_scenario(one.toml, one.name);
    ASSERT_TRUE(read) << read.error().sentence();
    EXPECT_FALSE(read->title.empty());
    EXPECT_FALSE(read->teaches.empty());
  }
}

}  // namespace
}  // namespace muster::lab
