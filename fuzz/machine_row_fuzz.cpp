// links: muster_core muster_base
// sources: src/store/machine_codec.cpp
// A machine's row as the database gives it back: damaged bytes are an error, never a wrong machine.
#include "must.h"
#include "store/machine_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  core::Machine machine;
  core::Machine contacts;
  const ByteView bytes(data, size);
  (void)store::decode_contacts(bytes, contacts);
  if (!store::decode_machine(bytes, machine)) return 0;
  std::string written;
  store::encode_machine(written, machine);
  core::Machine again;
  fuzz::must(store::decode_machine(as_bytes(written), again).has_value() && again == machine);
  fuzz::must(store::decode_contacts(as_bytes(written), contacts).has_value());
  fuzz::must(contacts.last_seen == machine.last_seen && contacts.uses == machine.uses);
  return 0;
}
