#include "wire/log_export.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

#include "base/digest.h"
#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::kToday;

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

// A host's log of events, with checkpoints after the seqs that are given.
class Log {
 public:
  Log(std::uint64_t events, const std::set<std::uint64_t>& checkpoints) {
    header_.host = host_.public_key().thumbprint();
    header_.host_jwk = host_.public_key().jwk();
    header_.epoch = 1;
    Bytes32 hash{};
    for (std::uint64_t seq = 1; seq <= events; ++seq) {
      lines_.push_back(event_line(seq, hash));
      hash = chain_hash(hash, lines_.back());
      hashes_.push_back(hash);
      if (checkpoints.contains(seq)) add_checkpoint(seq, hash);
    }
  }

  // Line 0 is the header.
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> out = {encode_log_header(header_)};
    out.insert(out.end(), lines_.begin(), lines_.end());
    return out;
  }
  // Where an event's line is in lines().
  [[nodiscard]] std::size_t at(std::uint64_t seq) const {
    const auto start = fmt::format(R"("seq":{},)", seq);
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].starts_with("{\"host\"") && lines_[i].find(start) != std::string::npos) {
        return i + 1;
      }
    }
    return 0;
  }
  // Only the events from `seq` on, as a page of the log would be exported.
  [[nodiscard]] std::vector<std::string> lines_from(std::uint64_t seq) const {
    auto header = header_;
    header.from = seq;
    header.previous = hashes_[seq - 2];
    auto out = lines();
    out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(at(seq)));
    out.insert(out.begin(), encode_log_header(header));
    return out;
  }
  // The checkpoint for `seq`, from `key`.
  [[nodiscard]] std::string checkpoint_text(std::uint64_t seq, const PrivateKey& key) const {
    return sign_checkpoint({.host = key.public_key().thumbprint(),
                            .epoch = 1,
                            .seq = seq,
                            .hash = hashes_[seq - 1],
                            .previous_seq = 0,
                            .previous = {},
                            .issued = kToday},
                           *key.signer())
        .value();
  }
  void name_newest() { header_.newest = newest_; }
  [[nodiscard]] const PublicKey& key() const { return host_.public_key(); }
  [[nodiscard]] const PrivateKey& host() const { return host_; }

 private:
  [[nodiscard]] std::string event_line(std::uint64_t seq, const Bytes32& hash) const {
    Event event;
    event.host = header_.host;
    event.epoch = 1;
    event.seq = seq;
    event.time = kToday + seconds(seq);
    event.type = seq == 1 ? "start" : "activation";
    if (seq == 1) event.actor = "host";
    event.product = "acme-cad";
    event.cmid = Cmid::parse(sample::kCmid);
    event.count = static_cast<std::uint32_t>(seq);
    event.threshold = 25;
    event.prev = first16(hash);
    std::string out;
    append_event_line(out, event);
    return out;
  }
  void add_checkpoint(std::uint64_t seq, const Bytes32& hash) {
    newest_ = sign_checkpoint({.host = header_.host,
                               .epoch = 1,
                               .seq = seq,
                               .hash = hash,
                               .previous_seq = newest_seq_,
                               .previous = newest_.empty() ? Bytes32{} : sha256(as_bytes(newest_)),
                               .issued = kToday + seconds(seq)},
                              *host_.signer())
                  .value();
    newest_seq_ = seq;
    lines_.push_back(encode_checkpoint_line(newest_));
  }

  PrivateKey host_ = PrivateKey::generate().value();
  LogHeader header_;
  std::vector<std::string> lines_;
  std::vector<Bytes32> hashes_;
  std::string newest_;
  std::uint64_t newest_seq_ = 0;
};

Expected<LogReport> verify(const std::string& text, const std::optional<PublicKey>& key = {},
                           std::uint64_t at_least = 0) {
  std::istringstream in(text);
  return verify_log(in, key, at_least, {});
}

// What verify says: "ok", or the detail of log_broken.
std::string verdict(const std::vector<std::string>& lines, const std::optional<PublicKey>& key = {},
                    std::uint64_t at_least = 0) {
  const auto report = verify(joined(lines), key, at_least);
  if (report) return "ok";
  EXPECT_EQ(report.error().code, ErrorCode::log_broken);
  return report.error().detail;
}

TEST(LogExport, of_an_honest_host_verifies) {
  const Log log(50, {20, 40});
  std::istringstream in(joined(log.lines()));
  std::vector<std::uint64_t> seen;
  const auto report =
      verify_log(in, log.key(), 50, [&](const Event& event) { seen.push_back(event.seq); });
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->first, 1);
  EXPECT_EQ(report->last, 50);
  EXPECT_EQ(report->proved, 40);
  EXPECT_EQ(report->checkpoints, 2);
  EXPECT_EQ(report->checkpoint_time, kToday + seconds(40));
  EXPECT_EQ(seen.size(), 50);
}

TEST(LogExport, may_begin_later_and_may_be_empty) {
  const Log log(50, {20, 40});
  EXPECT_EQ(verdict(log.lines_from(30)), "ok");
  EXPECT_EQ(verdict(log.lines_from(20)), "ok");
  EXPECT_EQ(verdict(log.lines_from(21)), "ok");
  const Log empty(0, {});
  const auto report = verify(joined(empty.lines())).value();
  EXPECT_EQ(report.last, 0);
  EXPECT_EQ(report.proved, 0);
}

TEST(LogExport, a_changed_line_is_named) {
  const Log log(50, {20, 40});
  const auto changed = [&](std::uint64_t seq, std::string_view from, std::string_view to) {
    auto lines = log.lines();
    auto& line = lines[log.at(seq)];
    line.replace(line.find(from), from.size(), to);
    return verdict(lines);
  };
  EXPECT_EQ(changed(12, "acme-cad", "acme-cat"), "event 12: its line was changed");
  EXPECT_EQ(changed(20, "acme-cad", "acme-cat"), "event 20: its line was changed");
  EXPECT_EQ(changed(20, "\"count\":20", "\"count\":21"), "event 20: its line was changed");
  EXPECT_EQ(changed(13, "\"prev\":\"", "\"prev\":\"AAAA"),
            "event 13: its line was changed or cut (prev: base64url of 16 bytes expected)");
  EXPECT_EQ(changed(30, "\"epoch\":1", "\"epoch\":2"),
            "event 30: its line was changed (another host or epoch)");
  EXPECT_EQ(changed(30, "\"seq\":30", "\"seq\":99"), "event 30: its line was changed (it says 99)");
  EXPECT_EQ(changed(30, "\"seq\":30", "\"seq\":3"), "event 30: its line was changed (it says 3)");
  EXPECT_EQ(changed(40, "\"seq\":40", "\"seq\":99"), "event 40: its line was changed (it says 99)");
  EXPECT_EQ(changed(1, "start", "stark"), "event 1: its line was changed");
}

TEST(LogExport, a_changed_prev_is_named_by_its_own_line) {
  const Log log(50, {20, 40});
  for (const std::uint64_t seq : {1, 2, 19, 20, 21, 40}) {
    auto lines = log.lines();
    auto& line = lines[log.at(seq)];
    auto& byte = line[line.size() - 10];
    byte = byte == 'A' ? 'B' : 'A';
    EXPECT_TRUE(verdict(lines).starts_with(fmt::format("event {}: its line was changed", seq)))
        << verdict(lines);
  }
  auto lines = log.lines();
  auto& byte = lines.back()[lines.back().size() - 10];
  byte = byte == 'A' ? 'B' : 'A';
  EXPECT_EQ(verdict(lines), "event 49: its line was changed, or event 50's");
}

TEST(LogExport, a_dropped_line_is_named) {
  const Log log(50, {20, 40});
  for (const std::uint64_t seq : {1, 2, 19, 20, 21, 39, 40, 41, 49}) {
    auto lines = log.lines();
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(log.at(seq)));
    EXPECT_EQ(verdict(lines), fmt::format("event {} is missing", seq));
  }
  auto lines = log.lines();
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(log.at(25)),
              lines.begin() + static_cast<std::ptrdiff_t>(log.at(28)));
  EXPECT_EQ(verdict(lines), "events 25 to 27 are missing");
}

TEST(LogExport, swapped_lines_are_named) {
  const Log log(50, {20, 40});
  const struct {
    std::uint64_t a, b;
  } cases[] = {{1, 2}, {12, 13}, {20, 21}, {5, 35}, {39, 40}, {49, 50}, {30, 32}};
  for (const auto& c : cases) {
    auto lines = log.lines();
    std::swap(lines[log.at(c.a)], lines[log.at(c.b)]);
    EXPECT_EQ(verdict(lines), fmt::format("events {} and {} are in the wrong order", c.a, c.b));
  }
}

TEST(LogExport, a_line_that_stands_twice_is_named) {
  const Log log(50, {20, 40});
  auto lines = log.lines();
  const auto at = static_cast<std::ptrdiff_t>(log.at(12));
  lines.insert(lines.begin() + at, lines[log.at(12)]);
  EXPECT_EQ(verdict(lines), "event 12 stands twice");
}

TEST(LogExport, a_cut_tail_is_found_against_a_checkpoint) {
  Log log(50, {20, 40});
  auto cut = log.lines();
  cut.resize(log.at(31));
  // Nothing in these lines knows of more, but what the caller knows does, and so does the first
  // line.
  EXPECT_EQ(verdict(cut), "ok");
  EXPECT_EQ(verdict(cut, {}, 30), "ok");
  EXPECT_EQ(verdict(cut, {}, 31), "the log was cut after event 30, and event 31 is known");
  log.name_newest();
  cut[0] = log.lines()[0];
  EXPECT_EQ(verdict(cut), "the log was cut after event 30, and a checkpoint proves event 40");
  EXPECT_EQ(verdict(log.lines()), "ok");
  auto all_but_the_middle = log.lines();
  all_but_the_middle.erase(
      all_but_the_middle.begin() + static_cast<std::ptrdiff_t>(log.at(36)),
      all_but_the_middle.begin() + static_cast<std::ptrdiff_t>(log.at(40)) + 1);
  all_but_the_middle.resize(log.at(36) + 1);
  EXPECT_EQ(verdict(all_but_the_middle),
            "the log was cut after event 35, and a checkpoint proves event 40");
}

TEST(LogExport, a_cut_line_is_named) {
  const Log log(50, {20, 40});
  const auto text = joined(log.lines());
  EXPECT_EQ(verify(text.substr(0, text.size() - 1)).error().detail, "the line of event 50 is cut");
  EXPECT_TRUE(verify(text.substr(0, text.size() - 9))
                  .error()
                  .detail.starts_with("event 50: its line was changed or cut"));
}

TEST(LogExport, checkpoints_of_someone_else_prove_nothing) {
  const Log log(50, {20, 40});
  const auto stranger = PrivateKey::generate().value();
  const auto with = [&](std::string_view jws) {
    auto lines = log.lines();
    lines[log.at(20) + 1] = encode_checkpoint_line(jws);
    return verdict(lines);
  };
  EXPECT_EQ(with(log.checkpoint_text(20, stranger)),
            "the checkpoint after event 20: the signature does not fit: checkpoint");
  auto unsigned_one = log.checkpoint_text(20, log.host());
  unsigned_one.resize(unsigned_one.rfind('.') + 1);
  EXPECT_TRUE(with(unsigned_one).starts_with("the checkpoint after event 20: ")) << unsigned_one;
  const auto none =
      base64url(as_bytes(R"({"alg":"none","typ":"muster-checkpoint+jwt"})")) + "." +
      base64url(as_bytes(parse_jws(log.checkpoint_text(20, log.host()), kTypCheckpoint)->payload)) +
      ".";
  EXPECT_TRUE(with(none).starts_with("the checkpoint after event 20: ")) << with(none);
  EXPECT_EQ(with("x"),
            "the checkpoint after event 20: the document is not well formed: three "
            "parts with a dot between them expected");
  EXPECT_EQ(with("\",\"a\":\""), "the line after event 20 is neither an event nor a checkpoint");
}

TEST(LogExport, a_checkpoint_that_is_left_out_or_moved_is_named) {
  const Log log(50, {10, 20, 40});
  auto lines = log.lines();
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(log.at(20)) + 1);
  EXPECT_EQ(verdict(lines), "checkpoint 20 is missing");
  lines = log.lines();
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(log.at(10)) + 1);
  EXPECT_EQ(verdict(lines), "checkpoint 10 is missing");
  lines = log.lines();
  std::swap(lines[log.at(20) + 1], lines[log.at(20) + 2]);
  EXPECT_EQ(verdict(lines), "checkpoint 20 stands after event 21");
  lines = log.lines();
  std::swap(lines[log.at(20)], lines[log.at(20) + 1]);
  EXPECT_EQ(verdict(lines), "checkpoint 20 stands before event 20");
  lines = log.lines();
  lines[log.at(40) + 1] = encode_checkpoint_line(log.checkpoint_text(40, log.host()));
  EXPECT_EQ(verdict(lines), "checkpoint 40 does not follow checkpoint 20");
  lines = log.lines();
  lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(log.at(20)) + 1, lines[log.at(20) + 1]);
  EXPECT_EQ(verdict(lines), "checkpoint 20 does not follow checkpoint 20");
}

TEST(LogExport, the_newest_checkpoint_must_be_among_the_lines) {
  Log log(50, {20, 40});
  log.name_newest();
  auto lines = log.lines();
  lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(log.at(40)) + 1);
  EXPECT_EQ(verdict(lines), "checkpoint 40 is missing");
}

TEST(LogExport, of_another_host_is_refused) {
  const Log log(3, {3});
  EXPECT_EQ(verdict(log.lines(), PrivateKey::generate()->public_key()),
            "the log is another host's: " + log.key().thumbprint());
}

TEST(LogExport, whose_first_line_is_wrong_is_refused) {
  const Log log(3, {3});
  const auto with = [&](std::string_view from, std::string_view to) {
    auto lines = log.lines();
    lines[0].replace(lines[0].find(from), from.size(), to);
    return verdict(lines);
  };
  EXPECT_EQ(with("\"muster_log\":1", "\"muster_log\":2"),
            "the first line: muster_log: 1 to 1 expected");
  EXPECT_EQ(with("\"from\":1", "\"from\":0"),
            fmt::format("the first line: from: 1 to {} expected", INT64_MAX));
  EXPECT_EQ(with("\"from\":1", "\"from\":2"),
            "event 1 stands before the first that the export says it has");
  EXPECT_EQ(with("\"previous\":\"AAAA", "\"previous\":\"BBBB"),
            "the first line: previous: zero bytes expected before event 1");
  EXPECT_EQ(with("\"epoch\":1", "\"epoch\":2"),
            "event 1: its line was changed (another host or epoch)");
  EXPECT_EQ(with("\"host\":\"" + log.key().thumbprint(), "\"host\":\"" + std::string(43, 'A')),
            "the first line: host is not the thumbprint of host_jwk");
  EXPECT_EQ(verify("").error().detail, "the first line is missing or cut");
  auto later = log.lines_from(3);
  later[0].replace(later[0].find("\"previous\":\"") + 12, 4, "AAAA");
  EXPECT_EQ(verdict(later), "event 3: it does not follow the hash in the first line");
}

// The number stands in the sentence, by itself and not within another.
bool names(const std::string& said, std::uint64_t seq) {
  const auto number = std::to_string(seq);
  const auto digit = [&](std::size_t at) {
    return at < said.size() && std::isdigit(said[at]) != 0;
  };
  for (auto at = said.find(number); at != said.npos; at = said.find(number, at + 1)) {
    if (!digit(at - 1) && !digit(at + number.size())) return true;
  }
  return false;
}

// Every change to a log is found, but for one after the last checkpoint that keeps to the grammar:
// nothing proves those events.
class Mutation : public ::testing::Test {
 protected:
  static const Log& log() {
    static const Log made(50, {20, 50});
    return made;
  }
};

TEST_F(Mutation, of_any_byte_is_found_and_its_event_named) {
  EXPECT_TRUE(rc::check([] {
    auto lines = log().lines();
    const auto seq = *rc::gen::inRange<std::uint64_t>(1, 51);
    auto& line = lines[log().at(seq)];
    auto& byte = line[*rc::gen::inRange<std::size_t>(0, line.size())];
    const auto before = byte;
    byte = static_cast<char>(*rc::gen::inRange(0, 256));
    RC_PRE(byte != before && byte != '\n');
    const auto said = verdict(lines);
    RC_LOG() << said << "\n" << line;
    RC_ASSERT(said != "ok");
    RC_ASSERT(names(said, seq));
  }));
}

TEST_F(Mutation, of_any_byte_of_the_whole_export_is_found) {
  const auto text = joined(log().lines());
  EXPECT_TRUE(rc::check([&] {
    auto changed = text;
    auto& byte = changed[*rc::gen::inRange<std::size_t>(0, text.size())];
    const auto before = byte;
    byte = static_cast<char>(*rc::gen::inRange(0, 256));
    RC_PRE(byte != before);
    RC_ASSERT(!verify(changed, log().key()).has_value());
  }));
}

TEST_F(Mutation, dropped_swapped_doubled_and_cut_lines_are_found) {
  EXPECT_TRUE(rc::check([] {
    auto lines = log().lines();
    const auto any = [&] { return *rc::gen::inRange<std::size_t>(1, lines.size()); };
    const auto at = any();
    switch (*rc::gen::inRange(0, 4)) {
      case 0: lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at)); break;
      case 1: {
        const auto other = any();
        RC_PRE(other != at);
        std::swap(lines[at], lines[other]);
        break;
      }
      case 2: {
        const auto copy = lines[at];
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(any()), copy);
        break;
      }
      default: lines.resize(at);
    }
    // Without the last checkpoint alone the events are all there.
    auto without_last = log().lines();
    without_last.pop_back();
    RC_ASSERT((lines == without_last || verdict(lines, log().key(), 50) != "ok"));
  }));
}

}  // namespace
}  // namespace muster::wire
