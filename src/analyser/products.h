// What an activation id stands for: name, count group, threshold.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"

namespace muster::analyser {

// The table that comes with Muster, as the text of a products file.
[[nodiscard]] std::string_view product_table();

struct Product {
  std::string name;
  std::string group;  // "windows", "office", or another id of a count group
  std::uint32_t threshold = 0;
};

class Products {
 public:
  // Those of product_table().
  Products();

  // A products file: CSV, a line each of activation_id,group,threshold,name; a heading and empty
  // lines are passed over. A later line takes the place of an earlier one. config_invalid with the
  // line's number; nothing is added then.
  [[nodiscard]] Expected<void> add(std::string_view csv);

  // The product of an activation id, or null. Valid until add().
  [[nodiscard]] const Product* find(const Cmid& activation_id) const;
  [[nodiscard]] std::size_t size() const { return products_.size(); }

 private:
  std::map<Cmid, Product> products_;
};

}  // namespace muster::analyser
