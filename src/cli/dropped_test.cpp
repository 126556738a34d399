#include "cli/dropped.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/testing/temporary_directory.h"

namespace muster::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Dropped : public ::testing::Test {
 protected:
  // A file of this name, or a directory.
  std::string there(const std::string& name) {
    const auto path = directory_.path() / name;
    std::ofstream(path) << "log";
    return path.string();
  }
  std::string folder(const std::string& name) {
    const auto path = directory_.path() / name;
    std::filesystem::create_directories(path);
    return path.string();
  }
  [[nodiscard]] std::string page() const { return (directory_.path() / "report.html").string(); }

 private:
  TemporaryDirectory directory_;
};

TEST_F(Dropped, ALogGivesAPageBesideIt) {
  const auto log = there("kms höst.evtx");
  EXPECT_EQ(page_of_dropped({log}), page());
  EXPECT_THAT(words_of_muster({log}), ElementsAre("logs", "report", "--html", page(), log));
}

TEST_F(Dropped, SeveralLogsGiveOnePageBesideTheFirst) {
  const auto first = there("a.evtx");
  const auto second = folder("old") + "/";
  EXPECT_THAT(words_of_muster({first, second}),
              ElementsAre("logs", "report", "--html", page(), first, second));
}

TEST_F(Dropped, AFolderGivesAPageBesideItAndNotInIt) {
  const auto logs = folder("logs");
  EXPECT_EQ(page_of_dropped({logs}), page());
  EXPECT_EQ(page_of_dropped({logs + "/"}), page());
}

TEST_F(Dropped, WordsOfACommandAreThoseOfMusterLogs) {
  const auto log = there("a.evtx");
  EXPECT_THAT(words_of_muster({"report", log}), ElementsAre("logs", "report", log));
  EXPECT_THAT(words_of_muster({"logs", "shape", log}), ElementsAre("logs", "shape", log));
  EXPECT_THAT(words_of_muster({"help", "report"}), ElementsAre("help", "logs", "report"));
  EXPECT_THAT(words_of_muster({"report", "--help"}), ElementsAre("logs", "report", "--help"));
  EXPECT_THAT(words_of_muster({"--version"}), ElementsAre("--version"));
  EXPECT_THAT(words_of_muster({"help"}), ElementsAre("help"));
  EXPECT_THAT(words_of_muster({}), IsEmpty());
}

TEST_F(Dropped, APathThatIsNotThereIsNoDrop) {
  const auto log = there("a.evtx");
  EXPECT_EQ(page_of_dropped({log, log + ".gone"}), std::nullopt);
  EXPECT_EQ(page_of_dropped({log, "--json"}), std::nullopt);
}

}  // namespace
}  // namespace muster::cli
