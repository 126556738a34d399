#include "wire/mak_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"

namespace muster::wire {
namespace {

constexpr std::size_t kCharacters = 25;
constexpr std::size_t kGroup = 5;
constexpr std::size_t kBase = kMakAlphabet.size();
static_assert(kBase == 31, "a prime: each weight has an inverse");

std::size_t weighted_sum(const std::array<char, kCharacters>& characters) {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < kCharacters; ++i) {
    sum += (i + 1) * kMakAlphabet.find(characters.at(i));
  }
  return sum % kBase;
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

MakKey MakKey::random(Random& random) {
  MakKey out;
  for (auto& c : out.characters_) c = kMakAlphabet[random.below(kBase)];
  // Of the 31 last characters exactly one gives 0.
  auto& last = out.characters_.back();
  for (const char c : kMakAlphabet) {
    last = c;
    if (weighted_sum(out.characters_) == 0) break;
  }
  return out;
}

Expected<MakKey> MakKey::parse(std::string_view text) {
  text = without_blanks(text);
  const bool dashes = text.find('-') != text.npos;
  constexpr std::size_t kWithDashes = kCharacters + kCharacters / kGroup - 1;
  const auto size = dashes ? kWithDashes : kCharacters;
  if (text.size() != size) {
    return fail(ErrorCode::mak_mistyped,
                fmt::format("{} characters, and {} in groups of five are expected", text.size(),
                            kCharacters));
  }
  MakKey out;
  for (std::size_t i = 0, at = 0; i < text.size(); ++i) {
    if (dashes && i % (kGroup + 1) == kGroup) {
      if (text[i] != '-') {
        return fail(ErrorCode::mak_mistyped, fmt::format("character {} is no dash", i + 1));
      }
      continue;
    }
    const char c = upper(text[i]);
    if (kMakAlphabet.find(c) == kMakAlphabet.npos) {
      return fail(ErrorCode::mak_mistyped,
                  fmt::format("character {} is none that a key has", i + 1));
    }
    out.characters_.at(at++) = c;
  }
  if (weighted_sum(out.characters_) == 0) return out;
  return fail(ErrorCode::mak_mistyped, "a character is wrong, or two have changed places");
}

std::string MakKey::text() const {
  std::string out;
  for (std::size_t i = 0; i < kCharacters; ++i) {
    if (i > 0 && i % kGroup == 0) out.push_back('-');
    out.push_back(characters_.at(i));
  }
  return out;
}

std::string MakKey::end() const { return {characters_.end() - kMakEnd, characters_.end()}; }

Bytes32 MakKey::secret(std::string_view vendor_id) const {
  return Sha256()
      .add(as_bytes("muster-mak-secret-1"))
      .add(as_bytes(vendor_id))
      .add(as_bytes({characters_.data(), characters_.size()}))
      .digest();
}

Bytes32 mak_hash(const Bytes32& secret) {
  return Sha256().add(as_bytes("muster-mak-hash-1")).add(secret).digest();
}

std::string masked_mak(std::string_view end) {
  return fmt::format("*****-*****-*****-*****-{}", end);
}

bool valid_mak_end(std::string_view text) {
  return text.size() == kMakEnd &&
         std::ranges::all_of(text, [](char c) { return kMakAlphabet.contains(c); });
}

}  // namespace muster::wire
