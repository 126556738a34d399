// The lists for people (the table `listed`), brought up to date while nobody asks.
//
// Two ways lead there. A walk goes over the table of machines, once after a start and then behind
// every row that is new, and corrects what stands otherwise. And a unit notes the rows that the
// walk has passed and that have another day or name now. So nothing of it need survive a crash: the
// next start walks again, where the lists were not whole when the store was closed. Where more is
// noted than memory is meant to hold, the walk begins anew.
//
// All of it is the writer's; read_listed() is any thread's, on a connection of its own.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "store/sqlite/fresh_rows.h"
#include "store/sqlite/rows.h"
#include "store/store.h"

namespace muster::store {

class Listing {
 public:
  // So many notes are held at most, of about 40 bytes each.
  explicit Listing(std::size_t notes_most) : notes_most_(notes_most) {}

  // While the file is opened: its newest row, and whether the lists are whole.
  [[nodiscard]] Expected<void> load(Database& db);
  // While it is closed: what load() asks for. Where it cannot be written, the next start walks.
  void leave(Database& db) const;
  // In a unit's transaction: from now on they may be whole no more.
  [[nodiscard]] Expected<void> enter(Database& db) const;
  // The unit was committed.
  void entered() { said_whole_ = false; }
  // A unit that was committed has made this row, or changed it.
  void made(std::int64_t id) { newest_ = std::max(newest_, id); }
  void changed(std::int64_t id, const core::Machine& before, const core::Machine& after);

  // Id of the table's newest row, of those that are forgotten too.
  [[nodiscard]] std::int64_t newest() const { return newest_; }

  // True: step() would do something.
  [[nodiscard]] bool has_more() const { return !notes_.empty() || walked_ < newest_; }
  // Looks at up to `rows`, in the writer's transaction.
  [[nodiscard]] Expected<void> step(Database& db, const FreshRows& fresh, std::size_t rows);
  void committed();
  void rolled_back() { walking_ = walked_, taken_ = 0; }

 private:
  struct Note {
    std::int64_t id;
    std::int64_t day;
    Bytes16 name_hash;
  };
  [[nodiscard]] Expected<void> walk(Database& db, const FreshRows& fresh, std::size_t rows);

  const std::size_t notes_most_;
  std::deque<Note> notes_;
  bool said_whole_ = false;   // in the file
  std::int64_t newest_ = 0;   // id of the table's newest row
  std::int64_t walked_ = 0;   // the walk has passed this id
  std::int64_t walking_ = 0;  // and in this transaction this one
  std::size_t taken_ = 0;     // notes that were followed in this transaction
};

// The row of one machine that is in no list yet, for whoever puts very many at once. REQUIRES of
// `put`: kPutListed. `name` as listed_name() makes it.
inline constexpr const char* kPutListed =
    "INSERT INTO listed VALUES (?1, ?2, ?3, ?4)"
    " ON CONFLICT (machine) DO UPDATE SET day = ?3, name = ?4";
[[nodiscard]] Expected<void> put_listed(Query& put, std::int64_t id, std::int64_t group,
                                        std::int64_t day, std::string_view name);

// See Store::listed().
[[nodiscard]] Expected<ListPage> read_listed(Database& db, std::int64_t group, ListOrder order,
                                             std::string_view prefix,
                                             const std::optional<ListPlace>& after,
                                             std::size_t most, const Newest& newest);

}  // namespace muster::store
