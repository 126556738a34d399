// The load generator behind `muster bench`: makes a fleet of machines, asks a running host for
// activations as fast as it answers, and checks every answer. One thread and one epoll loop while
// the clock runs, so that it fits on the core next to the host's; the signatures that were not
// checked live are checked afterwards. Where the process is pinned to one core (taskset) the loop
// never sleeps: to wake a sleeping generator for each answer costs the host several microseconds,
// which it would not pay to clients across a network.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/facts.h"
#include "base/ids.h"
#include "base/time.h"
#include "wire/documents.h"

namespace muster::load {

enum class Mode : std::uint8_t {
  keep_alive,       // `connections` of them stay open, each with one request under way
  new_connections,  // a connection for each request, `connections` of them at a time
  storm,            // `requests` machines connect in the same instant, one request each
};
// "keep-alive", "new", "storm"; and back.
[[nodiscard]] std::string_view name_of(Mode mode);
[[nodiscard]] std::optional<Mode> mode_of(std::string_view name);

// Which machine asks next.
enum class Order : std::uint8_t { in_turn, random };

// Where the host listens for clients. Plain HTTP only: answers prove themselves.
struct Target {
  std::string address;  // numeric IPv4
  std::uint16_t port = 0;
};
// "http://127.0.0.1:8688" or "http://localhost:8688"; usage for anything else.
[[nodiscard]] Expected<Target> parse_target(std::string_view url);

// What machine number `index` of a fleet is, from the seed alone: two programs that know the seed
// know the same machines. Its one fact is `set`, which also is its primary fact.
struct MachineIdentity {
  Cmid cmid;
  Facts facts;
  std::string name;  // what its requests carry
};
[[nodiscard]] MachineIdentity machine_identity(std::uint64_t seed, std::uint64_t index);

using TicketBytes = std::array<std::uint8_t, 24>;

// An answer of status 200 that a machine received, as the host gave it.
struct Told {
  std::uint64_t machine = 0;
  Cmid cmid;
  Bytes16 nonce{};
  bool activated = false;
  std::optional<std::uint32_t> count;
  std::string_view activation;  // the JWS, empty where not activated
  std::string_view ticket;      // base64url, empty where none
};

struct Plan {
  Target target{};
  Mode mode = Mode::keep_alive;
  std::size_t connections = 256;
  std::uint64_t requests = 100'000;  // in all; a storm: the number of clients
  std::uint64_t machines = 100'000;  // of the fleet; renewals begin where requests exceed it
  std::uint64_t first_machine = 0;   // index of the fleet's first machine
  Order order = Order::in_turn;      // no machine has two requests under way, whatever the order
  std::uint64_t seed = 1;
  seconds give_up{30};  // a request without an answer for this long is lost
  // The ticket that a machine holds before the run, by index; empty: none do.
  std::function<std::optional<TicketBytes>(std::uint64_t)> first_ticket{};
  // Called for each answer after the clock has stopped, in the order of arrival; may be empty.
  std::function<void(const Told&)> told{};
};

struct Report {
  std::uint64_t requests = 0;  // sent whole
  std::uint64_t answers = 0;   // received whole, of any status
  std::uint64_t activated = 0;
  std::uint64_t refused = 0;   // by a rule: 200, not activated
  std::uint64_t problems = 0;  // another status than 200: 429, 503 ...
  std::uint64_t wrong = 0;     // nonce, CMID, count, ticket, or signature not as they must be
  std::uint64_t lost = 0;      // sent, or connected for, and never answered
  std::uint64_t verified = 0;  // signatures checked, live and after
  bool host_gone = false;      // connections were refused: the run ended early
  double seconds = 0;          // first connect or send to last answer
  double rate = 0;             // answers of status 200 a second
  double p50_ms = 0, p99_ms = 0, p999_ms = 0, worst_ms = 0;  // first connect or send to answer
  double busy = 0;          // of its core, 0 .. 1: near 1 the generator itself may be the limit
  std::string first_wrong;  // what was wrong with the first wrong or unparsable answer
  // No answer wrong, none lost, none but 200.
  [[nodiscard]] bool clean() const {
    return wrong == 0 && lost == 0 && problems == 0 && !host_gone;
  }
};
// One JSON object without newline; the members are Report's, in this order, `mode` first.
[[nodiscard]] std::string to_json(const Report& report, Mode mode);
// Some lines for people.
[[nodiscard]] std::string to_text(const Report& report, Mode mode);

// Runs the plan to its end. `product` names what is asked for and proves the answers. `clock` gives
// the time that the requests carry. Errors: usage (a plan that cannot be), no_host (nothing listens
// at the target). What a host answers wrongly is in the report, not an error.
[[nodiscard]] Expected<Report> run(const Plan& plan, const wire::ProductFile& product,
                                   Clock& clock);

}  // namespace muster::load
