#include "base/path.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(Path, TextGoesThereAndBackWhateverItIs) {
  for (const std::string text :
       {"", "kms.evtx", "/a/b/", "hö 雪 \xf0\x9f\x98\x80", "no utf-8: \xff\xc3"}) {
    EXPECT_EQ(text_of(path_of(text)), text);
  }
}

TEST(Path, OnLinuxItIsTheSameBytes) {
  EXPECT_EQ(path_of("hö\xff").native(), "hö\xff");
  EXPECT_EQ(text_of(std::filesystem::path("hö\xff")), "hö\xff");
}

}  // namespace
}  // namespace muster
