#include "cli/log_rows.h"

#include <array>
#include <charconv>
#include <cstring>

#include "analyser/mask.h"
#include "base/csv.h"
#include "base/shown.h"

namespace muster::cli {
namespace {

using evtx::Record;

// What a byte at the begin of a character is: plain, or one to look closer at.
constexpr auto kPlain = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0x20; c < 0x100; ++c) out[c] = true;
  for (const auto c : {0x7f, 0xc2, 0xd8, 0xe1, 0xe2, 0xef, 0xf3}) {
    out[static_cast<std::size_t>(c)] = false;
  }
  out['"'] = out['\\'] = false;
  return out;
}();

// Whether eight bytes are all ASCII, of which nothing is hidden nor marked; most texts are.
bool eight_plain(const char* at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = kOnes << 7;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, 8);
  // A byte that is below what is taken from it sets its top bit, and may set its neighbour's: some
  // plain texts are looked at closer than they need, none less.
  const auto is = [&](char c) { return (bytes ^ kOnes * static_cast<std::uint8_t>(c)) - kOnes; };
  const auto below_blank = bytes - kOnes * 0x20;
  return ((bytes | below_blank | is('"') | is('\\') | is('\x7f')) & kTops) == 0;
}

// Appends the text with `hide` called for each hidden character and `mark` for " and \.
template <class Hide, class Mark>
void append_shown(std::string& out, std::string_view text, Hide hide, Mark mark) {
  std::size_t clean = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at >= 8 && eight_plain(text.data() + at)) {
      at += 8;
      continue;
    }
    if (kPlain[static_cast<std::uint8_t>(text[at])]) {
      ++at;
      continue;
    }
    const auto [code, size] = first_character(text.substr(at));
    const bool marked = code == '"' || code == '\\';
    if (marked || is_hidden(code)) {
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
        const auto escape = [&](std::uint32_t unit) {
          out += "\\u";
          for (int shift = 12; shift >= 0; shift -= 4) out += digits[unit >> shift & 15];
        };
        if (code > 0xffff) escape(0xd7c0 + (code >> 10));  // in two halves
        escape(code > 0xffff ? 0xdc00 + (code & 0x3ff) : code);
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
  thread_local std::string without_keys;
  out += '[';
  for (const auto& text : record.data) {
    if (&text != record.data.data()) out += ',';
    without_keys.clear();
    analyser::append_without_keys(without_keys, text, record.event_id);
    append_json_text(out, without_keys);
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
  text("{\"file\":", file);
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
  append_csv_text(out, file, scratch);
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
