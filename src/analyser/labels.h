// What a report calls things. Every text that came from a log goes through here before it is shown:
// no control character, no mark of direction, and no more than 64 characters of it are left, and
// with pseudonyms nothing at all.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyser/report.h"

namespace muster::analyser {

class Labels {
 public:
  // With pseudonyms, names become machine-1, machine-2 ... in the order in which the files name
  // them, the same for the short and the full form of one; hosts host-1 ..., domains domain-1 ...,
  // files file-1 ...; and CMIDs 00000000-0000-4000-8000-000000000001 ..., which are CMIDs still.
  // The log and the report are valid as long as this is.
  Labels(const Log& log, const Report& report, bool pseudonyms);

  [[nodiscard]] std::string name(std::uint32_t name) const;
  [[nodiscard]] std::string cmid(std::uint32_t machine) const;
  [[nodiscard]] std::string host(std::uint16_t host) const;
  [[nodiscard]] std::string domain(const std::string& domain) const;
  [[nodiscard]] std::string file(std::uint32_t file) const;
  // A file that a host's own words were read from, and its place among them.
  [[nodiscard]] std::string source(std::size_t place, const std::string& file) const;
  // Another text of the log.
  [[nodiscard]] static std::string text(std::string_view text);
  // What a KMS host is called in a client's log.
  [[nodiscard]] std::string told_host(const std::string& host) const;

 private:
  const Log* log_;
  bool pseudonyms_;
  std::vector<std::uint32_t> together_;  // of each name
  std::vector<std::uint32_t> numbers_;   // of the names that these are
  std::map<std::string, std::size_t> domains_;
};

}  // namespace muster::analyser
