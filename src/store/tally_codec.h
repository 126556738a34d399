// What a database keeps of a pool's evidence without looking into it.
#pragma once

#include <string>

#include "core/pool.h"

namespace muster::store {

[[nodiscard]] std::string encode_days(const core::PoolRecord& record);
[[nodiscard]] std::string encode_examples(const core::PoolRecord& record);
// False where the bytes are not what was encoded; the record is of no use then.
[[nodiscard]] bool decode_days(ByteView bytes, core::PoolRecord& out);
[[nodiscard]] bool decode_examples(ByteView bytes, core::PoolRecord& out);

}  // namespace muster::store
