#include "evtx/value.h"

#include <gtest/gtest.h>

namespace muster::evtx {
namespace {

using std::operator""s;
using std::operator""sv;

struct Case {
  Type type;
  std::string bytes;
  std::string text;
};

std::string padded(std::string bytes, std::size_t size) {
  bytes.resize(size);
  return bytes;
}

TEST(Value, EachTypeHasItsText) {
  const std::vector<Case> cases{
      {Type::null, ""s, ""},
      {Type::text, "a\0b\0"s, "ab"},
      {Type::text, "a\0\0\0"s, "a"},                          // the NUL at its end is no part of it
      {Type::text, "\x3d\xd8\x00\xde"s, "\xf0\x9f\x98\x80"},  // a pair
      {Type::text,
       "\x3d\xd8"
       "a\0"s,
       "\xef\xbf\xbd"
       "a"},  // half a pair
      {Type::narrow_text, "caf\xe9\0"s, "caf\xc3\xa9"},
      {Type::int8, "\xff"s, "-1"},
      {Type::uint8, "\xff"s, "255"},
      {Type::int16, "\xfe\xff"s, "-2"},
      {Type::uint16, "\x02\x30"s, "12290"},
      {Type::int32, "\xff\xff\xff\xff"s, "-1"},
      {Type::uint32, "\xff\xff\xff\xff"s, "4294967295"},
      {Type::int64, "\x00\x00\x00\x00\x00\x00\x00\x80"s, "-9223372036854775808"},
      {Type::uint64, "\xff\xff\xff\xff\xff\xff\xff\xff"s, "18446744073709551615"},
      {Type::real32, "\x00\x00\xc0\x3f"s, "1.5"},
      {Type::real64, "\x00\x00\x00\x00\x00\x00\xf8\xbf"s, "-1.5"},
      {Type::boolean, "\x01\x00\x00\x00"s, "true"},
      {Type::boolean, "\x00\x00\x00\x00"s, "false"},
      {Type::boolean, "\x02"s, "true"},  // no real boolean, and yet seen
      {Type::binary, "\x90\x90"s, ""},
      {Type::guid, "\xb0\x33\x3b\xe2\xc9\xc8\x2c\x47\xa5\xf9\xf2\xbd\xfe\xa0\xf1\x56"s,
       "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}"},
      {Type::size, "\x10\x00\x00\x00"s, "0x10"},
      {Type::size, "\x10\x00\x00\x00\x01\x00\x00\x00"s, "0x100000010"},
      {Type::filetime, "\x00\x80\x3e\xd5\xde\xb1\x9d\x01"s, "1970-01-01T00:00:00.0000000Z"},
      {Type::systemtime, "\xea\x07\x01\x00\x01\x00\x05\x00\x08\x00\x09\x00\x0a\x00\x0b\x00"s,
       "2026-01-05T08:09:10.011Z"},
      {Type::sid, "\x01\x02\0\0\0\0\0\x05\x20\0\0\0\x20\x02\0\0"s, "S-1-5-32-544"},
      {Type::hex32, "\x38\xf0\x04\xc0"s, "0xc004f038"},
      {Type::hex64, "\x00\x00\x00\x00\x00\x00\x80\x00"s, "0x80000000000000"},
  };
  for (const auto& [type, bytes, text] : cases) {
    std::string out;
    const Value value{static_cast<std::uint8_t>(type), as_bytes(bytes)};
    EXPECT_TRUE(append_text(out, value)) << text;
    EXPECT_EQ(out, text);
  }
}

TEST(Value, WrongSizesAreRefused) {
  const std::vector<std::pair<Type, std::size_t>> cases{
      {Type::int8, 0},    {Type::int8, 2},   {Type::uint16, 1},     {Type::uint32, 3},
      {Type::uint64, 4},  {Type::real32, 8}, {Type::real64, 4},     {Type::boolean, 0},
      {Type::boolean, 9}, {Type::guid, 15},  {Type::size, 6},       {Type::filetime, 7},
      {Type::sid, 7},     {Type::hex32, 2},  {Type::systemtime, 8},
  };
  for (const auto& [type, size] : cases) {
    std::string out;
    const auto bytes = padded("", size);
    EXPECT_FALSE(append_text(out, {static_cast<std::uint8_t>(type), as_bytes(bytes)}))
        << static_cast<int>(type) << " of " << size;
  }
  // A SID that says it has more parts than there are bytes.
  const auto sid = "\x01\x03\0\0\0\0\0\x05\x20\0\0\0\x20\x02\0\0"s;
  std::string out;
  EXPECT_FALSE(append_text(out, {static_cast<std::uint8_t>(Type::sid), as_bytes(sid)}));
}

TEST(Value, UnknownTypesAreRefused) {
  for (const int type : {0x16, 0x20, 0x22, 0x23, 0x7f}) {
    std::string out;
    EXPECT_FALSE(append_text(out, {static_cast<std::uint8_t>(type), {}})) << type;
    EXPECT_FALSE(known_type(static_cast<std::uint8_t>(type))) << type;
  }
}

std::vector<std::string> items(Type type, std::string_view bytes) {
  Value array{static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) | kArray), as_bytes(bytes)};
  std::vector<std::string> out;
  while (!array.bytes.empty()) {
    const auto item = take_item(array);
    if (!item) return {"no whole item"};
    EXPECT_TRUE(append_text(out.emplace_back(), *item));
  }
  return out;
}

TEST(Value, AnArrayHasItsItems) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(items(Type::text, "a\0\0\0\0\0b\0\0\0"sv), (Texts{"a", "", "b"}));
  EXPECT_EQ(items(Type::text, "a\0\0\0b\0"sv), (Texts{"a", "b"}));  // the last NUL may lack
  EXPECT_EQ(items(Type::narrow_text, "a\0\0b\0"sv), (Texts{"a", "", "b"}));
  EXPECT_EQ(items(Type::uint8, "\x01\x02"sv), (Texts{"1", "2"}));
  EXPECT_EQ(items(Type::uint32, "\x01\0\0\0\x02\0\0\0"sv), (Texts{"1", "2"}));
  EXPECT_EQ(items(Type::boolean, "\x01\0\0\0\0\0\0\0"sv), (Texts{"true", "false"}));
  EXPECT_EQ(items(Type::hex64, "\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"sv), (Texts{"0x1", "0x2"}));
  EXPECT_EQ(items(Type::size, "\x01\0\0\0"sv), (Texts{"0x1"}));
  EXPECT_EQ(items(Type::sid, "\x01\x01\0\0\0\0\0\x05\x12\0\0\0\x01\x01\0\0\0\0\0\x05\x13\0\0\0"sv),
            (Texts{"S-1-5-18", "S-1-5-19"}));
  EXPECT_EQ(items(Type::uint32, "\x01\0\0"sv), (Texts{"no whole item"}));
  EXPECT_EQ(items(Type::sid, "\x01\x02\0\0\0\0\0\x05\x12\0\0\0"sv), (Texts{"no whole item"}));
}

}  // namespace
}  // namespace muster::evtx
