#include "evtx/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>

#include "evtx/bytes_at.h"
#include "evtx/utf16.h"

namespace muster::evtx {
namespace {

// Of every item of the type; 0: it varies.
std::size_t size_of(Type type) {
  switch (type) {
    case Type::int8:
    case Type::uint8: return 1;
    case Type::int16:
    case Type::uint16: return 2;
    case Type::int32:
    case Type::uint32:
    case Type::real32:
    case Type::boolean:
    case Type::hex32: return 4;
    case Type::int64:
    case Type::uint64:
    case Type::real64:
    case Type::filetime:
    case Type::hex64: return 8;
    case Type::guid:
    case Type::systemtime: return 16;
    default: return 0;
  }
}

template <class Number>
bool append_number(std::string& out, ByteView bytes, int base = 10) {
  if (bytes.size() != sizeof(Number)) return false;
  char text[32];
  const auto number = number_at<Number>(bytes, 0);
  out.append(text, std::to_chars(text, text + sizeof text, number, base).ptr);
  return true;
}

// A text, not a value to count with: the shortest that gives the same number again.
template <class Number>
bool append_real(std::string& out, ByteView bytes) {
  if (bytes.size() != sizeof(Number)) return false;
  fmt::format_to(std::back_inserter(out), "{}", number_at<Number>(bytes, 0));
  return true;
}

bool append_hex(std::string& out, ByteView bytes) {
  if (bytes.size() != 4 && bytes.size() != 8) return false;
  out += "0x";
  return bytes.size() == 4 ? append_number<std::uint32_t>(out, bytes, 16)
                           : append_number<std::uint64_t>(out, bytes, 16);
}

bool append_guid(std::string& out, ByteView bytes) {
  if (bytes.size() != 16) return false;
  fmt::format_to(std::back_inserter(out), "{{{:08X}-{:04X}-{:04X}-{:02X}{:02X}-",
                 number_at<std::uint32_t>(bytes, 0), number_at<std::uint16_t>(bytes, 4),
                 number_at<std::uint16_t>(bytes, 6), bytes[8], bytes[9]);
  for (const auto byte : bytes.subspan(10)) {
    fmt::format_to(std::back_inserter(out), "{:02X}", byte);
  }
  out += '}';
  return true;
}

bool append_filetime(std::string& out, const Value& value) {
  const auto time = time_of(value);
  if (time) append_time(out, *time);
  return time.has_value();
}

bool append_systemtime(std::string& out, ByteView bytes) {
  if (bytes.size() != 16) return false;
  const auto part = [&](std::size_t i) { return number_at<std::uint16_t>(bytes, 2 * i); };
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", part(0),
                 part(1), part(3), part(4), part(5), part(6), part(7));
  return true;
}

// Revision, number of parts, authority in 6 bytes (the highest first), parts of 4 bytes.
std::size_t sid_size(ByteView bytes) {
  return bytes.size() < 8 ? 0 : 8 + std::size_t{4} * bytes[1];
}

bool append_sid(std::string& out, ByteView bytes) {
  if (bytes.size() < 8 || sid_size(bytes) > bytes.size()) return false;
  std::uint64_t authority = 0;
  for (const auto byte : bytes.subspan(2, 6)) authority = authority << 8 | byte;
  fmt::format_to(std::back_inserter(out), "S-{}-{}", bytes[0], authority);
  for (std::size_t i = 0; i < bytes[1]; ++i) {
    fmt::format_to(std::back_inserter(out), "-{}", number_at<std::uint32_t>(bytes, 8 + 4 * i));
  }
  return true;
}

ByteView without_nuls(ByteView utf16) {
  auto size = utf16.size() & ~std::size_t{1};
  while (size > 0 && utf16[size - 2] == 0 && utf16[size - 1] == 0) size -= 2;
  return utf16.first(size);
}

bool append_narrow(std::string& out, ByteView bytes) {
  while (!bytes.empty() && bytes.back() == 0) bytes = bytes.first(bytes.size() - 1);
  for (const auto byte : bytes) append_character(out, byte);
  return true;
}

bool append_boolean(std::string& out, ByteView bytes) {
  if (bytes.empty() || bytes.size() > 8) return false;
  out += std::ranges::any_of(bytes, [](auto byte) { return byte != 0; }) ? "true" : "false";
  return true;
}

// How much of the array is its first item, the NUL at its end included.
template <class Unit>
std::size_t text_item(ByteView bytes) {
  for (std::size_t at = 0; at + sizeof(Unit) <= bytes.size(); at += sizeof(Unit)) {
    if (number_at<Unit>(bytes, at) == 0) return at + sizeof(Unit);
  }
  return bytes.size();
}

}  // namespace

bool known_type(std::uint8_t type) {
  return type <= static_cast<std::uint8_t>(Type::hex64) ||
         type == static_cast<std::uint8_t>(Type::binary_xml);
}

bool append_text(std::string& out, const Value& value) {
  const auto bytes = value.bytes;
  switch (static_cast<Type>(value.type)) {
    case Type::null:
    case Type::binary:
    case Type::binary_xml: return true;
    case Type::text: return append_utf8(out, without_nuls(bytes)), true;
    case Type::narrow_text: return append_narrow(out, bytes);
    case Type::int8: return append_number<std::int8_t>(out, bytes);
    case Type::uint8: return append_number<std::uint8_t>(out, bytes);
    case Type::int16: return append_number<std::int16_t>(out, bytes);
    case Type::uint16: return append_number<std::uint16_t>(out, bytes);
    case Type::int32: return append_number<std::int32_t>(out, bytes);
    case Type::uint32: return append_number<std::uint32_t>(out, bytes);
    case Type::int64: return append_number<std::int64_t>(out, bytes);
    case Type::uint64: return append_number<std::uint64_t>(out, bytes);
    case Type::real32: return append_real<float>(out, bytes);
    case Type::real64: return append_real<double>(out, bytes);
    case Type::boolean: return append_boolean(out, bytes);
    case Type::guid: return append_guid(out, bytes);
    case Type::size:
    case Type::hex32:
    case Type::hex64: return append_hex(out, bytes);
    case Type::filetime: return append_filetime(out, value);
    case Type::systemtime: return append_systemtime(out, bytes);
    case Type::sid: return append_sid(out, bytes);
  }
  return false;
}

std::optional<Time> time_of(const Value& filetime) {
  if (filetime.bytes.size() != 8) return std::nullopt;
  return time_of(number_at<std::uint64_t>(filetime.bytes, 0));
}

std::optional<Value> take_item(Value& array) {
  const auto type = static_cast<std::uint8_t>(array.type & ~kArray);
  const auto bytes = array.bytes;
  std::size_t size = size_of(static_cast<Type>(type));
  switch (static_cast<Type>(type)) {
    case Type::text: size = text_item<std::uint16_t>(bytes); break;
    case Type::narrow_text: size = text_item<std::uint8_t>(bytes); break;
    case Type::sid: size = sid_size(bytes); break;
    // The size of its machine's pointers; no log was seen that says which.
    case Type::size: size = bytes.size() % 8 == 0 ? 8 : 4; break;
    default: break;
  }
  if (size == 0 || size > bytes.size()) return std::nullopt;
  array.bytes = bytes.subspan(size);
  return Value{type, bytes.first(size)};
}

}  // namespace muster::evtx
