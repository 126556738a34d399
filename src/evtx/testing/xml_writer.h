// Writes the binary XML of event logs into a chunk, as Windows does: names and templates stand
// where they are first needed and are pointed at from then on. For tests, benchmarks and examples;
// what a test wants damaged it changes in bytes() afterwards.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evtx/value.h"

namespace muster::evtx::testing {

class XmlWriter;

// A value of a template's instance: its bytes, or what writes them in their place.
struct Substitute {
  std::uint8_t type = 0;
  std::string bytes;
  std::function<void(XmlWriter&)> write{};
};
[[nodiscard]] std::string utf16_of(std::string_view utf8);
[[nodiscard]] Substitute null_value();
[[nodiscard]] Substitute text_value(std::string_view utf8);  // null where it is empty
[[nodiscard]] Substitute texts_value(const std::vector<std::string>& utf8);
[[nodiscard]] Substitute xml_value(std::function<void(XmlWriter&)> write);
[[nodiscard]] Substitute bytes_value(Type type, std::string_view bytes);
template <class Number>
[[nodiscard]] Substitute number_value(Type type, Number number) {
  return bytes_value(type, {reinterpret_cast<const char*>(&number), sizeof number});
}

class XmlWriter {
 public:
  // Writes at the end of `chunk`, whose first byte is the chunk's.
  explicit XmlWriter(std::string& chunk) : chunk_(&chunk) {}

  void fragment();
  // Within a template's definition an element has a dependency, none.
  void open(std::string_view name, bool attributes = false);
  // Every attribute but the last says that more follow.
  void attribute(std::string_view name, bool more = false);
  void text(std::string_view utf8);
  void substitution(std::uint16_t id, Type type, bool optional = false);
  void entity(std::string_view name);
  void instruction(std::string_view target, std::string_view data);
  void byte(std::uint8_t token);
  // "/>" and the end; ">"; "</...>".
  void empty();
  void content();
  void close();
  void end();  // of the fragment

  // A template's instance. `define` writes the definition's XML, where `key` is new to the chunk.
  void instance(std::string_view key, const std::function<void(XmlWriter&)>& define,
                const std::vector<Substitute>& values);
  // What the chunk knows; to go back with the chunk's bytes.
  struct Known {
    std::map<std::string, std::uint32_t, std::less<>> names, templates;
  };
  [[nodiscard]] const Known& known() const { return known_; }
  void know(Known known) { known_ = std::move(known); }

  template <class Number>
  void number(Number number) {
    chunk_->append(reinterpret_cast<const char*>(&number), sizeof number);
  }

 private:
  struct Open {
    std::size_t size_at;        // where the element's size stands
    std::size_t attributes_at;  // and its attributes'; 0: none
  };
  void name(std::string_view name);
  void write_values(const std::vector<Substitute>& values);
  void patch(std::size_t at);
  void end_tag(std::uint8_t token);

  std::string* chunk_;
  Known known_;
  std::vector<Open> open_;
  bool defining_ = false;
};

}  // namespace muster::evtx::testing
