// Records of event logs as rows of text. Names and strings in a log are whatever a client chose, so
// nothing of them is taken for more than text by what reads the rows: no control character, no mark
// that turns the direction of writing, no formula. Product keys, and parts of them, are masked.
#pragma once

#include <string>
#include <string_view>

#include "evtx/record.h"

namespace muster::cli {

// {"file":...,"record_id":...} and so on, with a line's end: one object, faithful. What must not be
// shown as it is stands there escaped, \u001b, so that a reader of JSON gets every character back.
// REQUIRES: `file` is UTF-8, as printable() makes it.
void append_json_row(std::string& out, std::string_view file, const evtx::Record& record);

// The names of the columns, and a record in them. Strings stand in one column as a JSON array; in
// the other texts, characters that must not be shown become '?'.
[[nodiscard]] std::string_view csv_heading();
void append_csv_row(std::string& out, std::string_view file, const evtx::Record& record);

}  // namespace muster::cli
