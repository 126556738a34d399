#include "host/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

namespace muster::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Config, EverySettingCanBeGiven) {
  HostOptions options;
  const auto done = read_config(options, R"(
listen = "0.0.0.0:8688"
admin_listen = ""
threads = 4
allowed_hosts = ["muster.corp.example", ".corp.example"]
trusted_proxies = ["10.0.0.0/8"]
request_timeout = "5s"
keep_machines = "1y"
keep_events = "90d"
log_format = "json"
[tls]
certificate = "host.pem"
key = "host.key"
[limits]
queue_most = 100
cmid_per_minute = 0
disk_low = 0.05
clock_skew = "2h"
[alerts]
off = ["disk", "chain"]
hold = "90s"
[alerts.count]
margin = 0.2
[alerts.evidence]
kinds = "clone,revert"
window = "2d"
[alerts.mail]
server = "smtp://mail.corp.example:587"
from = "muster@corp.example"
to = ["one@corp.example", "two@corp.example"]
[syslog]
server = "tls://syslog.corp.example:6514"
facility = "auth"
[dns]
zone = "Corp.Example."
server = "[2001:db8::53]:5353"
key_file = "update.key"
port = 443
priority = 20
ttl = "1h"
)",
                                "muster.toml");
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(options.listen, "0.0.0.0:8688");
  EXPECT_EQ(options.admin_listen, "");
  EXPECT_EQ(options.threads, 4u);
  EXPECT_THAT(options.allowed_hosts, ElementsAre("muster.corp.example", ".corp.example"));
  EXPECT_EQ(options.request_timeout, seconds(5));
  EXPECT_EQ(options.log_format, LogFormat::json);
  EXPECT_EQ(options.tls.certificate, "host.pem");
  EXPECT_EQ(options.limits.queue_most, 100u);
  EXPECT_EQ(options.limits.rates.cmid_per_minute, 0u);
  EXPECT_EQ(options.limits.disk_low, 0.05);
  EXPECT_EQ(options.limits.clock_skew, std::chrono::hours(2));
  EXPECT_EQ(options.limits.keep.machines, std::chrono::days(365));
  EXPECT_EQ(options.limits.keep.events, std::chrono::days(90));
  const auto& lines = options.alerts.plan.lines;
  EXPECT_THAT(lines.off, ElementsAre(core::AlertRule::disk, core::AlertRule::chain));
  EXPECT_EQ(options.alerts.plan.hold, seconds(90));
  EXPECT_EQ(lines.count_margin, 0.2);
  EXPECT_THAT(lines.evidence_kinds, ElementsAre(core::Evidence::clone, core::Evidence::revert));
  EXPECT_EQ(lines.evidence_window, std::chrono::days(2));
  EXPECT_THAT(options.alerts.mail.to, ElementsAre("one@corp.example", "two@corp.example"));
  EXPECT_EQ(options.alerts.syslog.facility, "auth");
  EXPECT_EQ(options.dns.zone, "corp.example");
  EXPECT_EQ(options.dns.server, "[2001:db8::53]:5353");
  EXPECT_EQ(options.dns.port, 443);
  EXPECT_EQ(options.dns.priority, 20);
  EXPECT_EQ(options.dns.weight, 10);
  EXPECT_EQ(options.dns.ttl, std::chrono::hours(1));
  EXPECT_TRUE(check(options));
}

TEST(Config, AnErrorNamesItsLineAndChangesNothing) {
  struct Row {
    std::string text;
    std::string begins;  // with the line
    std::string says;
  };
  const std::vector<Row> rows = {
      {"threads = 2\nlisten = \n", "m.toml:2: ", ""},
      {"threads = 2\nlistn = \"x\"\n", "m.toml:2: ", "no setting 'listn'"},
      {"[limits]\n\nqueue = 7\n", "m.toml:3: ", "no setting 'limits.queue'"},
      {"[nothing]\nx = 1\n", "m.toml:1: ", "no setting 'nothing'"},
      {"limits = 7\n", "m.toml:1: ", "no setting 'limits'"},
      {"listen = 8688\n", "m.toml:1: ", "listen must be a text in quotes"},
      {"threads = \"2\"\n", "m.toml:1: ", "threads must be a whole number"},
      {"threads = 65\n", "m.toml:1: ", "from 0 to 64"},
      {"threads = -1\n", "m.toml:1: ", "from 0 to 64"},
      {"allowed_hosts = \"x\"\n", "m.toml:1: ", "must be a list"},
      {"allowed_hosts = [\n\"good\",\n7\n]\n", "m.toml:3: ", "must be a list of texts"},
      {"trusted_proxies = [\"10.0.0.1/8\"]\n", "m.toml:1: ", "bits behind its prefix"},
      {"listen = \"here\"\n", "m.toml:1: ", "not an address and port"},
      {"log_level = \"loud\"\n", "m.toml:1: ", "none of debug, info, warning, error"},
      {"keep_machines = \"36h\"\n", "m.toml:1: ", "not a duration of whole days such as 365d"},
      {"keep_machines = \"0d\"\n", "m.toml:1: ", "not a duration of whole days"},
      {"keep_events = \"soon\"\n", "m.toml:1: ", "not a duration of whole days"},
      {"[limits]\ndisk_low = 1.5\n", "m.toml:2: ", "from 0 to 0.9"},
      {"[limits]\nclock_skew = \"soon\"\n", "m.toml:2: ", "not a duration"},
      {"[alerts]\noff = [\"disk\",\n\"weather\"]\n", "m.toml:3: ", "none of count, forecast, key"},
      {"[alerts]\nhold = \"8d\"\n", "m.toml:2: ", "not a duration from 0s to 7d"},
      {"[alerts.count]\nmargin = 1.5\n", "m.toml:2: ", "from 0 to 1"},
      {"[alerts.evidence]\nkinds = \"clone,odd\"\n", "m.toml:2: ", "'odd' is no evidence"},
      {"[alerts.webhook]\nurl = \"hooks.example\"\n", "m.toml:2: ", "https://hooks"},
      {"[alerts.webhook]\nurl = \"ftp://x/\"\n", "m.toml:2: ", "not an address"},
      {"[alerts.webhook]\nurl = \"https://u:p@x/\"\n", "m.toml:2: ", "no user and no password"},
      {"[alerts.mail]\nto = [\"a@b\",\n\"a b@c\"]\n", "m.toml:3: ", "not a mail address"},
      {"[alerts.mail]\ntls = \"maybe\"\n", "m.toml:2: ", "required, if_offered, never"},
      {"[syslog]\nserver = \"udp://x:514\"\n", "m.toml:2: ", "tls://syslog"},
      {"[dns]\nzone = \"corp example\"\n", "m.toml:2: ", "not a name such as corp.example"},
      {"[dns]\n\nserver = \"ns1:0\"\n", "m.toml:3: ", "not a server such as ns1.corp"},
      {"[dns]\ntarget = \"192.0.2.1\"\n", "m.toml:2: ", "not a name such as muster1"},
      {"[dns]\nweight = 65536\n", "m.toml:2: ", "from 0 to 65535"},
      {"[dns]\nttl = \"0s\"\n", "m.toml:2: ", "not a duration from 1s to 1d"},
      {"[syslog]\nfacility = \"local8\"\n", "m.toml:2: ", "local6, local7"},
  };
  for (const auto& row : rows) {
    HostOptions options;
    const auto done = read_config(options, row.text, "m.toml");
    ASSERT_FALSE(done) << row.text;
    EXPECT_EQ(done.error().code, ErrorCode::config_invalid);
    EXPECT_THAT(done.error().detail, StartsWith(row.begins)) << row.text;
    EXPECT_THAT(done.error().detail, HasSubstr(row.says)) << row.text;
    EXPECT_EQ(options.threads, 0u) << "what stood before the error is not taken";
  }
}

TEST(Config, TheDirectoryIsNotItsBusiness) {
  HostOptions options;
  EXPECT_FALSE(read_config(options, "directory = \"/x\"\n", "m.toml"));
}

TEST(Settings, WhatTheyShowTheyTake) {
  std::set<std::string> flags;
  for (const auto& setting : settings()) {
    EXPECT_TRUE(flags.insert(flag_name(setting.name)).second) << setting.name;
    EXPECT_LE(setting.help.size(), 80u) << setting.name;
    EXPECT_EQ(setting.clear != nullptr, setting.kind == Setting::Kind::list) << setting.name;
    HostOptions options;
    const auto shown = setting.get(options);
    if (shown.empty()) continue;
    EXPECT_TRUE(setting.set(options, shown)) << setting.name << " = " << shown;
    EXPECT_EQ(setting.get(options), shown) << setting.name;
  }
  EXPECT_EQ(flag_name("limits.queue_most"), "--limits-queue-most");
  EXPECT_EQ(variable_name("admin_tls.key"), "MUSTER_ADMIN_TLS_KEY");
}

TEST(Settings, ThePaperNamesThemAll) {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/host.md");
  const std::string paper(std::istreambuf_iterator<char>(in), {});
  for (const auto& setting : settings()) {
    EXPECT_THAT(paper, HasSubstr("`" + std::string(setting.name) + "`"));
  }
}

TEST(Options, TheAdministrationOffLoopbackNeedsTls) {
  HostOptions options;
  EXPECT_TRUE(check(options));
  options.admin_listen = "0.0.0.0:8689";
  const auto refused = check(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("admin_tls.certificate"));
  options.admin_tls = {.certificate = "a.pem", .key = "a.key"};
  EXPECT_TRUE(check(options));
  options.admin_tls.key.clear();
  EXPECT_FALSE(check(options));
}

TEST(Options, WhatAReceiverNeedsIsNamed) {
  const auto refused = [](const auto& change) {
    HostOptions options;
    change(options.alerts);
    const auto good = check(options);
    EXPECT_FALSE(good);
    return good ? std::string() : good.error().detail;
  };
  EXPECT_THAT(refused([](AlertOptions& o) { o.webhook.url = "https://x"; }),
              HasSubstr("alerts.webhook.secret_file"));
  EXPECT_THAT(refused([](AlertOptions& o) { o.mail.server = "smtp://x"; }),
              HasSubstr("alerts.mail.from"));
  EXPECT_THAT(refused([](AlertOptions& o) {
                o.mail.server = "smtp://x";
                o.mail.from = "a@b";
              }),
              HasSubstr("alerts.mail.to"));
  EXPECT_THAT(refused([](AlertOptions& o) { o.mail.user = "u"; }), HasSubstr("password_file"));
  EXPECT_THAT(refused([](AlertOptions& o) {
                o.mail.server = "smtp://x";
                o.mail.from = "a@b";
                o.mail.to = {"c@d"};
                o.mail.user = "u";
                o.mail.password_file = "p";
                o.mail.tls = MailTls::if_offered;
              }),
              HasSubstr("not sent in the clear"));
}

}  // namespace
}  // namespace muster::host
