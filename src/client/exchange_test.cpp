#include "client/exchange.h"

#include <gmock/gmock.h>

namespace muster::client {
namespace {

using std::chrono::hours;

std::vector<std::string> bases(const std::vector<Candidate>& hosts) {
  std::vector<std::string> out;
  out.reserve(hosts.size());
  for (const auto& host : hosts) out.push_back(host.url.base());
  return out;
}

TEST(KnownHosts, TheConfiguredOneBeforeTheOneThatAnswered) {
  struct Row {
    std::string_view what;
    std::optional<std::string> all, product, answered;
    std::vector<std::string> asked;
  };
  const std::string a = "http://a:8688";
  const std::string b = "http://b:8688";
  const std::string c = "https://c:8688";
  const std::vector<Row> rows = {
      {"nothing is known", {}, {}, {}, {}},
      {"configured", a, {}, {}, {a}},
      {"configured for the product", a, b, {}, {b}},
      {"configured, another answered last", a, {}, c, {a, c}},
      {"the configured one answered last", a, {}, a, {a, a}},
      {"only one that answered", {}, {}, c, {c}},
  };
  for (const auto& row : rows) {
    State state;
    state.host = row.all;
    ProductState product;
    product.host = row.product;
    product.answered = row.answered;
    EXPECT_EQ(bases(known_hosts(state, product)), row.asked) << row.what;
  }
}

TEST(RetryAfter, IsClampedBecauseNobodySignsIt) {
  Numbers numbers;
  numbers.renewal_interval = minutes(10'080);
  const seconds week = hours(168);
  struct Row {
    seconds asked;
    bool activated;
    seconds kept;
  };
  for (const auto& row : std::vector<Row>{{seconds(-1), false, seconds(60)},
                                          {seconds(59), false, seconds(60)},
                                          {seconds(7214), false, seconds(7214)},
                                          {week, false, week},
                                          {week + seconds(1), false, week},
                                          {week + week / 20, true, week + week / 20},
                                          {2 * week, true, week + week / 10},
                                          {seconds(0), true, seconds(60)}}) {
    EXPECT_EQ(clamp_retry(row.asked, numbers, row.activated), row.kept) << row.asked.count();
  }
  numbers.renewal_interval = minutes(1);
  EXPECT_EQ(clamp_retry(hours(1), numbers, false), seconds(60));
}

}  // namespace
}  // namespace muster::client
