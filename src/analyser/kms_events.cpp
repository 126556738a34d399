#include "analyser/kms_events.h"

#include <array>
#include <charconv>
#include <vector>

#include "analyser/local_date.h"
#include "base/ascii.h"

namespace muster::analyser {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::uint32_t kHighestThreshold = 5'000;

std::optional<Cmid> read_guid(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('{') && text.ends_with('}')) text = text.substr(1, text.size() - 2);
  return Cmid::parse(text);
}

std::optional<std::uint32_t> read_number(std::string_view text) {
  return whole_number<std::uint32_t>(trimmed(text));
}

// What follows the name.
bool read_tail(std::span<const std::string_view, 6> fields, ServedRequest& out) {
  const auto cmid = read_guid(fields[0]);
  const auto is_virtual = read_number(fields[2]);
  const auto state = read_number(fields[3]);
  const auto minutes = read_number(fields[4]);
  const auto product = read_guid(fields[5]);
  if (!cmid || !is_virtual || !state || *state > 255 || !minutes || !product) return false;
  out.cmid = *cmid;
  out.client_time = read_client_time(fields[1]);
  out.is_virtual = *is_virtual != 0;
  out.state = static_cast<std::uint8_t>(*state);
  out.minutes_left = *minutes;
  out.product = *product;
  return true;
}

std::expected<ServedRequest, Misread> checked(ServedRequest out) {
  if (out.threshold == 0 || out.threshold > kHighestThreshold) {
    return std::unexpected(Misread::no_threshold);
  }
  return out;
}

// Nine strings, each a field.
std::optional<ServedRequest> read_fields(Strings fields) {
  ServedRequest out;
  const auto hresult = read_code(fields[0]);
  const auto threshold = read_number(fields[1]);
  if (!hresult || !threshold || !read_tail(fields.subspan<3, 6>(), out)) return std::nullopt;
  out.hresult = *hresult;
  out.threshold = *threshold;
  out.name = trimmed(fields[2]);
  return out;
}

// The tail in the line, tried from its right end on; where it begins.
std::optional<std::size_t> find_tail(std::string_view line, ServedRequest& out) {
  std::vector<std::size_t> commas;
  for (auto at = line.find(','); at != line.npos; at = line.find(',', at + 1)) commas.push_back(at);
  for (std::size_t last = commas.size(); last >= 6; --last) {  // the field behind commas[last - 1]
    std::array<std::string_view, 6> fields;
    for (std::size_t i = 0; i < 6; ++i) {
      const auto comma = last - 6 + i;
      const auto end = comma + 1 < commas.size() ? commas[comma + 1] : line.size();
      fields[i] = line.substr(commas[comma] + 1, end - commas[comma] - 1);
    }
    if (read_tail(fields, out)) return commas[last - 6];
  }
  return std::nullopt;
}

// Of ASCII: what stands before may be a colon of another script.
bool is_of_a_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// "0x..., digits," leftmost: HRESULT and N. Sets where the name begins.
bool read_head(std::string_view head, ServedRequest& out, std::size_t& name_at) {
  for (auto at = head.find("0x"); at != head.npos; at = head.find("0x", at + 1)) {
    if (at > 0 && is_of_a_word(head[at - 1])) continue;
    const auto first = head.find(',', at);
    if (first == head.npos) return false;
    const auto second = head.find(',', first + 1);
    if (second == head.npos) return false;
    const auto hresult = read_code(head.substr(at, first - at));
    const auto threshold = read_number(head.substr(first + 1, second - first - 1));
    if (!hresult || !threshold) continue;
    out.hresult = *hresult;
    out.threshold = *threshold;
    name_at = second + 1;
    return true;
  }
  return false;
}

// The strings' fields; a message's words before them fall away with the last line end.
std::vector<std::string_view> fields_of(Strings data) {
  std::vector<std::string_view> out;
  for (const auto text : data) {
    auto line = trimmed(text);
    if (const auto at = line.find_last_of('\n'); at != line.npos) line = line.substr(at + 1);
    for (;;) {
      const auto comma = line.find(',');
      out.push_back(trimmed(line.substr(0, comma)));
      if (comma == line.npos) break;
      line.remove_prefix(comma + 1);
    }
  }
  return out;
}

}  // namespace

std::string_view words_of(Misread why) {
  switch (why) {
    case Misread::no_tail: return "no CMID, time, three numbers and activation id in a row";
    case Misread::no_head: return "no result and threshold before the name";
    case Misread::no_threshold: return "the threshold is not within 1 .. 5000";
    case Misread::few_fields: return "fewer fields than documented";
    case Misread::bad_field: return "a field is no number where one belongs";
  }
  return "";
}

std::optional<std::uint32_t> read_code(std::string_view text) {
  text = trimmed(text);
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  std::int64_t out = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, out, hexadecimal ? 16 : 10);
  if (error != std::errc() || rest != end || out < INT32_MIN || out > UINT32_MAX) {
    return std::nullopt;
  }
  if (hexadecimal && out < 0) return std::nullopt;
  return static_cast<std::uint32_t>(out);
}

std::optional<Instant> read_client_time(std::string_view text) {
  const auto date = LocalDate::parse(trimmed(text));
  if (!date) return std::nullopt;
  for (const auto order : {DateOrder::year_first, DateOrder::month_first, DateOrder::day_first}) {
    if (const auto time = date->in(order)) return time;
  }
  return std::nullopt;
}

std::expected<ServedRequest, Misread> read_served(Strings data, std::string& scratch) {
  if (data.size() >= 10) {
    if (const auto out = read_fields(data.subspan(1, 9))) return checked(*out);
  }
  if (data.size() == 9) {
    if (const auto out = read_fields(data)) return checked(*out);
  }
  std::string_view line;
  if (data.size() == 1) {
    line = data[0];
  } else {
    scratch.clear();
    for (const auto text : data) {
      if (&text != data.data()) scratch += ',';
      scratch += text;
    }
    line = scratch;
  }
  // A name may be 10 KB long, but no line is a book: what stands in the middle is not looked at.
  ServedRequest out;
  std::size_t tail_from = 0;
  if (line.size() > kLongestLine) tail_from = line.size() - kLongestLine;
  const auto tail = find_tail(line.substr(tail_from), out);
  if (!tail) return std::unexpected(Misread::no_tail);
  const auto head = line.substr(0, tail_from + *tail);
  std::size_t name_at = 0;
  if (!read_head(std::string(head) + ",", out, name_at)) {
    return std::unexpected(Misread::no_head);
  }
  out.name = name_at < head.size() ? trimmed(head.substr(name_at)) : std::string_view();
  return checked(out);
}

std::expected<ClientAsk, Misread> read_ask(Strings data) {
  const auto fields = fields_of(data);
  if (fields.size() < 9) return std::unexpected(Misread::few_fields);
  const auto hresult = read_code(fields[0]);
  if (!hresult) return std::unexpected(Misread::bad_field);
  ClientAsk out{.hresult = *hresult};
  out.host = fields[2].substr(0, fields[2].find(':'));
  out.cmid = read_guid(fields[3]);
  if (fields.size() > 9) out.threshold = read_number(fields[9]);
  return out;
}

std::expected<ClientAnswer, Misread> read_answer(Strings data) {
  const auto fields = fields_of(data);
  if (fields.size() < 8) return std::unexpected(Misread::few_fields);
  const auto hresult = read_code(fields[0]);
  const auto activated = read_number(fields[2]);
  const auto count = read_number(fields[4]);
  const auto activation = read_number(fields[5]);
  const auto renewal = read_number(fields[6]);
  if (!hresult || !activated || !count || !activation || !renewal) {
    return std::unexpected(Misread::bad_field);
  }
  return ClientAnswer{.hresult = *hresult,
                      .activated = *activated != 0,
                      .count = *count,
                      .activation_interval = *activation,
                      .renewal_interval = *renewal};
}

}  // namespace muster::analyser
