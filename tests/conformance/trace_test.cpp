// The same random requests, decided by core on every store, get the same answers and leave the same
// behind.
#include <rapidcheck.h>

#include <algorithm>

#include "core/decide.h"
#include "support.h"

namespace muster::store::conformance {
namespace {

enum class End { commit, drop, full_disk, commit_and_reopen };

struct Request {
  unsigned cmid = 1;
  unsigned fact = 0;
  bool server = false;
  unsigned product = 0;
  unsigned state = 0;
  unsigned shown = 0;
};

struct Batch {
  std::vector<Request> requests;
  unsigned pause = 0;  // minutes since the batch before
  End end = End::commit;
};

std::ostream& operator<<(std::ostream& out, const Batch& batch) {
  out << "\n+" << batch.pause << " min:";
  for (const auto& r : batch.requests) {
    out << " (cmid " << r.cmid << " fact " << r.fact << (r.server ? " server" : "") << " product "
        << r.product << " state " << r.state << " shown " << r.shown << ")";
  }
  return out << " end " << static_cast<int>(batch.end);
}

Policy policy_of(const Request& request) {
  Policy out;
  out.threshold = request.product == 0 ? 2 : 3;
  if (request.product == 1) {
    out.licensed = 2;
    out.over = Over::refuse;
  }
  return out;
}

// One answer, as far as stores could make it differ.
using Answer = std::tuple<bool, std::uint32_t, std::optional<ErrorCode>,
                          std::optional<core::Evidence>, core::Machine>;

class Host {
 public:
  explicit Host(const Kind& kind) : harness_(kind.make()) {}

  std::vector<Answer> run(const Batch& batch, Instant now) {
    std::vector<Answer> out;
    out.reserve(batch.requests.size());
    auto unit = store().open(std::vector{kDesktops, kServers}).value();
    const auto head = store().chain_head().value();
    std::uint64_t seq = head.seq;
    for (const auto& request : batch.requests) out.push_back(answer(*unit, request, now, ++seq));
    if (batch.end == End::drop) return out;
    harness_->fill_disk(batch.end == End::full_disk);
    const auto committed = unit->commit();
    harness_->fill_disk(false);
    // A unit that writes nothing needs no disk.
    const bool may_fail = batch.end == End::full_disk;
    RC_ASSERT((committed.has_value() ? !may_fail || batch.requests.empty() : may_fail));
    unit.reset();
    if (batch.end == End::commit_and_reopen) harness_->reopen();
    RC_ASSERT(store().catch_up().has_value());
    return out;
  }
  Store& store() { return harness_->store(); }

 private:
  static Answer answer(Unit& unit, const Request& request, Instant now, std::uint64_t seq) {
    const auto& key = request.server ? kServers : kDesktops;
    std::vector<std::optional<core::Machine>> known;
    RC_ASSERT(unit.read_machines(key, std::vector{cmid(request.cmid)}, known).has_value());
    core::Ask ask;
    const std::string product(1, static_cast<char>('a' + request.product));
    ask.product = product;
    ask.cmid = cmid(request.cmid);
    if (request.fact != 0) ask.facts.add("set", fact(request.fact));
    if (request.shown != 0) ask.shown = {core::Shown::Kind::number, request.shown};
    ask.nonce = fact(static_cast<unsigned>(seq));
    ask.state = static_cast<LicenceState>(request.state);
    std::vector<core::Machine> same_fact;
    if (request.fact != 0) {
      RC_ASSERT(unit.read_by_fact(key, fact(request.fact), same_fact).has_value());
      std::erase_if(same_fact, [&](const auto& row) { return row.cmid == ask.cmid; });
    }
    auto decision = core::decide(unit.group(key), policy_of(request), ask,
                                 known.front() ? &*known.front() : nullptr, same_fact, now);
    for (const auto& entry : decision.roll_changed) unit.roll_changed(key, entry);
    auto row = event(seq);
    row.time = now;
    row.group = key;
    row.cmid = ask.cmid;
    row.machine_prev = decision.machine.last_event;
    decision.machine.last_event = row.place;
    unit.put_machine(key, decision.machine);
    unit.append(row);
    unit.put_name(fact(request.cmid), "name " + std::to_string(request.cmid));
    return {decision.activated, decision.count, decision.error, decision.evidence,
            decision.machine};
  }

  std::unique_ptr<Harness> harness_;
};

void expect_equal(Host& a, Host& b, Instant at) {
  for (const auto& key : {kDesktops, kServers}) {
    RC_ASSERT(seen(a.store(), key, at) == seen(b.store(), key, at));
    RC_ASSERT(all_machines(a.store(), key) == all_machines(b.store(), key));
    for (unsigned i = 1; i <= 3; ++i) {
      RC_ASSERT(a.store().machines_by_fact(key, fact(i)).value() ==
                b.store().machines_by_fact(key, fact(i)).value());
    }
  }
  RC_ASSERT(all_events(a.store()) == all_events(b.store()));
  RC_ASSERT(a.store().chain_head()->hash == b.store().chain_head()->hash);
  for (unsigned i = 1; i <= 12; ++i) {
    RC_ASSERT(a.store().name(fact(i)).value() == b.store().name(fact(i)).value());
    RC_ASSERT(a.store().machines_of(cmid(i)).value() == b.store().machines_of(cmid(i)).value());
  }
}

}  // namespace
}  // namespace muster::store::conformance

namespace rc {
using namespace muster::store::conformance;  // NOLINT: only this file's own

template <>
struct Arbitrary<Batch> {
  static Gen<Batch> arbitrary() {
    const auto request = gen::build<Request>(
        gen::set(&Request::cmid, gen::inRange(1U, 13U)),
        gen::set(&Request::fact, gen::inRange(0U, 4U)),
        gen::set(&Request::server, gen::weightedElement<bool>({{4, false}, {1, true}})),
        gen::set(&Request::product, gen::inRange(0U, 2U)),
        gen::set(&Request::state, gen::inRange(0U, 7U)),
        gen::set(&Request::shown, gen::inRange(0U, 4U)));
    return gen::build<Batch>(
        gen::set(&Batch::requests, gen::container<std::vector<Request>>(request)),
        gen::set(&Batch::pause,
                 gen::weightedElement<unsigned>({{6, 0}, {3, 10}, {2, 20'000}, {1, 43'200}})),
        gen::set(&Batch::end, gen::weightedElement<End>({{12, End::commit},
                                                         {2, End::drop},
                                                         {2, End::full_disk},
                                                         {1, End::commit_and_reopen}})));
  }
};
}  // namespace rc

namespace muster::store::conformance {
namespace {

using Trace = Conformance;

TEST_P(Trace, gives_the_answers_of_the_one_in_memory_and_keeps_the_same) {
  EXPECT_TRUE(rc::check([] {
    const auto trace = *rc::gen::resize(20, rc::gen::arbitrary<std::vector<Batch>>());
    Host memory(kinds().front());
    Host other(GetParam());
    Instant now = kNoon;
    for (const auto& batch : trace) {
      now += minutes{batch.pause};
      RC_ASSERT(memory.run(batch, now) == other.run(batch, now));
      expect_equal(memory, other, now);
    }
  }));
}

INSTANTIATE_TEST_SUITE_P(Stores, Trace, testing::ValuesIn(kinds().begin() + 1, kinds().end()),
                         [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace muster::store::conformance
