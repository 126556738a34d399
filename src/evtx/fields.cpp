#include "evtx/fields.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "base/ascii.h"

namespace muster::evtx {
namespace {

constexpr std::size_t kLongest = 19;

struct Known {
  std::string_view name;
  Word word;
};
constexpr std::array kWords{
    Known{"Event", Word::event},
    Known{"System", Word::system},
    Known{"Provider", Word::provider},
    Known{"EventID", Word::event_id},
    Known{"Level", Word::level},
    Known{"TimeCreated", Word::time_created},
    Known{"EventRecordID", Word::event_record_id},
    Known{"Channel", Word::channel},
    Known{"Computer", Word::computer},
    Known{"EventData", Word::event_data},
    Known{"UserData", Word::user_data},
    Known{"DebugData", Word::debug_data},
    Known{"Binary", Word::binary},
    Known{"ProcessingErrorData", Word::processing_error_data},
    Known{"EventPayload", Word::event_payload},
    Known{"Name", Word::name},
    Known{"EventSourceName", Word::event_source_name},
    Known{"Qualifiers", Word::qualifiers},
    Known{"SystemTime", Word::system_time},
};

// Every element of every record asks, so a name is compared with one at most: no two agree in size
// and first letter.
constexpr std::size_t shape_of(std::string_view name) {
  return name.size() * 32 + (static_cast<std::size_t>(name.front()) & 31);
}
constexpr auto kOfShape = [] {
  std::array<std::uint8_t, (kLongest + 1) * 32> out{};  // 1 + the place in kWords; 0: none
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    auto& slot = out[shape_of(kWords[i].name)];
    if (slot != 0) throw std::logic_error("two words of one shape");
    slot = static_cast<std::uint8_t>(i + 1);
  }
  return out;
}();

}  // namespace

Word word_of(std::string_view name) {
  if (name.empty() || name.size() > kLongest) return Word::other;
  const auto slot = kOfShape[shape_of(name)];
  if (slot == 0) return Word::other;
  const auto& known = kWords[slot - 1U];
  return known.name == name ? known.word : Word::other;
}

Word word_of_utf16(ByteView name) {
  const auto size = name.size() / 2;
  if (size > kLongest) return Word::other;
  char text[kLongest];
  for (std::size_t i = 0; i < size; ++i) {
    if (name[2 * i + 1] != 0) return Word::other;
    text[i] = static_cast<char>(name[2 * i]);
  }
  return word_of({text, size});
}

void Fields::begin(const Record& header) {
  row_ = &batch_->begin();
  row_->record = header;
  places_.clear();
  target_ = Target::none;
  time_.reset();
  left_out_ = system_ = numbered_ = bad_number_ = false;
}

Fields::Place Fields::place_of(Word word) const {
  const auto around = places_.empty() ? Place::nowhere : places_.back();
  switch (around) {
    case Place::nowhere: return word == Word::event ? Place::event : Place::ignored;
    case Place::event:
      if (word == Word::system) return Place::system;
      if (word == Word::event_data || word == Word::user_data || word == Word::debug_data ||
          word == Word::processing_error_data) {
        return Place::data;
      }
      return Place::ignored;
    case Place::system: return Place::field;
    case Place::data:
      return word == Word::binary || word == Word::event_payload ? Place::binary : Place::data;
    default: return Place::ignored;
  }
}

void Fields::open(Word word) {
  const auto place = place_of(word);
  if (place == Place::system) system_ = true;
  if (place == Place::field) field_ = word;
  places_.push_back(place);
  left_out_ = false;
  // What an element holds beside other elements is no data.
  target_ = Target::none;
}

void Fields::attribute(Word word) {
  flush();
  if (places_.empty() || places_.back() != Place::field) return;
  if (field_ == Word::provider && word == Word::name) target_ = Target::provider;
  if (field_ == Word::provider && word == Word::event_source_name) target_ = Target::source;
  if (field_ == Word::event_id && word == Word::qualifiers) target_ = Target::qualifiers;
  if (field_ == Word::time_created && word == Word::system_time) target_ = Target::time;
  since_ = text().size();
}

void Fields::content() {
  flush();
  if (places_.empty()) return;
  since_ = text().size();
  const auto place = places_.back();
  const bool inside = places_.size() > 1 && places_[places_.size() - 2] == Place::data;
  if (place == Place::data && inside) target_ = Target::data;
  if (place == Place::binary) target_ = Target::binary;
  if (place != Place::field) return;
  switch (field_) {
    case Word::event_id: target_ = Target::event_id; break;
    case Word::level: target_ = Target::level; break;
    case Word::event_record_id: target_ = Target::record_id; break;
    case Word::channel: target_ = Target::channel; break;
    case Word::computer: target_ = Target::computer; break;
    default: break;
  }
}

void Fields::close() {
  if (left_out_ && since_ == text().size() && target_ == Target::data) target_ = Target::none;
  flush();
  places_.pop_back();
  left_out_ = false;
}

void Fields::next_item() {
  if (target_ != Target::data) return;
  flush();
  since_ = text().size();
  target_ = Target::data;
}

void Fields::time(Time time) {
  bad_number_ = bad_number_ || time_;
  time_ = time;
}

template <class Number>
void Fields::take_number(std::string_view text, Number& out) {
  const auto number = whole_number<Number>(text);
  if (number) out = *number;
  bad_number_ = bad_number_ || !number;
}

void Fields::flush() {
  const auto target = std::exchange(target_, Target::none);
  if (target == Target::none) return;
  const auto slice = batch_->since(since_);
  const auto text = batch_->view(slice);
  auto& record = row_->record;
  switch (target) {
    case Target::none: return;
    case Target::provider: row_->provider = slice; return;
    case Target::source: row_->source = slice; return;
    case Target::channel: row_->channel = slice; return;
    case Target::computer: row_->computer = slice; return;
    case Target::data: batch_->add_data(slice); return;
    case Target::binary: record.binary_bytes += text.size() / 2; return;
    case Target::event_id:
      numbered_ = true;
      take_number(text, record.event_id);
      return;
    case Target::qualifiers:
      if (!text.empty()) take_number(text, record.qualifiers.emplace());
      return;
    case Target::level:
      if (!text.empty()) take_number(text, record.level);
      return;
    case Target::record_id:
      if (!text.empty()) take_number(text, record.record_id);
      return;
    case Target::time: {
      const auto given = std::exchange(time_, std::nullopt);
      const auto time = !given ? parse_time(text) : text.empty() ? given : std::nullopt;
      if (time) record.time = *time;
      bad_number_ = bad_number_ || (!time && !text.empty());
      return;
    }
  }
}

std::optional<Trouble> Fields::end() {
  std::optional<Trouble> trouble;
  if (!system_ || !numbered_) trouble = Trouble::no_system;
  if (bad_number_) trouble = Trouble::bad_number;
  if (trouble) {
    batch_->undo();
  } else {
    batch_->end();
  }
  return trouble;
}

}  // namespace muster::evtx
