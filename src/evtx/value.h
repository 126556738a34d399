// The typed values of binary XML and their texts, as Windows writes them in XML.
//
//   0x00 null            0x01 text, UTF-16         0x02 text, one byte a character
//   0x03 .. 0x0a  int8 uint8 int16 uint16 int32 uint32 int64 uint64
//   0x0b float           0x0c double               0x0d boolean, 4 bytes
//   0x0e binary          0x0f GUID, 16 bytes       0x10 size, 4 or 8 bytes, hexadecimal
//   0x11 FILETIME        0x12 SYSTEMTIME           0x13 SID
//   0x14, 0x15 hexadecimal of 4 and 8 bytes        0x21 binary XML
//   0x80 + type: an array of it; texts end in a NUL each, all others follow one another
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "evtx/record.h"

namespace muster::evtx {

enum class Type : std::uint8_t {
  null = 0x00,
  text = 0x01,
  narrow_text = 0x02,
  int8 = 0x03,
  uint8 = 0x04,
  int16 = 0x05,
  uint16 = 0x06,
  int32 = 0x07,
  uint32 = 0x08,
  int64 = 0x09,
  uint64 = 0x0a,
  real32 = 0x0b,
  real64 = 0x0c,
  boolean = 0x0d,
  binary = 0x0e,
  guid = 0x0f,
  size = 0x10,
  filetime = 0x11,
  systemtime = 0x12,
  sid = 0x13,
  hex32 = 0x14,
  hex64 = 0x15,
  binary_xml = 0x21,
};

inline constexpr std::uint8_t kArray = 0x80;

// A value where it lies in the log.
struct Value {
  std::uint8_t type = 0;  // a Type, perhaps with kArray
  ByteView bytes;

  [[nodiscard]] bool is(Type one) const { return type == static_cast<std::uint8_t>(one); }
  [[nodiscard]] bool is_array() const { return (type & kArray) != 0; }
};

// Appends the text of a value that is no array; of null, binary and binary XML it is empty. False,
// and `out` as it was, where the type is not known or the size is not the type's.
// A text loses the NULs at its end. A boolean is true where any of its bytes is not zero.
[[nodiscard]] bool append_text(std::string& out, const Value& value);
// Whether append_text knows the type (without kArray).
[[nodiscard]] bool known_type(std::uint8_t type);

// REQUIRES: it is a filetime. Nothing where it has another size, or is past the year 9999.
[[nodiscard]] std::optional<Time> time_of(const Value& filetime);

// Cuts the first item off an array. Nothing where the rest holds no whole item.
// REQUIRES: array.is_array() and bytes are left.
[[nodiscard]] std::optional<Value> take_item(Value& array);

}  // namespace muster::evtx
