// An answer as bytes.
#pragma once

#include <string>
#include <string_view>

#include "service/reply.h"

namespace muster::host {

enum class Framing : std::uint8_t { length, chunked, until_close };

// Appends the status line, the header and what there is of the body: nothing of it where
// `head_only`.
void append_answer(std::string& out, const service::Reply& reply, Framing framing, bool keep_alive,
                   bool head_only);
// A chunk; an empty piece is the last one.
void append_chunk(std::string& out, std::string_view piece);

}  // namespace muster::host
