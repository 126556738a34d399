// What people's lists cost where very many machines are known: to fill them while nobody asks, and
// to turn their pages.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "load/load.h"
#include "program.h"
#include "store/sqlite/bulk.h"
#include "store/sqlite/sqlite_store.h"

namespace muster::bench {
namespace {

constexpr Instant kToday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};
constexpr std::size_t kPage = 1000;
constexpr std::uint64_t kDays = 30;  // over which their last contacts are spread

Bytes16 hash_of(std::uint64_t index) {
  Bytes16 out{1};
  for (std::size_t i = 8; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(index >> 8 * (i - 8));
  return out;
}

core::Machine machine_of(std::uint64_t index) {
  const auto identity = load::machine_identity(1, index);
  core::Machine machine;
  machine.cmid = identity.cmid;
  machine.facts = identity.facts;
  machine.name_hash = hash_of(index);
  machine.first_seen = machine.last_seen = kToday - std::chrono::days{index % kDays};
  machine.uses = {{"acme-cad", machine.last_seen, machine.last_seen, kToday}};
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

// The longest part, in seconds: what a request that comes meanwhile waits.
Expected<double> fill_lists(store::Store& store) {
  double longest = 0;
  for (;;) {
    const auto began = seconds_now();
    const auto more = store.catch_up();
    if (!more) return std::unexpected(more.error());
    longest = std::max(longest, seconds_now() - began);
    if (!*more) return longest;
  }
}

// Every page of a list; the times of the pages, sorted.
Expected<std::vector<double>> turn_pages(store::Store& store, const GroupKey& key,
                                         store::ListOrder order, std::uint64_t machines) {
  std::vector<double> out;
  std::optional<store::ListPlace> after;
  std::uint64_t seen = 0;
  for (bool more = true; more;) {
    const auto began = seconds_now();
    const auto page = store.listed(key, order, {}, after, kPage);
    if (!page) return std::unexpected(page.error());
    out.push_back(seconds_now() - began);
    seen += page->machines.size();
    more = page->more;
    if (more) after = page->machines.back().place;
  }
  if (seen != machines) return fail(ErrorCode::internal, fmt::format("{} were listed", seen));
  std::ranges::sort(out);
  return out;
}

Expected<void> say_pages(store::Store& store, const GroupKey& key, store::ListOrder order,
                         std::string_view name, std::uint64_t machines) {
  const auto times = turn_pages(store, key, order, machines);
  if (!times) return std::unexpected(times.error());
  fmt::print("{{\"list\":\"{}\",\"pages\":{},\"p50_ms\":{:.2f},\"longest_ms\":{:.2f}}}\n", name,
             times->size(), 1000 * (*times)[times->size() / 2], 1000 * times->back());
  return {};
}

}  // namespace

Expected<void> lists(const Arguments& arguments) {
  const auto path = (std::filesystem::path(arguments.text("dir")) / "lists.db").string();
  const auto machines = arguments.number("machines", 1'000'000);
  const GroupKey key{std::string(43, 'v'), "desktop"};
  if (auto done = store::load_machines(path, key, machines, machine_of); !done) return done;
  auto store = store::open_sqlite(path, Bytes16{1, 2, 3});
  if (!store) return std::unexpected(store.error());
  if (auto done = put_names(**store, machines); !done) return done;
  const auto bytes = std::filesystem::file_size(path);
  auto began = seconds_now();
  auto longest = fill_lists(**store);
  if (!longest) return std::unexpected(longest.error());
  fmt::print("{{\"filled\":{},\"seconds\":{:.2f},\"longest_ms\":{:.2f}}}\n", machines,
             seconds_now() - began, 1000 * *longest);
  for (const auto& [order, name] :
       {std::pair(store::ListOrder::name, "name"), std::pair(store::ListOrder::name_down, "-name"),
        std::pair(store::ListOrder::contact, "last_seen"),
        std::pair(store::ListOrder::contact_down, "-last_seen")}) {
    if (auto done = say_pages(**store, key, order, name, machines); !done) return done;
  }
  store->reset();
  const auto grown = std::filesystem::file_size(path) - bytes;
  fmt::print("{{\"bytes_each\":{:.1f}}}\n",
             static_cast<double>(grown) / static_cast<double>(machines));
  // A start walks over all of them again and finds nothing to do.
  store = store::open_sqlite(path, Bytes16{1, 2, 3});
  if (!store) return std::unexpected(store.error());
  began = seconds_now();
  longest = fill_lists(**store);
  if (!longest) return std::unexpected(longest.error());
  fmt::print("{{\"walked_again\":{},\"seconds\":{:.2f},\"longest_ms\":{:.2f}}}\n", machines,
             seconds_now() - began, 1000 * *longest);
  return {};
}

}  // namespace muster::bench
