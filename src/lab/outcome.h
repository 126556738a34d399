// What a run came to: figures over time, tables, facts. The same for every scenario, so that there
// is one page, one CSV and one JSON of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"

namespace muster::lab {

// How much of the production code runs.
enum class Fidelity {
  full,   // every document made and checked, the real client and host
  rules,  // the roll alone, for size
};
[[nodiscard]] std::string_view name_of(Fidelity fidelity);
[[nodiscard]] std::optional<Fidelity> fidelity_of(std::string_view name);

// Sums since the sample before.
struct Tally {
  std::uint64_t activated = 0;
  std::uint64_t refused = 0;    // by a rule
  std::uint64_t sent_away = 0;  // 429 and 503: come again later
  std::uint64_t unreached = 0;  // no host answered
  std::uint64_t busiest = 0;    // requests that reached a host, in the busiest minute
  [[nodiscard]] std::uint64_t reached() const { return activated + refused + sent_away; }
};
// `busiest`: the higher of both.
void add(Tally& sum, const Tally& more);

struct Sample {
  Instant at{};
  std::uint32_t count = 0;     // on the roll; of a key, places that are held
  std::uint32_t licensed = 0;  // machines whose activation is valid
  std::uint32_t running = 0;   // machines that are on
  Tally tally{};
};

// One line of a run's picture: a count group on a host, or a variant of an experiment.
struct Track {
  std::string id;               // of a file's name: letters, digits, dashes
  std::string title;            // for people
  std::uint32_t threshold = 0;  // the highest of the group's products
  std::uint32_t capacity = 0;
  std::vector<std::uint32_t> lower{};  // the other thresholds of the group, ascending
  std::vector<Sample> samples{};       // the first at the begin, the last at the end of it
  // To the second, as a CountWatch noted them.
  std::optional<Instant> first_at_threshold{};
  std::optional<Instant> falls_below{};  // after it was reached, the first time; none: never
  std::uint32_t falls = 0;               // times that it fell below
  std::optional<Instant> zero{};         // after it was reached, the first time; none: never

  [[nodiscard]] std::uint32_t highest() const;
  // The lowest sample since the threshold was first reached, or of all where it never was.
  [[nodiscard]] std::uint32_t lowest() const;
  [[nodiscard]] std::uint32_t last() const { return samples.empty() ? 0 : samples.back().count; }
  [[nodiscard]] Tally total() const;  // `busiest`: the highest
  [[nodiscard]] bool holds() const { return first_at_threshold && !falls_below; }
};

// A multiple activation key over a run, and the machines that activate by it.
struct KeyTrack {
  std::string id;     // of a file's name: letters, digits, dashes
  std::string title;  // for people
  std::uint32_t limit = 0;
  std::vector<Sample> samples{};       // as of a Track
  std::optional<Instant> exhausted{};  // the last place was sold, the first time; none: never
  std::optional<Instant> refused{};    // the first refusal; none: never

  [[nodiscard]] std::uint32_t highest() const;
  [[nodiscard]] std::uint32_t last() const { return samples.empty() ? 0 : samples.back().count; }
  [[nodiscard]] Tally total() const;  // `busiest`: the highest
};

// How a product fared on a host, by counting or by a key. None: never.
struct ProductStory {
  std::size_t product = 0, host = 0;  // index
  std::optional<std::size_t> key{};   // index; none: by counting
  std::optional<Instant> first_on{};  // one of its machines is switched on
  std::optional<Instant> activated{};
  // Of counting. The first refusal after that: the count was too low again.
  std::optional<Instant> refused{};
  // The first attempt in vain of a machine whose own activation had ended.
  std::optional<Instant> lost{};
  // Of the samples since the activation, from this one to the last the count was too low.
  std::optional<Instant> under{};
};

// Text cells; a number is a cell of digits.
struct Table {
  std::string id, title, note;
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  bool leads = false;                     // on a page it stands before the charts
  std::optional<std::size_t> commands{};  // the column of commands to copy; none: there is none
};

// A member of what --json prints. No value: null.
struct Fact {
  std::string name;
  std::variant<std::monostate, std::uint64_t, bool, Instant, std::string> value;
};

struct Outcome {
  std::string scenario, title;
  std::uint64_t seed = 0;
  Fidelity fidelity = Fidelity::full;
  Instant start{}, end{};
  std::uint64_t machines = 0;
  std::vector<std::string> sentences{};  // what it teaches, with this run's figures
  std::vector<Track> tracks{};
  std::vector<KeyTrack> keys{};
  std::vector<ProductStory> products{};
  std::vector<Table> tables{};
  std::vector<Fact> facts{};  // of an experiment
};

}  // namespace muster::lab
