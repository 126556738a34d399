#include "analyser/mask.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/shown.h"

namespace muster::analyser {
namespace {

constexpr std::string_view kMask = "*****";
constexpr std::size_t kGroup = 5, kGroups = 5;
constexpr std::size_t kWholeKey = kGroup * kGroups + kGroups - 1;
constexpr std::size_t kLongestShape = 400;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Product keys have no vowels but N's neighbours, and no digit that looks like a letter.
bool is_of_a_key(char c) {
  constexpr std::string_view kAlphabet = "BCDFGHJKMNPQRTVWXY2346789";
  return kAlphabet.find(c) != kAlphabet.npos;
}

bool is_group(std::string_view text) {
  return text.size() >= kGroup && std::ranges::all_of(text.substr(0, kGroup), is_of_a_key);
}

bool is_whole_key(std::string_view text) {
  if (text.size() < kWholeKey) return false;
  for (std::size_t group = 0; group < kGroups; ++group) {
    const auto at = group * (kGroup + 1);
    if (!is_group(text.substr(at)) || (group + 1 < kGroups && text[at + kGroup] != '-')) {
      return false;
    }
  }
  return text.size() == kWholeKey || !is_alphanumeric(text[kWholeKey]);
}

// Whether what stands before ends in "key", and then "=", ":" or blanks.
bool follows_key(std::string_view before) {
  const auto end = before.find_last_not_of(" =:\t\"'");
  if (end == before.npos || end + 1 == before.size() || end < 2) return false;
  const auto word = before.substr(end - 2, 3);
  return (word[0] | 0x20) == 'k' && (word[1] | 0x20) == 'e' && (word[2] | 0x20) == 'y';
}

}  // namespace

void append_without_keys(std::string& out, std::string_view text, std::uint32_t event_id) {
  if (event_id >= 12288 && event_id <= 12294) {
    out += text;
    return;
  }
  constexpr std::uint32_t kHoldsPart = 8230;
  // Nothing of the kind, as nearly always.
  if (event_id != kHoldsPart && text.find('-') == text.npos && text.find("ey") == text.npos &&
      text.find("EY") == text.npos) {
    out += text;
    return;
  }
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = at == 0 || !is_alphanumeric(text[at - 1]);
    const auto rest = text.substr(at);
    if (begins && is_whole_key(rest)) {
      out += kMask;
      at += kWholeKey;
      continue;
    }
    const bool alone =
        begins && is_group(rest) && (rest.size() == kGroup || !is_alphanumeric(rest[kGroup]));
    if (alone && (event_id == kHoldsPart || follows_key(text.substr(0, at)))) {
      out += kMask;
      at += kGroup;
      continue;
    }
    out += text[at++];
  }
}

std::string shape_of(std::string_view text) {
  std::string out;
  char last = '\0';
  std::size_t run = 0;
  const auto end_run = [&] {
    constexpr std::size_t kShown = 3;
    out.append(std::min(run, kShown), last);
    if (run > kShown) out += fmt::format("{{{}}}", run);
    run = 0;
  };
  for (std::size_t at = 0; at < text.size() && out.size() < kLongestShape;) {
    if (text.substr(at).starts_with("0x")) {
      end_run();
      out += "0x";
      last = '\0';
      at += 2;
      continue;
    }
    const auto [code, size] = first_character(text.substr(at));
    char c = 'u';
    if (code < 0x80) {
      c = static_cast<char>(code);
      if (c >= '0' && c <= '9') c = '9';
      if (c >= 'a' && c <= 'z') c = 'a';
      if (c >= 'A' && c <= 'Z') c = 'A';
      if (is_hidden(code)) c = '?';
    }
    if (c != last) end_run();
    last = c;
    ++run;
    at += size;
  }
  end_run();
  if (out.size() > kLongestShape) out = out.substr(0, kLongestShape) + "...";
  return out;
}

}  // namespace muster::analyser
