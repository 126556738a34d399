// Events as Windows writes them, in each form, to records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evtx/testing/read.h"
#include "evtx/testing/sample.h"

namespace muster::evtx::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReadLog one(const Event& event, Form form = Form::classic) {
  LogWriter log;
  log.add(event, form);
  return read_bytes(log.finish());
}

TEST(Events, ARequestInOneString) {
  auto event = request_in_one_string(documented_request());
  event.record_id = 7;
  event.time = sample_time() + Time::duration(1234567);
  const auto log = one(event);
  EXPECT_THAT(log.skipped, IsEmpty());
  const Kept expected{
      .record_id = 7,
      .time = "2026-01-05T08:00:00.1234567Z",
      .provider = "Microsoft-Windows-Security-SPP",
      .source = "Software Protection Platform Service",
      .event_id = 12290,
      .qualifiers = 16384,
      .level = 4,
      .channel = "Key Management Service",
      .computer = "kms.example",
      .data = {"0x0,25,kms03.site5.contoso.com,e5c98033-aab6-4d0b-9af9-1d399597dd56,2006/1/14 "
               "22:36,1,2,40123,cf67834d-db4a-402c-ab1f-2c134f02b700"},
  };
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_EQ(log.records[0], expected);
}

TEST(Events, ARequestInTenStrings) {
  for (const auto form : {Form::classic, Form::named, Form::forwarded}) {
    const auto log = one(request_in_ten_strings(documented_request()), form);
    ASSERT_THAT(log.records, SizeIs(1));
    EXPECT_THAT(log.records[0].data,
                ElementsAre("0", "0x0", "25", "kms03.site5.contoso.com",
                            "e5c98033-aab6-4d0b-9af9-1d399597dd56", "2006/1/14 22:36", "1", "2",
                            "40123", "cf67834d-db4a-402c-ab1f-2c134f02b700"));
    EXPECT_EQ(log.records[0].event_id, 12290U);
  }
}

TEST(Events, AForwardedEventHasItsOwnId) {
  LogWriter log;
  log.add_raw(1, sample_time(), [&](XmlWriter& xml) {
    xml.fragment();
    xml.open("Event");
    xml.content();
    xml.open("System");
    xml.content();
    xml.open("EventID");
    xml.content();
    xml.text("12290");
    xml.close();
    xml.open("EventRecordID");
    xml.content();
    xml.text("3229");
    xml.close();
    xml.close();
    xml.close();
    xml.end();
  });
  const auto read = read_bytes(log.finish());
  ASSERT_THAT(read.records, SizeIs(1));
  EXPECT_EQ(read.records[0].record_id, 3229U);
  // What the XML does not say, the record's head does.
  EXPECT_EQ(read.records[0].time, "2026-01-05T08:00:00.0000000Z");
}

TEST(Events, BinaryDataIsCountedAndNotShown) {
  const auto log = one({.data = {"text"}, .binary = std::string(300, '\x90')});
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_THAT(log.records[0].data, ElementsAre("text"));
  EXPECT_EQ(log.records[0].binary_bytes, 300U);
}

TEST(Events, TextsStayAsTheyAre) {
  const std::vector<std::string> hostile{
      "=cmd()",       "<script>alert(1)</script>", "a,b\"c\"",           "\x1b[2J",
      "\xe2\x80\xae", std::string(10'240, 'x'),    "\xf0\x9f\x98\x80 ü", "line\r\nline"};
  for (const auto form : {Form::classic, Form::named, Form::forwarded}) {
    const auto log = one({.data = hostile}, form);
    ASSERT_THAT(log.records, SizeIs(1));
    EXPECT_EQ(log.records[0].data, hostile);
  }
}

TEST(Events, WithoutASourceOrQualifiers) {
  const auto log = one({.provider = "Application Popup", .source = "", .qualifiers = {}});
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_EQ(log.records[0].provider, "Application Popup");
  EXPECT_EQ(log.records[0].source, "");
  EXPECT_EQ(log.records[0].qualifiers, -1);
}

// The System part of a hand-written event, then what `rest` writes.
ReadLog with_rest(const std::function<void(XmlWriter&)>& rest) {
  LogWriter log;
  log.add_raw(5, sample_time(), [&](XmlWriter& xml) {
    xml.fragment();
    xml.open("Event");
    xml.content();
    xml.open("System");
    xml.content();
    xml.open("EventID");
    xml.content();
    xml.text("104");
    xml.close();
    xml.close();
    rest(xml);
    xml.close();
    xml.end();
  });
  return read_bytes(log.finish());
}

TEST(Events, UserDataGivesItsInnermostElements) {
  const auto log = with_rest([](XmlWriter& xml) {
    xml.open("UserData");
    xml.content();
    xml.open("LogFileCleared", true);
    xml.attribute("xmlns");
    xml.text("http://manifests.microsoft.com/win/2004/08/windows/eventlog");
    xml.content();
    xml.open("SubjectUserName");
    xml.content();
    xml.text("admin");
    xml.close();
    xml.open("Channel");
    xml.content();
    xml.text("Key Management Service");
    xml.close();
    xml.open("BackupPath");
    xml.empty();
    xml.close();
    xml.close();
  });
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_THAT(log.records[0].data, ElementsAre("admin", "Key Management Service", ""));
}

TEST(Events, AnEventThatCouldNotBeWrittenHidesItsPayload) {
  const auto log = with_rest([](XmlWriter& xml) {
    xml.open("ProcessingErrorData");
    xml.content();
    xml.open("ErrorCode");
    xml.content();
    xml.text("15003");
    xml.close();
    xml.open("EventPayload");
    xml.content();
    xml.text("0A0B0C");
    xml.close();
    xml.close();
  });
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_THAT(log.records[0].data, ElementsAre("15003"));
  EXPECT_EQ(log.records[0].binary_bytes, 3U);
}

TEST(Events, TextInPiecesEntitiesAndInstructions) {
  const auto log = with_rest([](XmlWriter& xml) {
    xml.open("EventData");
    xml.content();
    xml.open("Data");
    xml.content();
    xml.text("a");
    for (const auto* name : {"amp", "lt", "gt", "quot", "apos"}) xml.entity(name);
    xml.byte(0x08);  // a character by its number
    xml.number(std::uint16_t{0xe9});
    xml.byte(0x07);  // CDATA
    xml.number(std::uint16_t{1});
    xml.number(std::uint16_t{'z'});
    xml.instruction("target", "data");
    xml.close();
    xml.close();
  });
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_THAT(log.records[0].data, ElementsAre("a&<>\"'\xc3\xa9z"));
}

// An event whose EventData is a template with `values`, each in a Data of its own.
ReadLog with_values(const std::vector<Substitute>& values, bool optional) {
  return with_rest([&](XmlWriter& xml) {
    const auto define = [&](XmlWriter& inner) {
      inner.open("EventData");
      inner.content();
      for (std::size_t i = 0; i < values.size(); ++i) {
        inner.open("Data");
        inner.content();
        inner.substitution(static_cast<std::uint16_t>(i), static_cast<Type>(values[i].type),
                           optional);
        inner.close();
      }
      inner.close();
    };
    xml.instance("values", define, values);
  });
}

TEST(Events, ValuesOfTemplates) {
  const std::vector<Substitute> values{text_value("a"),
                                       null_value(),
                                       texts_value({"b", "", "c"}),
                                       texts_value({}),
                                       number_value(Type::hex32, 0xc004f038U),
                                       bytes_value(Type::binary, "12345")};
  const auto kept = with_values(values, false);
  ASSERT_THAT(kept.records, SizeIs(1));
  EXPECT_THAT(kept.records[0].data, ElementsAre("a", "", "b", "", "c", "", "0xc004f038", ""));
  EXPECT_EQ(kept.records[0].binary_bytes, 5U);
  // An element whose optional value is null is not there.
  const auto left_out = with_values(values, true);
  ASSERT_THAT(left_out.records, SizeIs(1));
  EXPECT_THAT(left_out.records[0].data, ElementsAre("a", "b", "", "c", "", "0xc004f038", ""));
}

TEST(Events, NoSystemIsNoEvent) {
  LogWriter log;
  log.add_raw(1, sample_time(), [](XmlWriter& xml) {
    xml.fragment();
    xml.open("Event");
    xml.empty();
    xml.end();
  });
  const auto read = read_bytes(log.finish());
  EXPECT_THAT(read.records, IsEmpty());
  EXPECT_THAT(read.skipped, ElementsAre("record 1 at byte 4608: no event with a System part and an "
                                        "EventID"));
}

}  // namespace
}  // namespace muster::evtx::testing
