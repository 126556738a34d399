// Ledgers in `muster replay`, and what a year costs by either method: the numbers of
// docs/kms-or-mak.md are computed here.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "base/time.h"
#include "cli/replay.h"

namespace muster::cli {
namespace {

using ::testing::HasSubstr;

std::string cmid(int number) { return fmt::format("00000000-0000-4000-8000-{:012}", number); }

std::string time(minutes at) {
  return format_time(Instant{std::chrono::sys_days{std::chrono::year(2026) / 1 / 5}} +
                     std::chrono::hours(8) + at);
}

std::string policy(std::string_view mak) {
  return fmt::format(R"({{"products":{{"acme-cad":{{"group":"desktop","mak":{{{}}}}}}}}})", mak);
}

// A replay that is told of machines by number.
class Told {
 public:
  explicit Told(std::string_view file) : replay_(read_policy_file(file).value()) {}

  std::string line(std::string_view text) {
    std::string out;
    replay_.answer(text, out);
    return out;
  }
  std::string ask(minutes at, int id, std::string_view more) {
    return line(fmt::format(R"({{"time":"{}","product":"acme-cad","cmid":"{}",{}}})", time(at),
                            cmid(id), more));
  }
  std::string sell(minutes at, int id, int machine) {
    return ask(at, id, fmt::format(R"("mak":true,"machine":"desk-{}")", machine));
  }
  std::string release(minutes at, int id) { return ask(at, id, R"("release":true)"); }

 private:
  Replay replay_;
};

std::string tail_of(std::string_view answer) {
  return std::string(answer.substr(answer.find("\"activated\"")));
}

std::string answer_of(bool activated, std::string_view place, std::string_view turn,
                      std::string_view used, std::string_view gain, std::string_view error) {
  return fmt::format(
      R"("activated":{},"place":{},"turn":{},"used":{},"limit":2,"gain":{},"error":{}}})",
      activated, place, turn, used, gain, error);
}

TEST(ReplayMak, PlacesAreSoldKeptAndReleased) {
  Told told(policy(R"("limit":2)"));
  const struct {
    std::string got, expected;
  } rows[] = {
      {told.sell(minutes(0), 1, 1), answer_of(true, "1", "1", "1", R"("sold")", R"(null)")},
      {told.sell(minutes(1), 1, 1), answer_of(true, "1", "1", "1", R"("again")", R"(null)")},
      {told.sell(minutes(2), 2, 1), answer_of(true, "1", "1", "1", R"("reinstalled")", R"(null)")},
      {told.sell(minutes(3), 3, 3), answer_of(true, "2", "1", "2", R"("sold")", R"(null)")},
      {told.sell(minutes(4), 4, 4),
       answer_of(false, "null", "null", "2", R"(null)", R"("limit_reached")")},
      {told.release(minutes(5), 2), answer_of(false, "1", "1", "1", R"(null)", R"(null)")},
      {told.release(minutes(6), 2),
       answer_of(false, "null", "null", "1", R"(null)", R"("no_place")")},
      {told.sell(minutes(7), 4, 4), answer_of(true, "1", "2", "2", R"("sold")", R"(null)")},
  };
  for (const auto& row : rows) EXPECT_EQ(tail_of(row.got), row.expected);
}

TEST(ReplayMak, TheKeysTermsAreTheHosts) {
  Told counts(policy(R"("limit":9,"reactivation":"counts")"));
  (void)counts.sell(minutes(0), 1, 1);
  EXPECT_THAT(counts.sell(minutes(1), 2, 1), HasSubstr(R"("place":2)"));
  Told never(policy(R"("limit":9,"release":"never")"));
  (void)never.sell(minutes(0), 1, 1);
  EXPECT_THAT(never.release(minutes(1), 1), HasSubstr("release_not_allowed"));
}

TEST(ReplayMak, AProductWithoutAKeyKnowsNone) {
  Told told(R"({"products":{"acme-cad":{"group":"desktop"}}})");
  EXPECT_THAT(told.sell(minutes(0), 1, 1), HasSubstr(R"("error":"mak_unknown")"));
}

TEST(ReplayMak, ALineThatIsNotValidSaysWhy) {
  Told told(policy(R"("limit":2)"));
  EXPECT_THAT(told.ask(minutes(0), 1, R"("mak":true)"), HasSubstr("machine"));
  EXPECT_THAT(told.ask(minutes(0), 1, R"("mak":true,"machine":"a","release":true)"),
              HasSubstr("release"));
  EXPECT_THAT(told.ask(minutes(0), 1, R"("mak":"yes","machine":"a")"), HasSubstr("mak"));
}

TEST(ReplayMak, TermsThatAreWrongNameTheProductAndTheField) {
  const std::pair<std::string, std::string> rows[] = {
      {R"("limit":0)", "limit"},
      {R"("limit":1000001)", "limit"},
      {R"("limit":2,"match":"some")", "match"},
      {R"("limit":2,"reactivation":true)", "reactivation"},
      {R"("limit":2,"limits":3)", "limits"},
      {R"("release":"never")", "limit"},
  };
  for (const auto& [mak, field] : rows) {
    const auto read = read_policy_file(policy(mak));
    ASSERT_FALSE(read) << mak;
    EXPECT_THAT(read.error().detail, HasSubstr("acme-cad")) << mak;
    EXPECT_THAT(read.error().detail, HasSubstr(field)) << mak;
  }
}

// ---- a year of a pool that is rebuilt every night

constexpr int kDesks = 50;
constexpr int kNights = 365;
constexpr minutes kDay{24 * 60};

struct Year {
  int asked = 0, refused = 0, released = 0;
  std::uint32_t used = 0;
};

struct Pool {
  std::string mak;             // the key's terms; empty: by counting
  bool keeps_hardware = true;  // the same virtual hardware after the night
  bool releases = false;       // each machine's place is given back before it is rebuilt
};

std::uint32_t number_in(std::string_view answer, std::string_view name) {
  const auto at = answer.find(fmt::format("\"{}\":", name)) + name.size() + 3;
  return static_cast<std::uint32_t>(std::stoul(std::string(answer.substr(at, 12))));
}

Year year_of(const Pool& pool) {
  Told told(pool.mak.empty() ? R"({"products":{"acme-cad":{"group":"desktop"}}})"
                             : policy(pool.mak));
  Year out;
  for (int night = 0; night < kNights; ++night) {
    for (int desk = 0; desk < kDesks; ++desk) {
      const auto at = kDay * night + minutes(desk);
      const int id = night * kDesks + desk + 1;
      const int hardware = pool.keeps_hardware ? desk : id;
      ++out.asked;
      if (pool.releases && night > 0) {
        EXPECT_THAT(told.release(at, id - kDesks), HasSubstr(R"("error":null)"));
        ++out.released;
      }
      const auto answer = pool.mak.empty()
                              ? told.ask(at, id, fmt::format(R"("machine":"desk-{}")", hardware))
                              : told.sell(at, id, hardware);
      if (answer.find("\"activated\":true") == answer.npos) ++out.refused;
      if (!pool.mak.empty()) out.used = number_in(answer, "used");
    }
  }
  return out;
}

// 18250 -> "18,250".
std::string spoken(std::uint32_t number) {
  if (number < 1000) return std::to_string(number);
  return fmt::format("{},{:03}", number / 1000, number % 1000);
}

TEST(KmsOrMak, WhatAYearCostsIsWhatThePaperSays) {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/kms-or-mak.md");
  const std::string paper{std::istreambuf_iterator<char>(in), {}};
  const auto row = [&](std::string_view how, const Pool& pool) {
    const auto year = year_of(pool);
    EXPECT_EQ(year.asked, kDesks * kNights);
    const auto line =
        fmt::format("| {} | {} | {} | {} |", how, pool.mak.empty() ? "none" : spoken(year.used),
                    spoken(static_cast<std::uint32_t>(year.released)),
                    spoken(static_cast<std::uint32_t>(year.refused)));
    EXPECT_THAT(paper, HasSubstr(line));
  };
  constexpr auto kFree = R"("limit":1000000)";
  constexpr auto kCounts = R"("limit":1000000,"reactivation":"counts")";
  row("counting, threshold 25", {});
  row("key, `reactivation free`, virtual hardware kept", {kFree});
  row("key, `reactivation counts`, virtual hardware kept", {kCounts});
  row("key, `reactivation free`, new virtual hardware each night", {kFree, false});
  row("key, the same, each place released before the night", {R"("limit":50)", false, true});
}

}  // namespace
}  // namespace muster::cli
