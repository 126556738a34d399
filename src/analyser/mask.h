// Texts of a log without what is nobody's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::analyser {

// Appends the text with "*****" for each part of a product key: five groups of five characters of a
// product key's alphabet anywhere; the last five of one behind a word like "Partial Pkey=", and in
// event 8230 wherever five such characters stand alone. Nothing of requests and answers (12288 to
// 12294) is taken for a key: a machine may be called so.
void append_without_keys(std::string& out, std::string_view text, std::uint32_t event_id);

// The shape of a text: 9 for a digit, a and A for letters, u for any other character outside ASCII,
// blanks and punctuation as they are. "0x" stays. Of more than three equal ones, three and how
// many: "aaa{12}". At most 400 characters, "..." behind them.
[[nodiscard]] std::string shape_of(std::string_view text);

}  // namespace muster::analyser
