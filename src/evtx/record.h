// One record of a Windows event log as a value, whatever file it was read from.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ratio>
#include <span>
#include <string>
#include <string_view>

namespace muster::evtx {

// A moment in UTC as Windows keeps it: steps of 100 nanoseconds.
using Time = std::chrono::sys_time<std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>>;

// "2026-01-05T08:00:00.1234567Z": always seven digits of a fraction, for the years 1 .. 9999.
// REQUIRES: known_time(time).
void append_time(std::string& out, Time time);
[[nodiscard]] bool known_time(Time time);
// What append_time writes, and the forms of exports: no fraction, or one to nine digits, of which
// those past the seventh are cut. Nothing for another form, another zone, or a year before 1970.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);
// From a FILETIME, steps of 100 nanoseconds since 1601; nothing past the year 9999.
[[nodiscard]] std::optional<Time> time_of(std::uint64_t filetime);

// Texts are UTF-8 and as they stand in the log: any character may be in them, control characters
// and what a client chose to call itself included. Views are valid as long as what gave the record
// says.
struct Record {
  std::uint64_t offset = 0;     // in the file, bytes
  std::uint64_t record_id = 0;  // of the log where the event was written first
  // Unknown where a file has dates of an unknown zone only; then local_time is the date as it
  // stands there, and else it is empty.
  std::optional<Time> time;
  std::string_view local_time;
  std::string_view provider;
  std::string_view source;  // EventSourceName; empty where there is none
  std::uint32_t event_id = 0;
  std::optional<std::uint16_t> qualifiers;  // the upper half of a classic event's number
  std::uint8_t level = 0;  // 1 critical, 2 error, 3 warning, 4 information, 0 always
  std::string_view channel;
  std::string_view computer;
  // The texts of EventData's elements, or of UserData's that hold no other element, in order. One
  // that holds binary data is empty here.
  std::span<const std::string_view> data;
  std::uint64_t binary_bytes = 0;  // of all binary data; it is counted, never shown
};

// Why something was skipped.
enum class Trouble : std::uint8_t {
  cut,            // a length leads out of what holds it
  token,          // `detail` is a token that is not known or not in its place
  value_type,     // `detail` is a type of value that is not known
  value_size,     // a value has another size than its type; `detail` is the type
  too_deep,       // templates or elements within one another
  too_much_work,  // templates that blow up: more than any real chunk asks for
  no_system,      // no Event with a System part and an EventID
  bad_number,     // a number or a time that is none
  no_substitute,  // a template asks for value `detail`, and there are fewer
  no_record,      // bytes between records that are none; `detail` is how many
  no_chunk,       // a chunk whose head is damaged; its records are read where they are whole
  cut_file,       // the file ends inside a chunk, or was cut while it was read
  no_line,        // a line or row that is none of the format
  no_xml,         // not well formed from here on
};

struct Skipped {
  std::uint64_t offset = 0;                  // in the file, bytes
  std::optional<std::uint64_t> record_id{};  // where it is known
  Trouble why = Trouble::cut;
  std::uint64_t detail = 0;
};

// "record 17 at byte 5184: token 0x1b is not known": one line, without a control character.
[[nodiscard]] std::string describe(const Skipped& skipped);

}  // namespace muster::evtx
