#include "client/proved.h"

#include <rapidcheck.h>

#include "client/client_fixture.h"

namespace muster::client {
namespace {

using ProvedTest = ClientTest;

TEST_F(ProvedTest, the_same_product_file_is_the_same_object) {
  Proved proved;
  const auto text = vendor_.product_file();
  const auto first = must(proved.product(text));
  EXPECT_EQ(must(proved.product(text)), first);
  EXPECT_EQ(first->file().product, "acme-cad");
}

TEST_F(ProvedTest, a_changed_product_file_is_refused_whatever_was_proved) {
  Proved proved;
  const auto text = vendor_.product_file();
  ASSERT_TRUE(proved.product(text));
  EXPECT_TRUE(rc::check([&] {
    auto changed = text;
    changed[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::element('A', 'g', '.', '_');
    RC_PRE(changed != text);
    RC_ASSERT(!proved.product(changed));
  }));
}

TEST_F(ProvedTest, a_changed_activation_is_refused_whatever_was_proved) {
  install();
  ASSERT_TRUE(activate().activated);
  std::ifstream file(directory() / "activations" / "acme-cad.jws");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Proved proved;
  const auto product = must(proved.product(vendor_.product_file()));
  ASSERT_TRUE(product->verify_activation(text));
  EXPECT_TRUE(rc::check([&] {
    auto changed = text;
    changed[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::element('A', 'g', '.', '_');
    RC_PRE(changed != text);
    RC_ASSERT(!product->verify_activation(changed));
    RC_ASSERT(product->verify_activation(text).has_value());
  }));
}

// What one client has proved is judged anew for the day and the machine.
TEST_F(ProvedTest, an_activation_that_was_proved_ends_all_the_same) {
  install();
  auto one = client();
  ASSERT_TRUE(must(one.activate()).activated);
  EXPECT_EQ(must(one.status()).at(0).state, LicenceState::licensed);
  clock_.pass(std::chrono::days(180));
  EXPECT_EQ(must(one.status()).at(0).state, LicenceState::additional_grace);
}

// The file is changed behind the back of a client that has proved it.
TEST_F(ProvedTest, a_file_that_was_changed_since_is_damage) {
  install();
  auto one = client();
  ASSERT_TRUE(must(one.activate()).activated);
  ASSERT_EQ(must(one.status()).at(0).state, LicenceState::licensed);
  write("activations/acme-cad.jws", "a.b.c");
  const auto status = must(one.status()).at(0);
  EXPECT_NE(status.state, LicenceState::licensed);
  ASSERT_TRUE(status.error);
  EXPECT_EQ(status.error->code, ErrorCode::state_corrupt);
}

TEST_F(ProvedTest, the_oldest_of_nine_products_leaves) {
  Proved proved;
  const auto first = must(proved.product(vendor_.product_file()));
  std::vector<FakeVendor> others(8);
  for (auto& other : others) ASSERT_TRUE(proved.product(other.product_file()));
  EXPECT_NE(must(proved.product(vendor_.product_file())), first);
}

}  // namespace
}  // namespace muster::client
