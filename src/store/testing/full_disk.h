// Plays a full disk: no file of this process may be written while the largest allowed one is empty.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace muster::store {

inline void fill_disk(bool full) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = full ? 0 : limit.rlim_max;
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace muster::store
