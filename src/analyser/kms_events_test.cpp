#include "analyser/kms_events.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

constexpr std::string_view kCmid = "e5c98033-aab6-4d0b-9af9-1d399597dd56";
constexpr std::string_view kVista = "cf67834d-db4a-402c-ab1f-2c134f02b700";
const std::string kTail =
    ",e5c98033-aab6-4d0b-9af9-1d399597dd56,2006/1/14 22:36,1,2,40123,"
    "cf67834d-db4a-402c-ab1f-2c134f02b700";

std::expected<ServedRequest, Misread> read(const std::vector<std::string_view>& data) {
  static std::string scratch;
  return read_served(data, scratch);
}

// The documented example, whatever form it comes in.
void expect_documented(const std::vector<std::string_view>& data, const char* form) {
  const auto got = read(data);
  ASSERT_TRUE(got) << form;
  EXPECT_EQ(got->hresult, 0U) << form;
  EXPECT_EQ(got->threshold, 25U) << form;
  EXPECT_EQ(got->name, "kms03.site5.contoso.com") << form;
  EXPECT_EQ(got->cmid.text(), kCmid) << form;
  EXPECT_EQ(got->client_time, parse_time("2006-01-14T22:36:00Z")) << form;
  EXPECT_TRUE(got->is_virtual) << form;
  EXPECT_EQ(got->state, 2) << form;
  EXPECT_EQ(got->minutes_left, 40123U) << form;
  EXPECT_EQ(got->product.text(), kVista) << form;
}

TEST(ServedRequest, IsReadInEveryForm) {
  const std::string line = "0x0,25,kms03.site5.contoso.com" + kTail;
  const std::string message =
      "Eine Aktivierungsanforderung wurde verarbeitet, ja.\r\nInfo:\r\n" + line + "\r\n";
  const std::string padded = "0x00000000, 25, kms03.site5.contoso.com, {" + std::string(kCmid) +
                             "}, 2006/01/14 22:36, 1, 2, 40123, {" + std::string(kVista) + "}, ";
  expect_documented({line}, "one string");
  expect_documented({message}, "a message of another language");
  expect_documented({"\xe4\xbf\xa1\xe6\x81\xaf\xef\xbc\x9a" + line},
                    "behind a colon of another script");
  expect_documented({padded}, "blanks, braces and an empty last field");
  expect_documented({"?", "0x0", "25", "kms03.site5.contoso.com", kCmid, "2006/1/14 22:36", "1",
                     "2", "40123", kVista},
                    "ten strings");
  expect_documented(
      {"0x0", "25", "kms03.site5.contoso.com", kCmid, "2006/1/14 22:36", "1", "2", "40123", kVista},
      "nine strings");
  expect_documented({"0x0", "0", "25", "kms03.site5.contoso.com", kCmid, "1/14/2006 10:36 PM", "1",
                     "2", "40123", kVista, "", "more"},
                    "twelve strings, a decimal result and an American date");
}

TEST(ServedRequest, TheNameMayHoldAnything) {
  const std::string names[] = {
      "a,b",
      "\"quoted\",=cmd|'/c calc'!A1",
      "<script>alert(1)</script>",
      "0x0,5,inner",
      // A whole request as a name: what follows it is what the host wrote.
      "x,11111111-2222-4333-8444-555555555555,2020/1/1 0:00,0,1,1,"
      "66666666-7777-4888-8999-aaaaaaaaaaaa",
      std::string(10'240, 'a'),
      "",
  };
  for (const auto& name : names) {
    const auto line = fmt::format("0xC004F06C,25,{}{}", name, kTail);
    const auto got = read({line});
    ASSERT_TRUE(got) << name;
    EXPECT_EQ(got->name, name);
    EXPECT_EQ(got->hresult, 0xC004F06CU);
    EXPECT_EQ(got->cmid.text(), kCmid);
  }
}

TEST(ServedRequest, WhatIsNotUnderstoodSaysWhy) {
  const struct {
    std::string line;
    Misread why;
  } rows[] = {
      {"", Misread::no_tail},
      {"An activation request has been processed.", Misread::no_tail},
      {"0x0,25,desk" + kTail.substr(0, kTail.size() - 1), Misread::no_tail},
      {"0x0,25,desk,2006/1/14 22:36,1,2,40123," + std::string(kVista), Misread::no_tail},
      {"desk" + kTail, Misread::no_head},
      {"0,25,desk" + kTail, Misread::no_head},
      {"0x0,many,desk" + kTail, Misread::no_head},
      {"0x0,0,desk" + kTail, Misread::no_threshold},
      {"0x0,5001,desk" + kTail, Misread::no_threshold},
  };
  for (const auto& row : rows) {
    const auto got = read({row.line});
    ASSERT_FALSE(got) << row.line;
    EXPECT_EQ(got.error(), row.why) << row.line;
  }
  EXPECT_FALSE(read({}));
}

// What was written is what is read, whatever the name, in one string or in ten.
RC_GTEST_PROP(ServedRequest, ComesBackAsItWasWritten, (const std::string& any)) {
  testing::Ask ask{.time = testing::kStart, .machine = *rc::gen::inRange(1U, 1'000'000U)};
  ask.name = "n";
  for (const char c : any) ask.name += c == '\0' ? '.' : c;
  ask.name += "n";
  ask.threshold = *rc::gen::element(5U, 25U, 5'000U);
  ask.minutes_left = *rc::gen::inRange(0, 259'200);
  const auto line = testing::line_of(ask);
  std::string scratch;
  const std::vector<std::string_view> one{line};
  const auto got = read_served(one, scratch);
  RC_ASSERT(got.has_value());
  RC_ASSERT(got->name == ask.name);
  RC_ASSERT(got->cmid == testing::cmid(ask.machine));
  RC_ASSERT(got->threshold == ask.threshold);
  RC_ASSERT(got->client_time == ask.time);
}

TEST(ClientEvents, AreReadAsDocumented) {
  const std::vector<std::string_view> asked{
      "0x00000000, 0x00000000, 192.0.2.10:1688, e5c98033-aab6-4d0b-9af9-1d399597dd56, "
      "2023/05/24 01:12, 1, 5, 0, cf67834d-db4a-402c-ab1f-2c134f02b700, 5"};
  const auto ask = read_ask(asked);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->host, "192.0.2.10");
  EXPECT_EQ(ask->threshold, 5U);
  EXPECT_EQ(ask->cmid->text(), kCmid);

  const std::vector<std::string_view> without{
      "0xC004F06C, 0x00000000, azkms.core.windows.net:1688, <CMID>, <DateTime>, 1, 5, 0, "
      "cf67834d-db4a-402c-ab1f-2c134f02b700, "};
  EXPECT_EQ(read_ask(without)->threshold, std::nullopt);
  EXPECT_EQ(read_ask(without)->hresult, 0xC004F06CU);

  const std::vector<std::string_view> answered{
      "0x00000000, 0x00000000, 1, 0, 10, 120, 10080, 2012/12/04 07:06"};
  const auto answer = read_answer(answered);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->activated);
  EXPECT_EQ(answer->count, 10U);
  EXPECT_EQ(answer->renewal_interval, 10'080U);

  const std::vector<std::string_view> cut{"0x00000000, 0x00000000, 1"};
  EXPECT_EQ(read_answer(cut).error(), Misread::few_fields);
  EXPECT_EQ(read_ask(cut).error(), Misread::few_fields);
}

TEST(ClientEvents, ResultsAreReadInEveryForm) {
  EXPECT_EQ(read_code("0x0"), 0U);
  EXPECT_EQ(read_code(" 0xc004f06c "), 0xC004F06CU);
  EXPECT_EQ(read_code("-1073418132"), 0xC004F06CU);
  EXPECT_EQ(read_code("3221549164"), 0xC004F06CU);
  for (const auto* text : {"", "0x", "0x1FFFFFFFF", "-0x1", "0x-1", "12a", "4294967296"}) {
    EXPECT_EQ(read_code(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace muster::analyser
