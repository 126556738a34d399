// An event's XML, piece by piece, to a record. It is told of elements, attributes and texts in
// their order, by the reader of binary XML and by that of text, so that a record is the same
// whichever file it came from.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "evtx/batch.h"
#include "evtx/value.h"

namespace muster::evtx {

// The names that mean something to a record.
enum class Word : std::uint8_t {
  other,
  event,
  system,
  provider,
  event_id,
  level,
  time_created,
  event_record_id,
  channel,
  computer,
  event_data,
  user_data,
  debug_data,
  binary,
  processing_error_data,
  event_payload,
  name,
  event_source_name,
  qualifiers,
  system_time,
};
[[nodiscard]] Word word_of(std::string_view name);
[[nodiscard]] Word word_of_utf16(ByteView name);

class Fields {
 public:
  // Records go into `batch` from now on.
  void start(Batch& batch) { batch_ = &batch; }

  // A new record. REQUIRES: start() was called. What its XML does not say, it has from `header` (id
  // and time).
  void begin(const Record& header);

  // An element begins; its attributes follow, each with its texts, then its content.
  void open(Word word);
  void attribute(Word word);
  // Ends the last attribute, where there was one.
  void content();
  void close();

  // Whether a text that comes now would be kept; what is not wanted need not be made.
  [[nodiscard]] bool wanted() const { return target_ != Target::none; }
  // Where a wanted text is appended.
  [[nodiscard]] std::string& text() { return batch_->text(); }
  // A time as a value, instead of its text, where nothing else would be made of the text.
  [[nodiscard]] bool wants_time() const { return target_ == Target::time; }
  void time(Time time);
  // Binary data, instead of a text.
  void binary(std::size_t bytes) { row_->record.binary_bytes += bytes; }
  // The element is one of several with the same place, as an array's items are: the next begins.
  void next_item();
  // The element's only content is a value that is not there: the element is not there either.
  void leave_out() { left_out_ = true; }

  // The record is whole and stays in the batch, or tells why it is none and does not.
  [[nodiscard]] std::optional<Trouble> end();
  void undo() { batch_->undo(); }

 private:
  // What an element is, by the names of those around it.
  enum class Place : std::uint8_t {
    nowhere,
    event,
    system,
    field,    // of System
    data,     // EventData, UserData and everything in them
    binary,   // hexadecimal text, counted
    ignored,  // and everything in it
  };
  // Where texts go.
  enum class Target : std::uint8_t {
    none,
    provider,
    source,
    event_id,
    qualifiers,
    level,
    time,
    record_id,
    channel,
    computer,
    data,
    binary,
  };

  [[nodiscard]] Place place_of(Word word) const;
  void flush();
  template <class Number>
  void take_number(std::string_view text, Number& out);

  Batch* batch_ = nullptr;
  Batch::Row* row_ = nullptr;
  std::vector<Place> places_;
  Word field_ = Word::other;  // of the element in System
  Target target_ = Target::none;
  std::optional<Time> time_;  // of the target; its text is empty then
  std::size_t since_ = 0;     // where the text of the target begins
  bool left_out_ = false;
  bool system_ = false, numbered_ = false, bad_number_ = false;
};

}  // namespace muster::evtx
