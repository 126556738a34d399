// Records with pseudonyms, the same as a report's of the same files.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "analyser/labels.h"
#include "analyser/log.h"
#include "evtx/record.h"

namespace muster::analyser {

class Disguise {
 public:
  // `log` was taken in from the files that the records come from, and is valid as long as this is.
  explicit Disguise(const Log& log);

  // The record with pseudonyms for its computer, and for name and CMID of a request; of every other
  // record, and of a request that is not understood, the strings' shapes. Valid until the next
  // call, and as long as the record is.
  [[nodiscard]] evtx::Record apply(const evtx::Record& record);

  // "file-1" for the first file, and so on.
  [[nodiscard]] static std::string file(std::size_t place);

 private:
  const Log* log_;
  Labels labels_;
  std::map<std::string, std::uint16_t, std::less<>> hosts_;
  std::string computer_, scratch_;
  std::vector<std::string> texts_;
  std::vector<std::string_view> views_;
};

}  // namespace muster::analyser
