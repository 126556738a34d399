#include "evtx/testing/sample.h"

namespace muster::evtx::testing {

std::string sample_log(std::uint64_t records) {
  LogWriter log;
  for (std::uint64_t id = 1; id <= records; ++id) {
    auto fields = documented_request();
    fields[2] = "desk-" + std::to_string(id) + ".example";
    auto event = request_in_one_string(fields);
    event.record_id = id;
    event.time = sample_time(static_cast<int>(id) * 60);
    log.add(event);
  }
  return log.finish();
}

}  // namespace muster::evtx::testing
