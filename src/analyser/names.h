// Names that machines gave themselves, each kept once and known by a number.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/siphash.h"

namespace muster::analyser {

// Letters of ASCII in lower case: DESK-1 and desk-1 are one. Longer names are cut at kLongest
// bytes.
class Names {
 public:
  static constexpr std::size_t kLongest = 255;

  // The form in which a name is known.
  static void assign_form(std::string& out, std::string_view name);

  std::uint32_t add(std::string_view name);
  // The number of a name that was added before.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view name) const;
  [[nodiscard]] std::string_view text(std::uint32_t name) const { return texts_[name]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }

 private:
  std::deque<std::string> texts_;  // stable places
  std::map<std::string_view, std::uint32_t> numbers_;
  std::string scratch_;
  std::uint32_t last_ = UINT32_MAX;
};

// CMIDs and activation ids, likewise. A stranger chooses them, so their places are keyed.
class Ids {
 public:
  explicit Ids(const Bytes16& hash_key) : numbers_(0, Hash{hash_key}) {}

  std::uint32_t add(const Cmid& id);
  [[nodiscard]] std::optional<std::uint32_t> find(const Cmid& id) const;
  [[nodiscard]] const Cmid& id(std::uint32_t number) const { return ids_[number]; }
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(ids_.size()); }

 private:
  struct Hash {
    Bytes16 key;
    std::size_t operator()(const Bytes16& value) const { return siphash(key, value); }
  };
  std::vector<Cmid> ids_;
  std::unordered_map<Bytes16, std::uint32_t, Hash> numbers_;
};

// A number for each name, the same for those of one machine: a short name that is the begin of
// exactly one full name (wkstn63, wkstn63.contoso.com) is that one; of several, it is its own.
[[nodiscard]] std::vector<std::uint32_t> taken_together(const Names& names);

}  // namespace muster::analyser
