// links: muster_core muster_base
// sources: src/lab/scenario_file.cpp src/lab/outcome.cpp src/lab/timetable.cpp src/lab/streams.cpp
// packages: tomlplusplus::tomlplusplus fmt::fmt
// A scenario file: reading ends, what is taken is within its bounds, and what happens to a machine
// comes one after the other.
#include "lab/scenario.h"

#include "lab/timetable.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace muster;
  constexpr int kSteps = 50;
  const auto scenario = lab::read_scenario(as_text(ByteView(bytes, size)), "x.toml");
  if (!scenario) {
    fuzz::must(scenario.error().detail.starts_with("x.toml:"));
    return 0;
  }
  fuzz::must(scenario->machines() > 0 &&
             scenario->machines() <= static_cast<std::uint64_t>(lab::kMachinesMost));
  for (const auto& pool : scenario->pools) {
    fuzz::must(pool.product < scenario->products.size() && pool.host < scenario->hosts.size());
  }
  const lab::Timetable timetable(*scenario, 1);
  fuzz::must(timetable.machines() == scenario->machines());
  for (const auto machine : {std::uint32_t{0}, timetable.machines() - 1}) {
    lab::Tick from = 0;
    for (int step = 0; step < kSteps && from < timetable.end(); ++step) {
      const auto next = timetable.next(machine, from);
      fuzz::must(next >= from);
      if (next == lab::kNever) break;
      (void)timetable.on(machine, next);
      (void)timetable.rebuilt(machine, next);
      from = next + 1;
    }
  }
  return 0;
}
