// Both are lines "NAME: VALUE", in this order, behind a first line that says which it is. The last
// is `check`: base64url of the first 16 bytes of SHA-256 over all lines before it, each with one
// LF. Names that are not known are ignored, a name twice is refused, and so is a line behind it.
//   muster mak request 1
//   product: id                  vendor: thumbprint
//   key: base64url of 32 bytes, the key's secret      key_ends: its last five characters
//   cmid: UUID                   nonce: base64url of 16 bytes
//   fact KIND: base64url of 16 bytes, 1 to 8 times    time: RFC 3339
//   name: text, may be absent    check
//
//   muster mak answer 1
//   product: id                  cmid: UUID               nonce: the request's
//   activated: true or false     place, limit, used: numbers, may be absent
//   error, title, hint: of a refusal                      time: RFC 3339
//   activation: JWS, where activated                      check
#include "wire/mak_file.h"

#include <fmt/format.h>

#include <vector>

#include "base/ascii.h"
#include "base/digest.h"

namespace muster::wire {
namespace {

constexpr std::string_view kRequest = "muster mak request 1";
constexpr std::string_view kAnswer = "muster mak answer 1";
constexpr std::string_view kFact = "fact ";
constexpr std::size_t kLinesMost = 64;
constexpr std::size_t kTextMost = 1024;

// A copy may lose or gain blanks at a line's end.
std::string_view without_end(std::string_view line) {
  while (line.ends_with('\r') || line.ends_with(' ') || line.ends_with('\t')) {
    line.remove_suffix(1);
  }
  return line;
}

Bytes16 check_of(std::string_view lines) { return first16(sha256(as_bytes(lines))); }

class Lines {
 public:
  explicit Lines(std::string_view first) { out_ = fmt::format("{}\n", first); }
  Lines& add(std::string_view name, std::string_view value) {
    value = without_end(value);
    out_ += fmt::format("{}:{}{}\n", name, value.empty() ? "" : " ", value);
    return *this;
  }
  Lines& maybe(std::string_view name, std::optional<std::uint32_t> value) {
    return value ? add(name, std::to_string(*value)) : *this;
  }
  [[nodiscard]] std::string text() {
    const auto check = base64url(check_of(out_));
    return add("check", check).out_;
  }

 private:
  std::string out_;
};

// The lines of a file, whose checksum fits. The first thing that is wrong is kept.
class Reader {
 public:
  Reader(std::string_view text, std::string_view first) {
    if (text.size() > kMakFileMost) {
      wrong("the file is too large");
      return;
    }
    std::string before;  // as the checksum takes it
    while (!text.empty()) {
      const auto end = std::min(text.find('\n'), text.size());
      const auto line = without_end(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.empty() && (before.empty() || checked_)) continue;  // around the file
      if (!take(line, first, before)) return;
    }
    if (!checked_) wrong("the line 'check' is missing");
  }

  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::string_view text(std::string_view name) {
    const auto* value = find(name);
    if (value == nullptr) wrong(fmt::format("the line '{}' is missing", name));
    return value != nullptr ? *value : std::string_view();
  }
  // What `read` makes of the value; its default where that is nothing.
  template <class Read>
  [[nodiscard]] auto value(std::string_view name, const Read& read) {
    const auto got = read(text(name));
    if (!got) wrong(fmt::format("{}: not of its form", name));
    return got ? *got : typename std::decay_t<decltype(got)>::value_type{};
  }
  [[nodiscard]] const std::vector<std::pair<std::string_view, std::string_view>>& all() const {
    return lines_;
  }
  void wrong(std::string what) {
    if (!error_) error_ = Error{ErrorCode::document_malformed, std::move(what)};
  }
  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] std::unexpected<Error> failure() const { return std::unexpected(*error_); }

 private:
  bool take(std::string_view line, std::string_view first, std::string& before) {
    if (before.empty()) {
      if (line != first) wrong(fmt::format("the first line is not '{}'", first));
    } else if (checked_) {
      wrong("something stands behind the line 'check'");
    } else {
      const auto colon = line.find(':');
      if (colon == line.npos || lines_.size() >= kLinesMost) {
        wrong(fmt::format("line {} is not 'NAME: VALUE'", lines_.size() + 2));
        return false;
      }
      const auto name = line.substr(0, colon);
      if (has(name)) wrong("a line stands there twice");
      auto value = line.substr(colon + 1);
      if (value.starts_with(' ')) value.remove_prefix(1);
      lines_.emplace_back(name, value);
      checked_ = name == "check";
      const auto check = array_from_base64url<16>(lines_.back().second);
      if (checked_ && (!check || *check != check_of(before))) {
        wrong("the checksum does not fit: the file was changed on its way");
      }
    }
    before.append(line).push_back('\n');
    return ok();
  }
  [[nodiscard]] const std::string_view* find(std::string_view name) const {
    for (const auto& [key, value] : lines_) {
      if (key == name) return &value;
    }
    return nullptr;
  }

  std::vector<std::pair<std::string_view, std::string_view>> lines_;
  bool checked_ = false;
  std::optional<Error> error_;
};

std::optional<std::string> as_id(std::string_view text) {
  return valid_id(text) ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> as_thumbprint(std::string_view text) {
  return array_from_base64url<32>(text) ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::uint32_t> as_number(std::string_view text) {
  return whole_number<std::uint32_t>(text);
}

std::optional<bool> as_truth(std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  return std::nullopt;
}

std::optional<std::string> as_text(std::string_view text) {
  return valid_text(text, kTextMost) ? std::optional(std::string(text)) : std::nullopt;
}

Facts read_facts(Reader& lines) {
  Facts out;
  for (const auto& [name, value] : lines.all()) {
    if (!name.starts_with(kFact)) continue;
    const auto bytes = array_from_base64url<16>(value);
    if (!bytes || !out.add(std::string(name.substr(kFact.size())), *bytes)) {
      lines.wrong("a fact is not of its form");
    }
  }
  if (out.empty()) lines.wrong("no fact is there");
  return out;
}

}  // namespace

std::string encode_mak_request_file(const MakRequest& request, std::string_view key_end) {
  Lines out(kRequest);
  out.add("product", request.product);
  if (request.vendor) out.add("vendor", *request.vendor);
  out.add("key", base64url(request.secret)).add("key_ends", key_end);
  out.add("cmid", request.cmid.text()).add("nonce", base64url(request.nonce));
  for (const auto& fact : request.facts) {
    out.add(fmt::format("{}{}", kFact, fact.kind), base64url(fact.value));
  }
  out.add("time", format_time(request.time));
  if (!request.name.empty()) out.add("name", request.name);
  return out.text();
}

Expected<MakRequest> read_mak_request_file(std::string_view text) {
  Reader lines(text, kRequest);
  if (!lines.ok()) return lines.failure();
  MakRequest out;
  out.product = lines.value("product", as_id);
  if (lines.has("vendor")) out.vendor = lines.value("vendor", as_thumbprint);
  out.secret = lines.value("key", array_from_base64url<32>);
  out.cmid = lines.value("cmid", Cmid::parse);
  out.nonce = lines.value("nonce", array_from_base64url<16>);
  out.facts = read_facts(lines);
  out.time = lines.value("time", parse_time);
  if (lines.has("name")) out.name = lines.value("name", as_text);
  if (out.name.size() > 255) lines.wrong("name: at most 255 bytes expected");
  if (!lines.ok()) return lines.failure();
  return out;
}

std::string encode_mak_answer_file(const MakRequest& request, const MakAnswer& answer) {
  Lines out(kAnswer);
  out.add("product", request.product).add("cmid", request.cmid.text());
  out.add("nonce", base64url(request.nonce));
  out.add("activated", answer.activated ? "true" : "false");
  out.maybe("place", answer.place).maybe("limit", answer.limit).maybe("used", answer.used);
  if (answer.error) {
    const auto& row = entry(*answer.error);
    const std::string_view hint = answer.vendor_hint;
    out.add("error", row.name).add("title", row.title);
    out.add("hint", hint.empty() ? row.hint : hint);
  } else if (!answer.activated) {
    // A newer host's code that this version does not know.
    out.add("error", answer.error_name).add("title", answer.error_title);
    out.add("hint", answer.error_hint);
  }
  out.add("time", format_time(answer.time));
  if (answer.activation) out.add("activation", *answer.activation);
  return out.text();
}

bool is_mak_answer_file(std::string_view text) { return text.starts_with(kAnswer); }

Expected<MakAnswerFile> read_mak_answer_file(std::string_view text) {
  Reader lines(text, kAnswer);
  if (!lines.ok()) return lines.failure();
  MakAnswerFile out;
  out.product = lines.value("product", as_id);
  out.cmid = lines.value("cmid", Cmid::parse);
  out.nonce = lines.value("nonce", array_from_base64url<16>);
  auto& answer = out.answer;
  answer.activated = lines.value("activated", as_truth);
  if (lines.has("place")) answer.place = lines.value("place", as_number);
  if (lines.has("limit")) answer.limit = lines.value("limit", as_number);
  if (lines.has("used")) answer.used = lines.value("used", as_number);
  answer.time = lines.value("time", parse_time);
  if (answer.activated) {
    answer.activation = std::string(lines.text("activation"));
  } else {
    answer.error_name = lines.value("error", as_text);
    answer.error_title = lines.value("title", as_text);
    answer.error_hint = lines.value("hint", as_text);
    answer.error = error_code(answer.error_name);
    if (answer.error_name.empty()) lines.wrong("error: a code expected");
  }
  if (!lines.ok()) return lines.failure();
  return out;
}

}  // namespace muster::wire
