// Values for PostgreSQL in its binary form: what a statement is given, one value or one array (a
// column of rows, for unnest) at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::store::pg {

// The types that are used: int8, text, bytea, uuid, bool.
enum class PgType : std::uint8_t { number, text, bytes, uuid, truth };

// One array. Not thread-safe, as everything here.
class Column {
 public:
  explicit Column(PgType type) : type_(type) {}
  // REQUIRES of each: the column is of that type.
  void number(std::int64_t value);
  void time(Instant value) { number(value.time_since_epoch().count()); }  // seconds since 1970
  void bytes(ByteView value);  // also a text's and a uuid's
  void text(std::string_view value) { bytes(as_bytes(value)); }
  void truth(bool value);
  void null();
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  friend class Arguments;
  PgType type_;
  std::int32_t size_ = 0;
  bool has_null_ = false;
  std::string items_;
};

// The values of $1, $2, ... in this order.
class Arguments {
 public:
  Arguments& number(std::int64_t value);
  Arguments& time(Instant value) { return number(value.time_since_epoch().count()); }
  Arguments& text(std::string_view value) { return add(PgType::text, value); }
  Arguments& bytes(ByteView value) { return add(PgType::bytes, as_text(value)); }
  Arguments& uuid(const Bytes16& value) { return add(PgType::uuid, as_text(value)); }
  Arguments& truth(bool value);
  Arguments& column(const Column& column);

  // As libpq takes them.
  [[nodiscard]] const std::vector<unsigned>& types() const { return types_; }
  [[nodiscard]] const std::vector<std::string>& values() const { return values_; }

 private:
  Arguments& add(PgType type, std::string_view value);
  std::vector<unsigned> types_;
  std::vector<std::string> values_;
};

}  // namespace muster::store::pg
