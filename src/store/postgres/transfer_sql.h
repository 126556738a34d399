// The statements by which the tables of store/transfer.h are read and filled: columns as
// table_forms() has them, in the order of the key whatever the database's collation is. One host's
// row is there. All are literals.
#pragma once

#include "store/transfer.h"

namespace muster::store::pg {

// Opens a cursor inside a transaction; the next some thousand of its rows; closes it.
[[nodiscard]] const char* select_of(Table table);
[[nodiscard]] const char* fetch_of(Table table);
[[nodiscard]] const char* close_of(Table table);
// Takes one array a column. The months of events are there.
[[nodiscard]] const char* insert_of(Table table);

}  // namespace muster::store::pg
