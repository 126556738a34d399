#include "base/csv.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace {

TEST(Csv, AFieldIsQuotedWhereItMustBeAndIsNeverAFormula) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"", ""},
      {"desk-017", "desk-017"},
      {"a b", "a b"},
      {"a,b", "\"a,b\""},
      {"say \"hi\"", "\"say \"\"hi\"\"\""},
      {"two\r\nlines", "\"two\r\nlines\""},
      {"=cmd()", "'=cmd()"},
      {"+1", "'+1"},
      {"-1", "'-1"},
      {"@SUM(A1)", "'@SUM(A1)"},
      {"\t=1", "'\t=1"},
      {"=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""},
      {"1-1", "1-1"},
      {"\xef\xbc\x9d"
       "1+1",
       "'\xef\xbc\x9d"
       "1+1"},
      {"x;=cmd()", "x;'=cmd()"},
      {"x; =cmd();y;-1", "x;' =cmd();y;'-1"},
      {"x;\"=1\"", "\"x;'\"\"=1\"\"\""},
      {"x;y", "x;y"},
  };
  for (const auto& [text, field] : cases) {
    std::string out;
    append_csv_field(out, text);
    EXPECT_EQ(out, field) << text;
  }
}

}  // namespace
}  // namespace muster
