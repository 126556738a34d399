// Runs the mixed scenario of faults (mixed.h) over a range of seeds, and says what was found. For
// the tests, and to repeat one that failed:
//
//   lab_faults_test --seeds 1-125    every seed; fails at the first that is wrong
//   lab_faults_test --seed 17 --trace    one seed, with all that happened
//   lab_faults_test --plant NAME --seeds 1-100    a fault that is planted: fails where it is not
//                                                 found
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <iterator>
#include <span>
#include <string_view>

#include "lab/testing/mixed.h"

namespace {

using namespace muster::lab::testing;  // NOLINT(google-build-using-namespace)

struct Arguments {
  std::string_view program;
  std::uint64_t first = 1, last = 1;
  Plant plant = Plant::none;
  bool trace = false;
};

bool read_number(std::string_view text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_range(std::string_view text, Arguments& out) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) {
    if (!read_number(text, out.first)) return false;
    out.last = out.first;
    return true;
  }
  return read_number(text.substr(0, dash), out.first) &&
         read_number(text.substr(dash + 1), out.last) && out.first <= out.last;
}

bool read(std::span<char*> given, Arguments& out) {
  for (std::size_t i = 1; i < given.size(); ++i) {
    const std::string_view option = given[i];
    if (option == "--trace") {
      out.trace = true;
      continue;
    }
    if (i + 1 == given.size()) return false;
    const std::string_view value = given[++i];
    if (option == "--seed" || option == "--seeds") {
      if (!read_range(value, out)) return false;
    } else if (option == "--plant") {
      const auto plant = plant_of(value);
      if (!plant) return false;
      out.plant = *plant;
    } else {
      return false;
    }
  }
  return true;
}

std::string_view name_of(Plant plant) {
  for (const auto& one : plants()) {
    if (one.plant == plant) return one.name;
  }
  return "none";
}

int run(const Arguments& arguments) {
  MixedOptions options;
  options.plant = arguments.plant;
  if (arguments.trace) {
    options.trace = [](std::string_view line) { fmt::print("{}\n", line); };
  }
  MixedRun sum;
  for (options.seed = arguments.first; options.seed <= arguments.last; ++options.seed) {
    const auto one = run_mixed(options);
    if (one.wrong) {
      fmt::print("seed {}: {}\n", options.seed, *one.wrong);
      fmt::print(
          "to repeat it: {} --seed {}{} --trace\n", arguments.program, options.seed,
          options.plant == Plant::none ? "" : fmt::format(" --plant {}", name_of(options.plant)));
      return options.plant == Plant::none ? 1 : 0;
    }
    sum.exchanges += one.exchanges;
    sum.activated += one.activated;
    sum.sold += one.sold;
    sum.kills += one.kills;
    sum.lost += one.lost;
    sum.doubled += one.doubled;
    sum.late += one.late;
    sum.failed += one.failed;
  }
  fmt::print(
      "{} exchanges, {} activated, {} by key, {} lost, {} doubled, {} late, {} sent away, the host "
      "killed {} times\n",
      sum.exchanges, sum.activated, sum.sold, sum.lost, sum.doubled, sum.late, sum.failed,
      sum.kills);
  if (options.plant == Plant::none) return 0;
  fmt::print("{} was not found in seeds {} to {}\n", name_of(options.plant), arguments.first,
             arguments.last);
  return 1;
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments{.program = values[0]};
  if (!read({values, static_cast<std::size_t>(count)}, arguments)) {
    fmt::print(stderr,
               "usage: lab_faults_test [--seed N | --seeds FIRST-LAST] [--plant NAME] [--trace]\n");
    for (const auto& plant : plants()) fmt::print(stderr, "  plant: {}\n", plant.name);
    return 2;
  }
  return run(arguments);
}
