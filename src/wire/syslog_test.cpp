#include "wire/syslog.h"

#include <gmock/gmock.h>

#include "wire/event.h"

namespace muster::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Event activation() {
  Event out;
  out.host = std::string(43, 'A');
  out.epoch = 1;
  out.seq = 7;
  out.time = *parse_time("2026-01-05T08:00:00Z");
  out.type = "activation";
  out.product = "acme-cad";
  out.cmid = Cmid::parse("0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10");
  out.activated = true;
  out.count = 25;
  out.threshold = 25;
  return out;
}

std::string line_of(const Event& event) {
  std::string out;
  append_event_line(out, event);
  return out;
}

std::string frame_of(const Event& event, std::string_view hostname = "host-1", int facility = 16) {
  std::string out;
  EXPECT_TRUE(append_syslog(out, line_of(event), hostname, facility));
  return out;
}

TEST(Syslog, AnActivationIsOneFrameWithItsMembers) {
  const auto frame = frame_of(activation());
  const auto space = frame.find(' ');
  EXPECT_EQ(std::stoul(frame.substr(0, space)), frame.size() - space - 1);
  const auto message = frame.substr(space + 1);
  EXPECT_THAT(message,
              StartsWith("<134>1 2026-01-05T08:00:00Z host-1 muster - activation [muster@32473 "
                         "host=\"AAA"));
  EXPECT_THAT(message, HasSubstr(R"( epoch="1" seq="7" time="2026-01-05T08:00:00Z")"));
  EXPECT_THAT(message, HasSubstr(R"( activated="true" count="25" threshold="25")"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("error=")));
  EXPECT_TRUE(message.ends_with("] " + line_of(activation())));
}

TEST(Syslog, TheSeveritySaysWhatIsWorthALook) {
  const struct {
    const char* type;
    bool activated;
    int facility;
    const char* priority;
  } rows[] = {
      {"activation", true, 16, "<134>1 "},    {"activation", false, 16, "<133>1 "},
      {"alert_raised", false, 16, "<132>1 "}, {"alert_ended", false, 16, "<133>1 "},
      {"clock_suspect", false, 4, "<36>1 "},  {"stop", false, 3, "<29>1 "},
  };
  for (const auto& row : rows) {
    auto event = activation();
    event.type = row.type;
    event.activated = row.activated;
    EXPECT_THAT(frame_of(event, "h", row.facility), HasSubstr(row.priority)) << row.type;
  }
}

TEST(Syslog, WhatSomebodyElseWroteEndsNoElement) {
  auto event = activation();
  event.type = "token_created";
  event.actor = R"(a"]\)";
  event.detail = R"({"name":"x\"] [evil@1 a=\"b"})";
  const auto frame = frame_of(event);
  EXPECT_THAT(frame, HasSubstr(R"( actor="a\"\]\\")"));
  EXPECT_THAT(frame, HasSubstr(R"(detail="{\"name\":\"x\\\"\] [evil@1 a=\\\"b\"}")"));
}

TEST(Syslog, AHostNameThatIsNoneIsADash) {
  for (const auto* name : {"", "two words", "h\xc3\xb6st"}) {
    EXPECT_THAT(frame_of(activation(), name), HasSubstr("Z - muster - ")) << name;
  }
}

TEST(Syslog, WhatIsNoEventLeavesNothing) {
  std::string out = "before";
  EXPECT_EQ(append_syslog(out, "{}", "h", 16).error().code, ErrorCode::log_broken);
  EXPECT_EQ(out, "before");
}

}  // namespace
}  // namespace muster::wire
