// days:     kDays numbers
// examples: each CMID 16, hash of the name 16, time, the event's epoch, seq and host
#include "store/tally_codec.h"

#include <limits>

#include "store/byte_codec.h"

namespace muster::store {
namespace {

constexpr std::uint64_t kWord = std::numeric_limits<std::uint32_t>::max();

}  // namespace

std::string encode_days(const core::PoolRecord& record) {
  std::string out;
  Encoder encoder{out};
  for (const auto day : record.days) encoder.number(day);
  return out;
}

std::string encode_examples(const core::PoolRecord& record) {
  std::string out;
  Encoder encoder{out};
  for (const auto& example : record.examples) {
    encoder.bytes(example.cmid.bytes);
    encoder.bytes(example.name_hash);
    encoder.time(example.time);
    encoder.number(example.event.epoch);
    encoder.number(example.event.seq);
    encoder.number(example.event.host);
  }
  return out;
}

bool decode_days(ByteView bytes, core::PoolRecord& out) {
  Decoder decoder{bytes};
  for (auto& day : out.days) day = static_cast<std::uint32_t>(decoder.number(kWord));
  return decoder.good && decoder.in.empty();
}

bool decode_examples(ByteView bytes, core::PoolRecord& out) {
  Decoder decoder{bytes};
  while (decoder.good && !decoder.in.empty()) {
    auto& example = out.examples.emplace_back();
    decoder.array(example.cmid.bytes);
    decoder.array(example.name_hash);
    example.time = decoder.time();
    example.event.epoch = static_cast<std::uint32_t>(decoder.number(kWord));
    example.event.seq = decoder.number();
    example.event.host = static_cast<std::uint32_t>(decoder.number(kWord));
  }
  return decoder.good;
}

}  // namespace muster::store
