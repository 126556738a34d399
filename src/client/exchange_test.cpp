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
    seconds asked, kept;
  };
  for (const auto& row : std::vector<Row>{{seconds(-1), seconds(60)},
                                          {seconds(0), seconds(60)},
                                          {seconds(59), seconds(60)},
                                          {seconds(7214), seconds(7214)},
                                          {week + week / 20, week + week / 20},
                                          {2 * week, week + week / 10}}) {
    EXPECT_EQ(clamp_retry(row.asked, numbers), row.kept) << row.asked.count();
  }
  numbers.renewal_interval = minutes(1);
  EXPECT_EQ(clamp_retry(hours(1), numbers), seconds(120));
}

// Otherwise those who were sent away together, or told of a retry interval that is as long as the
// renewal interval, would all come again in the same second.
TEST(RetryAfter, WhatAHostSpreadIsNotPressedTogether) {
  Numbers numbers;
  for (const auto renewal : {minutes(1), minutes(2), minutes(10'080)}) {
    numbers.renewal_interval = renewal;
    const seconds interval = renewal;
    for (const auto told : {interval, interval + interval / 20, interval + interval / 10}) {
      EXPECT_EQ(clamp_retry(told, numbers), told) << renewal.count();
    }
    for (const auto told : {seconds(60), seconds(61), seconds(119), seconds(120)}) {
      EXPECT_EQ(clamp_retry(told, numbers), told) << renewal.count();
    }
  }
}

}  // namespace
}  // namespace muster::client
