#include "cli/demo_watch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace muster::cli {
namespace {

std::vector<DemoMachine> machines() {
  std::vector<DemoMachine> out;
  for (int number = 1; number <= kDemoMachines; ++number) {
    const auto cmid = Cmid::parse(fmt::format("00000000-0000-4000-8000-{:012}", number));
    out.push_back({.name = fmt::format("desk-{:03}", number), .state = {}, .cmid = *cmid});
  }
  return out;
}

std::string event(int machine, int count) {
  return fmt::format(R"({{"place":"1-{0}","event":{{"type":"activation","cmid":)"
                     R"("00000000-0000-4000-8000-{1:012}","activated":{2},"count":{0},)"
                     R"("threshold":25}}}})",
                     count, machine, count >= 25 ? "true" : "false");
}

TEST(DemoWatch, SeesTheCountClimbAndWhoWasActivatedFirst) {
  DemoWatch watch(machines());
  EXPECT_EQ(watch.next_page(), "/v1/events?limit=1000");
  std::string page = R"({"events":[{"place":"1-1","event":{"type":"start"}})";
  for (int machine = 1; machine <= 24; ++machine) page += "," + event(machine, machine);
  auto answers = watch.take(page + R"(],"next":null,"resume":"1-25"})");
  ASSERT_TRUE(answers) << answers.error().sentence();
  ASSERT_EQ(answers->size(), 24u);
  EXPECT_EQ(words_of(answers->back()), "desk-024: 24 of 25, not yet");
  EXPECT_EQ(watch.next_page(), "/v1/events?limit=1000&after=1-25");
  EXPECT_EQ(watch.first_activated(), 0u);
  EXPECT_EQ(watch.bar(),
            "[########################.] 24 machines seen, 25 needed; 0 of 30 activated");

  page =
      R"({"events":[)" + event(25, 25) + "," + event(1, 26) + R"(],"next":null,"resume":"1-27"})";
  answers = watch.take(page);
  ASSERT_TRUE(answers);
  EXPECT_EQ(words_of(answers->front()), "desk-025: the host has seen 25, activated");
  EXPECT_EQ(words_of(answers->back()), "desk-001 asks again: the host has seen 26, activated");
  EXPECT_EQ(watch.first_activated(), 25u);
  EXPECT_EQ(watch.asked(), 25);
  EXPECT_EQ(watch.activated(), 2);
  EXPECT_FALSE(watch.all_activated());
}

TEST(DemoWatch, EventsOfOthersAndRefusalsWithoutACountAreNotTheDemos) {
  DemoWatch watch(machines());
  const auto answers = watch.take(
      R"({"events":[{"event":{"type":"activation","cmid":"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10",)"
      R"("activated":true,"count":7,"threshold":5}},{"event":{"type":"activation","cmid":)"
      R"("00000000-0000-4000-8000-000000000001","activated":false,"count":null}}],)"
      R"("next":null,"resume":"1-2"})");
  ASSERT_TRUE(answers);
  EXPECT_TRUE(answers->empty());
  EXPECT_EQ(watch.asked(), 0);
}

TEST(DemoWatch, AnAnswerThatIsNoPageIsRefused) {
  DemoWatch watch(machines());
  for (const auto page : {"", "[]", "{}", R"({"events":1})", R"({"events":[{"event":1}]})"}) {
    EXPECT_FALSE(watch.take(page)) << page;
  }
}

}  // namespace
}  // namespace muster::cli
