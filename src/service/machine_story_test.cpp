#include "service/machine_story.h"

#include <gmock/gmock.h>

namespace muster::service {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Instant kNoon{seconds{1'767'614'400}};  // 2026-01-05T12:00:00Z

wire::Event request(int day, std::string evidence, std::string error = "",
                    std::string product = "acme-cad") {
  wire::Event out;
  out.time = kNoon + days(day);
  out.type = "activation";
  out.product = std::move(product);
  out.activated = error.empty();
  out.count = 24;
  out.threshold = 25;
  out.error = std::move(error);
  out.evidence = std::move(evidence);
  return out;
}

std::vector<std::string> told(const std::vector<wire::Event>& requests, bool from_the_first) {
  std::vector<std::string> out;
  for (const auto& chapter : story_of(requests, from_the_first)) out.push_back(chapter.text);
  return out;
}

TEST(Story, IsToldInChapters) {
  const std::vector<wire::Event> life = {request(0, "new", "count_insufficient"),
                                         request(0, "renewal", "count_insufficient"),
                                         request(1, "renewal"),
                                         request(8, "renewal"),
                                         request(15, "renewal"),
                                         request(16, "state_lost"),
                                         request(22, "renewal"),
                                         request(29, "clone", "count_insufficient")};
  const auto all = told(life, true);
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[0],
            "Refused for acme-cad 2 times, until 2026-01-05T12:00:00Z: the host has not yet seen "
            "enough machines (24 of 25).");
  EXPECT_EQ(all[1], "Activated for acme-cad.");
  EXPECT_EQ(all[2], "Renewed for acme-cad 2 times, until 2026-01-20T12:00:00Z.");
  EXPECT_THAT(all[3], HasSubstr("showed no ticket"));
  EXPECT_EQ(all[4], "Renewed for acme-cad.");
  EXPECT_THAT(all[5], HasSubstr("It was refused: the host has not yet seen enough machines"));
  EXPECT_EQ(story_of(life, true)[2].time, kNoon + days(8)) << "when it began";
}

TEST(Story, OfAPageBeginsInTheMiddle) {
  const std::vector<wire::Event> page = {request(0, "renewal"), request(7, "renewal")};
  EXPECT_THAT(told(page, false),
              ElementsAre("Renewed for acme-cad 2 times, until 2026-01-12T12:00:00Z."));
  EXPECT_THAT(told(page, true), ElementsAre("Activated for acme-cad.", "Renewed for acme-cad."));
  EXPECT_THAT(told({}, true), IsEmpty());
}

TEST(Story, OfTwoProductsIsTwoStories) {
  const std::vector<wire::Event> life = {request(0, "new"), request(1, "renewal", "", "acme-cam"),
                                         request(2, "renewal", "over_licensed", "acme-cam"),
                                         request(3, "renewal", "", "acme-cam"),
                                         request(4, "renewal")};
  EXPECT_THAT(told(life, true), ElementsAre("Activated for acme-cad.", "Activated for acme-cam.",
                                            HasSubstr("Refused for acme-cam: "),
                                            "Activated for acme-cam.", "Renewed for acme-cad."));
}

}  // namespace
}  // namespace muster::service
