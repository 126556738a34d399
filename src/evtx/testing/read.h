// What a log's bytes are read as, kept beyond the batches.
#pragma once

#include <string>
#include <vector>

#include "evtx/evtx_file.h"

namespace muster::evtx::testing {

// A record with texts of its own.
struct Kept {
  std::uint64_t record_id = 0;
  std::string time{}, local_time{}, provider{}, source{};
  std::uint32_t event_id = 0;
  int qualifiers = -1;  // none
  int level = 0;
  std::string channel{}, computer{};
  std::vector<std::string> data{};
  std::uint64_t binary_bytes = 0;
  friend bool operator==(const Kept&, const Kept&) = default;
};
[[nodiscard]] Kept kept(const Record& record);

struct ReadLog {
  std::vector<Kept> records;
  std::vector<std::string> skipped;  // described
};

// A name for a file of this process in the tests' directory.
[[nodiscard]] std::filesystem::path temporary(const std::string& name);

// The bytes as a file in the tests' directory, read with so many threads.
[[nodiscard]] ReadLog read_bytes(const std::string& bytes, unsigned threads = 1);
[[nodiscard]] ReadLog read_file(const std::filesystem::path& file, unsigned threads = 1);

}  // namespace muster::evtx::testing
