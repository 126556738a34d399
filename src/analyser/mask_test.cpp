#include "analyser/mask.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace muster::analyser {
namespace {

std::string masked(std::string_view text, std::uint32_t event_id) {
  std::string out;
  append_without_keys(out, text, event_id);
  return out;
}

TEST(Mask, ProductKeysAreNotShown) {
  const struct {
    std::uint32_t event_id;
    const char *text, *shown;
  } rows[] = {
      {8230, "Pkey Details KDQ2G, 3", "Pkey Details *****, 3"},
      {8230, "KDQ2G", "*****"},
      {8230, "hr=0x803F7001", "hr=0x803F7001"},
      {8230, "TOOLONGKDQ2G KDQ2GX", "TOOLONGKDQ2G KDQ2GX"},
      {1003, "Partial Product Key: KDQ2G", "Partial Product Key: *****"},
      {1003, "PartialPkey=KDQ2G;x", "PartialPkey=*****;x"},
      {1003, "monKEY KDQ2G", "monKEY *****"},
      {1003, "KDQ2G", "KDQ2G"},
      {1003, "key: 43200", "key: 43200"},
      {1003, "x KDQ2G-KDQ2G-KDQ2G-KDQ2G-KDQ2G y", "x ***** y"},
      {8198, "KDQ2G-KDQ2G-KDQ2G-KDQ2G-KDQ2GA", "KDQ2G-KDQ2G-KDQ2G-KDQ2G-KDQ2GA"},
      {12290, "0x0,25,KDQ2G,key=KDQ2G", "0x0,25,KDQ2G,key=KDQ2G"},
  };
  for (const auto& row : rows) EXPECT_EQ(masked(row.text, row.event_id), row.shown) << row.text;
}

TEST(Mask, AShapeTellsTheFormAndNothingElse) {
  const struct {
    const char *text, *shape;
  } rows[] = {
      {"", ""},
      {"0x0,25,desk-1.example", "0x9,99,aaa{4}-9.aaa{7}"},
      {"Rev 2; KDQ2G", "Aaa 9; AAA9A"},
      {"2026/1/14 22:36", "999{4}/9/99 99:99"},
      {"caf\xc3\xa9 \xe2\x82\xac", "aaau u"},
      {"a\x1b[2J\r\n", "a?[9A??"},
      {"0xC004F06C", "0xA999A99A"},
  };
  for (const auto& row : rows) EXPECT_EQ(shape_of(row.text), row.shape) << row.text;
  EXPECT_EQ(shape_of(std::string(10'240, 'x')), "aaa{10240}");
  std::string mixed;
  for (int i = 0; i < 1'000; ++i) mixed += "a1";
  EXPECT_EQ(shape_of(mixed).size(), 403U);
}

// No letter and no digit of a text comes through but a, A, u, 9 and the x of 0x.
RC_GTEST_PROP(Mask, NoCharacterComesThrough, (const std::string& text)) {
  std::string shape = shape_of("q" + text + "Q7");
  for (auto at = shape.find("0x"); at != shape.npos; at = shape.find("0x")) shape.erase(at, 2);
  for (auto at = shape.find('{'); at != shape.npos; at = shape.find('{', at + 1)) {
    const auto end = shape.find('}', at);
    if (end != shape.npos) shape.erase(at, end - at + 1);
  }
  RC_ASSERT(std::ranges::none_of(shape, [](char c) {
    const bool letter = (c >= 'b' && c <= 'z' && c != 'u') || (c >= 'B' && c <= 'Z');
    const bool digit = c >= '0' && c <= '8';
    return letter || digit;
  }));
}

}  // namespace
}  // namespace muster::analyser
