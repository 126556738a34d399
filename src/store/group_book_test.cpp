// A book that follows what another has committed is as that one, whatever was committed.
#include "store/group_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "base/random.h"

namespace muster::store {
namespace {

const GroupKey kGroup{"acme", "desktop"};
constexpr minutes kRetention{30 * 24 * 60};
constexpr Instant kNoon{seconds{1'767'614'400}};

Cmid cmid(std::uint64_t number) {
  Cmid out;
  out.bytes[0] = static_cast<std::uint8_t>(number + 1);
  return out;
}

// A book with the rows of its machines, as a store has them.
struct Host {
  GroupBook book{Bytes16{7}};
  std::map<Cmid, core::Machine> machines;
  StoredGroup stored;

  // One unit of `requests` at `now`, in short what core does. Returns what moved.
  std::vector<ContactMove> run(SeededRandom& random, Instant now, std::uint64_t requests) {
    book.make(kGroup);
    auto& group = book.working(kGroup);
    std::map<Cmid, core::Machine> put;
    for (; requests > 0; --requests) {
      const auto who = cmid(random.below(12));
      auto row = put.contains(who) ? put[who] : machines[who];
      row.cmid = who;
      group.active.move(row.last_seen, now);
      row.last_seen = now;
      std::vector<core::RollKey> changed;
      group.roll.ask(who.bytes, now, 3 + static_cast<std::uint32_t>(random.below(3)), kRetention,
                     changed);
      for (const auto& key : changed) book.roll_changed(kGroup, key);
      use(group, row, random, now);
      ++group.counters.requests;
      put[who] = row;
    }
    return commit(put);
  }

  struct Seen {
    std::vector<core::RollEntry> roll;
    std::uint32_t highest_threshold = 0;
    core::Counters counters;
    std::vector<std::uint64_t> counts;
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  static Seen seen(const core::Group& group, Instant at) {
    Seen out{group.roll.entries(), group.roll.highest_threshold(), group.counters, {}};
    for (const auto later : {minutes{0}, kRetention / 2, kRetention}) {
      out.counts.push_back(group.active.count(at + later, kRetention));
      for (const auto* product : {"cad", "sim"}) {
        const auto found = group.by_product.find(product);
        out.counts.push_back(
            found == group.by_product.end() ? 0 : found->second.count(at + later, kRetention));
      }
    }
    return out;
  }
  Seen committed(Instant at) {
    Seen out;
    EXPECT_TRUE(book.look(kGroup, [&](const core::Group& group) { out = seen(group, at); }));
    return out;
  }

 private:
  static void use(core::Group& group, core::Machine& row, SeededRandom& random, Instant now) {
    const std::string product = random.below(2) == 0 ? "cad" : "sim";
    const auto at = std::ranges::find(row.uses, product, &core::ProductUse::product);
    if (at != row.uses.end() && random.below(4) == 0) {
      group.by_product[product].move(at->heard, Instant{});
      row.uses.erase(at);
      return;
    }
    group.by_product[product].move(at != row.uses.end() ? at->heard : Instant{}, now);
    if (at != row.uses.end()) {
      at->heard = now;
    } else {
      row.uses.push_back({product, now, now, {}});
    }
  }

  std::vector<ContactMove> commit(const std::map<Cmid, core::Machine>& put) {
    std::map<GroupKey, std::vector<MachineChange>> changes;
    for (const auto& [who, row] : put) {
      const auto before = machines.find(who);
      const bool known = before != machines.end() && before->second.last_seen != Instant{};
      changes[kGroup].push_back({known ? &before->second : nullptr, &row});
    }
    const auto moves = moves_of(changes[kGroup]);
    const std::map<GroupKey, GroupDelta> deltas{{kGroup, book.delta(kGroup)}};
    book.commit(deltas, changes);
    const auto& group = book.working(kGroup);
    stored = {group.roll.highest_threshold(), group.counters, kRetention, group.roll.entries()};
    for (const auto& [who, row] : put) machines[who] = row;
    return moves;
  }
};

TEST(GroupBook, follows_what_another_has_committed) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    std::array<Host, 2> hosts;
    auto *goes = hosts.data(), *follows = &hosts[1];
    auto now = kNoon;
    std::vector<ContactMove> missed;
    for (int round = 0; round < 12; ++round) {
      now += minutes{static_cast<int>(random.below(20'000))};
      const auto moves = goes->run(random, now, random.below(6));
      missed.insert(missed.end(), moves.begin(), moves.end());
      if (random.below(3) == 0) continue;  // it looks later
      follows->book.follow(kGroup, goes->stored, missed);
      missed.clear();
      const auto expected = goes->committed(now);
      ASSERT_EQ(follows->committed(now), expected) << "seed " << seed;
      ASSERT_EQ(Host::seen(follows->book.working(kGroup), now), expected) << "seed " << seed;
      follows->book.restore();
      ASSERT_EQ(follows->committed(now), expected) << "seed " << seed;
      // And now and then it is the one that goes on.
      if (random.below(2) != 0) continue;
      follows->machines = goes->machines;
      std::swap(goes, follows);
    }
  }
}

}  // namespace
}  // namespace muster::store
