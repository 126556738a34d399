#include "cli/replay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time.h"

namespace muster::cli {
namespace {

constexpr std::string_view kDesktop =
    R"({"products":{"acme-cad":{"group":"desktop","threshold":25}}})";

std::string cmid(int number) { return fmt::format("00000000-0000-4000-8000-{:012}", number); }

// A replay that is told of machines by number and of times as minutes after 2026-01-05T08:00:00Z.
class Told {
 public:
  explicit Told(std::string_view policy = kDesktop) : replay_(read_policy_file(policy).value()) {}

  std::string line(std::string_view text) {
    std::string out;
    replay_.answer(text, out);
    return out;
  }
  std::string ask(minutes at, int machine, std::string_view more = "",
                  std::string_view product = "acme-cad") {
    return line(fmt::format(R"({{"time":"{}","product":"{}","cmid":"{}"{}{}}})", time(at), product,
                            cmid(machine), more.empty() ? "" : ",", more));
  }
  static std::string time(minutes at) {
    return format_time(Instant{std::chrono::sys_days{std::chrono::year(2026) / 1 / 5}} +
                       std::chrono::hours(8) + at);
  }
  // "activated 25", "count_insufficient 24", "product_not_served null": what the answer comes to.
  static std::string verdict(std::string_view answer) {
    const auto member = [&](std::string_view name) {
      const auto at = answer.find(fmt::format("\"{}\":", name)) + name.size() + 3;
      auto value = std::string(answer.substr(at, answer.find_first_of(",}", at) - at));
      std::erase(value, '"');
      return value;
    };
    return fmt::format("{} {}", member("activated") == "true" ? "activated" : member("error"),
                       member("count"));
  }
  static std::string evidence(std::string_view answer) {
    const auto at = answer.find("\"evidence\":") + 11;
    return std::string(answer.substr(at, answer.size() - at - 1));
  }
  [[nodiscard]] Replay& replay() { return replay_; }

 private:
  Replay replay_;
};

constexpr minutes kDay{24 * 60};

TEST(Replay, AnAnswerIsOneCompactObjectInTheDocumentedOrder) {
  Told told;
  EXPECT_EQ(told.ask(minutes(0), 1, R"("machine":"desk-001")"),
            R"({"time":"2026-01-05T08:00:00Z","product":"acme-cad",)"
            R"("cmid":"00000000-0000-4000-8000-000000000001","activated":false,"count":1,)"
            R"("threshold":25,"error":"count_insufficient","evidence":"new"})");
}

TEST(Replay, TheArticlesExample) {
  Told told;
  for (int machine = 1; machine <= 24; ++machine) {
    EXPECT_EQ(Told::verdict(told.ask(minutes(0), machine)),
              fmt::format("count_insufficient {}", machine));
  }
  EXPECT_EQ(Told::verdict(told.ask(minutes(1), 25)), "activated 25");
  for (int machine = 1; machine <= 24; ++machine) {
    EXPECT_EQ(Told::verdict(told.ask(minutes(120), machine)), "activated 25");
  }
  // Thirty silent days empty the roll.
  EXPECT_EQ(Told::verdict(told.ask(minutes(120) + 30 * kDay, 26)), "count_insufficient 1");
}

TEST(Replay, ARollOfFiftyDropsTheOneSilentForLongest) {
  Told told;
  for (int machine = 1; machine <= 51; ++machine) told.ask(minutes(machine), machine);
  EXPECT_EQ(Told::verdict(told.ask(minutes(60), 52)), "activated 50");
  // 1 and 2 have left; 3 is still there, so its asking changes no count.
  EXPECT_EQ(Told::verdict(told.ask(minutes(61), 3)), "activated 50");
}

TEST(Replay, TheRetentionIsExactToTheMinute) {
  for (const auto& [silent, count] : {std::pair{30 * kDay - minutes(1), "count_insufficient 2"},
                                      std::pair{30 * kDay, "count_insufficient 1"}}) {
    Told told;
    told.ask(minutes(0), 1);
    EXPECT_EQ(Told::verdict(told.ask(silent, 2)), count) << silent.count();
  }
}

TEST(Replay, ASkewOfExactlyFourHoursPassesAndMoreNeitherCountsNorRefreshes) {
  Told told;
  const auto skewed = [&](minutes at, int machine, seconds off) {
    const auto client = parse_time(Told::time(at)).value() + off;
    return told.ask(at, machine, fmt::format(R"("client_time":"{}")", format_time(client)));
  };
  EXPECT_EQ(Told::verdict(skewed(minutes(0), 1, seconds(4 * 3600))), "count_insufficient 1");
  EXPECT_EQ(Told::verdict(skewed(minutes(0), 2, seconds(-4 * 3600))), "count_insufficient 2");
  const auto refused = skewed(minutes(0), 3, seconds(4 * 3600 + 1));
  EXPECT_EQ(Told::verdict(refused), "clock_skew null");
  EXPECT_NE(refused.find(R"("threshold":25)"), std::string::npos);
  EXPECT_EQ(Told::evidence(refused), "null");
  // A refused request of machine 1 does not keep it on the roll.
  EXPECT_EQ(Told::verdict(skewed(20 * kDay, 1, seconds(5 * 3600))), "clock_skew null");
  EXPECT_EQ(Told::verdict(told.ask(30 * kDay, 3)), "count_insufficient 1");
}

TEST(Replay, AProductThatIsNotServedCountsNothing) {
  Told told;
  const auto answer = told.ask(minutes(0), 1, "", "acme-sim");
  EXPECT_EQ(Told::verdict(answer), "product_not_served null");
  EXPECT_NE(answer.find(R"("threshold":null)"), std::string::npos);
  EXPECT_EQ(Told::verdict(told.ask(minutes(0), 1)), "count_insufficient 1");
}

TEST(Replay, ProductsOfAGroupShareARollAndGroupsDoNot) {
  Told told(R"({"products":{"cad":{"group":"desktop","threshold":25},
                            "srv":{"group":"desktop","threshold":5},
                            "db":{"group":"server","threshold":5}}})");
  for (int machine = 1; machine <= 4; ++machine) told.ask(minutes(0), machine, "", "cad");
  EXPECT_EQ(Told::verdict(told.ask(minutes(1), 1, "", "srv")), "count_insufficient 4");
  EXPECT_EQ(Told::verdict(told.ask(minutes(1), 5, "", "srv")), "activated 5");
  EXPECT_EQ(Told::verdict(told.ask(minutes(1), 5, "", "db")), "count_insufficient 1");
}

TEST(Replay, ServersAloneKeepTenUntilTheFirstDesktop) {
  Told told(R"({"products":{"cad":{"group":"all","threshold":25},
                            "srv":{"group":"all","threshold":5}}})");
  for (int machine = 1; machine <= 12; ++machine) told.ask(minutes(machine), machine, "", "srv");
  EXPECT_EQ(Told::verdict(told.ask(minutes(13), 12, "", "srv")), "activated 10");
  EXPECT_EQ(Told::verdict(told.ask(minutes(14), 13, "", "cad")), "count_insufficient 11");
  EXPECT_EQ(Told::verdict(told.ask(minutes(15), 14, "", "srv")), "activated 12");
}

TEST(Replay, CountByMachineCountsAPrimaryFactOnce) {
  Told told(R"({"products":{"acme-cad":{"group":"desktop","threshold":2,"count_by":"machine"}}})");
  EXPECT_EQ(Told::verdict(told.ask(minutes(0), 1, R"("machine":"a")")), "count_insufficient 1");
  EXPECT_EQ(Told::verdict(told.ask(minutes(0), 2, R"("machine":"a")")), "count_insufficient 1");
  EXPECT_EQ(Told::verdict(told.ask(minutes(0), 3, R"("machine":"b")")), "activated 2");
}

TEST(Replay, LicensedWithRefuseTurnsTheOneTooManyAway) {
  for (const auto& [over, third] :
       {std::pair{"report", "activated 3"}, std::pair{"refuse", "over_licensed 3"}}) {
    Told told(fmt::format(
        R"({{"products":{{"acme-cad":{{"group":"d","threshold":2,"licensed":2,"over":"{}"}}}}}})",
        over));
    told.ask(minutes(0), 1);
    told.ask(minutes(0), 2);
    EXPECT_EQ(Told::verdict(told.ask(minutes(0), 3)), third);
    EXPECT_EQ(Told::verdict(told.ask(minutes(1), 1)), "activated 3");
  }
}

TEST(Replay, EvidenceFollowsTheTicketsOfEarlierLines) {
  Told told;
  const auto of = [&](int machine, std::string_view fact, int ticket) {
    auto more = fmt::format(R"("machine":"{}")", fact);
    if (ticket != 0) more += fmt::format(R"(,"ticket":{})", ticket);
    return Told::evidence(told.ask(minutes(0), machine, more));
  };
  EXPECT_EQ(of(1, "a", 0), R"("new")");              // line 1
  EXPECT_EQ(of(1, "a", 1), R"("renewal")");          // 2
  EXPECT_EQ(of(1, "a", 1), R"("revert")");           // 3: a snapshot of after line 1
  EXPECT_EQ(of(1, "a", 0), R"("state_lost")");       // 4
  EXPECT_EQ(of(1, "b", 4), R"("machine_changed")");  // 5
  EXPECT_EQ(of(1, "a", 4), R"("clone")");            // 6: the earlier machine asks again
  EXPECT_EQ(of(2, "c", 6), R"("foreign_ticket")");   // 7: of another CMID
  EXPECT_EQ(of(3, "c", 0), R"("rebuilt")");          // 8
}

TEST(Replay, ALineThatIsNotValidIsNamedAndChangesNothing) {
  Told told;
  told.ask(minutes(10), 1);
  struct Bad {
    std::string line, detail;
  };
  const auto with = [](std::string_view members) {
    return fmt::format(R"({{"time":"2026-01-05T08:10:00Z","product":"acme-cad",)"
                       R"("cmid":"00000000-0000-4000-8000-000000000002"{}}})",
                       members);
  };
  const Bad bad[] = {
      {"", ""},
      {"{", ""},
      {"[]", ""},
      {R"({"time":"2026-01-05T08:10:00Z","product":"acme-cad"})", "cmid"},
      {with(R"(,"time":"2026-01-05T08:10:00Z")"), "time"},
      {with(R"(,"ticket":0)"), "ticket"},
      {with(R"(,"ticket":9)"), "line 9 is not an earlier line"},
      {with(R"(,"ticket":9)"), "line 9 is not an earlier line"},
      {with(R"(,"ticket":2)"), "the answer to line 2 carried none"},
      {with(R"(,"machine":"")"), "machine"},
      {with(R"(,"client_time":"noon")"), "client_time"},
      {R"({"time":"2026-01-05T08:09:59Z","product":"acme-cad",)"
       R"("cmid":"00000000-0000-4000-8000-000000000002"})",
       "time runs backwards"},
      {R"({"time":"2026-01-05T08:10:00Z","product":"Acme","cmid":)"
       R"("00000000-0000-4000-8000-000000000002"})",
       "product"},
      {R"({"time":"2026-01-05T08:10:00Z","product":"acme-cad",)"
       R"("cmid":"00000000-0000-0000-0000-000000000000"})",
       "cmid"},
      {std::string(Replay::kLineMost + 1, ' '), ""},
  };
  std::uint64_t number = 1;
  for (const auto& [line, detail] : bad) {
    const auto answer = told.line(line);
    ++number;
    EXPECT_TRUE(answer.starts_with(fmt::format(R"({{"line":{},"error":")", number))) << answer;
    EXPECT_NE(answer.find(detail), std::string::npos) << line << " -> " << answer;
  }
  EXPECT_EQ(told.replay().not_valid(), std::size(bad));
  // Time may stand still, and none of the lines above has counted.
  EXPECT_EQ(Told::verdict(told.ask(minutes(10), 2)), "count_insufficient 2");
}

TEST(Replay, ALineWithALaterTimeThatIsNotValidDoesNotMoveTime) {
  Told told;
  told.line(R"({"time":"2030-01-01T00:00:00Z","product":"acme-cad","cmid":"x"})");
  EXPECT_EQ(Told::verdict(told.ask(minutes(0), 1)), "count_insufficient 1");
}

TEST(Replay, CmidsAreReadInEitherCaseAndUnknownMembersIgnored) {
  Told told;
  const auto answer =
      told.line(R"({"time":"2026-01-05T09:00:00.5+01:00","product":"acme-cad","x":[{}],)"
                R"("cmid":"0B6F2C1E-5A0D-4F6B-9A51-8F1F6D2C7E10"})");
  EXPECT_NE(answer.find(R"("time":"2026-01-05T08:00:00Z")"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("cmid":"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10")"), std::string::npos);
}

}  // namespace
}  // namespace muster::cli
