#include "wire/json.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/ids.h"

namespace muster::wire::json {
namespace {

std::string again(std::string_view text) {
  Tree tree;
  const auto ok = tree.parse(text, 4096);
  if (!ok) return std::string(entry(ok.error().code).name);
  std::string out;
  tree.append(out, tree.root());
  return out;
}

TEST(Json, comes_back_as_it_was_without_spaces) {
  const struct {
    std::string_view in, out;
  } cases[] = {
      {R"({"a":1,"b":[true,false,null]})", R"({"a":1,"b":[true,false,null]})"},
      {R"( { "a" : { } , "b" : [ ] } )", R"({"a":{},"b":[]})"},
      {R"([1.0,1e3,-0,18446744073709551615])", R"([1.0,1e3,-0,18446744073709551615])"},
      {R"(["\u00e9\n\"\\\/","\ud83d\ude00"])", "[\"\u00e9\\u000a\\\"\\\\/\",\"\U0001F600\"]"},
      {R"({"a\u0062":1})", R"({"ab":1})"},
  };
  for (const auto& c : cases) EXPECT_EQ(again(c.in), c.out) << c.in;
}

TEST(Json, refuses) {
  const struct {
    std::string_view what, text, code;
  } cases[] = {
      {"nothing", "", "document_malformed"},
      {"a cut text", R"({"a":1)", "document_malformed"},
      {"something after the value", "{} {}", "document_malformed"},
      {"a trailing comma", R"({"a":1,})", "document_malformed"},
      {"a comment", "{/* */}", "document_malformed"},
      {"a byte that is no UTF-8", "[\"\xff\"]", "document_malformed"},
      {"an overlong sequence", "[\"\xc0\xaf\"]", "document_malformed"},
      {"half a surrogate pair", R"(["\ud800"])", "document_malformed"},
      {"a control character as it is", "[\"\n\"]", "document_malformed"},
      {"a byte order mark", "\xef\xbb\xbf{}", "document_malformed"},
      {"a member twice", R"({"a":1,"a":2})", "repeated_member"},
      {"a member twice, once escaped", R"({"a":1,"\u0061":2})", "repeated_member"},
      {"a member twice, deep inside", R"({"a":[{"b":{"c":1,"d":2,"c":3}}]})", "repeated_member"},
      {"a member twice among many",
       R"({"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"b":1})",
       "repeated_member"},
  };
  for (const auto& c : cases) EXPECT_EQ(again(c.text), c.code) << c.what;
  EXPECT_EQ(again(R"({"a":{"a":1},"b":{"a":1}})"), R"({"a":{"a":1},"b":{"a":1}})");
}

TEST(Json, is_sixteen_deep_at_most) {
  const auto deep = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(again(deep(kDepthMost)), deep(kDepthMost));
  EXPECT_EQ(again(deep(kDepthMost + 1)), "document_malformed");
  EXPECT_EQ(again(deep(2000)), "document_malformed");
}

TEST(Json, is_as_long_as_the_caller_says_at_most) {
  Tree tree;
  EXPECT_TRUE(tree.parse("[1]", 3));
  EXPECT_FALSE(tree.parse("[11]", 3));
}

TEST(Json, a_tree_is_used_again_after_a_failure) {
  Tree tree;
  EXPECT_FALSE(tree.parse(R"({"a":"\u0041)", 100));
  ASSERT_TRUE(tree.parse(R"({"b":"\u0042\u0043"})", 100));
  EXPECT_EQ(tree.find(tree.root(), "b")->text, "BC");
  EXPECT_EQ(tree.find(tree.root(), "a"), nullptr);
}

TEST(Json, claims_keep_the_first_failure_and_say_where) {
  Tree tree;
  ASSERT_TRUE(tree.parse(R"({"n":5,"o":{"t":"a\u0007b"},"s":"x","z":null})", 100));
  Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  EXPECT_EQ(claims.number("n", 0, 5), 5);
  EXPECT_FALSE(claims.has("z"));
  auto inner = claims.object("o");
  EXPECT_EQ(inner.text("t", 10), "");
  claims.take(inner);
  EXPECT_EQ(claims.text("s", 10), "");
  EXPECT_EQ(claims.failure().error().code, ErrorCode::missing_claim);
  EXPECT_EQ(claims.failure().error().detail,
            "o.t: at most 10 bytes of text without control characters expected");
}

TEST(Json, any_string_that_is_written_is_read_again) {
  EXPECT_TRUE(rc::check([](const std::string& raw) {
    std::string text;
    for (const char c : raw) text.push_back(static_cast<char>(c & 0x7f));
    std::string out;
    Writer(out).text("t", text).end();
    Tree tree;
    RC_ASSERT(tree.parse(out, 1 << 20).has_value());
    RC_ASSERT(tree.find(tree.root(), "t")->text == text);
  }));
}

}  // namespace
}  // namespace muster::wire::json
