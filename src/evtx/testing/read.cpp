#include "evtx/testing/read.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace muster::evtx::testing {

Kept kept(const Record& record) {
  Kept out{.record_id = record.record_id,
           .provider = std::string(record.provider),
           .source = std::string(record.source),
           .event_id = record.event_id,
           .qualifiers = record.qualifiers ? *record.qualifiers : -1,
           .level = record.level,
           .channel = std::string(record.channel),
           .computer = std::string(record.computer),
           .data = {record.data.begin(), record.data.end()},
           .binary_bytes = record.binary_bytes};
  if (record.time) append_time(out.time, *record.time);
  out.local_time = record.local_time;
  return out;
}

std::filesystem::path temporary(const std::string& name) {
  return std::filesystem::path(::testing::TempDir()) /
         ("muster-" + std::to_string(::getpid()) + "-" + name);
}

ReadLog read_file(const std::filesystem::path& file, unsigned threads) {
  ReadLog out;
  const auto mapped = MappedFile::open(file);
  if (!mapped) {
    ADD_FAILURE() << mapped.error().sentence();
    return out;
  }
  if (!is_evtx(mapped->bytes())) return out;
  read_evtx(*mapped, threads, [&](const Batch& batch) {
    for (const auto& record : batch.records()) out.records.push_back(kept(record));
    for (const auto& skipped : batch.skipped()) out.skipped.push_back(describe(skipped));
    return true;
  });
  return out;
}

ReadLog read_bytes(const std::string& bytes, unsigned threads) {
  const auto file = temporary("log.evtx");
  EXPECT_TRUE(write_file(file, bytes).has_value());
  auto out = read_file(file, threads);
  std::filesystem::remove(file);
  return out;
}

}  // namespace muster::evtx::testing
