#include "store/postgres/moves.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace muster::store::pg {
namespace {

Instant any_time() { return Instant{seconds{*rc::gen::inRange<std::int64_t>(0, 253'402'300'800)}}; }

TEST(Moves, come_back_as_they_were) {
  EXPECT_TRUE(rc::check([] {
    std::vector<ContactMove> moves(*rc::gen::inRange<std::size_t>(0, 9));
    for (auto& move : moves) {
      move = {*rc::gen::element<std::string>("", "acme-cad", "acme-sim", "b"), any_time(),
              any_time()};
    }
    std::vector<ContactMove> back;
    RC_ASSERT(decode_moves(as_bytes(encode_moves(moves)), back).has_value());
    RC_ASSERT(back == moves);
  }));
}

TEST(Moves, that_are_cut_or_too_long_are_refused) {
  const std::vector<ContactMove> moves{{"", Instant{seconds{5}}, Instant{seconds{700}}},
                                       {"acme-cad", {}, Instant{seconds{700}}}};
  const auto whole = encode_moves(moves);
  std::vector<ContactMove> out;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_moves(as_bytes(whole.substr(0, size)), out)) << size;
  }
  EXPECT_FALSE(decode_moves(as_bytes(whole + "x"), out));
}

}  // namespace
}  // namespace muster::store::pg
