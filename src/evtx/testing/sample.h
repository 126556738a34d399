// Events and logs that several tests use.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "evtx/testing/log_writer.h"

namespace muster::evtx::testing {

// 2026-01-05T08:00:00 UTC and so many seconds.
[[nodiscard]] inline Time sample_time(int seconds = 0) {
  return std::chrono::sys_seconds(std::chrono::seconds(1'767'600'000 + seconds));
}

// The documented example of event 12290, its nine fields.
[[nodiscard]] inline std::vector<std::string> documented_request() {
  return {"0x0",
          "25",
          "kms03.site5.contoso.com",
          "e5c98033-aab6-4d0b-9af9-1d399597dd56",
          "2006/1/14 22:36",
          "1",
          "2",
          "40123",
          "cf67834d-db4a-402c-ab1f-2c134f02b700"};
}

// So many requests from id 1 on, a minute apart, in one string each.
[[nodiscard]] std::string sample_log(std::uint64_t records);

}  // namespace muster::evtx::testing
