// Copies of a host's database: made through SQLite's own interface on the connection that writes,
// so that what units change meanwhile is changed in the copy too and no copy has to begin anew;
// found whole, or not; and made a database again.
//
// A copy is one file, 0600: a SQLite database that no host opens (its application_id is another),
// with the papers in one table more, which is written last: a copy without it is not finished.
#pragma once

#include <memory>
#include <string>

#include "store/copy.h"
#include "store/sqlite/database.h"

namespace muster::store {

// Where the copy of the database at `path` is made. open_sqlite() removes what lies there.
[[nodiscard]] std::string copied_file(const std::string& path);
// Removes a copy, and what SQLite leaves beside it. Nothing is there: nothing to do.
void remove_copy(const std::string& file);

// Begins a copy of what `writer` has open, into `file`, which is replaced. store_unavailable.
[[nodiscard]] Expected<std::unique_ptr<StoreCopy>> begin_file_copy(Database& writer,
                                                                   const std::string& file,
                                                                   const Papers& papers);

// Reads all of a copy, and changes nothing: its pages and indexes, and the hash of every line of
// the log. What it says of a file:
//   wrong_type         it is no copy
//   store_corrupt      it is damaged, or was not finished
//   log_broken         a line was changed, with its place
//   schema_newer       a newer version of Muster made it
//   file_unreadable    it cannot be opened
[[nodiscard]] Expected<CopyFacts> check_copy(const std::string& file);

// Makes a copy, in its place, a database that open_sqlite() opens, without its papers. REQUIRES:
// check_copy() has found it whole. store_unavailable.
[[nodiscard]] Expected<void> unpack_copy(const std::string& file);

}  // namespace muster::store
