// The binary forms are those of PostgreSQL's send and receive functions: numbers are big-endian; an
// array is (dimensions, has null, element type, length, first index) and its items, each with its
// length before it.
#include "store/postgres/arguments.h"

#include <array>

namespace muster::store::pg {
namespace {

// Object ids of the types and of their arrays (PostgreSQL's pg_type.dat), which never change.
struct TypeIds {
  unsigned one, array;
};
constexpr std::array<TypeIds, 5> kTypes{
    {{20, 1016}, {25, 1009}, {17, 1001}, {2950, 2951}, {16, 1000}}};

const TypeIds& ids(PgType type) { return kTypes.at(static_cast<std::size_t>(type)); }

template <class Number>
void append_big_endian(std::string& out, Number value) {
  for (std::size_t byte = sizeof value; byte > 0; --byte) {
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * (byte - 1))));
  }
}

}  // namespace

void Column::number(std::int64_t value) {
  append_big_endian(items_, std::int32_t{8});
  append_big_endian(items_, value);
  ++size_;
}

void Column::bytes(ByteView value) {
  append_big_endian(items_, static_cast<std::int32_t>(value.size()));
  items_.append(as_text(value));
  ++size_;
}

void Column::truth(bool value) {
  const std::uint8_t byte = value ? 1 : 0;
  bytes({&byte, 1});
}

void Column::null() {
  append_big_endian(items_, std::int32_t{-1});
  has_null_ = true;
  ++size_;
}

Arguments& Arguments::add(PgType type, std::string_view value) {
  types_.push_back(ids(type).one);
  values_.emplace_back(value);
  return *this;
}

Arguments& Arguments::number(std::int64_t value) {
  types_.push_back(ids(PgType::number).one);
  append_big_endian(values_.emplace_back(), value);
  return *this;
}

Arguments& Arguments::truth(bool value) { return add(PgType::truth, {value ? "\1" : "\0", 1}); }

Arguments& Arguments::column(const Column& column) {
  const bool any = !column.empty();
  types_.push_back(ids(column.type_).array);
  auto& out = values_.emplace_back();
  out.reserve(20 + column.items_.size());
  append_big_endian(out, std::int32_t{any ? 1 : 0});
  append_big_endian(out, std::int32_t{column.has_null_ ? 1 : 0});
  append_big_endian(out, ids(column.type_).one);
  if (!any) return *this;
  append_big_endian(out, column.size_);
  append_big_endian(out, std::int32_t{1});
  out.append(column.items_);
  return *this;
}

}  // namespace muster::store::pg
