#include "host/directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/testing/temporary_directory.h"
#include "host/log.h"
#include "host/system_clock.h"
#include "wire/documents.h"

namespace muster::host {
namespace {

using ::testing::HasSubstr;

class DirectoryTest : public ::testing::Test {
 public:
  static unsigned mode(const std::filesystem::path& path) {
    struct stat about{};
    EXPECT_EQ(::stat(path.c_str(), &about), 0) << path;
    return about.st_mode & 0777;
  }
  TemporaryDirectory parent;
  SystemClock clock;
};

TEST_F(DirectoryTest, InitMakesAKeyAndARequestThatBelongTogether) {
  const auto made = init_directory(parent / "host", clock);
  ASSERT_TRUE(made) << made.error().sentence();
  EXPECT_EQ(mode(made->path), 0700u);
  EXPECT_EQ(mode(made->key()), 0600u);
  EXPECT_EQ(mode(made->request()), 0644u);
  const auto opened = open_directory(parent / "host");
  ASSERT_TRUE(opened);
  const auto key = read_key(*opened);
  ASSERT_TRUE(key) << key.error().sentence();
  std::string text;
  std::getline(std::ifstream(made->request()), text);
  const auto request = wire::read_host_request(text);
  ASSERT_TRUE(request) << request.error().sentence();
  EXPECT_EQ(request->host, key->public_key());
}

TEST_F(DirectoryTest, InitTouchesNothingThatIsThere) {
  ASSERT_TRUE(init_directory(parent / "host", clock));
  const auto again = init_directory(parent / "host", clock);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::file_exists);
  std::filesystem::create_directory(parent / "full");
  std::ofstream(parent / "full" / "thing") << "x";
  EXPECT_EQ(init_directory(parent / "full", clock).error().code, ErrorCode::file_exists);
  EXPECT_EQ(init_directory(parent / "no" / "parent", clock).error().code,
            ErrorCode::file_unwritable);
  std::filesystem::create_directory(parent / "empty");
  EXPECT_TRUE(init_directory(parent / "empty", clock));
  EXPECT_EQ(mode(parent / "empty"), 0700u);
}

TEST_F(DirectoryTest, WhatIsNoHostsDirectoryIsSaid) {
  EXPECT_EQ(open_directory(parent.path()).error().code, ErrorCode::not_a_host_directory);
  EXPECT_EQ(open_directory(parent / "none").error().code, ErrorCode::not_a_host_directory);
}

TEST_F(DirectoryTest, AKeyThatOthersMayReadIsRefused) {
  const auto made = init_directory(parent / "host", clock).value();
  ::chmod(made.key().c_str(), 0640);
  const auto key = read_key(made);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code, ErrorCode::file_unreadable);
  EXPECT_THAT(key.error().detail, HasSubstr("640"));
  ::chmod(made.key().c_str(), 0600);
  std::ofstream(made.key()) << "not a key";
  EXPECT_EQ(read_key(made).error().code, ErrorCode::document_malformed);
}

TEST_F(DirectoryTest, TheDatabasesUrlIsKeptForTheOwnerAlone) {
  const auto made = init_directory(parent / "host", clock).value();
  EXPECT_EQ(read_database_url(made).value(), std::nullopt);
  for (const auto* wrong : {"", "mysql://x/y", "host=x", "postgres://x y", "postgres://x\ny"}) {
    EXPECT_EQ(write_database_url(made, wrong).error().code, ErrorCode::config_invalid) << wrong;
  }
  EXPECT_EQ(read_database_url(made).value(), std::nullopt) << "nothing was written";
  const auto* url = "postgres://muster:secret@db.example/muster?sslmode=verify-full";
  ASSERT_TRUE(write_database_url(made, url));
  EXPECT_EQ(read_database_url(made).value(), url);
  EXPECT_EQ(mode(made.database_url()), 0600u);
  ::chmod(made.database_url().c_str(), 0644);
  EXPECT_EQ(read_database_url(made).error().code, ErrorCode::file_unreadable);
  ::chmod(made.database_url().c_str(), 0600);
  std::ofstream(made.database_url()) << "secret, and no URL";
  const auto damaged = read_database_url(made);
  EXPECT_EQ(damaged.error().code, ErrorCode::config_invalid);
  EXPECT_THAT(damaged.error().detail, testing::Not(HasSubstr("secret,")));
}

TEST_F(DirectoryTest, OneHoldsTheLockAndTheOtherIsToldWho) {
  const auto made = init_directory(parent / "host", clock).value();
  {
    const auto lock = DirectoryLock::take(made);
    ASSERT_TRUE(lock);
    const auto second = DirectoryLock::take(made);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::host_is_running);
    EXPECT_THAT(second.error().detail, HasSubstr("process " + std::to_string(::getpid())));
  }
  EXPECT_TRUE(DirectoryLock::take(made));
}

TEST(Log, ALineIsOneLineWhateverIsInIt) {
  EXPECT_EQ(format_line(LogFormat::text, "ready", {{"port", "8688"}}), "ready port=8688");
  EXPECT_EQ(format_line(LogFormat::text, "odd", {{"name", "a b\n\"c\""}, {"empty", ""}}),
            R"(odd name="a b\u000a\"c\"" empty="")");
  EXPECT_EQ(format_line(LogFormat::json, "odd", {{"name", "a\n\""}}),
            R"("message":"odd","name":"a\u000a\"")");
}

}  // namespace
}  // namespace muster::host
