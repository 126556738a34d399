// Just enough of HTTP/1.1 to read a host's answers: finds where one ends.
#pragma once

#include <cstddef>
#include <string_view>

namespace muster::load {

struct HttpAnswer {
  enum class Kind : unsigned char { whole, partial, broken };
  Kind kind = Kind::partial;
  int status = 0;
  bool close = false;       // the host closes the connection after this answer
  std::string_view body{};  // a view into the bytes that were given
};

// Reads the answer at the beginning of `bytes`. broken: no HTTP/1.x answer with a Content-Length.
[[nodiscard]] HttpAnswer read_answer(std::string_view bytes);

}  // namespace muster::load
