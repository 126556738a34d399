// Strict JSON reading into a flat tree, and appending writers. One way of reading for every
// document, body and line: UTF-8, nothing after the value, depth at most 16, no member twice in one
// object at any depth. Boost.JSON's parser does the syntax and stays inside json.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"

namespace muster::wire::json {

inline constexpr std::size_t kDepthMost = 16;

enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

// One value. `number` is what is no 64-bit signed integer; its `text` is the number as it was
// written.
struct Value {
  Kind kind = Kind::null;
  bool truth = false;
  std::uint32_t first = 0, next = 0;  // index of the first child, of the next sibling; 0: none
  std::int64_t integer = 0;
  std::string_view key;   // of a member: unescaped
  std::string_view text;  // of a string: unescaped; of a number: as written
};

// A parsed text. Views point into it and into the text that was parsed, which must outlive its use.
// Parsing again reuses its memory.
class Tree {
 public:
  Tree();
  Tree(Tree&&) noexcept;
  Tree& operator=(Tree&&) noexcept;
  ~Tree();

  // document_malformed or repeated_member, with what and where. `most` bounds the text's size.
  [[nodiscard]] Expected<void> parse(std::string_view text, std::size_t most);

  [[nodiscard]] const Value& root() const;
  // The children of an array or object, one after the other; null at the end.
  [[nodiscard]] const Value* first(const Value& parent) const;
  [[nodiscard]] const Value* next(const Value& value) const;
  [[nodiscard]] const Value* find(const Value& object, std::string_view name) const;
  // The value again as JSON: no spaces, members in their order, numbers as they were written.
  void append(std::string& out, const Value& value) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Reads the members of one object. The first failure is kept and everything after it gives an empty
// value, so that a document is read straight down and asked once: `if (!claims.ok()) return
// claims.failure();`. Strings that are kept are text without control characters.
class Claims {
 public:
  // Where `object` is no object, the failure is there at once. `code` is what every failure says.
  Claims(const Tree& tree, const Value& object, ErrorCode code);

  [[nodiscard]] bool has(std::string_view name);  // there, and not null
  [[nodiscard]] std::string text(std::string_view name, std::size_t most);
  [[nodiscard]] std::string nonempty(std::string_view name, std::size_t most);
  [[nodiscard]] std::string id(std::string_view name);          // valid_id
  [[nodiscard]] std::string thumbprint(std::string_view name);  // 43 characters of base64url
  [[nodiscard]] Cmid cmid(std::string_view name);
  [[nodiscard]] bool truth(std::string_view name);
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most);
  [[nodiscard]] std::uint32_t count(std::string_view name) {
    return static_cast<std::uint32_t>(number(name, 0, UINT32_MAX));
  }
  [[nodiscard]] std::uint64_t place(std::string_view name) {
    return static_cast<std::uint64_t>(number(name, 0, INT64_MAX));
  }
  [[nodiscard]] minutes duration(std::string_view name);      // minutes, at most 100 years
  [[nodiscard]] Instant numeric_date(std::string_view name);  // RFC 7519 NumericDate, whole seconds
  [[nodiscard]] Instant time(std::string_view name);          // RFC 3339
  template <std::size_t N>
  [[nodiscard]] std::array<std::uint8_t, N> bytes(std::string_view name) {
    std::array<std::uint8_t, N> out{};
    const Value* value = member(name, Kind::string);
    if (value == nullptr) return out;
    if (const auto got = array_from_base64url<N>(value->text)) return *got;
    refuse(name, "base64url of " + std::to_string(N) + " bytes expected");
    return out;
  }
  [[nodiscard]] std::string object_text(
      std::string_view name);  // an object, as Tree::append gives it
  [[nodiscard]] const Value* member(std::string_view name, Kind kind);
  [[nodiscard]] Claims object(std::string_view name);  // its failures are seen here by take()
  void take(Claims& inner);                            // keeps the failure of an inner object

  // Says what is wrong with a member, unless something was wrong before.
  void refuse(std::string_view name, std::string_view expected);
  [[nodiscard]] bool ok() const { return !error_; }
  [[nodiscard]] std::unexpected<Error> failure() const { return std::unexpected(*error_); }

 private:
  const Tree& tree_;
  const Value* object_;
  ErrorCode code_;
  std::string path_;
  std::optional<Error> error_;
};

// Appends a JSON string with its quotes; `text` must be UTF-8.
void append_string(std::string& out, std::string_view text);
void append_number(std::string& out, std::int64_t number);

// Appends one object, member by member, in the order of the calls.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& text(std::string_view name, std::string_view value) {
    append_string(key(name), value);
    return *this;
  }
  Writer& number(std::string_view name, std::int64_t value) {
    append_number(key(name), value);
    return *this;
  }
  Writer& truth(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Writer& null(std::string_view name) { return raw(name, "null"); }
  Writer& duration(std::string_view name, minutes value) { return number(name, value.count()); }
  Writer& date(std::string_view name, Instant value) {
    return number(name, value.time_since_epoch().count());
  }
  // What needs no escaping: an id, a thumbprint, a UUID.
  Writer& plain(std::string_view name, std::string_view value) {
    put({next(), name, "\":\"", value, "\""});
    return *this;
  }
  Writer& time(std::string_view name, Instant value) {
    append_time(open(name), value);
    return close();
  }
  Writer& cmid(std::string_view name, const Cmid& value) {
    value.append_to(open(name));
    return close();
  }
  Writer& bytes(std::string_view name, ByteView value) {
    append_base64url(open(name), value);
    return close();
  }
  // JSON as it is.
  Writer& raw(std::string_view name, std::string_view value) {
    put({next(), name, "\":", value});
    return *this;
  }
  // Writes the name; the value is appended to the string by the caller.
  std::string& key(std::string_view name) {
    put({next(), name, "\":"});
    return out_;
  }
  void end() { out_.append(first_ ? "{}" : "}"); }

 private:
  std::string_view next() { return std::exchange(first_, false) ? "{\"" : ",\""; }
  std::string& open(std::string_view name) {
    put({next(), name, "\":\""});
    return out_;
  }
  Writer& close() {
    out_.push_back('"');
    return *this;
  }
  void put(std::initializer_list<std::string_view> pieces) {
    std::size_t size = out_.size();
    for (const auto piece : pieces) size += piece.size();
    out_.resize_and_overwrite(size, [&, at = out_.size()](char* to, std::size_t) mutable {
      for (const auto piece : pieces) at += piece.copy(to + at, piece.size());
      return at;
    });
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace muster::wire::json
