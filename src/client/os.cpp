#include "client/os.h"

#include <algorithm>
#include <array>

#include "base/ids.h"

namespace muster::client {
namespace {

// Of boards whose makers never set one; each is on thousands of machines.
constexpr std::array<std::string_view, 6> kJunkUuids = {
    "03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009",
    "03020100-0504-0706-0809-0a0b0c0d0e0f", "12345678-1234-5678-90ab-cddeefaabbcc",
    "fefefefe-fefe-fefe-fefe-fefefefefefe", "4c4c4544-0000-2010-8020-80c04f202020"};

bool one_digit(std::string_view text) {
  char first = 0;
  for (const char c : text) {
    if (c == '-') continue;
    if (first == 0) first = c;
    if (c != first) return false;
  }
  return true;
}

bool hexadecimal(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

bool started_anew(const Boot& before, const Boot& now) {
  const auto differ = [](const std::string& a, const std::string& b) {
    return !a.empty() && !b.empty() && a != b;
  };
  return differ(before.id, now.id) || differ(before.init, now.init);
}

bool junk_fact(std::string_view kind, std::string_view value) {
  if (value.empty() || one_digit(value)) return true;
  if (kind == "product_uuid") {
    const auto uuid = Cmid::parse(value);
    return !uuid || std::ranges::find(kJunkUuids, uuid->text()) != kJunkUuids.end();
  }
  if (kind == "machine_id") return value.size() != 32 || !hexadecimal(value);
  return false;
}

}  // namespace muster::client
