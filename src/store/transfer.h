// All that a store holds, table by table, as rows that belong to no store: how a host moves from
// one store to another, and how the two are held against each other afterwards.
//
// Rows come in the order of their table's key, so that two stores that hold the same give the same
// rows. Places of events are the host's own (EventPlace::host 0). The machines of a group are
// numbered anew, without gaps, in the order in which they were made. Nothing here is thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace muster::store {

// In the order in which they are moved: what others refer to comes first.
enum class Table : std::uint8_t {
  host,  // one row: the chain's head
  count_group,
  roll,
  name,
  machine,
  listed,
  event,
  checkpoint,
  setting,
  mak,
  place,
  place_fact,
  pool,
  usage,
  usage_member,
};
inline constexpr std::size_t kTables = 15;

enum class CellKind : std::uint8_t { number, text, bytes, uuid, truth };
struct TableColumn {
  std::string_view name;
  CellKind kind;
};
struct TableForm {
  Table table;
  std::string_view name;
  std::span<const TableColumn> columns;
};
// Of all tables, in their order.
[[nodiscard]] std::span<const TableForm> table_forms();
[[nodiscard]] const TableForm& form_of(Table table);

// A number or a truth (0 or 1); a text, bytes or 16 bytes of a UUID; nothing.
using Cell = std::variant<std::monostate, std::int64_t, std::string>;
using Cells = std::vector<Cell>;

// A store's tables to be read. Fails as the store's reads do.
class Contents {
 public:
  virtual ~Contents() = default;
  // The table's first row is the next one. One table at a time.
  [[nodiscard]] virtual Expected<void> begin(Table table) = 0;
  // False: that was the last. Otherwise as many cells as the table has columns.
  [[nodiscard]] virtual Expected<bool> next(Cells& row) = 0;
};

// An empty store that takes rows, and shows what it has taken. What is not committed leaves
// nothing.
class Receiver : public Contents {
 public:
  // Rows of one table come together, in their order. Fails here, with a later row, or in finish().
  [[nodiscard]] virtual Expected<void> put(Table table, const Cells& row) = 0;
  // All rows have been put: begin() and next() see them from now on.
  [[nodiscard]] virtual Expected<void> finish() = 0;
  [[nodiscard]] virtual Expected<void> commit() = 0;
};

struct TableSum {
  Table table{};
  std::uint64_t rows = 0;
  Bytes32 digest{};  // SHA-256 over all rows
};

// Every table, from one to the other; finish() is called, commit() is not.
[[nodiscard]] Expected<void> copy_tables(Contents& from, Receiver& to);
// Holds every row of the one against the other's, and checks in both that the log's lines are
// chained. conflict, which names table, row and column, where they differ; log_broken, which names
// the event.
[[nodiscard]] Expected<std::vector<TableSum>> compare_tables(Contents& one, Contents& other);

// Places of events inside a row, in `machine`'s data and `pool`'s examples: those of the host
// `from` become the host `to`'s, and the cell is encoded anew. store_corrupt where it cannot be
// read. Rows of other tables stay as they are.
[[nodiscard]] Expected<void> change_host(Table table, Cells& row, std::uint32_t from,
                                         std::uint32_t to);

// What is to move, as a program that knows the stores is told.
struct Move {
  std::string file;  // the host's SQLite database, which nobody has open and which is left as it is
  std::string url;   // the PostgreSQL database
  std::string host;  // the host's id: its key's thumbprint
};
struct Moved {
  bool found = false;  // the database held all of it already: an earlier try was interrupted
  std::vector<TableSum> tables;
};
// Copies where `empty`, compares, and commits what is equal.
[[nodiscard]] Expected<Moved> move_tables(Contents& from, Receiver& to, bool empty);

}  // namespace muster::store
