// Who is behind the CMIDs: CMIDs that several names share, and names that keep changing theirs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analyser/log.h"

namespace muster::analyser {

// A name under which a CMID asked.
struct Bearer {
  std::uint32_t name = 0;  // as taken_together() numbers it
  Instant first{}, last{};
  std::uint64_t requests = 0;
};

enum class Sharing : std::uint8_t {
  shared,   // a name asked again after another one had begun, or there are three and more
  renamed,  // two names, the first silent for eight days and more since the second began
  unclear   // two names, and the log ends before that can be told
};
[[nodiscard]] std::string_view words_of(Sharing kind);

struct SharedId {
  std::uint32_t machine = 0;
  std::uint16_t group = 0;
  Sharing kind{};
  std::vector<Bearer> bearers;  // by their first request; at most 200
  std::uint32_t alive = 0;      // of them, heard within 30 days
  Instant since{};              // when the second name came
  // Machines that the count misses because of it: those alive but one; 0 for a rename.
  [[nodiscard]] std::uint32_t missed() const {
    return kind == Sharing::renamed || alive < 2 ? 0 : alive - 1;
  }
};

struct Churn {
  std::uint32_t name = 0;
  std::uint16_t group = 0;
  std::uint32_t cmids = 0;   // under this name
  std::uint32_t recent = 0;  // of them, heard within 30 days: what the name adds to the count
  Instant first_change{}, last_change{};
};

struct Identities {
  std::vector<SharedId> shared;  // most machines missed first
  std::vector<Churn> churn;      // names with three CMIDs and more; most first
  std::uint64_t churning = 0;    // all such names, where `churn` is cut to a thousand
};

// `group_of`: of each product. `together`: of each name. Requests after now are not in `requests`.
[[nodiscard]] Identities identify(std::span<const Request> requests,
                                  std::span<const std::uint16_t> group_of,
                                  std::span<const std::uint32_t> together, Instant now);

}  // namespace muster::analyser
