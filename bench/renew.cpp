// Machines that a host has seen before: put into its database in bulk, then renewed against it.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/ticket.h"
#include "host/system_clock.h"
#include "load/load.h"
#include "program.h"
#include "store/sqlite/bulk.h"
#include "store/sqlite/sqlite_store.h"
#include "wire/event.h"

namespace muster::bench {
namespace {

constexpr std::uint64_t kNumber = 1;  // of the ticket that each of them holds

Expected<wire::ProductFile> read_product(const std::string& path) {
  std::ifstream in(path);
  if (!in) return fail(ErrorCode::file_unreadable, path);
  return wire::read_product_file(std::string(std::istreambuf_iterator<char>(in), {}));
}

std::string database(const Arguments& arguments) {
  return (std::filesystem::path(arguments.text("dir")) / "muster.db").string();
}

}  // namespace

Expected<void> load_bulk(const Arguments& arguments) {
  const auto product = read_product(arguments.text("product"));
  if (!product) return std::unexpected(product.error());
  const auto machines = arguments.number("machines", 1'000);
  const auto first = arguments.number("first", 0);
  const auto seed = arguments.number("seed", 1);
  host::SystemClock clock;
  const auto now = clock.now();
  const GroupKey key{product->vendor_id, product->group};
  const auto began = seconds_now();
  auto store = store::open_sqlite(database(arguments), SystemRandom().bytes<16>());
  if (!store) return std::unexpected(store.error());
  const auto ticket_key = (*store)->setting("ticket_key");
  if (!ticket_key) return std::unexpected(ticket_key.error());
  const auto salt_text = (*store)->setting("name_salt");
  if (!salt_text) return std::unexpected(salt_text.error());
  if (!*ticket_key || !*salt_text) {
    return fail(ErrorCode::conflict, "the host has not made its secrets yet");
  }
  const auto salt = array_from_base64url<32>(**salt_text);
  if (!salt) return fail(ErrorCode::store_corrupt, "name_salt");
  store->reset();
  // The key is the host's secret: kept beside its database, for `renew` alone.
  const auto key_file = database(arguments) + ".bench-ticket-key";
  std::ofstream(key_file) << **ticket_key;
  std::filesystem::permissions(
      key_file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto made = [&](std::uint64_t index) {
    const auto identity = load::machine_identity(seed, first + index);
    core::Machine machine;
    machine.cmid = identity.cmid;
    machine.facts = identity.facts;
    machine.name_hash = wire::hash_name(*salt, identity.name);
    machine.address_hash = wire::hash_name(*salt, "127.0.0.1");
    machine.number = kNumber;
    machine.first_seen = machine.last_seen = now - std::chrono::days{7};
    machine.uses = {{product->product, machine.last_seen, machine.last_seen, now}};
    machine.requests = 1;
    return machine;
  };
  if (auto done = store::load_machines(database(arguments), key, machines, made); !done)
    return done;
  fmt::print("{{\"machines\":{},\"seconds\":{:.3f}}}\n", machines, seconds_now() - began);
  return {};
}

Expected<void> renew(const Arguments& arguments) {
  const auto product = read_product(arguments.text("product"));
  if (!product) return std::unexpected(product.error());
  std::ifstream key_file(database(arguments) + ".bench-ticket-key");
  std::string text;
  key_file >> text;
  const auto ticket_key = array_from_base64url<32>(text);
  if (!ticket_key) return fail(ErrorCode::file_unreadable, "the ticket key that 'bulk' has kept");
  const auto target = load::parse_target(arguments.text("url"));
  if (!target) return std::unexpected(target.error());
  const GroupKey key{product->vendor_id, product->group};
  load::Plan plan;
  plan.target = *target;
  plan.machines = arguments.number("machines", 1'000);
  plan.first_machine = arguments.number("first", 0);
  plan.seed = arguments.number("seed", 1);
  plan.requests = arguments.number("requests", 100'000);
  plan.connections = arguments.number("connections", 256);
  plan.order =
      arguments.text("order", "random") == "random" ? load::Order::random : load::Order::in_turn;
  plan.first_ticket = [&](std::uint64_t index) {
    const auto cmid = load::machine_identity(plan.seed, index).cmid;
    return core::make_ticket(*ticket_key, key, cmid, kNumber);
  };
  host::SystemClock clock;
  const auto report = load::run(plan, *product, clock);
  if (!report) return std::unexpected(report.error());
  fmt::print("{}\n", load::to_json(*report, plan.mode));
  return {};
}

}  // namespace muster::bench
