// A store under test, whichever it is. Every test of the suite runs on each kind.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "store/store.h"

namespace muster::store::conformance {

class Harness {
 public:
  virtual ~Harness() = default;
  [[nodiscard]] virtual Store& store() = 0;
  // Closes the store and opens what it has left; a store that forgets everything stays as it is.
  virtual void reopen() = 0;
  // While it is full, nothing can be written.
  virtual void fill_disk(bool full) = 0;
};

struct Kind {
  std::string name;
  std::unique_ptr<Harness> (*make)();
  // What it needs and this machine has not, as a sentence; empty: nothing.
  std::string missing{};
};
[[nodiscard]] const std::vector<Kind>& kinds();
inline void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Conformance : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (!GetParam().missing.empty()) GTEST_SKIP() << GetParam().missing;
    harness_ = GetParam().make();
  }
  [[nodiscard]] Store& store() { return harness_->store(); }
  [[nodiscard]] Harness& harness() { return *harness_; }

 private:
  std::unique_ptr<Harness> harness_;
};

}  // namespace muster::store::conformance
