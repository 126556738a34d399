#include "evtx/testing/xml_writer.h"

#include <cstring>
#include <utility>

namespace muster::evtx::testing {
namespace {

constexpr std::uint8_t kMore = 0x40;

// MS-EVEN6, BinXmlName: what Windows hashes names with.
std::uint16_t hash_of(std::string_view name) {
  std::uint32_t hash = 0;
  for (const char c : name) hash = hash * 65599 + static_cast<std::uint8_t>(c);
  return static_cast<std::uint16_t>(hash);
}

std::uint32_t position(const std::string& chunk) {
  return static_cast<std::uint32_t>(chunk.size());
}

}  // namespace

std::string utf16_of(std::string_view utf8) {
  std::string out;
  const auto put = [&](std::uint32_t unit) {
    out += static_cast<char>(unit & 0xff);
    out += static_cast<char>(unit >> 8);
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = static_cast<std::uint8_t>(utf8[i]);
    const std::size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::uint32_t c = size == 1 ? first : first & (0xffU >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k) {
      c = c << 6 | (static_cast<std::uint8_t>(utf8[i + k]) & 0x3f);
    }
    i += size;
    if (c < 0x10000) {
      put(c);
    } else {
      put(0xd800 + ((c - 0x10000) >> 10));
      put(0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return out;
}

Substitute null_value() { return {}; }

Substitute bytes_value(Type type, std::string_view bytes) {
  return {static_cast<std::uint8_t>(type), std::string(bytes)};
}

Substitute text_value(std::string_view utf8) {
  return utf8.empty() ? null_value() : bytes_value(Type::text, utf16_of(utf8));
}

Substitute texts_value(const std::vector<std::string>& utf8) {
  Substitute out{.type = static_cast<std::uint8_t>(Type::text) | kArray, .bytes = {}};
  for (const auto& one : utf8) out.bytes += utf16_of(one) + std::string(2, '\0');
  return out;
}

Substitute xml_value(std::function<void(XmlWriter&)> write) {
  return {static_cast<std::uint8_t>(Type::binary_xml), {}, std::move(write)};
}

void XmlWriter::byte(std::uint8_t token) { chunk_->push_back(static_cast<char>(token)); }

void XmlWriter::fragment() { chunk_->append("\x0f\x01\x01\x00", 4); }

void XmlWriter::name(std::string_view name) {
  if (const auto known = known_.names.find(name); known != known_.names.end()) {
    return number(known->second);
  }
  const auto here = position(*chunk_) + 4;
  number(here);
  known_.names.emplace(name, here);
  number(std::uint32_t{0});
  number(hash_of(name));
  const auto text = utf16_of(name);
  number(static_cast<std::uint16_t>(text.size() / 2));
  chunk_->append(text).append(2, '\0');
}

void XmlWriter::open(std::string_view name, bool attributes) {
  byte(attributes ? 0x01 | kMore : 0x01);
  if (defining_) number(std::uint16_t{0xffff});
  open_.push_back({chunk_->size(), 0});
  number(std::uint32_t{0});
  this->name(name);
  if (!attributes) return;
  open_.back().attributes_at = chunk_->size();
  number(std::uint32_t{0});
}

void XmlWriter::attribute(std::string_view name, bool more) {
  byte(more ? 0x06 | kMore : 0x06);
  this->name(name);
}

void XmlWriter::text(std::string_view utf8) {
  const auto text = utf16_of(utf8);
  byte(0x05);
  byte(0x01);
  number(static_cast<std::uint16_t>(text.size() / 2));
  chunk_->append(text);
}

void XmlWriter::substitution(std::uint16_t id, Type type, bool optional) {
  byte(optional ? 0x0e : 0x0d);
  number(id);
  byte(static_cast<std::uint8_t>(type));
}

void XmlWriter::entity(std::string_view name) {
  byte(0x09);
  this->name(name);
}

void XmlWriter::instruction(std::string_view target, std::string_view data) {
  byte(0x0a);
  name(target);
  byte(0x0b);
  number(static_cast<std::uint16_t>(data.size()));
  chunk_->append(utf16_of(data));
}

// What stands at `at` is how many bytes came behind it.
void XmlWriter::patch(std::size_t at) {
  const auto size = static_cast<std::uint32_t>(chunk_->size() - at - 4);
  std::memcpy(chunk_->data() + at, &size, sizeof size);
}

void XmlWriter::end_tag(std::uint8_t token) {
  if (const auto at = open_.back().attributes_at; at != 0) patch(at);
  byte(token);
}

void XmlWriter::content() { end_tag(0x02); }

void XmlWriter::empty() {
  end_tag(0x03);
  patch(open_.back().size_at);
  open_.pop_back();
}

void XmlWriter::close() {
  byte(0x04);
  patch(open_.back().size_at);
  open_.pop_back();
}

void XmlWriter::end() { byte(0x00); }

void XmlWriter::instance(std::string_view key, const std::function<void(XmlWriter&)>& define,
                         const std::vector<Substitute>& values) {
  const auto id = std::uint32_t{0x10000} + hash_of(key);
  byte(0x0c);
  byte(0x01);
  number(id);
  if (const auto known = known_.templates.find(key); known != known_.templates.end()) {
    number(known->second);
  } else {
    const auto here = position(*chunk_) + 4;
    number(here);
    known_.templates.emplace(key, here);
    number(std::uint32_t{0});
    number(id);
    chunk_->append(12, '\x5a');
    const auto size_at = chunk_->size();
    number(std::uint32_t{0});
    const bool before = std::exchange(defining_, true);
    fragment();
    define(*this);
    end();
    defining_ = before;
    patch(size_at);
  }
  write_values(values);
}

void XmlWriter::write_values(const std::vector<Substitute>& values) {
  number(static_cast<std::uint32_t>(values.size()));
  const auto heads = chunk_->size();
  for (const auto& value : values) {
    number(static_cast<std::uint16_t>(value.bytes.size()));
    byte(value.type);
    byte(0);
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto begin = chunk_->size();
    chunk_->append(values[i].bytes);
    if (!values[i].write) continue;
    const bool before = std::exchange(defining_, false);
    values[i].write(*this);
    defining_ = before;
    const auto size = static_cast<std::uint16_t>(chunk_->size() - begin);
    std::memcpy(chunk_->data() + heads + 4 * i, &size, sizeof size);
  }
}

}  // namespace muster::evtx::testing
