#include "cli/output.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

TEST(JsonObject, KeepsTheOrderAndEscapes) {
  JsonObject inner;
  inner.add("a", std::uint32_t{1});
  JsonObject out;
  out.add("z", "say \"x\"\n").add("b", true).add("n", std::int64_t{-1}).add_null("none");
  out.add("o", std::optional<std::string>{}).add("i", inner);
  out.add("list", std::vector<JsonObject>{inner, inner});
  out.add("texts", std::vector<std::string>{"p", "q"}).add_raw("raw", "[1]");
  EXPECT_EQ(out.text(), R"({"z":"say \"x\"?","b":true,"n":-1,"none":null,"o":null,"i":{"a":1},)"
                        R"("list":[{"a":1},{"a":1}],"texts":["p","q"],"raw":[1]})");
}

TEST(Printable, WhatATerminalWouldObeyIsAQuestionMark) {
  EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(printable("a\x1b[31mb\xff\xc3"), "a\\u{001B}[31mb??");
  EXPECT_EQ(printable("\xc2\x85"), "\\u{0085}");
  EXPECT_EQ(printable("desk\xe2\x80\xae"
                      "cod.exe"),
            "desk\\u{202E}cod.exe");
}

TEST(Wrap, BreaksParagraphsIntoLines) {
  EXPECT_EQ(wrap("one two three", 9, "  "), "  one two\n  three\n");
  EXPECT_EQ(wrap("one\n\ntwo", 9, ""), "one\n\ntwo\n");
  EXPECT_EQ(wrap("unbreakable", 4, ""), "unbreakable\n");
  EXPECT_EQ(wrap("", 9, ""), "");
}

}  // namespace
}  // namespace muster::cli
