// Fills the database of a host that does not run with machines that nobody has waited for.
//   muster_fill FILE VENDOR GROUP MACHINES NOW
// NOW is the time of the newest contact, in seconds since 1970.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "load/load.h"
#include "store/sqlite/bulk.h"
#include "store/sqlite/sqlite_store.h"

namespace muster {
namespace {

constexpr std::uint64_t kSpread = 28L * 24 * 3600;  // seconds, of the machines' last contacts

Bytes16 hash_of(std::uint64_t index) {
  Bytes16 out{1};
  for (std::size_t i = 8; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(index >> 8 * (i - 8));
  return out;
}

core::Machine machine_of(std::uint64_t index, Instant now) {
  const auto identity = load::machine_identity(1, index);
  core::Machine machine;
  machine.cmid = identity.cmid;
  machine.facts = identity.facts;
  machine.name_hash = hash_of(index);
  machine.first_seen = machine.last_seen = now - seconds(index * 7919 % kSpread);
  machine.uses = {{"acme-cad", machine.last_seen, machine.last_seen, now}};
  return machine;
}

Expected<void> put_names(store::Store& store, std::uint64_t machines) {
  constexpr std::uint64_t kUnit = 50'000;
  for (std::uint64_t first = 0; first < machines; first += kUnit) {
    auto unit = store.open({});
    if (!unit) return std::unexpected(unit.error());
    for (auto index = first; index < std::min(first + kUnit, machines); ++index) {
      (*unit)->put_name(hash_of(index), load::machine_identity(1, index).name);
    }
    if (auto done = (*unit)->commit(); !done) return done;
  }
  return {};
}

Expected<void> fill(const std::string& file, const GroupKey& key, std::uint64_t machines,
                    Instant now) {
  const auto machine = [now](std::uint64_t index) { return machine_of(index, now); };
  {
    auto store = store::open_sqlite(file, Bytes16{1, 2, 3});
    if (!store) return std::unexpected(store.error());
    if (auto done = put_names(**store, machines); !done) return done;
  }
  return store::load_machines(file, key, machines, machine);
}

}  // namespace
}  // namespace muster

int main(int count, char** arguments) {
  if (count != 6) return 2;
  const auto done = muster::fill(
      arguments[1], {arguments[2], arguments[3]}, std::strtoull(arguments[4], nullptr, 10),
      muster::Instant{muster::seconds(std::strtoll(arguments[5], nullptr, 10))});
  if (done) return 0;
  fmt::print(stderr, "{}\n", done.error().sentence());
  return 1;
}
