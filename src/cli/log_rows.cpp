#include "cli/log_rows.h"

#include <array>
#include <charconv>

#include "base/csv.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

using evtx::Record;

// What a byte at the begin of a character is: plain, or one to look closer at.
constexpr auto kPlain = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0x20; c < 0x100; ++c) out[c] = true;
  for (const auto c : {0x7f, 0xc2, 0xd8, 0xe2, 0xef}) out[static_cast<std::size_t>(c)] = false;
  out['"'] = out['\\'] = false;
  return out;
}();

struct Character {
  std::uint32_t code;
  std::size_t size;
};

// The character at the text's begin. REQUIRES: UTF-8, and kPlain does not know its first byte.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t size = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : 3;
  if (size > text.size()) return {0xfffd, 1};
  std::uint32_t code = size == 1 ? byte(0) : byte(0) & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) code = code << 6 | (byte(i) & 0x3f);
  return {code, size};
}

// Controls, marks of direction and of joining, separators of lines, the byte order mark.
bool hidden(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xfff9 && c <= 0xfffb);
}

// Appends the text with `hide` called for each hidden character and `mark` for " and \.
template <class Hide, class Mark>
void append_shown(std::string& out, std::string_view text, Hide hide, Mark mark) {
  std::size_t clean = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (kPlain[static_cast<std::uint8_t>(text[at])]) {
      ++at;
      continue;
    }
    const auto [code, size] = first_of(text.substr(at));
    const bool marked = code == '"' || code == '\\';
    if (marked || hidden(code)) {
      out.append(text.substr(clean, at - clean));
      marked ? mark(static_cast<char>(code)) : hide(code);
      clean = at + size;
    }
    at += size;
  }
  out.append(text.substr(clean));
}

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  append_shown(
      out, text,
      [&](std::uint32_t code) {
        out += "\\u";
        for (int shift = 12; shift >= 0; shift -= 4) out += digits[code >> shift & 15];
      },
      [&](char mark) {
        out += '\\';
        out += mark;
      });
  out += '"';
}

void append_number(std::string& out, std::uint64_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_json_list(std::string& out, const Record& record) {
  out += '[';
  for (const auto& text : record.data) {
    if (&text != record.data.data()) out += ',';
    append_json_text(out, text);
  }
  out += ']';
}

// A file whose dates say no zone has them as they stand there.
void append_json_time(std::string& out, const Record& record) {
  if (record.time) {
    out += ",\"time\":\"";
    evtx::append_time(out, *record.time);
    out += '"';
    return;
  }
  out += ",\"time\":null,\"local_time\":";
  append_json_text(out, record.local_time);
}

void append_csv_text(std::string& out, std::string_view text, std::string& scratch) {
  scratch.clear();
  append_shown(
      scratch, text, [&](std::uint32_t) { scratch += '?'; }, [&](char mark) { scratch += mark; });
  append_csv_field(out, scratch);
}

}  // namespace

void append_json_row(std::string& out, std::string_view file, const Record& record) {
  const auto text = [&](std::string_view name, std::string_view value) {
    out.append(name);
    append_json_text(out, value);
  };
  const auto number = [&](std::string_view name, std::uint64_t value) {
    out.append(name);
    append_number(out, value);
  };
  text("{\"file\":", printable(file));
  number(",\"record_id\":", record.record_id);
  append_json_time(out, record);
  text(",\"provider\":", record.provider);
  text(",\"source\":", record.source);
  number(",\"event_id\":", record.event_id);
  number(",\"level\":", record.level);
  text(",\"channel\":", record.channel);
  text(",\"computer\":", record.computer);
  out += ",\"data\":";
  append_json_list(out, record);
  number(",\"binary_bytes\":", record.binary_bytes);
  out += "}\n";
}

std::string_view csv_heading() {
  return "file,record_id,time,provider,source,event_id,level,channel,computer,data,"
         "binary_bytes,local_time\r\n";
}

void append_csv_row(std::string& out, std::string_view file, const Record& record) {
  std::string scratch;
  append_csv_text(out, printable(file), scratch);
  append_number(out += ',', record.record_id);
  out += ',';
  if (record.time) evtx::append_time(out, *record.time);
  append_csv_text(out += ',', record.provider, scratch);
  append_csv_text(out += ',', record.source, scratch);
  append_number(out += ',', record.event_id);
  append_number(out += ',', record.level);
  append_csv_text(out += ',', record.channel, scratch);
  append_csv_text(out += ',', record.computer, scratch);
  std::string list;
  append_json_list(list, record);
  append_csv_field(out += ',', list);
  append_number(out += ',', record.binary_bytes);
  append_csv_text(out += ',', record.local_time, scratch);
  out += "\r\n";
}

}  // namespace muster::cli
