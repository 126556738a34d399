// A key's file, as BIND has it in its configuration:
//   file      = statement                       ; blanks, line ends and comments between words
//   statement = "key" name "{" (algorithm | secret)* "}" ";"      ; each exactly once
//   algorithm = "algorithm" "hmac-sha256" ";"
//   secret    = "secret" text ";"
//   name, text = a word, or quoted "..." ; no quote and no line end in it
//   comment   = "//" or "#" to the line's end, "/*" to "*/"
#include "publish/tsig_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/bytes.h"
#include "publish/record.h"

namespace muster::publish {
namespace {

constexpr std::string_view kAlgorithm = "hmac-sha256";
constexpr std::size_t kSecretLeast = 16;  // bytes; tsig-keygen makes 32

class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  // The next word; empty: nothing is left, or a quote that does not end.
  std::string_view next() {
    skip();
    if (rest_.empty()) return {};
    if (rest_.front() == '"') {
      const auto end = rest_.find_first_of("\"\n", 1);
      if (end == rest_.npos || rest_[end] == '\n') return {};
      return take(end + 1).substr(1, end - 1);
    }
    if (kMarks.find(rest_.front()) != kMarks.npos) return take(1);
    return take(std::min(rest_.find_first_of(" \t\r\n\"{};"), rest_.size()));
  }
  [[nodiscard]] bool at_end() {
    skip();
    return rest_.empty();
  }
  [[nodiscard]] int line() const { return line_; }

 private:
  static constexpr std::string_view kMarks = "{};";

  std::string_view take(std::size_t count) {
    const auto out = rest_.substr(0, count);
    line_ += static_cast<int>(std::ranges::count(out, '\n'));
    rest_.remove_prefix(count);
    return out;
  }
  void skip() {
    for (;;) {
      take(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
      if (rest_.starts_with("//") || rest_.starts_with('#')) {
        take(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*")) {
        const auto end = rest_.find("*/", 2);
        take(end == rest_.npos ? rest_.size() : end + 2);
      } else {
        return;
      }
    }
  }

  std::string_view rest_;
  int line_ = 1;
};

bool is_secret(std::string_view text) {
  auto plain = std::string(text.substr(0, text.find('=')));
  if (text.size() % 4 != 0 || text.find_first_of("-_") != text.npos) return false;
  if (text.find_first_not_of('=', plain.size()) != text.npos) return false;
  if (text.size() - plain.size() > 2) return false;
  for (auto& c : plain) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const auto bytes = from_base64url(plain);
  return bytes && bytes->size() >= kSecretLeast;
}

}  // namespace

Expected<TsigKey> parse_tsig_key(std::string_view text) {
  Words words(text);
  // Never what stands there instead: it may be the secret.
  const auto expected = [&](std::string_view what) {
    return fail(ErrorCode::config_invalid,
                fmt::format("line {}: {} expected; `tsig-keygen NAME` writes such a file",
                            words.line(), what));
  };
  TsigKey out;
  bool algorithm = false;
  if (words.next() != "key") return expected("'key \"NAME\" {'");
  out.name = words.next();
  if (out.name.ends_with('.')) out.name.pop_back();
  if (!is_domain_name(out.name)) return expected("the key's name, such as muster-update,");
  if (words.next() != "{") return expected("'{'");
  for (auto word = words.next(); word != "}"; word = words.next()) {
    if (word == "algorithm" && !algorithm) {
      if (lower(words.next()) != kAlgorithm)
        return expected("hmac-sha256, and no other algorithm,");
      algorithm = true;
    } else if (word == "secret" && out.secret.empty()) {
      const auto secret = words.next();
      if (!is_secret(secret)) return expected("a secret of at least 16 bytes in base64");
      out.secret = secret;
    } else {
      return expected("'algorithm' and 'secret', each once, and '}'");
    }
    if (words.next() != ";") return expected("';'");
  }
  if (!algorithm || out.secret.empty()) return expected("both 'algorithm' and 'secret'");
  if (words.next() != ";") return expected("';'");
  if (!words.at_end()) return expected("nothing behind the first key");
  return out;
}

}  // namespace muster::publish
