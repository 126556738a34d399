#include "evtx/testing/log_writer.h"

#include <array>
#include <cstring>

namespace muster::evtx::testing {
namespace {

constexpr std::size_t kChunk = 65536;
constexpr std::size_t kChunkHead = 512;
constexpr std::size_t kFileHead = 4096;
constexpr std::string_view kNamespace = "http://schemas.microsoft.com/win/2004/08/events/event";

// RFC 1952's, bit by bit: a test's log is small.
std::uint32_t checksum(std::string_view bytes, std::uint32_t before = 0) {
  auto crc = ~before;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

template <class Number>
void put(std::string& bytes, std::size_t at, Number number) {
  std::memcpy(bytes.data() + at, &number, sizeof number);
}

std::uint64_t filetime(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count()) + 116'444'736'000'000'000;
}

// The values of the System part's template, by their ids.
enum Id : std::uint16_t {
  level,
  event_id,
  qualifiers,
  time,
  record_id,
  channel,
  computer,
  payload
};

void element(XmlWriter& xml, std::string_view name, std::uint16_t id, Type type) {
  xml.open(name);
  xml.content();
  xml.substitution(id, type, true);
  xml.close();
}

void fixed(XmlWriter& xml, std::string_view name, std::string_view text) {
  xml.open(name);
  xml.content();
  xml.text(text);
  xml.close();
}

void define_provider(XmlWriter& xml, const Event& event) {
  xml.open("Provider", true);
  xml.attribute("Name", !event.source.empty());
  xml.text(event.provider);
  if (!event.source.empty()) {
    xml.attribute("EventSourceName");
    xml.text(event.source);
  }
  xml.empty();
}

void define_event(XmlWriter& xml, const Event& event) {
  xml.open("Event", true);
  xml.attribute("xmlns");
  xml.text(kNamespace);
  xml.content();
  xml.open("System");
  xml.content();
  define_provider(xml, event);
  xml.open("EventID", true);
  xml.attribute("Qualifiers");
  xml.substitution(qualifiers, Type::uint16, true);
  xml.content();
  xml.substitution(event_id, Type::uint16, true);
  xml.close();
  fixed(xml, "Version", "0");
  element(xml, "Level", level, Type::uint8);
  fixed(xml, "Task", "0");
  fixed(xml, "Keywords", "0x80000000000000");
  xml.open("TimeCreated", true);
  xml.attribute("SystemTime");
  xml.substitution(time, Type::filetime, true);
  xml.empty();
  element(xml, "EventRecordID", record_id, Type::uint64);
  element(xml, "Channel", channel, Type::text);
  element(xml, "Computer", computer, Type::text);
  xml.open("Security");
  xml.empty();
  xml.close();
  xml.substitution(payload, Type::binary_xml, true);
  xml.close();
}

void define_data(XmlWriter& xml) {
  xml.open("EventData");
  xml.content();
  xml.open("Data");
  xml.content();
  xml.substitution(0, static_cast<Type>(static_cast<std::uint8_t>(Type::text) | kArray));
  xml.close();
  xml.open("Binary");
  xml.content();
  xml.substitution(1, Type::binary, true);
  xml.close();
  xml.close();
}

void define_named(XmlWriter& xml, std::size_t count) {
  xml.open("EventData");
  xml.content();
  for (std::size_t i = 0; i < count; ++i) {
    xml.open("Data", true);
    xml.attribute("Name");
    xml.text("param" + std::to_string(i + 1));
    xml.content();
    xml.substitution(static_cast<std::uint16_t>(i), Type::text);
    xml.close();
  }
  xml.close();
}

Substitute payload_of(const Event& event, Form form) {
  if (form == Form::named) {
    std::vector<Substitute> values;
    for (const auto& one : event.data) values.push_back(text_value(one));
    return xml_value([event, values](XmlWriter& xml) {
      xml.fragment();
      xml.instance(
          "named " + std::to_string(values.size()),
          [&](XmlWriter& inner) { define_named(inner, values.size()); }, values);
      xml.end();
    });
  }
  auto binary = event.binary.empty() ? null_value() : bytes_value(Type::binary, event.binary);
  return xml_value([values = std::vector{texts_value(event.data), binary}](XmlWriter& xml) {
    xml.fragment();
    xml.instance("data", define_data, values);
    xml.end();
  });
}

void write_event(XmlWriter& xml, const Event& event, Form form) {
  xml.fragment();
  xml.instance(event.provider + " " + event.source,
               [&](XmlWriter& inner) { define_event(inner, event); },
               {number_value(Type::uint8, event.level), number_value(Type::uint16, event.event_id),
                event.qualifiers ? number_value(Type::uint16, *event.qualifiers) : null_value(),
                number_value(Type::filetime, filetime(event.time)),
                number_value(Type::uint64, event.record_id), text_value(event.channel),
                text_value(event.computer), payload_of(event, form)});
  xml.end();
}

std::string time_text(Time time) {
  std::string out;
  append_time(out, time);
  return out;
}

void write_forwarded(XmlWriter& xml, const Event& event) {
  xml.fragment();
  xml.open("Event");
  xml.content();
  xml.open("System");
  xml.content();
  define_provider(xml, event);
  fixed(xml, "EventID", std::to_string(event.event_id));
  fixed(xml, "Level", std::to_string(event.level));
  xml.open("TimeCreated", true);
  xml.attribute("SystemTime");
  xml.text(time_text(event.time));
  xml.empty();
  fixed(xml, "EventRecordID", std::to_string(event.record_id));
  fixed(xml, "Channel", event.channel);
  fixed(xml, "Computer", event.computer);
  xml.close();
  xml.open("EventData");
  xml.content();
  for (const auto& one : event.data) fixed(xml, "Data", one);
  xml.close();
  xml.open("RenderingInfo");
  xml.content();
  fixed(xml, "Message", "a message that is no data");
  xml.close();
  xml.close();
  xml.end();
}

}  // namespace

Event request_in_one_string(const std::vector<std::string>& fields) {
  std::string line;
  for (const auto& field : fields) line += line.empty() ? field : "," + field;
  return {.data = {line}};
}

Event request_in_ten_strings(const std::vector<std::string>& fields) {
  Event out{.data = {"0"}};
  out.data.insert(out.data.end(), fields.begin(), fields.end());
  return out;
}

LogWriter::LogWriter() { start_chunk(); }

void LogWriter::start_chunk() {
  chunk_.assign(kChunkHead, '\0');
  xml_.know({});
  first_ = last_ = 0;
  last_at_ = 0;
}

void LogWriter::add(const Event& event, Form form) {
  add_raw(event.record_id, event.time, [&](XmlWriter& xml) {
    form == Form::forwarded ? write_forwarded(xml, event) : write_event(xml, event, form);
  });
}

void LogWriter::add_raw(std::uint64_t record_id, Time time,
                        const std::function<void(XmlWriter&)>& write) {
  const auto begin = chunk_.size();
  const auto known = xml_.known();
  xml_.number(std::uint32_t{0x2a2a});
  xml_.number(std::uint32_t{0});
  xml_.number(record_id);
  xml_.number(filetime(time));
  write(xml_);
  while ((chunk_.size() + 4) % 8 != 0) chunk_.push_back('\0');
  const auto size = static_cast<std::uint32_t>(chunk_.size() + 4 - begin);
  xml_.number(size);
  put(chunk_, begin + 4, size);
  if (chunk_.size() > kChunk && first_ != 0) {
    chunk_.resize(begin);
    xml_.know(known);
    new_chunk();
    return add_raw(record_id, time, write);
  }
  if (first_ == 0) first_ = record_id;
  last_ = record_id;
  last_at_ = begin;
  ++records_;
}

void LogWriter::new_chunk() {
  if (first_ == 0) return;
  finish_chunk();
  start_chunk();
}

void LogWriter::finish_chunk() {
  const auto free = chunk_.size();
  const auto records = checksum(std::string_view(chunk_).substr(kChunkHead));
  chunk_.resize(kChunk);
  std::memcpy(chunk_.data(), "ElfChnk", 8);
  put(chunk_, 8, first_);
  put(chunk_, 16, last_);
  put(chunk_, 24, first_);
  put(chunk_, 32, last_);
  put(chunk_, 40, std::uint32_t{128});
  put(chunk_, 44, static_cast<std::uint32_t>(last_at_));
  put(chunk_, 48, static_cast<std::uint32_t>(free));
  put(chunk_, 52, records);
  const std::string_view head(chunk_);
  put(chunk_, 124, checksum(head.substr(128, kChunkHead - 128), checksum(head.substr(0, 120))));
  file_ += chunk_;
}

std::string LogWriter::finish(bool dirty) {
  new_chunk();
  const auto chunks = file_.size() / kChunk;
  std::string head(kFileHead, '\0');
  std::memcpy(head.data(), "ElfFile", 8);
  put(head, 16, std::uint64_t{chunks == 0 || dirty ? 0 : chunks - 1});
  put(head, 24, std::uint64_t{dirty ? 1 : last_ + 1});
  put(head, 32, std::uint32_t{128});
  put(head, 36, std::uint16_t{1});
  put(head, 38, std::uint16_t{3});
  put(head, 40, std::uint16_t{kFileHead});
  put(head, 42, static_cast<std::uint16_t>(dirty ? 1 : chunks));
  put(head, 120, std::uint32_t{dirty});
  put(head, 124, checksum(std::string_view(head).substr(0, 120)));
  return head + file_;
}

}  // namespace muster::evtx::testing
