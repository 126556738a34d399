#include "store/machine_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/random.h"

namespace muster::store {
namespace {

Instant any_time() { return Instant{seconds{*rc::gen::inRange<std::int64_t>(0, 253'402'300'800)}}; }

Bytes16 any_bytes() {
  SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
  return *rc::gen::arbitrary<bool>() ? random.bytes<16>() : Bytes16{};
}

Facts any_facts() {
  Facts out;
  for (const auto* kind : {"machine_id", "product_uuid", "set", "a", "zz_9", "abcdefgh"}) {
    if (*rc::gen::arbitrary<bool>()) out.add(kind, any_bytes());
  }
  return out;
}

core::Machine any_machine() {
  core::Machine out;
  out.facts = any_facts();
  out.earlier.resize(*rc::gen::inRange<std::size_t>(0, core::Machine::kEarlierMost + 1));
  for (auto& facts : out.earlier) facts = any_facts();
  out.number = *rc::gen::arbitrary<std::uint64_t>();
  out.nonce = any_bytes();
  out.first_seen = any_time();
  out.last_seen = any_time();
  out.uses.resize(*rc::gen::inRange<std::size_t>(0, 5));
  for (auto& use : out.uses) {
    use = {*rc::gen::string<std::string>(), any_time(), any_time(), any_time()};
  }
  out.evidence_seen = *rc::gen::arbitrary<std::uint32_t>();
  const auto evidence = *rc::gen::inRange(0, core::kEvidences + 1);
  if (evidence > 0) out.evidence = static_cast<core::Evidence>(evidence);
  out.name_hash = any_bytes();
  out.address_hash = any_bytes();
  const auto is_virtual = *rc::gen::inRange(0, 3);
  if (is_virtual > 0) out.is_virtual = is_virtual == 2;
  out.state = static_cast<LicenceState>(*rc::gen::inRange(0, kLicenceStates));
  out.requests = *rc::gen::arbitrary<std::uint32_t>();
  out.last_event = {*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint64_t>(),
                    *rc::gen::element(0U, 1U, 300U, ~0U)};
  return out;
}

TEST(MachineCodec, gives_back_every_machine) {
  EXPECT_TRUE(rc::check([] {
    const auto machine = any_machine();
    std::string bytes = "what was there before";
    encode_machine(bytes, machine);
    core::Machine back = any_machine();
    back.cmid = machine.cmid;
    RC_ASSERT(decode_machine(as_bytes(bytes), back).has_value());
    RC_ASSERT(back == machine);
    core::Machine contacts;
    RC_ASSERT(decode_contacts(as_bytes(bytes), contacts).has_value());
    RC_ASSERT(contacts.last_seen == machine.last_seen);
    RC_ASSERT(contacts.uses == machine.uses);
  }));
}

TEST(MachineCodec, refuses_a_row_that_is_cut_or_too_long) {
  EXPECT_TRUE(rc::check([] {
    std::string bytes;
    encode_machine(bytes, any_machine());
    core::Machine out;
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
    const auto read = decode_machine(as_bytes(bytes).first(cut), out);
    RC_ASSERT(!read.has_value());
    RC_ASSERT(read.error().code == ErrorCode::store_corrupt);
    bytes.push_back('\0');
    RC_ASSERT(!decode_machine(as_bytes(bytes), out).has_value());
  }));
}

TEST(MachineCodec, survives_any_bytes) {
  EXPECT_TRUE(rc::check([](const std::vector<std::uint8_t>& bytes) {
    core::Machine out;
    auto with_version = bytes;
    with_version.insert(with_version.begin(), 1);
    (void)decode_machine(bytes, out);
    const auto read = decode_machine(with_version, out);
    RC_ASSERT((read || read.error().code == ErrorCode::store_corrupt));
  }));
}

TEST(MachineCodec, keeps_an_ordinary_machine_short) {
  core::Machine machine;
  machine.facts.add("machine_id", Bytes16{1});
  machine.facts.add("product_uuid", Bytes16{2});
  machine.first_seen = machine.last_seen = Instant{seconds{1'767'614'400}};
  machine.uses = {{"acme-cad", machine.last_seen, machine.last_seen, machine.last_seen}};
  machine.name_hash = machine.address_hash = Bytes16{3};
  std::string bytes;
  encode_machine(bytes, machine);
  EXPECT_LT(bytes.size(), 150U);
}

}  // namespace
}  // namespace muster::store
