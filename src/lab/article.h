// The experiment that this project began with: one desktop, a snapshot and a rearm count bring a
// host to its threshold. With the real client and host, under simulated time; what follows is run
// in several variants, each from the begin and under the same seed.
#pragma once

#include <functional>
#include <string_view>

#include "lab/outcome.h"

namespace muster::lab {

inline constexpr std::string_view kArticleTitle = "One desktop, a snapshot and a rearm count";

struct ArticleOptions {
  std::uint64_t seed = 1;
  Instant start{};
  std::chrono::days days{185};  // after the activation
  std::uint32_t threshold = 25;
  std::uint32_t rearm_limit = 3;
  int desktops = 10;
  // The same of variants that build desktops, and no more than `days`: refused machines ask every
  // two hours, and there is nothing new to be seen.
  std::chrono::days with_desktops{45};
  // Told now and then how far it is, 0 .. 1. May be empty.
  std::function<void(double)> progress{};
  // Told of each variant's event log at its end, piece by piece. May be empty.
  std::function<void(std::string_view variant, std::uint32_t epoch, std::string_view piece)> log{};
};

[[nodiscard]] Expected<Outcome> run_article(const ArticleOptions& options);

}  // namespace muster::lab
