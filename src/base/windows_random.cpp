#include <windows.h>
// After windows.h, whose types it uses.
#include <bcrypt.h>

#include <cstdlib>

#include "base/random.h"

namespace muster {

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  const auto done = ::BCryptGenRandom(nullptr, bytes.data(), static_cast<ULONG>(bytes.size()),
                                      BCRYPT_USE_SYSTEM_PREFERRED_RNG);
  if (done != 0) std::abort();
}

}  // namespace muster
