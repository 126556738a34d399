// For tests: a DNS message byte by byte, right or wrong.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dns/srv.h"

namespace muster::dns {

// An answer to "SRV name?". Names are written whole; a pointer is a Message::pointer().
class Message {
 public:
  static constexpr std::uint16_t kSrv = 33, kCname = 5, kIn = 1;

  explicit Message(std::string_view name, std::uint8_t rcode = 0, bool is_answer = true) {
    number(7).number(static_cast<std::uint16_t>((is_answer ? 0x8400 : 0x0400) | rcode));
    number(1).number(0).number(0).number(0);
    this->name(name).number(kSrv).number(kIn);
  }
  Message& number(unsigned value) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value & 255));
    return *this;
  }
  Message& name(std::string_view name) {
    label_list(name);
    bytes.push_back(0);
    return *this;
  }
  Message& label_list(std::string_view name) {
    while (!name.empty()) {
      const auto label = name.substr(0, name.find('.'));
      bytes.push_back(static_cast<std::uint8_t>(label.size()));
      bytes.insert(bytes.end(), label.begin(), label.end());
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
    return *this;
  }
  Message& pointer(std::size_t to) { return number(0xC000u | static_cast<unsigned>(to)); }
  // A record up to its data's length; the data's bytes follow.
  Message& record(std::string_view owner, std::uint16_t type, std::size_t size,
                  std::uint16_t in_class = kIn) {
    name(owner).number(type).number(in_class).number(0).number(60);
    number(static_cast<unsigned>(size));
    return count();
  }
  Message& srv(std::string_view owner, const Srv& record_of) {
    const auto size = record_of.target.empty() ? 1 : record_of.target.size() + 2;
    record(owner, kSrv, 6 + size).number(record_of.priority).number(record_of.weight);
    return number(record_of.port).name(record_of.target);
  }
  Message& alias(std::string_view owner, std::string_view target) {
    return record(owner, kCname, target.size() + 2).name(target);
  }
  // One answer more is counted, whether it is there or not.
  Message& count() {
    ++bytes[7];
    return *this;
  }

  std::vector<std::uint8_t> bytes{};
};

}  // namespace muster::dns
