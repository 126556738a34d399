// What the parts of the bench program share. Each part is one subcommand in a file of its own; it
// prints one JSON object a line on stdout, and words for people on stderr.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace muster::bench {

// "--name value" pairs, and what stands alone in front of them.
class Arguments {
 public:
  // Nothing where an argument is neither.
  [[nodiscard]] static std::optional<Arguments> parse(int argc, char** argv);
  [[nodiscard]] const std::string& part() const { return part_; }
  [[nodiscard]] std::string text(std::string_view name, std::string_view fallback = {}) const;
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t fallback) const;

 private:
  std::string part_;
  std::map<std::string, std::string, std::less<>> values_;
};

// Seconds on a clock that only moves forward.
[[nodiscard]] double seconds_now();

// --threads N: the host's listener and connections with a site that answers every request with a
// text of an activation answer's size. Prints "ready URL" and serves until stdin ends.
[[nodiscard]] Expected<void> serve_echo(const Arguments& arguments);
// --url URL --mode keep-alive|new --connections N --requests N: requests of an activation request's
// size against it. Prints {"rate","seconds","answers"}.
[[nodiscard]] Expected<void> load_echo(const Arguments& arguments);
// --dir DIR --machines N --units N: the real store, units of 512 known machines, each with its row
// and an event. Prints {"rows_per_second","seconds"}.
[[nodiscard]] Expected<void> store_rows(const Arguments& arguments);
// --dir DIR --machines N: people's lists over a new database (DIR/lists.db) of so many machines
// with names. Prints what it took to fill them, each order's pages of 1,000 with the longest, and
// how many bytes each machine costs.
[[nodiscard]] Expected<void> lists(const Arguments& arguments);
// --dir HOST --product FILE --machines N --seed N --first N: machines that this host seems to have
// seen, put into its database in bulk. The host must not run.
[[nodiscard]] Expected<void> load_bulk(const Arguments& arguments);
// --url URL --product FILE --dir HOST --machines N --first N --seed N --requests N --connections N
// --order random|in-turn: renewals of machines that load_bulk has put there, with their tickets.
[[nodiscard]] Expected<void> renew(const Arguments& arguments);

}  // namespace muster::bench
