#include "base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "base/testing/temporary_directory.h"

namespace muster {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class File : public testing::Test {
 public:
  File() : before_(::umask(0077)) {}
  ~File() override { ::umask(before_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

 protected:
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& one : fs::directory_iterator(dir_.path()))
      out.push_back(one.path().filename());
    std::ranges::sort(out);
    return out;
  }
  static unsigned mode_of(const fs::path& file) {
    return static_cast<unsigned>(fs::status(file).permissions());
  }
  static std::string code_of(const Expected<void>& result) {
    return result ? "" : std::string(entry(result.error().code).name);
  }

  TemporaryDirectory dir_;
  mode_t before_;
};

// A process of this size of files cannot write: what a full disk looks like to it.
class NoRoom {
 public:
  NoRoom() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = 4096;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~NoRoom() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(File, IsReplacedWholeWithExactlyItsMode) {
  ASSERT_TRUE(write_file(dir_ / "a", "one", 0600));
  ASSERT_TRUE(write_file(dir_ / "a", "two", 0644));
  EXPECT_EQ(read_file(dir_ / "a"), "two");
  EXPECT_EQ(mode_of(dir_ / "a"), 0644);
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(File, IsLeftAsItWasWhereTheNewOneCannotBeWritten) {
  ASSERT_TRUE(write_file(dir_ / "a", "one"));
  const NoRoom none;
  EXPECT_EQ(code_of(write_file(dir_ / "a", std::string(10'000, 'x'))), "file_unwritable");
  EXPECT_EQ(read_file(dir_ / "a"), "one");
  EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(File, IsNotThereWhereANewOneCannotBeWritten) {
  {
    const NoRoom none;
    EXPECT_EQ(code_of(write_new_file(dir_ / "a", std::string(10'000, 'x'), 0600)),
              "file_unwritable");
  }
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_EQ(code_of(write_new_file(dir_ / "a", "one", 0600)), "");
  EXPECT_EQ(mode_of(dir_ / "a"), 0600);
}

TEST_F(File, ThatIsNewTakesNobodysPlace) {
  ASSERT_TRUE(write_new_file(dir_ / "a", "one", 0644));
  EXPECT_EQ(code_of(write_new_file(dir_ / "a", "two", 0644)), "file_exists");
  auto late = FileWriter::create(dir_ / "b", 0644);
  ASSERT_TRUE(late);
  ASSERT_TRUE(late->write("late"));
  ASSERT_TRUE(write_file(dir_ / "b", "early"));
  EXPECT_EQ(code_of(late->finish()), "file_exists");
  EXPECT_EQ(read_file(dir_ / "b"), "early");
  {
    const auto gone = std::move(*late);
  }
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(File, ThatIsNotFinishedIsNotThere) {
  {
    auto writer = FileWriter::replace(dir_ / "a", 0644);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->write("half"));
    ASSERT_EQ(names().size(), 1U);
    EXPECT_TRUE(names().front().ends_with(kUnfinishedSuffix));
  }
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(File, GoesIntoAPipeAndLeavesItThere) {
  const auto pipe = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(code_of(write_output(pipe, "text")), "");
  char got[16];
  EXPECT_EQ(::read(reader, got, sizeof got), 4);
  ::close(reader);
  EXPECT_TRUE(fs::is_fifo(pipe));
  EXPECT_THAT(names(), ElementsAre("pipe"));
}

TEST_F(File, GoesThroughALinkAndLeavesItThere) {
  fs::create_directory(dir_ / "d");
  ASSERT_TRUE(write_file(dir_ / "d" / "real", "one"));
  fs::create_symlink("d/real", dir_ / "link");
  EXPECT_EQ(code_of(write_output(dir_ / "link", "two")), "");
  EXPECT_TRUE(fs::is_symlink(dir_ / "link"));
  EXPECT_EQ(read_file(dir_ / "d" / "real"), "two");
  fs::create_symlink("nothing", dir_ / "astray");
  EXPECT_EQ(code_of(write_output(dir_ / "astray", "two")), "file_unwritable");
  EXPECT_TRUE(fs::is_symlink(dir_ / "astray"));
}

TEST_F(File, IsNotWrittenOverADirectoryOrIntoNone) {
  fs::create_directory(dir_ / "d");
  for (const auto& name : {"d", "no/a"}) {
    EXPECT_EQ(code_of(write_file(dir_ / name, "x")), "file_unwritable") << name;
    EXPECT_EQ(code_of(write_output(dir_ / name, "x")), "file_unwritable") << name;
  }
  EXPECT_THAT(names(), ElementsAre("d"));
}

TEST_F(File, IsReadUpToALength) {
  ASSERT_TRUE(write_file(dir_ / "a", "text"));
  EXPECT_EQ(read_file(dir_ / "a", 4), "text");
  EXPECT_FALSE(read_file(dir_ / "a", 3));
  EXPECT_EQ(read_file(dir_ / "b").error().code, ErrorCode::file_unreadable);
  EXPECT_FALSE(read_file(dir_.path()));
}

}  // namespace
}  // namespace muster
