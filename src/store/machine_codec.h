// A machine's row as databases keep it: one blob, without the CMID, which is a column.
#pragma once

#include <string>

#include "base/bytes.h"
#include "core/machine.h"

namespace muster::store {

// Replaces `out`; its memory is used again.
void encode_machine(std::string& out, const core::Machine& machine);
// Fills everything but the CMID. store_corrupt where the bytes are none that encode_machine makes.
[[nodiscard]] Expected<void> decode_machine(ByteView bytes, core::Machine& out);
// Fills last_seen and uses only, which stand first.
[[nodiscard]] Expected<void> decode_contacts(ByteView bytes, core::Machine& out);

// Facts alone, the same way. encode_facts appends.
void encode_facts(std::string& out, const Facts& facts);
[[nodiscard]] Expected<void> decode_facts(ByteView bytes, Facts& out);

}  // namespace muster::store
