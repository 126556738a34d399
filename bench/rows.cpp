// The store part alone: what an activation writes, its machine's row and its event, in units of
// 512.
#include <fmt/format.h>

#include <filesystem>

#include "load/load.h"
#include "program.h"
#include "store/sqlite/sqlite_store.h"
#include "wire/event.h"

namespace muster::bench {
namespace {

constexpr std::size_t kUnit = 512;
constexpr Instant kToday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};

core::Machine machine_of(std::uint64_t index) {
  const auto identity = load::machine_identity(1, index);
  core::Machine machine;
  machine.cmid = identity.cmid;
  machine.facts = identity.facts;
  machine.uses = {{"acme-cad", kToday, kToday, kToday}};
  machine.first_seen = machine.last_seen = kToday;
  return machine;
}

// An event's line of the usual length; the chain over it is made, as the host makes it.
store::EventRow event_of(const GroupKey& key, const core::Machine& machine,
                         store::ChainHead& head) {
  ++head.seq;
  wire::Event event;
  event.host = std::string(43, 'h');
  event.epoch = head.epoch;
  event.seq = head.seq;
  event.time = kToday;
  event.type = "activation";
  event.vendor = key.vendor;
  event.product = "acme-cad";
  event.group = key.group;
  event.cmid = machine.cmid;
  event.activated = true;
  event.count = 50;
  event.threshold = 25;
  event.evidence = "renewal";
  event.ticket = machine.number;
  event.client_time = kToday;
  event.machine = machine.facts.primary();
  event.nonce = machine.nonce;
  event.prev = first16(head.hash);
  store::EventRow row{{head.epoch, head.seq}, kToday, key, machine.cmid,
                      machine.last_event,     {},     {}};
  wire::append_event_line(row.line, event);
  head.hash = wire::chain_hash(head.hash, row.line);
  row.hash = head.hash;
  return row;
}

Expected<void> write_unit(store::Store& store, const GroupKey& key, store::ChainHead& head,
                          std::span<const Cmid> cmids, std::uint64_t first) {
  auto unit = store.open({&key, 1});
  if (!unit) return std::unexpected(unit.error());
  std::vector<std::optional<core::Machine>> rows;
  if (auto read = (*unit)->read_machines(key, cmids, rows); !read) return read;
  for (std::size_t i = 0; i < cmids.size(); ++i) {
    auto machine = rows[i] ? std::move(*rows[i]) : machine_of(first + i);
    ++machine.number;
    ++machine.requests;
    auto event = event_of(key, machine, head);
    machine.last_event = event.place;
    (*unit)->append(std::move(event));
    (*unit)->put_machine(key, machine);
  }
  return (*unit)->commit();
}

}  // namespace

Expected<void> store_rows(const Arguments& arguments) {
  const std::filesystem::path directory = arguments.text("dir");
  const auto machines = arguments.number("machines", 20'000);
  const auto units = arguments.number("units", 400);
  auto store = store::open_sqlite((directory / "rows.db").string(), Bytes16{1, 2, 3});
  if (!store) return std::unexpected(store.error());
  const GroupKey key{std::string(43, 'v'), "desktop"};
  store::ChainHead head;
  double began = 0;
  std::uint64_t next = 0;
  const auto warm = (machines + kUnit - 1) / kUnit;  // until every machine has its row
  for (std::uint64_t n = 0; n < warm + units; ++n) {
    if (n == warm) began = seconds_now();
    if (next + kUnit > machines) next = 0;
    std::vector<Cmid> cmids;
    for (std::size_t i = 0; i < kUnit; ++i) {
      cmids.push_back(load::machine_identity(1, next + i).cmid);
    }
    if (auto done = write_unit(**store, key, head, cmids, next); !done) return done;
    next += kUnit;
  }
  const auto took = seconds_now() - began;
  fmt::print("{{\"rows_per_second\":{:.1f},\"seconds\":{:.3f}}}\n",
             static_cast<double>(2 * kUnit * units) / took, took);
  return {};
}

}  // namespace muster::bench
