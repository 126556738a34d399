#include "program.h"

#include <fmt/format.h>
#include <time.h>

#include <charconv>
#include <cstdio>

namespace muster::bench {

std::optional<Arguments> Arguments::parse(int argc, char** argv) {
  Arguments out;
  if (argc < 2) return std::nullopt;
  out.part_ = argv[1];
  for (int i = 2; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--") || i + 1 == argc) return std::nullopt;
    out.values_.emplace(name.substr(2), argv[i + 1]);
  }
  return out;
}

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  const auto at = values_.find(name);
  return at == values_.end() ? std::string(fallback) : at->second;
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t fallback) const {
  const auto value = text(name);
  std::uint64_t out = fallback;
  std::from_chars(value.data(), value.data() + value.size(), out);
  return out;
}

double seconds_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

namespace {

struct Part {
  std::string_view name;
  Expected<void> (*run)(const Arguments&);
};
constexpr Part kParts[] = {
    {"echo-host", serve_echo}, {"echo-load", load_echo}, {"rows", store_rows},
    {"lists", lists},          {"bulk", load_bulk},      {"renew", renew},
};

int run(int argc, char** argv) {
  const auto arguments = Arguments::parse(argc, argv);
  for (const auto& part : kParts) {
    if (!arguments || arguments->part() != part.name) continue;
    const auto done = part.run(*arguments);
    if (done) return 0;
    fmt::print(stderr, "bench: error: {}\n", done.error().sentence());
    return static_cast<int>(entry(done.error().code).exit);
  }
  fmt::print(stderr, "usage: muster_bench PART [--name value ...]; see bench/program.h\n");
  return 2;
}

}  // namespace
}  // namespace muster::bench

int main(int argc, char** argv) { return muster::bench::run(argc, argv); }
