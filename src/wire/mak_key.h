// The text of a multiple activation key, and its two hashes.
//   key     25 characters in groups of five, of the 31 of 23456789ABCDEFGHJKMNPQRSTUVWXYZ: 24 are
//           random (118 bits), the last makes (1 c1 + 2 c2 + ... + 25 c25) mod 31 = 0, where c is
//           a character's place in the alphabet. 31 is a prime, so every wrong character and every
//           two characters that have changed places are found.
//   secret  SHA-256("muster-mak-secret-1" | vendor id | the 25 characters): what a machine shows,
//           so that the key itself never leaves it
//   hash    SHA-256("muster-mak-hash-1" | secret): what the vendor signs and a host keeps, from
//           which nobody makes a secret
// 118 random bits need no slow hash: there is nothing to guess from.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"

namespace muster::wire {

inline constexpr std::string_view kMakAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
inline constexpr std::size_t kMakEnd = 5;  // characters of a key that may be shown

class MakKey {
 public:
  [[nodiscard]] static MakKey random(Random& random);
  // In either case, with a dash between groups or without any, with blanks around it. mak_mistyped
  // with what is wrong, and never with the key.
  [[nodiscard]] static Expected<MakKey> parse(std::string_view text);

  // "XXXXX-XXXXX-XXXXX-XXXXX-XXXXX": whole, for the file or terminal that the vendor names.
  [[nodiscard]] std::string text() const;
  // Its last group, the most that is ever shown.
  [[nodiscard]] std::string end() const;
  [[nodiscard]] Bytes32 secret(std::string_view vendor_id) const;
  friend bool operator==(const MakKey&, const MakKey&) = default;

 private:
  MakKey() = default;

  std::array<char, 25> characters_{};
};

[[nodiscard]] Bytes32 mak_hash(const Bytes32& secret);
// "*****-*****-*****-*****-XXXXX" of a key's end.
[[nodiscard]] std::string masked_mak(std::string_view end);
// kMakEnd characters of the alphabet.
[[nodiscard]] bool valid_mak_end(std::string_view text);

}  // namespace muster::wire
