#include "store/transfer.h"

#include <array>
#include <utility>

#include "base/digest.h"
#include "store/byte_codec.h"
#include "store/machine_codec.h"
#include "store/tally_codec.h"

namespace muster::store {
namespace {

using enum CellKind;

constexpr TableColumn kHost[] = {{"epoch", number},          {"seq", number},
                                 {"time", number},           {"hash", bytes},
                                 {"checkpoint_seq", number}, {"checkpoint_digest", bytes}};
constexpr TableColumn kGroup[] = {{"vendor", text},
                                  {"name", text},
                                  {"highest_threshold", number},
                                  {"retention", number},
                                  {"requests", number},
                                  {"failed", number},
                                  {"unlicensed", number},
                                  {"licensed", number},
                                  {"initial_grace", number},
                                  {"additional_grace", number},
                                  {"non_genuine_grace", number},
                                  {"notification", number},
                                  {"extended_grace", number}};
constexpr TableColumn kRoll[] = {
    {"vendor", text}, {"group", text}, {"key", bytes}, {"last_seen", number}, {"put", number}};
constexpr TableColumn kName[] = {{"hash", bytes}, {"value", bytes}, {"listed", bytes}};
constexpr TableColumn kMachine[] = {{"vendor", text}, {"group", text},         {"made", number},
                                    {"cmid", uuid},   {"primary_fact", bytes}, {"data", bytes}};
constexpr TableColumn kListed[] = {{"vendor", text}, {"group", text}, {"made", number},
                                   {"cmid", uuid},   {"day", number}, {"name", bytes}};
constexpr TableColumn kEvent[] = {{"epoch", number},      {"seq", number},      {"time", number},
                                  {"vendor", text},       {"group", text},      {"cmid", uuid},
                                  {"prev_epoch", number}, {"prev_seq", number}, {"hash", bytes},
                                  {"line", bytes}};
constexpr TableColumn kCheckpoint[] = {{"epoch", number}, {"seq", number}, {"jws", text}};
constexpr TableColumn kSetting[] = {{"own", truth}, {"name", text}, {"value", bytes}};
constexpr TableColumn kMak[] = {{"vendor", text},      {"name", text},    {"sold", number},
                                {"released", number},  {"behind", truth}, {"blocked", truth},
                                {"reconciled", number}};
constexpr TableColumn kPlace[] = {
    {"vendor", text},     {"mak", text},        {"number", number},     {"turn", number},
    {"cmid", uuid},       {"facts", bytes},     {"sold", number},       {"asked", number},
    {"released", number}, {"name_hash", bytes}, {"last_epoch", number}, {"last_seq", number}};
constexpr TableColumn kPlaceFact[] = {
    {"vendor", text}, {"mak", text}, {"value", bytes}, {"number", number}};
constexpr TableColumn kPool[] = {
    {"id", bytes},       {"evidence", number},     {"vendor", text},         {"group", text},
    {"pattern", text},   {"subnet", text},         {"count", number},        {"first", number},
    {"newest", number},  {"newest_epoch", number}, {"newest_seq", number},   {"days", bytes},
    {"examples", bytes}, {"marked_by", text},      {"marked_since", number}, {"note", text}};
constexpr TableColumn kUsage[] = {{"vendor", text},
                                  {"product", text},
                                  {"month", number},
                                  {"by_fact", truth},
                                  {"machines", number}};
constexpr TableColumn kUsageMember[] = {
    {"vendor", text}, {"product", text}, {"month", number}, {"by_fact", truth}, {"member", bytes}};

constexpr TableForm kForms[] = {
    {Table::host, "host", kHost},
    {Table::count_group, "count_group", kGroup},
    {Table::roll, "roll", kRoll},
    {Table::name, "name", kName},
    {Table::machine, "machine", kMachine},
    {Table::listed, "listed", kListed},
    {Table::event, "event", kEvent},
    {Table::checkpoint, "checkpoint", kCheckpoint},
    {Table::setting, "setting", kSetting},
    {Table::mak, "mak", kMak},
    {Table::place, "place", kPlace},
    {Table::place_fact, "place_fact", kPlaceFact},
    {Table::pool, "pool", kPool},
    {Table::usage, "usage", kUsage},
    {Table::usage_member, "usage_member", kUsageMember},
};
static_assert(std::size(kForms) == kTables);

constexpr std::size_t kMachineData = 5;
constexpr std::size_t kPoolExamples = 12;

// The rows of a table so far.
class Sum {
 public:
  void add(const Cells& row) {
    text_.clear();
    Encoder encoder{text_};
    for (const auto& cell : row) {
      encoder.number(cell.index());
      if (const auto* value = std::get_if<std::int64_t>(&cell)) {
        encoder.number(static_cast<std::uint64_t>(*value));
      } else if (const auto* bytes = std::get_if<std::string>(&cell)) {
        encoder.text(*bytes);
      }
    }
    hash_.add(as_bytes(text_));
    ++rows_;
  }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] TableSum of(Table table) const { return {table, rows_, hash_.digest()}; }

 private:
  Sha256 hash_;
  std::string text_;
  std::uint64_t rows_ = 0;
};

// Every line's hash is that of the line and the hash before it. What stood before the log's first
// line is not there to be hashed where the log was cut.
class Chain {
 public:
  [[nodiscard]] Expected<void> add(const Cells& row) {
    const auto epoch = std::get<std::int64_t>(row[0]), seq = std::get<std::int64_t>(row[1]);
    const auto& hash = std::get<std::string>(row[8]);
    const auto& line = std::get<std::string>(row[9]);
    const bool next = epoch == epoch_ && seq == seq_ + 1;
    if (!next && epoch == epoch_) {
      return fail(ErrorCode::log_broken, place(epoch, seq_ + 1) + " is missing");
    }
    if (!next) before_ = Bytes32{};
    const auto made = Sha256().add(before_).add(as_bytes(line)).digest();
    const bool first = !next && seq != 1;
    if (!first && as_text(made) != hash) {
      return fail(ErrorCode::log_broken, place(epoch, seq) + ": its line was changed");
    }
    if (hash.size() != before_.size()) {
      return fail(ErrorCode::log_broken, place(epoch, seq) + ": its hash was changed");
    }
    std::memcpy(before_.data(), hash.data(), before_.size());
    epoch_ = epoch;
    seq_ = seq;
    return {};
  }

 private:
  static std::string place(std::int64_t epoch, std::int64_t seq) {
    return "event " + std::to_string(epoch) + "-" + std::to_string(seq);
  }
  std::int64_t epoch_ = 0, seq_ = 0;
  Bytes32 before_{};
};

std::unexpected<Error> differ(const TableForm& form, std::uint64_t row, const Cells& one,
                              const Cells& other) {
  for (std::size_t column = 0; column < one.size(); ++column) {
    if (one[column] == other[column]) continue;
    return fail(ErrorCode::conflict, "row " + std::to_string(row) + " of the table " +
                                         std::string(form.name) + " differs in " +
                                         std::string(form.columns[column].name));
  }
  return fail(ErrorCode::internal, "equal rows differ");
}

Expected<TableSum> compare(const TableForm& form, Contents& one, Contents& other) {
  if (auto begun = one.begin(form.table); !begun) return std::unexpected(begun.error());
  if (auto begun = other.begin(form.table); !begun) return std::unexpected(begun.error());
  Sum sum;
  Chain chain;
  Cells row, twin;
  for (;;) {
    const auto more = one.next(row);
    if (!more) return std::unexpected(more.error());
    const auto other_more = other.next(twin);
    if (!other_more) return std::unexpected(other_more.error());
    if (*more != *other_more) {
      return fail(ErrorCode::conflict, "the table " + std::string(form.name) + " ends after " +
                                           std::to_string(sum.rows()) +
                                           " rows on one side and goes on on the other");
    }
    if (!*more) return sum.of(form.table);
    sum.add(row);
    if (row != twin) return differ(form, sum.rows(), row, twin);
    if (form.table != Table::event) continue;
    if (auto chained = chain.add(row); !chained) return std::unexpected(chained.error());
  }
}

}  // namespace

std::span<const TableForm> table_forms() { return kForms; }

const TableForm& form_of(Table table) { return kForms[static_cast<std::size_t>(table)]; }

Expected<void> copy_tables(Contents& from, Receiver& to) {
  Cells row;
  for (const auto& form : kForms) {
    if (auto begun = from.begin(form.table); !begun) return begun;
    for (;;) {
      const auto more = from.next(row);
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      if (auto put = to.put(form.table, row); !put) return put;
    }
  }
  return to.finish();
}

// Equal rows are chained in both where they are in one.
Expected<std::vector<TableSum>> compare_tables(Contents& one, Contents& other) {
  std::vector<TableSum> out;
  for (const auto& form : kForms) {
    const auto sum = compare(form, one, other);
    if (!sum) return std::unexpected(sum.error());
    out.push_back(*sum);
  }
  return out;
}

Expected<Moved> move_tables(Contents& from, Receiver& to, bool empty) {
  if (empty) {
    if (auto copied = copy_tables(from, to); !copied) return std::unexpected(copied.error());
  }
  auto tables = compare_tables(from, to);
  if (!tables && !empty && tables.error().code == ErrorCode::conflict) {
    tables.error().detail =
        "the database holds this host already, and not as it is here: " + tables.error().detail;
  }
  if (!tables) return std::unexpected(tables.error());
  if (auto done = to.commit(); !done) return std::unexpected(done.error());
  return Moved{!empty, std::move(*tables)};
}

Expected<void> change_host(Table table, Cells& row, std::uint32_t from, std::uint32_t to) {
  const auto change = [&](core::EventPlace& place) {
    if (place.epoch != 0 && place.host == from) place.host = to;
  };
  if (table == Table::machine) {
    core::Machine machine;
    auto& data = std::get<std::string>(row[kMachineData]);
    if (auto read = decode_machine(as_bytes(data), machine); !read) return read;
    change(machine.last_event);
    encode_machine(data, machine);
  } else if (table == Table::pool) {
    core::PoolRecord record;
    auto& examples = std::get<std::string>(row[kPoolExamples]);
    if (!decode_examples(as_bytes(examples), record)) {
      return fail(ErrorCode::store_corrupt, "a pool cannot be read");
    }
    for (auto& example : record.examples) change(example.event);
    examples = encode_examples(record);
  }
  return {};
}

}  // namespace muster::store
