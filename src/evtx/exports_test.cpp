// Exports of logs in every form but Windows' own, to the same records.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "evtx/json_log.h"
#include "evtx/log.h"
#include "evtx/table_log.h"
#include "evtx/testing/read.h"
#include "evtx/testing/sample.h"
#include "evtx/xml_log.h"

namespace muster::evtx::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ReadLog collected(void (*read)(ByteView, const OnBatch&), const std::string& text) {
  ReadLog out;
  read(as_bytes(text), [&](const Batch& batch) {
    for (const auto& record : batch.records()) out.records.push_back(kept(record));
    for (const auto& skipped : batch.skipped()) out.skipped.push_back(describe(skipped));
    return true;
  });
  return out;
}

const std::string kLine =
    "0x0,25,kms03.site5.contoso.com,e5c98033-aab6-4d0b-9af9-1d399597dd56,2006/1/14 22:36,1,2,40123,"
    "cf67834d-db4a-402c-ab1f-2c134f02b700";

// What the same event is in an .evtx file.
Kept expected(std::uint64_t id = 7) {
  return {.record_id = id,
          .time = "2026-01-05T08:00:00.1234567Z",
          .provider = "Microsoft-Windows-Security-SPP",
          .source = "Software Protection Platform Service",
          .event_id = 12290,
          .qualifiers = 16384,
          .level = 4,
          .channel = "Key Management Service",
          .computer = "kms.example",
          .data = {kLine}};
}

std::string event(std::string_view id = "7",
                  const std::string& data = "<Data>" + kLine + "</Data>") {
  return "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider "
         "Name='Microsoft-Windows-Security-SPP' Guid='{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}' "
         "EventSourceName='Software Protection Platform Service'/><EventID "
         "Qualifiers='16384'>12290</EventID><Version>0</Version><Level>4</Level><Task>0</Task>"
         "<TimeCreated SystemTime='2026-01-05T08:00:00.123456700Z'/><EventRecordID>" +
         std::string(id) +
         "</EventRecordID><Correlation/><Channel>Key Management Service</Channel><Computer>"
         "kms.example</Computer><Security/></System><EventData>" +
         data + "</EventData></Event>";
}

const std::string kDeclaration = "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n";

TEST(XmlLog, AsEventViewerSavesIt) {
  auto one = event();
  one.insert(one.find("</Event>"),
             "<RenderingInfo Culture='en-US'><Message>An activation</Message>"
             "<Level>Information</Level></RenderingInfo>");
  const auto log = collected(
      read_xml, "\xef\xbb\xbf" + kDeclaration + "<Events>" + one + event("8") + "</Events>\r\n");
  EXPECT_THAT(log.skipped, IsEmpty());
  EXPECT_THAT(log.records, ElementsAre(expected(7), expected(8)));
}

TEST(XmlLog, AsWevtutilPrintsIt) {
  auto quoted = event();
  std::ranges::replace(quoted, '\'', '"');
  const auto log = collected(read_xml, event("6") + "\r\n" + quoted + "\r\n\r\n" + event("8"));
  EXPECT_THAT(log.skipped, IsEmpty());
  EXPECT_THAT(log.records, ElementsAre(expected(6), expected(7), expected(8)));
}

TEST(XmlLog, InUtf16OfEitherOrder) {
  const auto text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><Events>" + event() + "</Events>";
  const auto little = utf16_of(text);
  auto big = little;
  for (std::size_t i = 0; i < big.size(); i += 2) std::swap(big[i], big[i + 1]);
  for (const auto& bytes : {"\xff\xfe" + little, "\xfe\xff" + big, little}) {
    const auto log = collected(read_xml, bytes);
    EXPECT_THAT(log.skipped, IsEmpty());
    EXPECT_THAT(log.records, ElementsAre(expected()));
  }
}

TEST(XmlLog, TextsAreUnescaped) {
  const auto log = collected(read_xml, event("7",
                                             "<Data>&lt;b&gt; &amp; &#xe9;</Data><Data/>"
                                             "<Data>\xf0\x9f\x98\x80</Data>"
                                             "<Binary>0A0B0C</Binary>"));
  ASSERT_THAT(log.records, SizeIs(1));
  EXPECT_THAT(log.records[0].data, ElementsAre("<b> & \xc3\xa9", "", "\xf0\x9f\x98\x80"));
  EXPECT_EQ(log.records[0].binary_bytes, 3U);
}

TEST(XmlLog, AnEventThatIsNotWellFormedIsSkipped) {
  const std::string head = kDeclaration + "<Events>";
  for (const auto* broken : {"<Data>a & b</Data>", "<Data>\x01</Data>", "<Data>", "</Data>"}) {
    const auto text =
        fmt::format("{}{}{}{}</Events>", head, event("6"), event("7", broken), event("8"));
    const auto log = collected(read_xml, text);
    EXPECT_THAT(log.records, ElementsAre(expected(6), expected(8))) << broken;
    EXPECT_THAT(log.skipped,
                ElementsAre("at byte " + std::to_string(head.size() + event("6").size()) +
                            ": the XML is not well formed"))
        << broken;
  }
}

TEST(XmlLog, CutAnywhereEveryWholeEventIsRead) {
  std::string text = kDeclaration + "<Events>";
  std::vector<std::size_t> ends;
  for (int id = 1; id <= 200; ++id) {
    text += event(std::to_string(id));
    ends.push_back(text.size());
  }
  ASSERT_GT(text.size(), 128U * 1024);  // more than two pieces
  for (std::size_t i = 0; i < 200; ++i) {
    const auto size = text.size() * i / 200;
    const auto log = collected(read_xml, text.substr(0, size));
    const auto whole = std::ranges::upper_bound(ends, size) - ends.begin();
    EXPECT_THAT(log.records, SizeIs(whole)) << size;
    EXPECT_LE(log.skipped.size(), 1U) << size;
  }
}

TEST(XmlLog, DamageInAnyPieceCostsItsEventOnly) {
  std::string text = "<Events>";
  std::vector<std::size_t> begins;
  for (int id = 1; id <= 300; ++id) {
    begins.push_back(text.size());
    text += event(std::to_string(id));
  }
  text += "</Events>";
  for (std::size_t i = 0; i < begins.size(); i += 7) {
    auto damaged = text;
    damaged[begins[i] + 400] = '<';
    damaged[begins[i] + 401] = '<';
    const auto log = collected(read_xml, damaged);
    EXPECT_THAT(log.records, SizeIs(299)) << i;
    EXPECT_THAT(log.skipped, ElementsAre(HasSubstr("at byte " + std::to_string(begins[i]) + ":")));
  }
}

TEST(XmlLog, EntitiesOfADocumentTypeAreNotRead) {
  const auto log = collected(
      read_xml, "<!DOCTYPE e [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]>" + event());
  EXPECT_THAT(log.records, ElementsAre(expected()));
  EXPECT_THAT(log.skipped, SizeIs(1));
}

// As Event Viewer saves CSV: five columns have names, six are there.
std::string viewer(std::string_view heading, char separator) {
  std::string text = std::string(heading) + "\r\n";
  const auto row = [&](std::string_view date, std::string_view message) {
    for (const std::string_view cell :
         {std::string_view("Information"), date, std::string_view("Microsoft-Windows-Security-SPP"),
          std::string_view("12290"), std::string_view("None")}) {
      text.append(cell) += separator;
    }
    text.append("\"").append(message).append("\"\r\n");
  };
  row("1/5/2026 8:00:00 AM", "An activation request has been processed.\r\nInfo:\r\n" + kLine);
  row("1/5/2026 8:01:00 AM", "say \"\"hi\"\", =cmd()");
  return text;
}

TEST(TableLog, AsEventViewerSavesIt) {
  const std::vector<std::pair<std::string, char>> cases{
      {"Level,Date and Time,Source,Event ID,Task Category", ','},
      {"Ebene,Datum und Uhrzeit,Quelle,Ereignis-ID,Aufgabenkategorie", ','},
      {"Level\tDate and Time\tSource\tEvent ID\tTask Category", '\t'},
  };
  for (const auto& [heading, separator] : cases) {
    const auto text = viewer(heading, separator);
    ASSERT_TRUE(is_table(as_bytes(text))) << heading;
    const auto log = collected(read_table, text);
    EXPECT_THAT(log.skipped, IsEmpty());
    ASSERT_THAT(log.records, SizeIs(2)) << heading;
    Kept first{.local_time = "1/5/2026 8:00:00 AM",
               .provider = "Microsoft-Windows-Security-SPP",
               .event_id = 12290,
               .level = 4,
               .data = {"An activation request has been processed.\r\nInfo:\r\n" + kLine}};
    EXPECT_EQ(log.records[0], first);
    EXPECT_THAT(log.records[1].data, ElementsAre("say \"hi\", =cmd()"));
  }
}

TEST(TableLog, AsPowerShellExportsIt) {
  for (const std::string separator : {",", ";"}) {
    std::string text = "#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n";
    const auto row = [&](std::initializer_list<std::string> cells) {
      std::string line;
      for (const auto& cell : cells) line += (line.empty() ? "" : separator) + '"' + cell + '"';
      text += line + "\r\n";
    };
    row({"Message", "Id", "Qualifiers", "Level", "RecordId", "ProviderName", "LogName",
         "MachineName", "TimeCreated"});
    row({"Info:\n" + kLine, "12290", "16384", "4", "7", "Microsoft-Windows-Security-SPP",
         "Key Management Service", "kms.example", "05.01.2026 08:00:00"});
    const auto log = collected(read_table, text);
    EXPECT_THAT(log.skipped, IsEmpty());
    auto all = expected();
    all.time = "";
    all.local_time = "05.01.2026 08:00:00";
    all.source = "";
    all.data = {"Info:\n" + kLine};
    EXPECT_THAT(log.records, ElementsAre(all));
    // And in UTF-16, as older ones write.
    EXPECT_EQ(collected(read_table, "\xff\xfe" + utf16_of(text)).records, log.records);
  }
}

TEST(TableLog, RowsThatAreNoneAreSkipped) {
  const std::string heading = "Level,Date and Time,Source,Event ID,Task Category\n";
  const std::string good = "Information,1/5/2026 8:00:00 AM,SPP,12290,None,\"a\"\n";
  for (const std::string bad : {"Information,now,SPP,twelve,None,b\n", "x,y\"z,w\n"}) {
    const auto log = collected(read_table, fmt::format("{}{}{}{}", heading, good, bad, good));
    EXPECT_THAT(log.records, SizeIs(2)) << bad;
    EXPECT_THAT(log.skipped, ElementsAre("at byte " + std::to_string(heading.size() + good.size()) +
                                         ": the line is none of this format"))
        << bad;
  }
  // A quote that is never closed costs its line, however much follows.
  const auto open = "Information,1/5/2026 8:00:00 AM,SPP,12290,None,\"never closed\n";
  std::string text = heading + good + open;
  for (int i = 0; i < 40'000; ++i) text += "Information,1/5/2026 8:00:00 AM,SPP,12290,None,a\n";
  const auto log = collected(read_table, text);
  EXPECT_THAT(log.skipped, SizeIs(1));
  EXPECT_THAT(log.records, SizeIs(40'001));
}

TEST(TableLog, OtherTablesAreNone) {
  for (const std::string text : {"", "a,b,c\n1,2,3\n", "a,b,c,d,e\n1,2,3,4,5\n", "plain text\n",
                                 "a,b,c,d,e\n1,2,3,x,5,6\n", "Id,Message\n1,a\n"}) {
    EXPECT_FALSE(is_table(as_bytes(text))) << text;
  }
}

TEST(JsonLog, AsWinlogbeatShipsIt) {
  const std::string line =
      R"({"@timestamp":"2026-01-05T08:00:00.123Z","event":{"code":"12290"},"log":{"level":)"
      R"("information"},"message":"An activation","winlog":{"event_id":"12290","provider_name":)"
      R"("Microsoft-Windows-Security-SPP","record_id":7,"channel":"Key Management Service",)"
      R"("computer_name":"kms.example","event_data":{"param1":"0","param10":"j","param2":"0x0",)"
      R"("param3":"25","Binary":"0A0B"}}})";
  const auto log = collected(read_json_lines, line + "\n\n" + line + "\r\n");
  EXPECT_THAT(log.skipped, IsEmpty());
  ASSERT_THAT(log.records, SizeIs(2));
  const Kept all{.record_id = 7,
                 .time = "2026-01-05T08:00:00.1230000Z",
                 .provider = "Microsoft-Windows-Security-SPP",
                 .event_id = 12290,
                 .level = 4,
                 .channel = "Key Management Service",
                 .computer = "kms.example",
                 .data = {"0", "0x0", "25", "j"},
                 .binary_bytes = 2};
  EXPECT_EQ(log.records[0], all);
  EXPECT_EQ(log.records[1], all);
}

TEST(JsonLog, DotsInNamesAndTheOlderForm) {
  const auto log =
      collected(read_json_lines,
                R"({"winlog.event_id":12290,"winlog.record_id":"9"})"
                "\n"
                R"({"event_id":12290,"record_number":"8","log_name":"Key Management Service",)"
                R"("computer_name":"kms.example","source_name":"Microsoft-Windows-Security-SPP",)"
                R"("level":"Warning","event_data":{"param1":"a"}})");
  ASSERT_THAT(log.records, SizeIs(2));
  EXPECT_EQ(log.records[0].record_id, 9U);
  EXPECT_EQ(log.records[1].record_id, 8U);
  EXPECT_EQ(log.records[1].channel, "Key Management Service");
  EXPECT_EQ(log.records[1].level, 3);
  EXPECT_THAT(log.records[1].data, ElementsAre("a"));
}

TEST(JsonLog, LinesThatAreNoneAreSkipped) {
  const std::string good = R"({"event_id":1})";
  const auto log = collected(read_json_lines, good + "\nnonsense\n[1]\n{}\n{\"event_id\":-1}\n" +
                                                  std::string(5 << 20, ' ') + "x\n" + good);
  EXPECT_THAT(log.records, SizeIs(2));
  EXPECT_THAT(log.skipped, SizeIs(5));
  EXPECT_EQ(log.skipped[0], "at byte 15: the line is none of this format");
}

TEST(ReadLog, TellsTheFormatsApartByTheirContent) {
  const std::vector<std::pair<std::string, std::size_t>> cases{
      {sample_log(3), 3},
      {"  " + kDeclaration + "<Events>" + event() + "</Events>", 1},
      {"\xff\xfe" + utf16_of(event()), 1},
      {viewer("Level,Date and Time,Source,Event ID,Task Category", ','), 2},
      {"{\"event_id\":1}\n", 1},
  };
  for (const auto& [bytes, count] : cases) {
    const auto file = temporary("any");
    ASSERT_TRUE(write_file(file, bytes).has_value());
    std::size_t records = 0;
    EXPECT_TRUE(read_log(file, 1, [&](const Batch& batch) {
                  records += batch.records().size();
                  return true;
                }).has_value());
    EXPECT_EQ(records, count);
    std::filesystem::remove(file);
  }
}

TEST(ReadLog, RefusesWhatIsNoLog) {
  for (const std::string bytes : {"", "nonsense",
                                  "\x7f"
                                  "ELF\x02\x01\x01"}) {
    const auto file = temporary("none");
    ASSERT_TRUE(write_file(file, bytes).has_value());
    const auto read = read_log(file, 1, [](const Batch&) { return true; });
    ASSERT_FALSE(read.has_value());
    EXPECT_EQ(read.error(), (Error{ErrorCode::not_a_log, file.string()}));
    std::filesystem::remove(file);
  }
}

}  // namespace
}  // namespace muster::evtx::testing
