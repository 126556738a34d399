#include "analyser/products.h"

#include <gtest/gtest.h>

namespace muster::analyser {
namespace {

const Product* find(const Products& products, const char* id) {
  return products.find(*Cmid::parse(id));
}

TEST(Products, TheTableHoldsTheVolumeEditions) {
  const Products products;
  EXPECT_GT(products.size(), 150U);
  const struct {
    const char* id;
    const char* name;
    const char* group;
    std::uint32_t threshold;
  } rows[] = {
      {"cf67834d-db4a-402c-ab1f-2c134f02b700", "Windows Vista Enterprise", "windows", 25},
      {"73111121-5638-40f6-bc11-f1d7b0d64300", "Windows 10/11 Enterprise", "windows", 25},
      {"68531fb9-5511-4989-97be-d11a0f55633f", "Windows Server 2008 R2 Standard", "windows", 5},
      {"ef6cfc9f-8c5d-44ac-9aad-de6a2ea0ae03", "Windows Server 2022 Datacenter", "windows", 5},
      {"19b5e0fb-4431-46bc-bac1-2f1873e4ae73", "Windows Server 2022 Datacenter Azure Edition",
       "windows", 5},
      {"ec868e65-fadf-4759-b23e-93fe37f2cc29", "Windows 10/11 Enterprise multi-session", "windows",
       25},
      {"7dc26449-db21-4e09-ba37-28f2958506a6", "Windows Server 2025 Standard", "windows", 5},
      {"6f327760-8c5c-417c-9b61-836a98287e0c", "Office 2010 Professional Plus", "office", 5},
      {"8d368fc1-9470-4be2-8d66-90e836cbb051", "Office 2024 Professional Plus", "office", 5},
  };
  for (const auto& row : rows) {
    const auto* product = find(products, row.id);
    ASSERT_NE(product, nullptr) << row.name;
    EXPECT_EQ(product->name, row.name);
    EXPECT_EQ(product->group, row.group);
    EXPECT_EQ(product->threshold, row.threshold);
  }
  EXPECT_EQ(find(products, "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10"), nullptr);
}

TEST(Products, EveryRowOfTheTableIsValid) {
  // Products() takes the table whole or not at all.
  Products products;
  EXPECT_TRUE(products.add(product_table()).has_value());
}

TEST(Products, AFileAddsAndReplaces) {
  Products products;
  const auto before = products.size();
  ASSERT_TRUE(
      products.add("activation_id,group,threshold,name\r\n"
                   "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10,windows,25,\"New, shiny\"\r\n"
                   "\r\n"
                   "73111121-5638-40F6-BC11-F1D7B0D64300,windows,25,Ours\n"));
  EXPECT_EQ(products.size(), before + 1);
  EXPECT_EQ(find(products, "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10")->name, "New, shiny");
  EXPECT_EQ(find(products, "73111121-5638-40f6-bc11-f1d7b0d64300")->name, "Ours");
}

TEST(Products, AWrongLineIsNamedAndNothingIsAdded) {
  const struct {
    const char* line;
    const char* detail;
  } rows[] = {
      {"nonsense", "line 2: not activation_id,group,threshold,name"},
      {"nonsense,windows,25,a", "line 2: the activation id is no UUID"},
      {"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10,Windows 11,25,a",
       "line 2: the group is none of [a-z0-9][a-z0-9-]{0,62}"},
      {"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10,windows,0,a",
       "line 2: the threshold is no number within 1 .. 5000"},
      {"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10,windows,25,", "line 2: the name is empty or too long"},
      {"\"open", "line 2: a quote is not closed"},
  };
  for (const auto& row : rows) {
    Products products;
    const auto added = products.add("11111111-2222-4333-8444-555555555555,windows,25,First\n" +
                                    std::string(row.line) + "\n");
    ASSERT_FALSE(added) << row.line;
    EXPECT_EQ(added.error(), (Error{ErrorCode::config_invalid, row.detail}));
    EXPECT_EQ(find(products, "11111111-2222-4333-8444-555555555555"), nullptr);
  }
}

}  // namespace
}  // namespace muster::analyser
