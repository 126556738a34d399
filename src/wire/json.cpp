#include "wire/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <functional>

#include "base/eight_bytes.h"

namespace muster::wire::json {
namespace {

namespace bj = boost::json;

constexpr minutes::rep kCenturyMin = minutes::rep{100} * 365 * 24 * 60;
constexpr std::int64_t kLastSecond = 253402300799;  // 9999-12-31T23:59:59Z
constexpr std::size_t kFewMembers = 12;             // up to here, comparing all pairs beats sorting

// Where the first character from `from` on stands that a string must not hold as it is; the text's
// size where there is none.
std::size_t first_escaped(std::string_view text, std::size_t from) {
  for (; from + EightBytes::kSize <= text.size(); from += EightBytes::kSize) {
    const EightBytes here(text.data() + from);
    if (here.any_below(0x20) || here.any_is('"') || here.any_is('\\')) break;
  }
  const auto escaped = [](char c) {
    return static_cast<std::uint8_t>(c) < 0x20 || c == '"' || c == '\\';
  };
  while (from < text.size() && !escaped(text[from])) ++from;
  return from;
}

bj::parse_options options() {
  bj::parse_options out;
  out.max_depth = kDepthMost;
  return out;
}

}  // namespace

// Receives what Boost's parser finds.
struct Builder {
  static constexpr std::size_t max_object_size = UINT32_MAX;
  static constexpr std::size_t max_array_size = UINT32_MAX;
  static constexpr std::size_t max_key_size = UINT32_MAX;
  static constexpr std::size_t max_string_size = UINT32_MAX;

  struct Open {
    std::uint32_t value, last_child;
    std::uint32_t members;
  };
  std::vector<Value> values;
  std::vector<Open> open;
  std::vector<std::string_view> sorted;
  std::string unescaped;  // never grows while a text is parsed, so that views into it stay valid
  std::size_t part_start = 0;
  bool in_parts = false;
  const char* begin = nullptr;
  const char* end = nullptr;
  std::string_view key;
  std::string repeated;
  bool is_repeated = false;

  void start(std::string_view text) {
    values.clear();
    open.clear();
    unescaped.clear();
    if (unescaped.capacity() < text.size()) unescaped.reserve(text.size());
    in_parts = false;
    begin = text.data();
    end = begin + text.size();
    key = {};
    is_repeated = false;
  }

  Value& add(Kind kind) {
    const auto index = static_cast<std::uint32_t>(values.size());
    if (!open.empty()) {
      Open& parent = open.back();
      if (parent.last_child == 0) {
        values[parent.value].first = index;
      } else {
        values[parent.last_child].next = index;
      }
      parent.last_child = index;
      ++parent.members;
    }
    Value& out = values.emplace_back();
    out.kind = kind;
    out.key = key;
    key = {};
    return out;
  }

  void push(Kind kind) {
    const auto index = static_cast<std::uint32_t>(values.size());
    add(kind);
    open.push_back({index, 0, 0});
  }

  // A piece of a string with escapes; the pieces of one string lie one after the other.
  void part(std::string_view piece) {
    if (!in_parts) {
      in_parts = true;
      part_start = unescaped.size();
    }
    unescaped.append(piece);
  }

  std::string_view whole(std::string_view last) {
    const bool in_text = std::less_equal<>()(begin, last.data()) && std::less<>()(last.data(), end);
    if (!in_parts && (in_text || last.empty())) return last;
    part(last);
    in_parts = false;
    return std::string_view(unescaped).substr(part_start);
  }

  bool distinct(const Open& object) {
    if (object.members < 2) return true;
    if (object.members <= kFewMembers) {
      for (auto a = values[object.value].first; a != 0; a = values[a].next) {
        for (auto b = values[a].next; b != 0; b = values[b].next) {
          if (values[a].key == values[b].key) return repeat(values[a].key);
        }
      }
      return true;
    }
    sorted.clear();
    for (auto a = values[object.value].first; a != 0; a = values[a].next) {
      sorted.push_back(values[a].key);
    }
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    return twice == sorted.end() || repeat(*twice);
  }
  bool repeat(std::string_view name) {
    repeated.assign(name.substr(0, 64));
    is_repeated = true;
    return false;
  }

  // The names from here on are those that boost::json::basic_parser calls.
  bool on_document_begin(bj::error_code&) { return true; }
  bool on_document_end(bj::error_code&) { return true; }
  bool on_object_begin(bj::error_code&) { return push(Kind::object), true; }
  bool on_object_end(std::size_t, bj::error_code& ec) {
    const Open object = open.back();
    open.pop_back();
    if (distinct(object)) return true;
    ec = bj::error::object_too_large;
    return false;
  }
  bool on_array_begin(bj::error_code&) { return push(Kind::array), true; }
  bool on_array_end(std::size_t, bj::error_code&) { return open.pop_back(), true; }
  bool on_key_part(bj::string_view piece, std::size_t, bj::error_code&) {
    return part({piece.data(), piece.size()}), true;
  }
  bool on_key(bj::string_view last, std::size_t, bj::error_code&) {
    key = whole({last.data(), last.size()});
    return true;
  }
  bool on_string_part(bj::string_view piece, std::size_t, bj::error_code&) {
    return part({piece.data(), piece.size()}), true;
  }
  bool on_string(bj::string_view last, std::size_t, bj::error_code&) {
    const auto text = whole({last.data(), last.size()});
    add(Kind::string).text = text;
    return true;
  }
  bool on_number_part(bj::string_view, bj::error_code&) { return true; }
  bool on_int64(std::int64_t number, bj::string_view text, bj::error_code&) {
    Value& value = add(Kind::integer);
    value.integer = number;
    value.text = {text.data(), text.size()};
    return true;
  }
  bool on_uint64(std::uint64_t, bj::string_view text, bj::error_code&) {
    add(Kind::number).text = {text.data(), text.size()};
    return true;
  }
  bool on_double(double, bj::string_view text, bj::error_code&) {
    add(Kind::number).text = {text.data(), text.size()};
    return true;
  }
  bool on_bool(bool truth, bj::error_code&) { return add(Kind::boolean).truth = truth, true; }
  bool on_null(bj::error_code&) { return add(Kind::null), true; }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }
};

struct Tree::State {
  bj::basic_parser<Builder> parser{options()};
};

Tree::Tree() : state_(std::make_unique<State>()) {}
Tree::Tree(Tree&&) noexcept = default;
Tree& Tree::operator=(Tree&&) noexcept = default;
Tree::~Tree() = default;

Expected<void> Tree::parse(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    return fail(ErrorCode::document_malformed,
                fmt::format("{} bytes of JSON, and {} are the most", text.size(), most));
  }
  auto& parser = state_->parser;
  auto& builder = parser.handler();
  parser.reset();
  builder.start(text);
  bj::error_code ec;
  const auto used = parser.write_some(false, text.data(), text.size(), ec);
  if (builder.is_repeated) {
    return fail(ErrorCode::repeated_member, valid_text(builder.repeated, 64)
                                                ? fmt::format("'{}' stands twice", builder.repeated)
                                                : "a member stands twice");
  }
  if (!ec && used < text.size()) ec = bj::error::extra_data;
  if (ec) {
    return fail(ErrorCode::document_malformed,
                fmt::format("not JSON at byte {}: {}", used, ec.message()));
  }
  return {};
}

const Value& Tree::root() const { return state_->parser.handler().values.front(); }

const Value* Tree::first(const Value& parent) const {
  return parent.first == 0 ? nullptr : &state_->parser.handler().values[parent.first];
}
const Value* Tree::next(const Value& value) const {
  return value.next == 0 ? nullptr : &state_->parser.handler().values[value.next];
}

const Value* Tree::find(const Value& object, std::string_view name) const {
  if (object.kind != Kind::object) return nullptr;
  for (const Value* member = first(object); member != nullptr; member = next(*member)) {
    if (member->key == name) return member;
  }
  return nullptr;
}

void Tree::append(std::string& out, const Value& value) const {
  switch (value.kind) {
    case Kind::null: out.append("null"); return;
    case Kind::boolean: out.append(value.truth ? "true" : "false"); return;
    case Kind::integer:
    case Kind::number: out.append(value.text); return;
    case Kind::string: append_string(out, value.text); return;
    case Kind::array:
    case Kind::object: break;
  }
  const bool object = value.kind == Kind::object;
  out.push_back(object ? '{' : '[');
  for (const Value* child = first(value); child != nullptr; child = next(*child)) {
    if (child != first(value)) out.push_back(',');
    if (object) {
      append_string(out, child->key);
      out.push_back(':');
    }
    append(out, *child);
  }
  out.push_back(object ? '}' : ']');
}

Claims::Claims(const Tree& tree, const Value& object, ErrorCode code)
    : tree_(tree), object_(&object), code_(code) {
  if (object.kind != Kind::object) error_ = Error{code_, "a JSON object expected"};
}

void Claims::refuse(std::string_view name, std::string_view expected) {
  if (!error_) error_ = Error{code_, fmt::format("{}{}: {}", path_, name, expected)};
}

const Value* Claims::member(std::string_view name, Kind kind) {
  if (error_) return nullptr;
  const Value* value = tree_.find(*object_, name);
  if (value == nullptr) return refuse(name, "missing"), nullptr;
  if (value->kind == kind) return value;
  constexpr std::string_view expected[] = {
      "null expected",     "true or false expected", "a whole number expected", "a number expected",
      "a string expected", "an array expected",      "a JSON object expected"};
  refuse(name, expected[static_cast<std::size_t>(kind)]);
  return nullptr;
}

bool Claims::has(std::string_view name) {
  if (error_) return false;
  const Value* value = tree_.find(*object_, name);
  return value != nullptr && value->kind != Kind::null;
}

std::string Claims::text(std::string_view name, std::size_t most) {
  const Value* value = member(name, Kind::string);
  if (value == nullptr) return {};
  if (valid_text(value->text, most)) return std::string(value->text);
  refuse(name, fmt::format("at most {} bytes of text without control characters expected", most));
  return {};
}

std::string Claims::nonempty(std::string_view name, std::size_t most) {
  auto out = text(name, most);
  if (out.empty()) refuse(name, "is empty");
  return out;
}

std::string Claims::id(std::string_view name) {
  const Value* value = member(name, Kind::string);
  if (value == nullptr) return {};
  if (valid_id(value->text)) return std::string(value->text);
  refuse(name, "an id of a-z, 0-9 and - expected, at most 63 characters");
  return {};
}

std::string Claims::thumbprint(std::string_view name) {
  const Value* value = member(name, Kind::string);
  if (value == nullptr) return {};
  if (array_from_base64url<32>(value->text)) return std::string(value->text);
  refuse(name, "a thumbprint of 43 characters expected");
  return {};
}

Cmid Claims::cmid(std::string_view name) {
  const Value* value = member(name, Kind::string);
  if (value == nullptr) return {};
  if (const auto out = Cmid::parse(value->text)) return *out;
  refuse(name, "a UUID that is not nil expected");
  return {};
}

bool Claims::truth(std::string_view name) {
  const Value* value = member(name, Kind::boolean);
  return value != nullptr && value->truth;
}

std::int64_t Claims::number(std::string_view name, std::int64_t least, std::int64_t most) {
  const Value* value = member(name, Kind::integer);
  if (value == nullptr) return 0;
  if (value->integer >= least && value->integer <= most) return value->integer;
  refuse(name, fmt::format("{} to {} expected", least, most));
  return 0;
}

minutes Claims::duration(std::string_view name) { return minutes(number(name, 0, kCenturyMin)); }

Instant Claims::numeric_date(std::string_view name) {
  return Instant(seconds(number(name, 0, kLastSecond)));
}

Instant Claims::time(std::string_view name) {
  const Value* value = member(name, Kind::string);
  if (value == nullptr) return {};
  if (const auto out = parse_time(value->text)) return *out;
  refuse(name, "a time like 2026-01-05T08:00:00Z expected");
  return {};
}

std::string Claims::object_text(std::string_view name) {
  const Value* value = member(name, Kind::object);
  std::string out;
  if (value != nullptr) tree_.append(out, *value);
  return out;
}

Claims Claims::object(std::string_view name) {
  static const Value empty_object{.kind = Kind::object, .key = {}, .text = {}};
  const Value* value = member(name, Kind::object);
  Claims out(tree_, value == nullptr ? empty_object : *value, code_);
  out.path_ = fmt::format("{}{}.", path_, name);
  out.error_ = error_;
  return out;
}

void Claims::take(Claims& inner) {
  if (!error_) error_ = inner.error_;
}

void append_string(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out.push_back('"');
  std::size_t clean = 0;
  for (std::size_t i = first_escaped(text, 0); i < text.size(); i = first_escaped(text, i + 1)) {
    const auto c = static_cast<std::uint8_t>(text[i]);
    out.append(text.substr(clean, i - clean));
    clean = i + 1;
    out.push_back('\\');
    if (c >= 0x20) {
      out.push_back(static_cast<char>(c));
    } else {
      out.append("u00").push_back(digits[c >> 4]);
      out.push_back(digits[c & 15]);
    }
  }
  out.append(text.substr(clean));
  out.push_back('"');
}

void append_number(std::string& out, std::int64_t number) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end);
}

}  // namespace muster::wire::json
