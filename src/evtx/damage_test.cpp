// Damaged logs: no crash, no hang, every whole record, and what is lost is counted and located.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "evtx/testing/read.h"
#include "evtx/testing/sample.h"

namespace muster::evtx::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::size_t kFileHead = 4096;
constexpr std::size_t kChunk = 65536;
constexpr std::size_t kFirstRecord = kFileHead + 512;

template <class Number>
void put(std::string& bytes, std::size_t at, Number number) {
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

std::uint32_t size_at(const std::string& log, std::size_t at) {
  std::uint32_t size = 0;
  std::memcpy(&size, log.data() + at + 4, sizeof size);
  return size;
}

std::vector<std::uint64_t> ids(const ReadLog& log) {
  std::vector<std::uint64_t> out;
  out.reserve(log.records.size());
  for (const auto& record : log.records) out.push_back(record.record_id);
  return out;
}

// Three records; `write` writes the XML of the second.
ReadLog with_second(const std::function<void(XmlWriter&)>& write) {
  LogWriter log;
  log.add({.record_id = 1});
  log.add_raw(2, sample_time(), write);
  log.add({.record_id = 3});
  return read_bytes(log.finish());
}

void expect_second_skipped(const ReadLog& log, std::string_view why) {
  EXPECT_THAT(ids(log), ElementsAre(1, 3)) << why;
  ASSERT_THAT(log.skipped, SizeIs(1)) << why;
  EXPECT_THAT(log.skipped[0], HasSubstr("record 2 at byte "));
  EXPECT_THAT(log.skipped[0], HasSubstr(std::string(why)));
}

TEST(Damage, OneRecordIsSkippedAndTheRestRead) {
  using Write = std::function<void(XmlWriter&)>;
  const std::vector<std::pair<std::string_view, Write>> cases{
      {"token 0x1b is not known here", [](XmlWriter& xml) { xml.byte(0x1b); }},
      {"token 0x04 is not known here", [](XmlWriter& xml) { xml.byte(0x04); }},
      {"token 0x06 is not known here", [](XmlWriter& xml) { xml.byte(0x06); }},
      {"token 0x05 is not known here", [](XmlWriter& xml) { xml.text("no element around it"); }},
      {"a length leads out of the record",
       [](XmlWriter& xml) {
         xml.open("Event");
         xml.content();
       }},
      {"a length leads out of the record",
       [](XmlWriter& xml) {
         xml.open("Event");
         xml.content();
         xml.byte(0x05);
         xml.byte(0x01);
         xml.number(std::uint16_t{0xffff});
       }},
      {"a length leads out of the record",
       [](XmlWriter& xml) {  // a name behind the chunk's end
         xml.byte(0x01);
         xml.number(std::uint32_t{0});
         xml.number(std::uint32_t{0xfffffff0});
       }},
      {"value type 0x08 is not known",
       [](XmlWriter& xml) {
         xml.open("Event");
         xml.content();
         xml.byte(0x05);
         xml.byte(0x08);
       }},
      {"asks for value 0",
       [](XmlWriter& xml) {
         xml.open("Event");
         xml.content();
         xml.substitution(0, Type::text);
       }},
      {"asks for value 3",
       [](XmlWriter& xml) {
         xml.instance("three",
                      [](XmlWriter& inner) {
                        inner.open("Event");
                        inner.content();
                        inner.substitution(3, Type::text);
                        inner.close();
                      },
                      {null_value(), null_value(), null_value()});
       }},
      {"too many elements",
       [](XmlWriter& xml) {
         for (int i = 0; i < 100; ++i) {
           xml.open("a");
           xml.content();
         }
       }},
      {"a number or time of its System part is none",
       [](XmlWriter& xml) {
         xml.open("Event");
         xml.content();
         xml.open("System");
         xml.content();
         xml.open("EventID");
         xml.content();
         xml.text("twelve");
         xml.close();
         xml.close();
         xml.close();
         xml.end();
       }},
  };
  for (const auto& [why, write] : cases) expect_second_skipped(with_second(write), why);
}

TEST(Damage, ValuesOfAWrongSizeOrType) {
  const std::vector<std::pair<std::string_view, Substitute>> cases{
      {"type 0x08 has a size", bytes_value(Type::uint32, "abc")},
      {"value type 0x22 is not known", {.type = 0x22, .bytes = "abc"}},
      {"value type 0xa1 is not known", {.type = 0xa1, .bytes = "abc"}},
      {"type 0x88 has a size", {.type = 0x88, .bytes = "abcde"}},
  };
  for (const auto& [why, value] : cases) {
    const auto log = with_second([&](XmlWriter& xml) {
      const auto define = [](XmlWriter& inner) {
        inner.open("Event");
        inner.content();
        inner.open("EventData");
        inner.content();
        inner.open("Data");
        inner.content();
        inner.substitution(0, Type::text);
        inner.close();
        inner.close();
        inner.close();
      };
      xml.instance("odd", define, {value});
      xml.end();
    });
    expect_second_skipped(log, why);
  }
}

// A template that holds its value as often as it can, and that value the same, and so on: nine
// levels of a few hundred would take years.
TEST(Damage, TemplatesThatBlowUpEnd) {
  std::function<void(XmlWriter&, int)> level = [&](XmlWriter& xml, int left) {
    const auto define = [](XmlWriter& inner) {
      inner.open("Data");
      inner.content();
      for (int i = 0; i < 500; ++i) inner.substitution(0, Type::binary_xml);
      inner.close();
    };
    const auto inner =
        left == 0 ? text_value("x")
                  : xml_value([&level, left](XmlWriter& inside) { level(inside, left - 1); });
    xml.instance("bomb", define, {inner});
    xml.end();
  };
  expect_second_skipped(with_second([&](XmlWriter& xml) { level(xml, 2); }), "more work");
  expect_second_skipped(with_second([&](XmlWriter& xml) { level(xml, 9); }),
                        "too many elements or templates within one another");
}

TEST(Damage, ATemplateThatHoldsItselfEnds) {
  LogWriter log;
  log.add({.record_id = 1});
  auto bytes = log.finish();
  // The definition's place: behind 0x0c, 0x01 and the template's id.
  const auto definition = kFirstRecord + 24 + 4 + 1 + 1 + 4;
  const auto body = definition + 4 + 24 + 4;
  ASSERT_EQ(bytes[body], '\x41');  // the first element
  bytes[body] = '\x0c';
  put(bytes, body + 6, static_cast<std::uint32_t>(512 + 24 + 4 + 1 + 1 + 4 + 4));
  put(bytes, body + 10, std::uint32_t{0});
  const auto read = read_bytes(bytes);
  EXPECT_THAT(read.records, IsEmpty());
  EXPECT_THAT(read.skipped, ElementsAre(HasSubstr("too many elements or templates")));
}

TEST(Damage, AGapBetweenRecordsIsLocated) {
  auto bytes = sample_log(20);
  const auto second = kFirstRecord + size_at(bytes, kFirstRecord);
  const auto third = second + size_at(bytes, second);
  put(bytes, second, std::uint32_t{0});
  const auto read = read_bytes(bytes);
  EXPECT_THAT(read.records, SizeIs(19));
  EXPECT_EQ(ids(read)[1], 3U);
  EXPECT_THAT(read.skipped,
              ElementsAre("at byte " + std::to_string(second) + ": " +
                          std::to_string(third - second) + " bytes that are no record"));
}

TEST(Damage, ARecordWhoseSizeLies) {
  for (const std::uint32_t size : {0U, 27U, 0xffffffffU}) {
    auto bytes = sample_log(20);
    const auto second = kFirstRecord + size_at(bytes, kFirstRecord);
    put(bytes, second + 4, size);
    const auto read = read_bytes(bytes);
    EXPECT_THAT(read.records, SizeIs(19));
    EXPECT_THAT(read.skipped, ElementsAre(HasSubstr("record 2 at byte " + std::to_string(second))));
  }
}

TEST(Damage, AHeadThatIsGoneLeavesItsRecords) {
  auto bytes = sample_log(500);
  const auto whole = read_bytes(bytes);
  ASSERT_THAT(whole.records, SizeIs(500));
  ASSERT_GT(bytes.size(), kFileHead + 2 * kChunk);
  bytes.replace(kFileHead, 512, 512, '\xff');  // a chunk's
  const auto chunk = read_bytes(bytes);
  EXPECT_THAT(chunk.records, SizeIs(500));
  EXPECT_THAT(chunk.skipped, ElementsAre("at byte 4096: the head of a chunk is damaged"));
  auto file = sample_log(500);
  file.replace(0, kFileHead, kFileHead, '\0');
  EXPECT_TRUE(read_bytes(file).records == whole.records);
  EXPECT_TRUE(read_bytes(file.substr(kFileHead)).records == whole.records);  // no head at all
}

TEST(Damage, WhatLiesBehindTheFreeSpaceIsNoRecord) {
  auto bytes = sample_log(3);
  // The chunk's head says that its records end before the third: it is from an earlier use, unless
  // it goes on with the id that follows.
  const auto second = kFirstRecord + size_at(bytes, kFirstRecord);
  const auto third = second + size_at(bytes, second);
  put(bytes, kFileHead + 48, static_cast<std::uint32_t>(third - kFileHead));
  EXPECT_THAT(ids(read_bytes(bytes)), ElementsAre(1, 2, 3));
  put(bytes, third + 8, std::uint64_t{900});
  const auto old = read_bytes(bytes);
  EXPECT_THAT(ids(old), ElementsAre(1, 2));
  EXPECT_THAT(old.skipped, IsEmpty());
}

TEST(Damage, ALiveLogsHeadsAreOlderThanItsRecords) {
  LogWriter log;
  for (std::uint64_t id = 1; id <= 1000; ++id) log.add({.record_id = id, .data = {"a"}});
  auto bytes = log.finish(true);
  ASSERT_GT(bytes.size(), kFileHead + kChunk);
  put(bytes, kFileHead + 48, std::uint32_t{512});
  EXPECT_THAT(read_bytes(bytes).records, SizeIs(1000));
}

TEST(Damage, CutAnywhereEveryWholeRecordIsRead) {
  const auto whole_bytes = sample_log(400);
  const auto whole = read_bytes(whole_bytes);
  ASSERT_THAT(whole.records, SizeIs(400));
  for (std::size_t i = 0; i < 200; ++i) {
    const auto size = whole_bytes.size() * i / 200 + i % 7;
    std::size_t expected = 0;  // frames that end before the cut
    for (auto chunk = kFileHead; chunk < size; chunk += kChunk) {
      for (auto at = chunk + 512; at + 28 <= std::min(size, chunk + kChunk);) {
        const auto length = size_at(whole_bytes, at);
        if (length == 0 || at + length > size) break;
        at += length;
        ++expected;
      }
    }
    const auto cut = read_bytes(whole_bytes.substr(0, size));
    ASSERT_THAT(cut.records, SizeIs(expected)) << "cut at " << size;
    EXPECT_TRUE(std::equal(cut.records.begin(), cut.records.end(), whole.records.begin()));
    const bool in_a_chunk = size > kFileHead && (size - kFileHead) % kChunk != 0;
    EXPECT_EQ(cut.skipped.size(), in_a_chunk ? 1U : 0U) << "cut at " << size;
  }
}

}  // namespace
}  // namespace muster::evtx::testing
