#include "wire/usage_report.h"

#include <gtest/gtest.h>

#include "wire/claims.h"
#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::kToday;
using sample::World;

UsageReport report(const World& world) {
  UsageReport out;
  out.host = world.host.public_key().thumbprint();
  out.from = *parse_month("2025-12");
  out.to = *parse_month("2026-01");
  out.log = {2, 2'000, sample::filled<16>(3)};
  out.issued = kToday;
  auto& product = out.products.emplace_back();
  product.vendor_id = world.root.public_key().thumbprint();
  product.product = "acme-cad";
  product.group = "desktop";
  product.vendor = "Acme";
  product.name = "Acme \"CAD\"";
  product.customer = "Corp";
  product.licensed = 500;
  product.months = {{.month = out.from, .machines = 480, .by_fact = 471},
                    {.month = out.to, .machines = 1, .by_fact = 1, .peak = 7, .peak_at = kToday}};
  auto& unserved = out.products.emplace_back();
  unserved.vendor_id = product.vendor_id;
  unserved.product = "acme-old";
  unserved.months = {{.month = out.from}, {.month = out.to}};
  return out;
}

TEST(UsageReport, is_read_as_it_was_signed_and_only_of_its_host) {
  const World world;
  const auto made = report(world);
  const auto text = sign_report(made, *world.host.signer()).value();
  const auto read = verify_report(text, world.host.public_key());
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->host, made.host);
  EXPECT_EQ(read->from, made.from);
  EXPECT_EQ(read->to, made.to);
  EXPECT_EQ(read->log.epoch, 2U);
  EXPECT_EQ(read->log.seq, 2'000U);
  EXPECT_EQ(read->log.hash, made.log.hash);
  EXPECT_EQ(read->issued, made.issued);
  EXPECT_EQ(read->products, made.products);
  EXPECT_EQ(verify_report(text, world.root.public_key()).error().code, ErrorCode::bad_signature);
  auto another = made;
  another.host = world.root.public_key().thumbprint();
  const auto claimed = sign_report(another, *world.host.signer()).value();
  EXPECT_EQ(verify_report(claimed, world.host.public_key()).error().code, ErrorCode::missing_claim);
}

TEST(UsageReport, whose_claims_do_not_agree_is_refused) {
  const World world;
  const struct {
    std::string what;
    void (*change)(UsageReport&);
  } table[] = {
      {"a month is missing", [](auto& one) { one.products[0].months.pop_back(); }},
      {"a month stands twice", [](auto& one) { one.products[0].months[1].month = one.from; }},
      {"it ends before it begins", [](auto& one) { std::swap(one.from, one.to); }},
      {"a product without an id", [](auto& one) { one.products[0].product = "No id"; }},
  };
  for (const auto& row : table) {
    auto changed = report(world);
    row.change(changed);
    const auto text = sign_report(changed, *world.host.signer()).value();
    const auto read = verify_report(text, world.host.public_key());
    ASSERT_FALSE(read) << row.what;
    EXPECT_EQ(read.error().code, ErrorCode::missing_claim) << row.what;
  }
  const auto checkpoint =
      sign_jws(*world.host.signer(), document_header(kTypCheckpoint, report(world).host), "{}");
  EXPECT_EQ(verify_report(*checkpoint, world.host.public_key()).error().code,
            ErrorCode::wrong_type);
}

TEST(UsageReport, that_is_too_long_is_not_signed) {
  const World world;
  auto made = report(world);
  made.products.resize(1);
  for (int i = 0; i < 600; ++i) made.products.push_back(made.products.front());
  EXPECT_EQ(sign_report(made, *world.host.signer()).error().code, ErrorCode::conflict);
}

TEST(Months, are_read_and_written) {
  EXPECT_EQ(parse_month("1970-01"), 0);
  EXPECT_EQ(parse_month("2026-11"), (2026 - 1970) * 12 + 10);
  EXPECT_EQ(format_month(*parse_month("2026-11")), "2026-11");
  for (const auto* bad : {"", "2026", "2026-1", "2026-13", "2026-00", "1969-12", "2026/11",
                          "+026-11", "2026-11-01"}) {
    EXPECT_EQ(parse_month(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace muster::wire
