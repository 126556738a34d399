#include "world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "store/memory/memory_store.h"
#include "store/postgres/connection.h"
#include "wire/exchange.h"

namespace muster::hosts {
namespace {

constexpr int kMachines = 14;
constexpr minutes kRetention{30 * 24 * 60};

// Notes which transaction made which version of the group: the order of the commits.
constexpr const char* kVersionOf = R"(
  CREATE TABLE version_of (version bigint PRIMARY KEY, transaction text NOT NULL);
  CREATE FUNCTION note_version() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO version_of VALUES (new.version, pg_current_xact_id()::xid::text);
    RETURN new;
  END $$;
  CREATE TRIGGER version AFTER UPDATE ON count_group FOR EACH ROW EXECUTE FUNCTION note_version())";

Bytes16 hash_of(const std::string& text) { return first16(sha256(as_bytes(text))); }

// Half a minute ahead, right, five minutes behind, ...
seconds skew_of(std::size_t host) {
  return seconds{30} - seconds{30} * static_cast<int>(host) * 11;
}

// An event's line without what is the host's and its chain's.
std::string of_any_host(wire::Event event) {
  event.host.clear();
  event.epoch = 0;
  event.seq = event.machine_prev = 0;
  event.prev = {};
  std::string out;
  wire::append_event_line(out, event);
  return out;
}

}  // namespace

void Host::open() {
  service::Limits limits;
  auto opened = service::HostService::open(*store, clock, random, key, limits);
  ASSERT_TRUE(opened) << opened.error().sentence();
  service = std::move(*opened);
}

std::vector<service::Reply> Host::ask(const std::vector<std::string>& bodies) {
  std::vector<service::Reply> out(bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    auto pending = service->decode(bodies[i], "10.0.0.7", true);
    if (!pending) {
      out[i] = pending.error();
      continue;
    }
    (*pending)->done = [this, &reply = out[i]](std::unique_ptr<service::Pending> decided) {
      reply = service->finish(*decided, *signer);
    };
    if (auto refused = service->submit(std::move(*pending))) out[i] = std::move(*refused);
  }
  while (service->run_batch() > 0) {
  }
  return out;
}

void Vendor::install(Host& host) const {
  std::string file;
  const auto signer = root_.signer();
  for (const std::string product : {"acme-cad", "acme-sim"}) {
    Policy policy;
    policy.threshold = product == "acme-cad" ? 3 : 5;
    if (product == "acme-sim") {
      policy.licensed = 4;
      policy.over = Over::refuse;
    }
    const wire::HostKey key{.vendor = "Acme",
                            .vendor_id = root_.public_key().thumbprint(),
                            .id = "AAAAAAAAAAAAAAAAAAAAAA",
                            .host = host.key.public_key(),
                            .customer = "Example Ltd",
                            .product = product,
                            .name = product,
                            .group = "desktop",
                            .policy = policy,
                            .issued = host.clock.wall,
                            .expires = host.clock.wall + std::chrono::days(7300),
                            .text = {}};
    file += *wire::sign_host_key(key, *signer) + "\n";
  }
  const auto installed = host.service->install_keys(file, "socket:0");
  ASSERT_TRUE(installed) << installed.error().sentence();
}

World::World(store::PostgresServer& server, std::size_t hosts, std::uint64_t seed)
    : server_(server), url_(server.make_database()) {
  for (int n = 0; n < kMachines; ++n)
    machines_.push_back({Cmid{hash_of(fmt::format("{}", n))}, {}});
  for (std::size_t at = 0; at < hosts; ++at) {
    hosts_.push_back(std::make_unique<Host>(seed * 100 + at + 1));
    open_host(at);
  }
  server.run(url_, kVersionOf);
}

World::~World() {
  hosts_.clear();
  server_.drop_database(url_);
}

void World::open_host(std::size_t at) {
  auto& one = host(at);
  auto store = store::open_postgres(url_, one.key.public_key().thumbprint(), Bytes16{7},
                                    {.changes_kept = 5});
  ASSERT_TRUE(store) << store.error().sentence();
  one.store = std::move(*store);
  one.clock.wall = now_ + skew_of(at);
  one.open();
  vendor_.install(one);
}

void World::pass(seconds span) {
  const std::lock_guard lock(mutex_);
  now_ += span;
  for (auto& one : hosts_) one->clock.pass(span);
}

// Any machine, with its newest ticket, an older one or none, on its own hardware or another's.
std::string World::request(SeededRandom& random, Instant now, std::size_t& machine) {
  machine = random.below(machines_.size());
  const auto& [cmid, tickets] = machines_[machine];
  wire::ActivationRequest out;
  out.product = random.below(3) == 0 ? "acme-sim" : "acme-cad";
  out.cmid = cmid;
  out.nonce = hash_of(fmt::format("nonce {}", ++nonces_));
  out.time = now;
  if (random.below(12) == 0) out.time += std::chrono::hours(5);
  const auto hardware = random.below(8) == 0 ? random.below(machines_.size()) : machine;
  if (random.below(9) != 0) out.facts.add("set", hash_of(fmt::format("hardware {}", hardware / 2)));
  if (!tickets.empty() && random.below(10) != 0) {
    const auto back = random.below(6) == 0 ? random.below(tickets.size()) : 0;
    out.ticket = tickets[tickets.size() - 1 - back];
  }
  out.name = fmt::format("desk-{}", machine);
  out.state = static_cast<LicenceState>(random.below(7));
  return wire::encode_request(out);
}

void World::take(std::size_t machine, const std::string& body, const service::Reply& reply) {
  if (reply.status == 503) {
    ++sent_away_;
    unanswered_.emplace_back(machine, body);
    return;
  }
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto answer = wire::decode_answer(reply.body);
  ASSERT_TRUE(answer) << reply.body;
  if (answer->ticket) machines_[machine].tickets.push_back(*answer->ticket);
  answers_[wire::decode_request(body)->nonce].push_back(*answer);
}

void World::ask_some(std::size_t at, std::size_t most, SeededRandom& random) {
  std::vector<std::string> bodies;
  std::vector<std::size_t> machines;
  {
    const std::lock_guard lock(mutex_);
    while (!unanswered_.empty() && random.below(4) != 0) {
      machines.push_back(unanswered_.back().first);
      bodies.push_back(unanswered_.back().second);
      unanswered_.pop_back();
    }
    for (auto left = 1 + random.below(most); left > 0; --left) {
      bodies.push_back(request(random, now_, machines.emplace_back()));
      bodies_[wire::decode_request(bodies.back())->nonce] = bodies.back();
    }
  }
  const auto replies = host(at).ask(bodies);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < bodies.size(); ++i) take(machines[i], bodies[i], replies[i]);
}

// The rows that a transaction makes carry its number.
std::vector<Committed> World::committed() {
  auto db = store::pg::Connection::open(url_, std::chrono::seconds(10)).value();
  const auto rows = db.ask(
      "SELECT e.host_id, e.epoch, e.seq, e.prev_host, e.prev_epoch, e.prev_seq, e.line"
      " FROM event e JOIN version_of v ON v.transaction = e.xmin::text ORDER BY v.version, e.seq");
  std::vector<Committed> out;
  EXPECT_TRUE(rows) << rows.error().sentence();
  if (!rows) return out;
  const auto place = [&](int row, int column) {
    return core::EventPlace{static_cast<std::uint32_t>(rows->number(row, column + 1)),
                            static_cast<std::uint64_t>(rows->number(row, column + 2)),
                            static_cast<std::uint32_t>(rows->number(row, column))};
  };
  for (int row = 0; row < rows->size(); ++row) {
    out.push_back({place(row, 0), place(row, 3), *wire::parse_event_line(rows->text(row, 6))});
  }
  return out;
}

void World::check_chain(std::size_t at) {
  auto& one = host(at);
  Bytes32 head{};
  std::uint64_t seq = 0;
  Instant time{};
  for (;;) {
    const auto rows = one.store->events({1, seq}, 1000);
    ASSERT_TRUE(rows) << rows.error().sentence();
    if (rows->empty()) break;
    for (const auto& row : *rows) {
      ASSERT_EQ(row.place, (core::EventPlace{1, ++seq}));
      ASSERT_EQ(wire::parse_event_line(row.line)->prev, first16(head));
      head = wire::chain_hash(head, row.line);
      ASSERT_EQ(row.hash, head);
      ASSERT_GE(row.time, time) << "the rules' time stands or goes forwards";
      time = row.time;
    }
  }
  EXPECT_EQ(one.store->chain_head()->seq, seq);
}

void World::check_same(Host& one, Host& other) {
  const auto seen = [&](Host& who) {
    std::string out;
    EXPECT_TRUE(*who.store->look(vendor_.group(), [&](const core::Group& group) {
      for (const auto& entry : group.roll.entries()) {
        out += hex(entry.key) + " " + format_time(entry.last_seen) + "\n";
      }
      out += fmt::format("threshold {} requests {} failed {} active {}\n",
                         group.roll.highest_threshold(), group.counters.requests,
                         group.counters.failed, group.active.count(now_, kRetention));
      for (const auto& [product, active] : group.by_product) {
        const auto places = active.count(now_, kRetention);
        if (places > 0) out += fmt::format("{} {}\n", product, places);
      }
    }));
    return out;
  };
  const auto machines = [&](Host& who) {
    auto out = who.store->machines(vendor_.group(), std::nullopt, 1000)->machines;
    for (auto& machine : out) machine.last_event = {};
    return out;
  };
  EXPECT_EQ(seen(one), seen(other));
  EXPECT_EQ(machines(one), machines(other));
}

void World::check() {
  // The one host: with the same secrets, so that it reads and gives the same tickets.
  Host one(99);
  one.store = store::make_memory_store(Bytes16{7});
  {
    const auto unit = *one.store->open({});
    for (const auto* secret : {"ticket_key", "name_salt"}) {
      unit->put_setting(secret, *host(0).store->setting(secret).value());
    }
    ASSERT_TRUE(unit->commit());
  }
  const auto events = committed();
  ASSERT_FALSE(events.empty());
  one.clock.wall = std::chrono::floor<std::chrono::days>(events.front().event.time);
  one.open();
  vendor_.install(one);

  std::map<std::uint64_t, core::EventPlace> places;  // of the one host's events
  std::map<Bytes16, std::vector<wire::ActivationAnswer>> given;
  for (const auto& [place, prev, event] : events) {
    ASSERT_TRUE(bodies_.contains(*event.nonce));
    one.clock.pass(event.time - one.clock.wall);
    const auto replies = one.ask({bodies_.at(*event.nonce)});
    const auto head = one.store->chain_head().value();
    const auto row = one.store->event({head.epoch, head.seq}).value();
    EXPECT_EQ(of_any_host(*wire::parse_event_line(row->line)), of_any_host(event));
    const auto before = row->machine_prev.seq;
    EXPECT_EQ(before == 0 ? core::EventPlace{} : places.at(before), prev);
    places[head.seq] = place;
    const auto answer = wire::decode_answer(replies.front().body);
    ASSERT_TRUE(answer) << replies.front().body;
    given[*event.nonce].push_back(*answer);
  }
  for (const auto& [nonce, answers] : answers_) {
    for (const auto& answer : answers) {
      const bool is_given = std::ranges::any_of(given[nonce], [&](const auto& other) {
        return answer.activated == other.activated && answer.count == other.count &&
               answer.threshold == other.threshold && answer.error == other.error &&
               answer.ticket == other.ticket && answer.time == other.time;
      });
      EXPECT_TRUE(is_given) << "an answer that no stored event has";
    }
  }
  for (std::size_t at = 0; at < hosts_.size(); ++at) {
    check_chain(at);
    ASSERT_TRUE(host(at).store->catch_up());
    check_same(host(at), one);
  }
}

}  // namespace muster::hosts
