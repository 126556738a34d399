// What is wrong with what the doctor saw, in sentences with what to do.
#pragma once

#include <vector>

#include "client/doctor.h"

namespace muster::client {

// A host's certificate that ends sooner is worth a word.
inline constexpr seconds kCertificateSoon = std::chrono::hours(24 * 14);
// A clock that differs by more is, though answers are still taken.
inline constexpr seconds kClockOff = minutes(5);

// `seen` but for its findings. DNS first, then host by host.
[[nodiscard]] std::vector<Finding> findings_of(const Diagnosis& seen, const Discovery& discovery,
                                               Instant now);

}  // namespace muster::client
