// A machine's history in sentences.
#pragma once

#include <string>
#include <vector>

#include "wire/event.h"

namespace muster::service {

struct Chapter {
  Instant time{};  // when it began
  std::string text;
};
// Of a machine's requests, the oldest first; `from_the_first`: the first of them is its first.
// Renewals that follow one another are one chapter, and so are refusals for one reason. No text of
// a client's stands in it.
[[nodiscard]] std::vector<Chapter> story_of(const std::vector<wire::Event>& requests,
                                            bool from_the_first);

}  // namespace muster::service
