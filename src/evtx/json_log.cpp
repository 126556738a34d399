#include "evtx/json_log.h"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <tuple>
#include <vector>

#include "base/ascii.h"
#include "evtx/feed.h"
#include "evtx/text_pieces.h"

namespace muster::evtx {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestLine = std::size_t{1} << 22;

// A member by its path, whose parts are objects in one another or one name with dots.
const json::value* find(const json::object& object, std::string_view path) {
  if (const auto* whole = object.if_contains(path)) return whole;
  for (auto dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
    const auto* part = object.if_contains(path.substr(0, dot));
    if (part == nullptr || !part->is_object()) continue;
    if (const auto* found = find(part->get_object(), path.substr(dot + 1))) return found;
  }
  return nullptr;
}

std::string_view text_of(const json::value* value) {
  if (value == nullptr || !value->is_string()) return {};
  return value->get_string();
}

template <class Number>
std::optional<Number> number_of(const json::value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return whole_number<Number>(text_of(value));
  boost::system::error_code error;
  const auto out = value->to_number<Number>(error);
  if (error) return std::nullopt;
  return out;
}

// The first of several names that is there.
const json::value* any_of(const json::object& object,
                          std::initializer_list<std::string_view> paths) {
  for (const auto path : paths) {
    if (const auto* found = find(object, path)) return found;
  }
  return nullptr;
}

std::uint8_t level_of(const json::object& event) {
  if (const auto number = number_of<std::uint8_t>(any_of(event, {"level"}))) return *number;
  const auto name = text_of(any_of(event, {"log.level", "winlog.level", "level"}));
  constexpr std::pair<std::string_view, std::uint8_t> names[] = {
      {"critical", 1}, {"error", 2}, {"warning", 3}, {"information", 4}, {"verbose", 5}};
  for (const auto& [known, level] : names) {
    if (std::ranges::equal(name, known, [](char a, char b) { return (a | 0x20) == b; })) {
      return level;
    }
  }
  return 0;
}

// 3 of "param3".
std::optional<unsigned> parameter(std::string_view name) {
  if (!name.starts_with("param")) return std::nullopt;
  name.remove_prefix(5);
  return whole_number<unsigned>(name);
}

class Lines {
 public:
  explicit Lines(const OnBatch& on_batch) : feed_(on_batch) {}

  bool add(std::string_view line, std::uint64_t offset) {
    boost::system::error_code error;
    const auto value = json::parse(line, error);
    const auto* event = error ? nullptr : value.if_object();
    if (event == nullptr || !record(*event, offset)) return skip(offset);
    return feed_.count();
  }
  bool skip(std::uint64_t offset) { return feed_.skip(offset, Trouble::no_line); }
  void finish() { feed_.finish(); }

 private:
  bool record(const json::object& event, std::uint64_t offset) {
    const auto id =
        number_of<std::uint32_t>(any_of(event, {"winlog.event_id", "event_id", "event.code"}));
    if (!id) return false;
    auto& row = feed_.batch().begin();
    row.record.offset = offset;
    row.record.event_id = *id;
    row.record.record_id =
        number_of<std::uint64_t>(any_of(event, {"winlog.record_id", "record_id", "record_number"}))
            .value_or(0);
    row.record.level = level_of(event);
    // The collector's own @timestamp is the event's time unless it says otherwise.
    row.record.time =
        parse_time(text_of(any_of(event, {"winlog.time_created", "time", "@timestamp"})));
    if (!row.record.time) row.local_time = put(text_of(any_of(event, {"local_time"})));
    row.provider = put(text_of(any_of(event, {"winlog.provider_name", "provider", "source_name"})));
    row.source = put(text_of(any_of(event, {"source"})));
    row.channel = put(text_of(any_of(event, {"winlog.channel", "channel", "log_name"})));
    row.computer =
        put(text_of(any_of(event, {"winlog.computer_name", "computer", "computer_name"})));
    row.record.binary_bytes = number_of<std::uint64_t>(any_of(event, {"binary_bytes"})).value_or(0);
    // `row` is the batch's and may not outlive what is added to it.
    auto& record = row.record;
    for (const auto* path : {"winlog.event_data", "winlog.user_data", "event_data", "user_data"}) {
      if (const auto* data = find(event, path)) return add(*data, record), finish_record();
    }
    if (const auto* data = find(event, "data")) add(*data, record);
    return finish_record();
  }
  bool finish_record() { return feed_.batch().end(), true; }

  void add(const json::value& value, Record& record) {
    if (const auto* list = value.if_array()) {
      for (const auto& one : *list) add(one, record);
    } else if (const auto* object = value.if_object()) {
      add_members(*object, record);
    } else if (value.is_string()) {
      feed_.batch().add_data(put(text_of(&value)));
    } else {
      feed_.batch().add_data(put(value.is_null() ? std::string() : json::serialize(value)));
    }
  }

  void add_members(const json::object& object, Record& record) {
    // Their shipper sorts them by name, param10 before param2; all others stay where they are.
    std::vector<std::tuple<unsigned, std::size_t, const json::key_value_pair*>> members;
    for (const auto& member : object) {
      members.emplace_back(parameter(member.key()).value_or(0), members.size(), &member);
    }
    std::ranges::sort(members);
    for (const auto& [place, index, member] : members) {
      if (member->key() == "xml_name") continue;
      if (member->key() == "Binary" || member->key() == "EventPayload") {
        record.binary_bytes += text_of(&member->value()).size() / 2;
      } else {
        add(member->value(), record);
      }
    }
  }

  Batch::Slice put(std::string_view text) { return feed_.batch().put(text); }

  Feed feed_;
};

}  // namespace

void read_json_lines(ByteView bytes, const OnBatch& on_batch) {
  TextPieces pieces(bytes);
  Lines lines(on_batch);
  std::string text;
  auto text_at = pieces.at();
  bool more = true;
  bool too_long = false;
  while (more) {
    more = pieces.next(text);
    std::size_t at = 0;
    for (auto end = text.find('\n'); end != text.npos || (!more && at < text.size());
         end = text.find('\n', at)) {
      end = std::min(end, text.size());
      const auto line = std::string_view(text).substr(at, end - at);
      const auto offset = text_at + at * pieces.unit();
      const bool blank = line.find_first_not_of(" \t\r") == line.npos;
      const bool wanted = too_long || (blank ? true : lines.add(line, offset));
      if (!wanted) return;
      too_long = false;
      at = std::min(end + 1, text.size());
    }
    if (text.size() - at > kLongestLine) {
      if (!too_long && !lines.skip(text_at + at * pieces.unit())) return;
      too_long = true;
      at = text.size();
    }
    text_at += at * pieces.unit();
    text.erase(0, at);
    if (text.empty()) text_at = pieces.at();
  }
  lines.finish();
}

}  // namespace muster::evtx
