#include "evtx/binary_xml.h"

#include <algorithm>

#include "evtx/utf16.h"

namespace muster::evtx {
namespace {

enum Token : std::uint8_t {
  end_of_fragment = 0x00,
  element = 0x01,
  end_of_tag = 0x02,
  end_of_empty_tag = 0x03,
  end_of_element = 0x04,
  plain_text = 0x05,
  attribute = 0x06,
  cdata = 0x07,
  character = 0x08,
  entity_reference = 0x09,
  instruction_target = 0x0a,
  instruction_data = 0x0b,
  template_instance = 0x0c,
  substitution = 0x0d,
  optional_substitution = 0x0e,
  fragment_header = 0x0f,
};
constexpr std::uint8_t kMore = 0x40;
// What an item of an array costs beside its bytes: a string of the record.
constexpr std::size_t kItem = 16;

constexpr std::uint32_t kSpread = 2'654'435'761;  // Knuth's multiplier
constexpr std::size_t kNameHead = 8;              // next, hash, characters
constexpr std::size_t kNameCharacters = 6;        // where their number stands
constexpr std::size_t kDefinitionHead = 24;       // next, GUID, size
constexpr std::size_t kDefinitionSize = 20;       // where its size stands

}  // namespace

void XmlReader::start(ByteView chunk, Fields& fields) {
  chunk_ = chunk;
  fields_ = &fields;
  work_ = 0;
  words_.fill({});
}

bool XmlReader::fail(Trouble trouble, std::uint64_t detail) {
  trouble_ = trouble;
  detail_ = detail;
  return false;
}

bool XmlReader::read(std::size_t begin, std::size_t end) {
  open_ = 0;
  work_most_ = std::min(work_ + kWorkOfRecord, kWorkOfChunk);
  Cursor at(chunk_, begin, end);
  return fragment(at, nullptr, 0);
}

bool XmlReader::fragment(Cursor& at, const std::vector<Value>* values, unsigned depth) {
  if (depth == kDepthMost) return fail(Trouble::too_deep);
  Part part{.values = values, .depth = depth};
  while (!at.at_end()) {
    const auto next = at.take<std::uint8_t>();
    if (!work(1)) return false;
    if (next == end_of_fragment) break;
    if (!token(next, at, part)) return false;
    if (at.failed()) return fail(Trouble::cut);
  }
  if (at.failed() || part.elements > 0) return fail(Trouble::cut);
  return true;
}

bool XmlReader::token(std::uint8_t token, Cursor& at, Part& part) {
  switch (token & ~kMore) {
    case element:
    case end_of_tag:
    case end_of_empty_tag:
    case end_of_element:
    case attribute: return markup(token, at, part);
    case plain_text:
    case cdata:
    case character:
    case entity_reference:
    case substitution:
    case optional_substitution:
      // Texts stand in attributes and in elements.
      if (part.in_tag ? !part.attribute : part.elements == 0) return fail(Trouble::token, token);
      return text(token, at, part);
    case instruction_target: {
      ByteView target;
      return name(at, target);
    }
    case instruction_data: at.take(std::size_t{2} * at.take<std::uint16_t>()); return true;
    case template_instance:
      return !part.in_tag ? instance(at, part.depth) : fail(Trouble::token, token);
    case fragment_header: at.take(3); return true;
    default: return fail(Trouble::token, token);
  }
}

bool XmlReader::markup(std::uint8_t token, Cursor& at, Part& part) {
  const auto kind = token & ~kMore;
  const bool in_tag_only = kind == attribute || kind == end_of_tag || kind == end_of_empty_tag;
  if (in_tag_only != part.in_tag) return fail(Trouble::token, token);
  switch (kind) {
    case element: return open_element((token & kMore) != 0, at, part);
    case attribute: {
      Word called{};
      if (!word(at, called)) return false;
      fields_->attribute(called);
      part.attribute = true;
      return true;
    }
    case end_of_element:
      return part.elements > 0 ? close_element(part) : fail(Trouble::token, token);
    default:
      fields_->content();
      part.in_tag = part.attribute = false;
      return kind == end_of_tag || close_element(part);
  }
}

bool XmlReader::open_element(bool with_attributes, Cursor& at, Part& part) {
  if (open_ == kElementsMost) return fail(Trouble::too_deep);
  if (part.values != nullptr) at.take<std::uint16_t>();
  // Its size is not needed: the tokens tell where it ends.
  at.take<std::uint32_t>();
  Word called{};
  if (!word(at, called)) return false;
  if (with_attributes) at.take<std::uint32_t>();
  fields_->open(called);
  ++open_;
  ++part.elements;
  part.in_tag = true;
  return true;
}

bool XmlReader::close_element(Part& part) {
  fields_->close();
  --open_;
  --part.elements;
  return true;
}

bool XmlReader::name(Cursor& at, ByteView& out) {
  const auto offset = at.take<std::uint32_t>();
  if (at.failed()) return fail(Trouble::cut);
  Cursor stored(chunk_, offset, chunk_.size());
  const auto head = stored.take(kNameHead);
  if (stored.failed()) return fail(Trouble::cut);
  const auto size = std::size_t{2} * number_at<std::uint16_t>(head, kNameCharacters);
  out = stored.take(size);
  stored.take(2);
  if (stored.failed()) return fail(Trouble::cut);
  if (offset == at.at()) at.take(kNameHead + size + 2);
  return true;
}

bool XmlReader::word(Cursor& at, Word& out) {
  const auto begin = at;
  const auto offset = at.take<std::uint32_t>();
  auto& known = words_[offset * kSpread >> (32 - kWordBits)];
  if (known.offset == offset && !at.failed()) {
    if (offset == at.at()) at.take(known.size);
  } else {
    at = begin;
    ByteView called;
    if (!name(at, called)) return false;
    const auto size = static_cast<std::uint32_t>(kNameHead + called.size() + 2);
    known = {offset, size, word_of_utf16(called)};
  }
  out = known.word;
  return true;
}

bool XmlReader::text(std::uint8_t token, Cursor& at, Part& part) {
  switch (token & ~kMore) {
    case plain_text:
    case cdata: {
      if ((token & ~kMore) == plain_text) {
        const auto type = at.take<std::uint8_t>();
        if (type != static_cast<std::uint8_t>(Type::text)) return fail(Trouble::value_type, type);
      }
      const auto bytes = at.take(std::size_t{2} * at.take<std::uint16_t>());
      return put_text({static_cast<std::uint8_t>(Type::text), bytes});
    }
    case character: {
      const auto one = at.take<std::uint16_t>();
      if (fields_->wanted()) append_character(fields_->text(), one);
      return true;
    }
    case entity_reference: return entity(at);
    default: return substitute((token & ~kMore) == optional_substitution, at, part);
  }
}

bool XmlReader::entity(Cursor& at) {
  ByteView called;
  if (!name(at, called)) return false;
  if (!fields_->wanted()) return true;
  std::string entity;
  append_utf8(entity, called.first(std::min<std::size_t>(called.size(), 8)));
  constexpr std::pair<std::string_view, char> known[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [name, meant] : known) {
    if (entity == name) return fields_->text().push_back(meant), true;
  }
  return fail(Trouble::token, entity_reference);
}

bool XmlReader::substitute(bool optional, Cursor& at, const Part& part) {
  const auto id = at.take<std::uint16_t>();
  at.take<std::uint8_t>();  // The value says its type itself.
  if (at.failed()) return fail(Trouble::cut);
  if (part.values == nullptr || id >= part.values->size()) return fail(Trouble::no_substitute, id);
  const auto& value = (*part.values)[id];
  if (!value.is(Type::null)) return put(value, part.depth);
  if (optional && !part.in_tag) fields_->leave_out();
  return true;
}

bool XmlReader::put(const Value& value, unsigned depth) {
  if (value.is_array()) return put_array(value);
  if (value.is(Type::binary_xml)) {
    const auto begin = static_cast<std::size_t>(value.bytes.data() - chunk_.data());
    Cursor at(chunk_, begin, begin + value.bytes.size());
    return fragment(at, nullptr, depth + 1);
  }
  return put_text(value);
}

bool XmlReader::put_text(const Value& value) {
  if (!known_type(value.type)) return fail(Trouble::value_type, value.type);
  if (!fields_->wanted()) return true;
  if (!work(value.bytes.size())) return false;
  if (value.is(Type::binary)) fields_->binary(value.bytes.size());
  if (value.is(Type::filetime) && fields_->wants_time()) {
    const auto time = time_of(value);
    if (time) fields_->time(*time);
    return time.has_value() || fail(Trouble::value_size, value.type);
  }
  return append_text(fields_->text(), value) || fail(Trouble::value_size, value.type);
}

bool XmlReader::put_array(Value array) {
  const auto type = static_cast<std::uint8_t>(array.type & ~kArray);
  const Value kind{type, {}};
  if (!known_type(type) || kind.is(Type::binary_xml) || kind.is(Type::binary)) {
    return fail(Trouble::value_type, array.type);
  }
  if (!fields_->wanted()) return true;
  for (bool first = true; !array.bytes.empty(); first = false) {
    const auto item = take_item(array);
    if (!item) return fail(Trouble::value_size, array.type);
    if (!work(kItem)) return false;
    if (!first) fields_->next_item();
    if (!put_text(*item)) return false;
  }
  return true;
}

bool XmlReader::instance(Cursor& at, unsigned depth) {
  if (depth + 1 >= kDepthMost) return fail(Trouble::too_deep);
  at.take(1 + 4);
  const auto offset = at.take<std::uint32_t>();
  if (at.failed()) return fail(Trouble::cut);
  Cursor stored(chunk_, offset, chunk_.size());
  const auto head = stored.take(kDefinitionHead);
  if (stored.failed()) return fail(Trouble::cut);
  const auto size = number_at<std::uint32_t>(head, kDefinitionSize);
  if (size > chunk_.size() - stored.at()) return fail(Trouble::cut);
  if (offset == at.at()) at.take(kDefinitionHead + size);
  auto& own = values_[depth];
  if (!values(at, own)) return false;
  Cursor definition(chunk_, stored.at(), stored.at() + size);
  return fragment(definition, &own, depth + 1);
}

bool XmlReader::values(Cursor& at, std::vector<Value>& out) {
  out.clear();
  const auto count = at.take<std::uint32_t>();
  const auto heads = at.take(std::size_t{4} * count);
  if (at.failed()) return fail(Trouble::cut);
  if (!work(count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = at.take(number_at<std::uint16_t>(heads, 4 * i));
    out.push_back({heads[4 * i + 2], bytes});
  }
  return !at.failed() || fail(Trouble::cut);
}

}  // namespace muster::evtx
