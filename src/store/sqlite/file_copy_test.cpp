#include "store/sqlite/file_copy.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/testing/temporary_directory.h"
#include "core/machine.h"
#include "store/sqlite/sqlite_contents.h"
#include "store/sqlite/sqlite_store.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;

constexpr Bytes16 kHashKey{1};
const GroupKey kDesktops{"acme", "desktop"};
const Papers kPapers{{"host.key", "a key"}, {"note", std::string("\0\xff", 2)}};

core::Machine machine_of(std::uint64_t number) {
  core::Machine out;
  out.cmid.bytes[0] = static_cast<std::uint8_t>(number * 37);
  out.cmid.bytes[6] = static_cast<std::uint8_t>(number >> 8);
  out.cmid.bytes[7] = static_cast<std::uint8_t>(number);
  out.cmid.bytes[15] = 1;
  out.first_seen = out.last_seen = Instant{seconds{1'767'614'400}};
  return out;
}

class FileCopy : public testing::Test {
 protected:
  FileCopy() { store_ = open_sqlite(path_.string(), kHashKey).value(); }
  // So many machines that are new, and an event each.
  void add(std::uint64_t machines) {
    const auto unit = store_->open({&kDesktops, 1}).value();
    for (std::uint64_t i = 0; i < machines; ++i) {
      unit->put_machine(kDesktops, machine_of(++machines_));
      EventRow row;
      row.place = {1, machines_};
      row.time = Instant{seconds{1'767'614'400}};
      row.line = "event " + std::to_string(machines_);
      row.hash = hash_ = Sha256().add(hash_).add(as_bytes(row.line)).digest();
      unit->append(std::move(row));
    }
    ASSERT_TRUE(unit->commit());
  }
  // A whole copy, beside which `meanwhile` runs between two steps.
  void copy(const std::function<void()>& meanwhile = [] {}) {
    const auto copy = store_->begin_copy(kPapers).value();
    int steps = 1;
    for (; copy->step().value(); ++steps) meanwhile();
    EXPECT_GE(steps, 2) << "too small to be copied in steps";
    EXPECT_EQ(copy->progress().copied, copy->progress().pages);
  }
  std::vector<TableSum> same(const fs::path& one, const fs::path& other) {
    const auto first = read_sqlite(one.string());
    const auto second = read_sqlite(other.string());
    EXPECT_TRUE(first && second);
    if (!first || !second) return {};
    auto sums = compare_tables(**first, **second);
    EXPECT_TRUE(sums) << sums.error().sentence();
    return sums.value_or(std::vector<TableSum>{});
  }

  TemporaryDirectory directory_;
  fs::path path_ = directory_ / "muster.db";
  fs::path copy_ = copied_file(path_.string());
  std::unique_ptr<Store> store_;
  std::uint64_t machines_ = 0;
  Bytes32 hash_{};
};

TEST_F(FileCopy, holds_what_was_committed_when_it_ended) {
  add(20'000);
  copy([this] { add(50); });
  EXPECT_FALSE(fs::exists(copy_.string() + "-wal")) << "a copy is one file";
  EXPECT_EQ(fs::status(copy_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto facts = check_copy(copy_.string());
  ASSERT_TRUE(facts) << facts.error().sentence();
  EXPECT_EQ(facts->papers, kPapers);
  EXPECT_EQ(facts->events, machines_);
  EXPECT_EQ(facts->newest, (core::EventPlace{1, machines_}));

  const auto other = directory_ / "other.db";
  fs::rename(copy_, other);
  ASSERT_TRUE(unpack_copy(other.string()));
  store_.reset();
  EXPECT_EQ(same(path_, other).size(), kTables);
  const auto opened = open_sqlite(other.string(), kHashKey);
  ASSERT_TRUE(opened) << opened.error().sentence();
  EXPECT_EQ((*opened)->chain_head().value().hash, hash_);
}

TEST_F(FileCopy, holds_what_was_changed_behind_the_place_it_had_come_to) {
  add(20'000);
  std::uint64_t number = 0;
  copy([&] {
    const auto unit = store_->open({}).value();
    unit->put_setting("changed", std::to_string(++number));
    ASSERT_TRUE(unit->commit());
    ASSERT_TRUE(store_->catch_up());
  });
  ASSERT_TRUE(unpack_copy(copy_.string()));
  const auto opened = open_sqlite(copy_.string(), kHashKey).value();
  EXPECT_EQ(opened->setting("changed").value(), std::to_string(number));
}

TEST_F(FileCopy, takes_no_more_steps_because_units_write) {
  add(20'000);
  const auto steps = [this](const std::function<void()>& meanwhile) {
    int count = 0;
    copy([&] { ++count, meanwhile(); });
    return count;
  };
  const int alone = steps([] {});
  const int beside = steps([this] { add(1); });
  EXPECT_LE(beside, alone + 2) << "it began anew";
}

TEST_F(FileCopy, that_is_not_ended_leaves_nothing) {
  add(10'000);
  {
    const auto copy = store_->begin_copy(kPapers).value();
    ASSERT_TRUE(copy->step().value());
    ASSERT_TRUE(fs::exists(copy_));
    const auto half = check_copy(copy_.string());
    ASSERT_FALSE(half);
  }
  for (const auto& file : fs::directory_iterator(directory_.path())) {
    EXPECT_EQ(file.path().filename().string().find("copy"), std::string::npos) << file.path();
  }
  add(1);
}

TEST_F(FileCopy, that_nobody_has_fetched_is_removed_when_the_store_is_opened) {
  add(10'000);
  copy();
  store_.reset();
  ASSERT_TRUE(fs::exists(copy_));
  store_ = open_sqlite(path_.string(), kHashKey).value();
  EXPECT_FALSE(fs::exists(copy_));
}

TEST_F(FileCopy, is_no_database_that_a_host_opens) {
  add(10'000);
  copy();
  const auto other = directory_ / "other.db";
  fs::rename(copy_, other);
  EXPECT_EQ(open_sqlite(other.string(), kHashKey).error().code, ErrorCode::store_corrupt);
  EXPECT_TRUE(check_copy(other.string())) << "and it has changed nothing";
}

struct Damage {
  const char* what;
  const char* sql;
  ErrorCode found;
};

TEST_F(FileCopy, is_read_whole) {
  add(10'000);
  copy();
  const Damage table[] = {
      {"a line", "UPDATE event SET line = 'forged' WHERE place & 1048575 = 77",
       ErrorCode::log_broken},
      {"a hash", "UPDATE event SET hash = zeroblob(32) WHERE place & 1048575 = 78",
       ErrorCode::log_broken},
      {"an event is gone", "DELETE FROM event WHERE place & 1048575 = 79", ErrorCode::log_broken},
      {"it has no papers", "DROP TABLE paper", ErrorCode::store_corrupt},
      {"a newer version", "PRAGMA user_version = 9999", ErrorCode::schema_newer},
      {"another program's", "PRAGMA application_id = 7", ErrorCode::wrong_type},
  };
  for (const auto& row : table) {
    const auto other = directory_ / "damaged";
    fs::copy_file(copy_, other, fs::copy_options::overwrite_existing);
    {
      auto db = Database::open(other.string(), SQLITE_OPEN_READWRITE).value();
      ASSERT_TRUE(db.run(row.sql));
    }
    const auto facts = check_copy(other.string());
    ASSERT_FALSE(facts) << row.what;
    EXPECT_EQ(facts.error().code, row.found) << row.what << ": " << facts.error().sentence();
  }
  const auto other = directory_ / "cut";
  fs::copy_file(copy_, other);
  fs::resize_file(other, fs::file_size(copy_) / 2);
  EXPECT_EQ(check_copy(other.string()).error().code, ErrorCode::store_corrupt);
  fs::resize_file(other, 0);
  EXPECT_EQ(check_copy(other.string()).error().code, ErrorCode::wrong_type);
  std::ofstream(directory_ / "text") << std::string(10'000, 'x');
  EXPECT_EQ(check_copy(directory_ / "text").error().code, ErrorCode::wrong_type);
  EXPECT_EQ(check_copy(directory_ / "nothing").error().code, ErrorCode::file_unreadable);
}

}  // namespace
}  // namespace muster::store
