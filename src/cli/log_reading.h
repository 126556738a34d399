// Event logs that a person names, read into one Log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyser/log.h"
#include "analyser/slmgr.h"
#include "analyser/zone.h"
#include "cli/invocation.h"
#include "cli/shell.h"

namespace muster::cli {

// The files of FILE|DIR...: a directory stands for the logs in it (.evtx, .xml, .csv, .txt, .json,
// .jsonl, .ndjson), by name. file_unreadable where it holds none.
struct LogFile {
  std::string path;
  bool named = true;  // else found in a directory, where what is no log is passed over
};
[[nodiscard]] Expected<std::vector<LogFile>> log_files(const std::vector<std::string>& named);

// Reads them all, each record once. Says on stderr what was passed over and what could not be read.
// `zone` may be null. file_unreadable, not_a_log; usage where dates cannot be told.
[[nodiscard]] Expected<analyser::Log> read_logs(const std::vector<LogFile>& files,
                                                const analyser::Zone* zone, Shell& shell);

// Names and CMIDs of the files alone, for pseudonyms: dates are not looked at, and nothing is said.
[[nodiscard]] Expected<analyser::Log> read_names(const std::vector<std::string>& files,
                                                 Shell& shell);

// "+01:00", or a name of the system's zone files, "Europe/Berlin". usage.
[[nodiscard]] Expected<analyser::Zone> zone_of(const std::string& name, const Shell& shell);

// What hosts say of themselves: slmgr's output or WMI's properties, in UTF-8 or UTF-16.
[[nodiscard]] Expected<std::vector<analyser::HostFacts>> read_said(
    const std::vector<std::string>& files);

}  // namespace muster::cli
