#include "cli/log_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "analyser/intake.h"
#include "base/ascii.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/files.h"
#include "cli/output.h"
#include "evtx/log.h"
#include "evtx/overlap.h"
#include "evtx/text_pieces.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

bool looks_like_a_log(const fs::path& file) {
  constexpr std::array kEndings{".evtx", ".xml", ".csv", ".txt", ".json", ".jsonl", ".ndjson"};
  const auto ending = lower(text_of(file.extension()));
  return std::ranges::find(kEndings, ending) != kEndings.end();
}

Expected<void> read_one(const LogFile& file, analyser::Intake& intake, evtx::Overlap& overlap,
                        Shell& shell) {
  const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  const auto read = evtx::read_log(path_of(file.path), threads, [&](const evtx::Batch& batch) {
    for (const auto& record : batch.records()) {
      if (overlap.is_new(record)) {
        intake.add(record);
      } else {
        intake.repeated();
      }
    }
    for (const auto& one : batch.skipped()) intake.skipped(one);
    return true;
  });
  overlap.next_file();
  if (!read && read.error().code == ErrorCode::not_a_log && !file.named) {
    print_note(shell, fmt::format("passed over, no event log: {}", file.path));
    return {};
  }
  return read;
}

}  // namespace

Expected<std::vector<LogFile>> log_files(const std::vector<std::string>& named) {
  std::vector<LogFile> out;
  for (const auto& name : named) {
    std::error_code wrong;
    if (!fs::is_directory(path_of(name), wrong)) {
      out.push_back({.path = name, .named = true});
      continue;
    }
    std::vector<std::string> found;
    for (auto at = fs::directory_iterator(path_of(name), wrong);
         !wrong && at != fs::directory_iterator(); at.increment(wrong)) {
      std::error_code gone;
      if (at->is_regular_file(gone) && looks_like_a_log(at->path())) {
        found.push_back(text_of(at->path()));
      }
    }
    if (wrong) {
      return fail(ErrorCode::file_unreadable, fmt::format("{}: {}", name, wrong.message()));
    }
    if (found.empty()) {
      return fail(ErrorCode::file_unreadable, fmt::format("{}: no event log in it", name));
    }
    std::ranges::sort(found);
    for (auto& path : found) out.push_back({.path = std::move(path), .named = false});
  }
  return out;
}

Expected<analyser::Log> read_logs(const std::vector<LogFile>& files, const analyser::Zone* zone,
                                  Shell& shell) {
  analyser::Intake intake(shell.random.bytes<16>(), zone);
  evtx::Overlap overlap;
  for (const auto& file : files) {
    intake.begin_file(file.path);
    if (auto read = read_one(file, intake, overlap, shell); !read) {
      return std::unexpected(read.error());
    }
    if (auto dated = intake.end_file(); !dated) {
      return fail(dated.error().code, dated.error().detail + "; say it with --tz");
    }
  }
  return intake.finish();
}

Expected<analyser::Log> read_names(const std::vector<std::string>& files, Shell& shell) {
  analyser::Intake intake(shell.random.bytes<16>(), nullptr);
  evtx::Overlap overlap;
  for (const auto& file : files) {
    intake.begin_file(file);
    if (auto read = read_one({.path = file}, intake, overlap, shell); !read) {
      return std::unexpected(read.error());
    }
    // Where dates cannot be told, the names can.
    [[maybe_unused]] const bool dated = intake.end_file().has_value();
  }
  return intake.finish();
}

Expected<analyser::Zone> zone_of(const std::string& name, const Shell& shell) {
  if (const auto zone = analyser::Zone::from_offset(name)) return *zone;
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  };
  if (!std::ranges::all_of(name, is_plain) || name.starts_with('/')) {
    return fail(ErrorCode::usage, fmt::format("--tz: '{}' is neither +HH:MM nor a zone", name));
  }
  if (shell.zone_files.empty()) {
    return fail(ErrorCode::usage,
                fmt::format("--tz: '{}' is not +HH:MM, and zones have no names here: TZDIR names "
                            "no folder of TZif files",
                            name));
  }
  const auto bytes = read_file(shell.zone_files / name);
  if (bytes) {
    if (const auto zone = analyser::Zone::from_file(as_bytes(*bytes))) return *zone;
  }
  return fail(ErrorCode::usage, fmt::format("--tz: '{}' is neither +HH:MM nor a zone in {}", name,
                                            text_of(shell.zone_files)));
}

Expected<std::vector<analyser::HostFacts>> read_said(const std::vector<std::string>& files) {
  std::vector<analyser::HostFacts> out;
  for (const auto& file : files) {
    const auto bytes = read_file(path_of(file));
    if (!bytes) return std::unexpected(bytes.error());
    std::string text;
    evtx::TextPieces pieces(as_bytes(*bytes));
    while (pieces.next(text)) {
    }
    auto facts = analyser::read_host_facts(text);
    if (!facts) return in_file(path_of(file), facts.error());
    for (auto& one : *facts) {
      one.source = file;
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace muster::cli
