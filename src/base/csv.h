// Fields of CSV (RFC 4180) for people and their spreadsheets.
#pragma once

#include <string>
#include <string_view>

namespace muster {

// Quoted where it must be. What a spreadsheet would take for a formula (= + - @ and their wide
// forms, a tab or a carriage return, in front or behind a semicolon) gets an apostrophe before it:
// a client chooses its own name. Whether control characters may stand in it is the caller's
// business.
void append_csv_field(std::string& out, std::string_view text);

}  // namespace muster
