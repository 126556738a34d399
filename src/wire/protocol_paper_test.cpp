// docs/protocol.md is what other clients are written from, so its table is held against ours.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/error.h"
#include "wire/mak.h"

namespace muster::wire {
namespace {

std::string paper() {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/protocol.md");
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ProtocolPaper, lists_every_error_as_the_table_has_it) {
  const auto text = paper();
  std::ptrdiff_t rows = 0;
  for (const auto& row : error_table()) {
    const auto kms = row.kms.empty() ? std::string() : std::string(row.kms) + " ";
    const auto line =
        fmt::format("\n| `{}` | {} | {} | {} | {}| {} |\n", row.name, static_cast<int>(row.code),
                    row.http, static_cast<int>(row.exit), kms, row.title);
    EXPECT_NE(text.find(line), text.npos) << line;
    ++rows;
  }
  const auto table = text.substr(text.find("| code | C value |"));
  const auto end = table.find("\n\n");
  EXPECT_EQ(std::count(table.begin(), table.begin() + static_cast<std::ptrdiff_t>(end), '\n'),
            rows + 1);
}

TEST(ProtocolPaper, names_every_document) {
  const auto text = paper();
  for (const auto typ : {kTypProduct, kTypHostKey, kTypHostRequest, kTypActivation, kTypCheckpoint,
                         kTypMak, kTypMakActivation}) {
    EXPECT_NE(text.find(fmt::format("`{}`", typ)), text.npos) << typ;
  }
}

}  // namespace
}  // namespace muster::wire
