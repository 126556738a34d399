#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <thread>

#include "analyser/intake.h"
#include "analyser/mask.h"
#include "base/path.h"
#include "base/shown.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "evtx/log.h"

namespace muster::cli {
namespace {

// More different shapes than these are told by their number only.
constexpr std::size_t kShapesMost = 200;

struct Seen {
  std::uint64_t records = 0;
  std::uint64_t first_offset = 0;
};

// Records of volume activation that say they are requests, and are not understood.
class Shapes {
 public:
  void add(const evtx::Record& record) {
    const bool ours =
        analyser::is_activation(record.provider) || analyser::is_activation(record.source);
    if (!ours || record.event_id != 12290) return;
    ++requests_;
    const auto read = analyser::read_served(record.data, scratch_);
    if (read) return;
    ++not_understood_;
    auto shape =
        fmt::format("{}; strings: {}", analyser::words_of(read.error()), record.data.size());
    for (const auto text : record.data) shape += "\n  " + analyser::shape_of(text);
    if (record.binary_bytes > 0) shape += fmt::format("\n  binary: {} bytes", record.binary_bytes);
    if (seen_.size() >= kShapesMost && !seen_.contains(shape)) {
      ++further_;
      return;
    }
    auto& one = seen_[shape];
    if (one.records++ == 0) one.first_offset = record.offset;
  }

  void print(std::ostream& out) const {
    out << fmt::format("{} of {} records 12290 were not understood\n", not_understood_, requests_);
    std::vector<std::pair<std::string, Seen>> order(seen_.begin(), seen_.end());
    std::ranges::stable_sort(order, std::greater(),
                             [](const auto& one) { return one.second.records; });
    for (const auto& [shape, one] : order) {
      out << fmt::format("\n{} times, first at byte {}: {}\n", one.records, one.first_offset,
                         shape);
    }
    if (further_ > 0) out << fmt::format("\n{} of further shapes\n", further_);
  }

 private:
  std::uint64_t requests_ = 0, not_understood_ = 0, further_ = 0;
  std::map<std::string, Seen> seen_;
  std::string scratch_;
};

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  Shapes shapes;
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  const auto file = path_of(asked.text("FILE"));
  const auto read = evtx::read_log(file, threads, [&](const evtx::Batch& batch) {
    for (const auto& record : batch.records()) shapes.add(record);
    return true;
  });
  if (!read) return std::unexpected(read.error());
  shapes.print(shell.out);
  if (!(shell.out << std::flush)) return fail(ErrorCode::file_unwritable, "stdout");
  return Exit::done;
}

}  // namespace

Command logs_shape_command() {
  return {
      .path = "logs shape",
      .summary = "show the shape of requests that 'logs report' did not understand",
      .description =
          "Of every record 12290 that was not understood, its strings with each value masked: 9 "
          "for a digit, a and A for letters, u for a character outside ASCII, and how many of a "
          "kind follow one another. Nothing that a log holds can be read back from it, so that it "
          "can be sent to Muster's makers, who have never seen a real one of another form.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "a log in any form that 'logs convert' reads"}},
      .examples = {{"muster logs shape kms.evtx", "to be sent with a report of a mistake"}},
      .run = run,
  };
}

}  // namespace muster::cli
