#include "evtx/table_log.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "evtx/csv_rows.h"
#include "evtx/feed.h"

namespace muster::evtx {
namespace {

enum Column : std::uint8_t {
  id,
  record_id,
  level,
  level_name,
  qualifiers,
  provider,
  channel,
  computer,
  date,
  message,
  columns,
};
constexpr std::size_t kNone = SIZE_MAX;
using Places = std::array<std::size_t, columns>;

struct Named {
  std::string_view name;
  Column column;
};
// Properties of EventLogRecord (Get-WinEvent) and of EventLogEntry (Get-EventLog).
constexpr Named kNames[] = {
    {"Id", id},
    {"RecordId", record_id},
    {"ProviderName", provider},
    {"LogName", channel},
    {"MachineName", computer},
    {"TimeCreated", date},
    {"Level", level},
    {"LevelDisplayName", level_name},
    {"Qualifiers", qualifiers},
    {"Message", message},
    {"EventID", id},
    {"Index", record_id},
    {"Source", provider},
    {"TimeGenerated", date},
    {"EntryType", level_name},
};

constexpr std::size_t kHeadingOfEventViewer = 5;

struct Layout {
  char separator = ',';
  Places places{};
};

std::optional<Places> named_places(std::span<const std::string> heading) {
  Places out;
  out.fill(kNone);
  for (std::size_t i = 0; i < heading.size(); ++i) {
    for (const auto& [name, column] : kNames) {
      if (heading[i] == name && out[column] == kNone) out[column] = i;
    }
  }
  if (out[id] == kNone || out[date] == kNone || out[message] == kNone) return std::nullopt;
  return out;
}

bool is_row_of_event_viewer(std::span<const std::string> row) {
  return row.size() > kHeadingOfEventViewer && whole_number<std::uint32_t>(row[3]) &&
         row[1].find_first_of("0123456789") != std::string::npos;
}

std::optional<Layout> layout_of(ByteView bytes) {
  constexpr Places event_viewer{3, kNone, kNone, 0, kNone, 2, kNone, kNone, 1, 5};
  for (const char separator : {',', '\t', ';'}) {
    CsvRows rows(bytes, separator);
    if (rows.next() != CsvRows::Next::row) continue;
    // PowerShell before 6 writes the type of the objects first.
    if (rows.cells().front().starts_with("#TYPE ") && rows.next() != CsvRows::Next::row) continue;
    if (const auto places = named_places(rows.cells())) {
      return Layout{.separator = separator, .places = *places};
    }
    if (rows.cells().size() != kHeadingOfEventViewer) continue;
    if (rows.next() != CsvRows::Next::row || !is_row_of_event_viewer(rows.cells())) continue;
    return Layout{.separator = separator, .places = event_viewer};
  }
  return std::nullopt;
}

// By the English name; another language's says nothing.
std::uint8_t level_of(std::string_view name) {
  constexpr std::array<std::string_view, 6> names{"",        "Critical",    "Error",
                                                  "Warning", "Information", "Verbose"};
  const auto at = std::ranges::find(names, name);
  return at == names.end() ? std::uint8_t{0} : static_cast<std::uint8_t>(at - names.begin());
}

class Table {
 public:
  Table(const Layout& layout, const OnBatch& on_batch) : places_(layout.places), feed_(on_batch) {}

  bool add(const CsvRows& rows) {
    cells_ = rows.cells();
    const auto event = whole_number<std::uint32_t>(cell(id));
    if (!event) return skip(rows.offset());
    auto& batch = feed_.batch();
    auto& row = batch.begin();
    row.record.offset = rows.offset();
    row.record.event_id = *event;
    row.record.record_id = whole_number<std::uint64_t>(cell(record_id)).value_or(0);
    row.record.level = whole_number<std::uint8_t>(cell(level)).value_or(level_of(cell(level_name)));
    row.record.qualifiers = whole_number<std::uint16_t>(cell(qualifiers));
    row.record.time = parse_time(cell(date));
    if (!row.record.time) row.local_time = put(cell(date));
    row.provider = put(cell(provider));
    row.channel = put(cell(channel));
    row.computer = put(cell(computer));
    batch.add_data(put(cell(message)));
    batch.end();
    return feed_.count();
  }

  bool skip(std::uint64_t offset) { return feed_.skip(offset, Trouble::no_line); }
  void finish() { feed_.finish(); }

 private:
  [[nodiscard]] std::string_view cell(Column column) const {
    const auto place = places_[column];
    return place < cells_.size() ? std::string_view(cells_[place]) : std::string_view();
  }
  Batch::Slice put(std::string_view text) { return feed_.batch().put(text); }

  Places places_;
  Feed feed_;
  std::span<const std::string> cells_;
};

}  // namespace

bool is_table(ByteView bytes) { return layout_of(bytes).has_value(); }

void read_table(ByteView bytes, const OnBatch& on_batch) {
  const auto layout = *layout_of(bytes);
  CsvRows rows(bytes, layout.separator);
  Table table(layout, on_batch);
  bool heading = true;
  for (auto next = rows.next(); next != CsvRows::Next::end; next = rows.next()) {
    if (next == CsvRows::Next::row && heading) {
      heading = rows.cells().front().starts_with("#TYPE ");
      continue;
    }
    const bool more = next == CsvRows::Next::row ? table.add(rows) : table.skip(rows.offset());
    if (!more) return;
  }
  table.finish();
}

}  // namespace muster::evtx
