#include "cli/log_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "cli/output.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Sample {
  std::vector<std::string_view> data;
  evtx::Record record;

  explicit Sample(std::vector<std::string_view> strings) : data(std::move(strings)) {
    record.record_id = 7;
    record.time = *evtx::parse_time("2026-01-05T08:00:00.1234567Z");
    record.provider = "Microsoft-Windows-Security-SPP";
    record.source = "Software Protection Platform Service";
    record.event_id = 12290;
    record.level = 4;
    record.channel = "Key Management Service";
    record.computer = "kms.example";
    record.data = data;
    record.binary_bytes = 3;
  }
};

std::string json_of(const evtx::Record& record, std::string_view file = "kms.evtx") {
  std::string out;
  append_json_row(out, file, record);
  return out;
}

std::string csv_of(const evtx::Record& record, std::string_view file = "kms.evtx") {
  std::string out;
  append_csv_row(out, file, record);
  return out;
}

TEST(LogRows, ARecordIsOneObject) {
  EXPECT_EQ(json_of(Sample({"0x0,25", "b"}).record),
            "{\"file\":\"kms.evtx\",\"record_id\":7,\"time\":\"2026-01-05T08:00:00.1234567Z\","
            "\"provider\":\"Microsoft-Windows-Security-SPP\","
            "\"source\":\"Software Protection Platform Service\",\"event_id\":12290,\"level\":4,"
            "\"channel\":\"Key Management Service\",\"computer\":\"kms.example\","
            "\"data\":[\"0x0,25\",\"b\"],\"binary_bytes\":3}\n");
}

TEST(LogRows, ARecordIsOneRow) {
  EXPECT_EQ(csv_heading(),
            "file,record_id,time,provider,source,event_id,level,channel,computer,data,"
            "binary_bytes,local_time\r\n");
  EXPECT_EQ(csv_of(Sample({"0x0,25", "b"}).record),
            "kms.evtx,7,2026-01-05T08:00:00.1234567Z,Microsoft-Windows-Security-SPP,"
            "Software Protection Platform Service,12290,4,Key Management Service,kms.example,"
            "\"[\"\"0x0,25\"\",\"\"b\"\"]\",3,\r\n");
}

const std::vector<std::string_view> kHostile{
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    "a,b\"c\"\\d",
    "\x1b[2J\x07",
    "line\r\nline",
    "\xc2\x9b"
    "31m",  // CSI of one character
    "\xe2\x80\xae"
    "txt.exe",  // right to left from here
    "\xe2\x81\xa6\xe2\x80\xa8\xef\xbb\xbf\xd8\x9c\x7f",
    "caf\xc3\xa9 \xd8\xa7 \xe2\x82\xac \xef\xbc\x81 \xf0\x9f\x98\x80",  // and these are letters
};

// Of the printed text itself, whatever a reader makes of it.
void expect_harmless(std::string_view row) {
  EXPECT_TRUE(valid_text(row, row.size())) << row;
  for (const std::string_view hidden :
       {"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xd8\x9c"}) {
    EXPECT_EQ(row.find(hidden), row.npos) << row;
  }
}

TEST(LogRows, JsonGivesHostileTextsBackAndShowsNothingOfThem) {
  auto row = json_of(Sample(kHostile).record);
  ASSERT_TRUE(row.ends_with('\n'));
  row.pop_back();
  expect_harmless(row);
  wire::json::Tree tree;
  ASSERT_TRUE(tree.parse(row, 1 << 20).has_value());
  const auto* one = tree.first(*tree.find(tree.root(), "data"));
  for (const auto text : kHostile) {
    ASSERT_NE(one, nullptr);
    EXPECT_EQ(one->text, text);
    one = tree.next(*one);
  }
  EXPECT_THAT(row, HasSubstr("\\u001b[2J"));
  EXPECT_THAT(row, HasSubstr("\xf0\x9f\x98\x80"));
}

// Texts are looked at eight bytes at a time, and a byte is the same wherever it stands.
TEST(LogRows, AByteIsShownAlikeAtEveryPlace) {
  for (int code = 1; code < 0x80; ++code) {
    const std::string byte(1, static_cast<char>(code));
    const auto row = json_of(Sample({byte}).record);
    const auto at = row.find("\"data\":[\"") + 9;
    const auto shown = row.substr(at, row.rfind("\"],") - at);
    for (std::size_t place = 0; place < 17; ++place) {
      const auto text = std::string(place, '~') + byte + std::string(16 - place, ' ');
      const auto expected = std::string(place, '~') + shown + std::string(16 - place, ' ');
      EXPECT_THAT(json_of(Sample({text}).record), HasSubstr("[\"" + expected + "\"]")) << code;
    }
  }
}

TEST(LogRows, CsvHoldsNoFormulaAndNoControl) {
  for (const auto text : kHostile) {
    Sample sample({text});
    sample.record.computer = text;
    sample.record.provider = text;
    auto row = csv_of(sample.record);
    ASSERT_TRUE(row.ends_with("\r\n"));
    row.resize(row.size() - 2);
    expect_harmless(row);
    EXPECT_THAT(row, Not(HasSubstr(",=")));
    EXPECT_THAT(row, Not(HasSubstr(",\"=")));
  }
}

TEST(LogRows, ADateOfAnUnknownZoneStaysAsItIs) {
  Sample sample({});
  sample.record.time.reset();
  sample.record.local_time = "1/5/2026 8:00:00 AM";
  EXPECT_THAT(json_of(sample.record),
              HasSubstr("\"time\":null,\"local_time\":\"1/5/2026 8:00:00 AM\","));
  EXPECT_THAT(csv_of(sample.record), HasSubstr("kms.evtx,7,,Microsoft"));
  EXPECT_TRUE(csv_of(sample.record).ends_with(",3,1/5/2026 8:00:00 AM\r\n"));
}

TEST(LogRows, AFileMayBeCalledAnything) {
  const Sample sample({});
  EXPECT_THAT(json_of(sample.record, printable("a\xff\x1b.evtx")),
              HasSubstr(R"({"file":"a?\\u{001B}.evtx")"));
  EXPECT_THAT(csv_of(sample.record, "=a,b.evtx"), HasSubstr("\"'=a,b.evtx\",7,"));
}

}  // namespace
}  // namespace muster::cli
