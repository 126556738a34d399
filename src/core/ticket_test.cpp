#include "core/ticket.h"

#include <gtest/gtest.h>

namespace muster::core {
namespace {

const Bytes32 kKey{1, 2, 3};
const GroupKey kGroup{"vendor", "desktop"};
const Cmid kCmid{{1, 1, 1}};

TEST(Ticket, IsReadBackWithItsNumber) {
  for (const std::uint64_t number : {1ull, 2ull, 255ull, 1ull << 40, ~0ull}) {
    const auto shown = check_ticket(kKey, kGroup, kCmid, make_ticket(kKey, kGroup, kCmid, number));
    EXPECT_EQ(shown.kind, Shown::Kind::number);
    EXPECT_EQ(shown.number, number);
  }
}

TEST(Ticket, IsForeignToAnotherMachineGroupVendorHostOrNumber) {
  const auto ticket = make_ticket(kKey, kGroup, kCmid, 7);
  const auto kind = [&](const Bytes32& key, const GroupKey& group, const Cmid& cmid) {
    return check_ticket(key, group, cmid, ticket).kind;
  };
  EXPECT_EQ(kind(kKey, kGroup, Cmid{{2}}), Shown::Kind::foreign);
  EXPECT_EQ(kind(kKey, {"vendor", "server"}, kCmid), Shown::Kind::foreign);
  EXPECT_EQ(kind(kKey, {"other", "desktop"}, kCmid), Shown::Kind::foreign);
  EXPECT_EQ(kind(Bytes32{9}, kGroup, kCmid), Shown::Kind::foreign);
  for (std::size_t byte = 0; byte < ticket.size(); ++byte) {
    auto changed = ticket;
    changed[byte] ^= 1;
    EXPECT_EQ(check_ticket(kKey, kGroup, kCmid, changed).kind, Shown::Kind::foreign) << byte;
  }
}

}  // namespace
}  // namespace muster::core
