// The names of things: CMID, product and group ids, the vendor's id.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace muster {

// Client machine id: any UUID but the nil one, read in either case, written in lower case.
struct Cmid {
  Bytes16 bytes{};

  // "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10"; nothing for another form, braces, or the nil UUID.
  [[nodiscard]] static std::optional<Cmid> parse(std::string_view text);
  // A new random one (version 4).
  [[nodiscard]] static Cmid random(Random& random);
  [[nodiscard]] std::string text() const;
  void append_to(std::string& out) const;
  friend auto operator<=>(const Cmid&, const Cmid&) = default;
};

// A product or group id: [a-z0-9][a-z0-9-]{0,62}.
[[nodiscard]] bool valid_id(std::string_view text);

// UTF-8 without control characters (C0, DEL, C1), at most `most` bytes.
[[nodiscard]] bool valid_text(std::string_view text, std::size_t most);

// A vendor is known by the RFC 7638 thumbprint of its first root key, base64url, 43 characters. Two
// vendors may use the same product and group ids on one host, so both are always said together.
struct ProductKey {
  std::string vendor;
  std::string product;
  friend auto operator<=>(const ProductKey&, const ProductKey&) = default;
};
struct GroupKey {
  std::string vendor;
  std::string group;
  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};
// A multiple activation key by its id, which names it wherever the key itself must not stand.
struct MakId {
  std::string vendor;
  std::string id;
  friend auto operator<=>(const MakId&, const MakId&) = default;
};

}  // namespace muster
