// The binary XML of event logs (MS-EVEN6, BinXml; libevtx describes the files' form of it).
//
//   record's XML = 0x0f fragment header, then an element or a template instance, then 0x00
//   fragment     = 0x0f major minor flags                                          4 bytes
//   element      = 0x01 [dependency:2] size:4 name:4 [NAME], with 0x40 set: size:4 attributes,
//                  then 0x02 content 0x04, or 0x03 for an empty one.
//                  The dependency is there in a template's definition only.
//   attribute    = 0x06 name:4 [NAME] texts
//   NAME         = next:4 hash:2 characters:2 UTF-16 NUL; it stands in place where the offset in
//                  front of it points right behind itself, else it was met earlier in the chunk
//   texts        = 0x05 0x01 characters:2 UTF-16 | 0x07 (CDATA) characters:2 UTF-16
//                  | 0x08 character:2 | 0x09 name:4 [NAME] (an entity)
//                  | 0x0d id:2 type:1 (value `id` of the instance) | 0x0e (the same; the element is
//                  left out where the value is null)
//   instruction  = 0x0a name:4 [NAME], 0x0b characters:2 UTF-16; passed over
//   instance     = 0x0c 0x01 id:4 definition:4 [DEFINITION] count:4 (size:2 type:1 0)*count values
//   DEFINITION   = next:4 GUID:16 size:4 fragment element 0x00; in place as a NAME is
//
// 0x40 on a token says that more follows; it is not needed for reading. All offsets count from the
// chunk's begin. A value of type 0x21 is XML of this form again.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "evtx/bytes_at.h"
#include "evtx/fields.h"

namespace muster::evtx {

// Reads the XML of one chunk's records, one after the other. Memory is used again from record to
// record. One thread at a time.
class XmlReader {
 public:
  // The next chunk; it and `fields` are valid until the one after it. What the records of one chunk
  // may ask for together is bounded, so that templates which call one another many times over end.
  void start(ByteView chunk, Fields& fields);

  // The XML at [begin, end) of the chunk; REQUIRES that it lies within. False: trouble() says why.
  [[nodiscard]] bool read(std::size_t begin, std::size_t end);
  [[nodiscard]] Trouble trouble() const { return trouble_; }
  [[nodiscard]] std::uint64_t detail() const { return detail_; }

 private:
  static constexpr unsigned kDepthMost = 8;      // templates and XML values in one another
  static constexpr unsigned kElementsMost = 64;  // elements in one another
  // Tokens and bytes of text; a record's own are at most a chunk's size.
  static constexpr std::size_t kWorkOfRecord = 1U << 19;
  static constexpr std::size_t kWorkOfChunk = 1U << 22;

  static constexpr unsigned kWordBits = 8;

  // Where the reading of one fragment stands.
  struct Part {
    const std::vector<Value>* values;  // of the template's instance; null outside of one
    unsigned depth;
    unsigned elements = 0;   // open ones
    bool in_tag = false;     // attributes may come
    bool attribute = false;  // texts belong to it
  };

  bool fail(Trouble trouble, std::uint64_t detail = 0);
  bool work(std::size_t amount) {
    work_ += amount;
    return work_ <= work_most_ || fail(Trouble::too_much_work);
  }
  bool fragment(Cursor& at, const std::vector<Value>* values, unsigned depth);
  bool token(std::uint8_t token, Cursor& at, Part& part);
  bool markup(std::uint8_t token, Cursor& at, Part& part);
  bool text(std::uint8_t token, Cursor& at, Part& part);
  bool open_element(bool with_attributes, Cursor& at, Part& part);
  bool close_element(Part& part);
  bool name(Cursor& at, ByteView& out);
  bool word(Cursor& at, Word& out);
  bool entity(Cursor& at);
  bool substitute(bool optional, Cursor& at, const Part& part);
  bool put(const Value& value, unsigned depth);
  bool put_text(const Value& value);
  bool put_array(Value array);
  bool instance(Cursor& at, unsigned depth);
  bool values(Cursor& at, std::vector<Value>& out);

  // What the name at an offset means; a chunk's records ask for the same few again and again.
  struct Called {
    std::uint32_t offset = ~0U;
    std::uint32_t size = 0;  // of the NAME, where it stands in place
    Word word = Word::other;
  };

  ByteView chunk_;
  Fields* fields_ = nullptr;
  std::size_t work_ = 0, work_most_ = 0;
  unsigned open_ = 0;  // elements, in all parts
  Trouble trouble_ = Trouble::cut;
  std::uint64_t detail_ = 0;
  std::array<std::vector<Value>, kDepthMost> values_;  // by depth
  std::array<Called, 1U << kWordBits> words_{};        // by a hash of the offset
};

}  // namespace muster::evtx
