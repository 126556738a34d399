// make-log KIND FILE [RECORDS]: writes an event log for transcripts, papers and benchmarks, always
// the same for the same words.
//
//   fleet    requests of a fleet: machines that come every week, in the documented form
//   hostile  machines with names that want to be more than names, and binary data
//   damaged  three requests, of which the second cannot be read
//   strange  a hundred requests, of which two are of a form that nobody knows
//   office   120 days of a small firm's host, with what goes wrong at such a place
//   busy     half a year of a large host: each machine asks twenty times
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "evtx/testing/sample.h"

namespace {

using namespace muster::evtx::testing;

Event request(std::uint64_t id, std::string name) {
  auto fields = documented_request();
  fields[2] = std::move(name);
  auto event = request_in_one_string(fields);
  event.record_id = id;
  event.time = sample_time(static_cast<int>(id - 1) * 60);
  return event;
}

std::string hostile() {
  LogWriter log;
  std::uint64_t id = 0;
  for (const auto* name : {"=cmd|'/c calc'!A1", "<script>alert(1)</script>", "\x1b[2J", "a\"b"}) {
    log.add(request(++id, name));
  }
  auto code = request(++id, "desk-1");
  code.binary = std::string(64, '\x90');
  log.add(code);
  return log.finish();
}

std::string damaged() {
  LogWriter log;
  log.add(request(1, "desk-1"));
  log.add_raw(2, sample_time(60), [](XmlWriter& xml) {
    xml.fragment();
    xml.byte(0x1b);
  });
  log.add(request(3, "desk-3"));
  return log.finish();
}

// One request of a story.
struct Asked {
  int second = 0;  // since the log's begin
  std::string name;
  unsigned cmid = 0;
  std::string product = "73111121-5638-40f6-bc11-f1d7b0d64300";
  int threshold = 25;
  bool is_virtual = false;
  std::string result = "0x0";
  int clock_hours = 0;  // the machine's against the host's
};

std::string cmid_text(unsigned number) {
  char text[40];
  std::snprintf(text, sizeof text, "6f2c1e00-5a0d-4f6b-9a51-%012x", number);
  return text;
}

std::string client_time(int second) {
  const auto time = sample_time(second);
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto minute = std::chrono::floor<std::chrono::minutes>(time - day).count();
  char text[40];
  std::snprintf(text, sizeof text, "%d/%u/%u %d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(minute / 60), static_cast<int>(minute % 60));
  return text;
}

Event event_of(std::uint64_t id, const Asked& asked) {
  const std::vector<std::string> fields{asked.result,
                                        std::to_string(asked.threshold),
                                        asked.name,
                                        cmid_text(asked.cmid),
                                        client_time(asked.second + 3600 * asked.clock_hours),
                                        asked.is_virtual ? "1" : "0",
                                        "1",
                                        "249120",
                                        asked.product};
  auto event = id % 2 == 0 ? request_in_ten_strings(fields) : request_in_one_string(fields);
  event.record_id = id;
  event.time = sample_time(asked.second);
  event.computer = "kms.corp";
  return event;
}

constexpr int kDay = 86'400;

std::string numbered(const char* form, int number) {
  char text[64];
  std::snprintf(text, sizeof text, form, number);
  return text;
}

// Asks every seven days from `first` on, until `last`; no two machines at the same time.
void weekly(std::vector<Asked>& out, Asked like, int first, int last, int place) {
  for (int day = first; day < last; day += 7) {
    like.second = day * kDay + place * 613 % 14'400;
    out.push_back(like);
  }
}

std::string office() {
  constexpr int kEnd = 120;  // days
  std::vector<Asked> asked;
  for (int i = 1; i <= 25; ++i) {
    const int last = i > 19 ? 40 + 11 * (i - 19) : kEnd;  // six of them leave, one after the other
    const auto* form = i == 3 ? "desk-%02d" : "desk-%02d.corp";
    weekly(asked, {.name = numbered(form, i), .cmid = static_cast<unsigned>(i)}, i % 5, last, i);
    if (i == 3) weekly(asked, {.name = "DESK-03.corp", .cmid = 3}, 5, kEnd, i);
  }
  for (int i = 1; i <= 12; ++i) {  // clones of an image that was not generalized
    weekly(asked, {.name = numbered("vdi-%02d.corp", i), .cmid = 100, .is_virtual = true},
           20 + i % 5, kEnd, 40 + i);
  }
  for (int day = 2; day < kEnd; day += 9) {  // a desktop that forgets itself
    asked.push_back({.second = day * kDay + 7'000,
                     .name = "pool-01.corp",
                     .cmid = static_cast<unsigned>(2'000 + day),
                     .is_virtual = true});
  }
  for (int i = 1; i <= 4; ++i) {
    weekly(asked,
           {.name = numbered("srv-%d.corp", i),
            .cmid = static_cast<unsigned>(300 + i),
            .product = "9bd77860-9b31-4b7b-96ad-2564017315bf",
            .threshold = 5,
            .is_virtual = true},
           i, kEnd, 60 + i);
  }
  for (int i = 1; i <= 9; ++i) {
    weekly(asked,
           {.name = numbered("desk-%02d.corp", i),
            .cmid = static_cast<unsigned>(400 + i),
            .product = "fbdb3e18-a8ef-4fb3-9183-dffd60bd0984",
            .threshold = 5},
           i % 5, kEnd, 70 + i);
  }
  for (int day = 60; day < 70; ++day) {
    asked.push_back({.second = day * kDay + 9'000,
                     .name = "laptop-07.corp",
                     .cmid = 500,
                     .result = "0xC004F06C",
                     .clock_hours = 5});
  }
  std::ranges::stable_sort(asked, {}, &Asked::second);
  LogWriter log;
  std::uint64_t id = 0;
  for (const auto& one : asked) {
    log.add(event_of(++id, one));
    if (id % 100 != 0) continue;
    auto failed = event_of(++id, one);  // of DNS
    failed.event_id = 12293;
    failed.data = {"0x80072338", "corp"};
    log.add(failed);
  }
  return log.finish();
}

std::string busy(std::uint64_t records) {
  LogWriter log;
  const auto machines = std::max<std::uint64_t>(1, records / 20);
  const double step = 180.0 * kDay / static_cast<double>(records);
  for (std::uint64_t i = 0; i < records; ++i) {
    const auto machine = static_cast<int>(i % machines);
    log.add(event_of(i + 1, {.second = static_cast<int>(static_cast<double>(i) * step),
                             .name = numbered("desk-%06d.corp", machine),
                             .cmid = static_cast<unsigned>(machine)}));
  }
  return log.finish();
}

std::string strange() {
  LogWriter log;
  for (int i = 1; i <= 100; ++i) {
    auto event = event_of(static_cast<std::uint64_t>(i), {.second = 60 * i,
                                                          .name = numbered("desk-%03d.corp", i),
                                                          .cmid = static_cast<unsigned>(i)});
    if (i % 50 == 0) event.data = {"Rev 2; 25; desk; " + cmid_text(7) + "; ABCDE-12345"};
    log.add(event);
  }
  return log.finish();
}

std::string made(std::string_view kind, std::uint64_t records) {
  if (kind == "fleet") return sample_log(records);
  if (kind == "hostile") return hostile();
  if (kind == "damaged") return damaged();
  if (kind == "strange") return strange();
  if (kind == "office") return office();
  if (kind == "busy") return busy(records);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  const auto log = made(kind, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 2);
  if (argc < 3 || log.empty()) {
    std::fputs("usage: make-log fleet|hostile|damaged|strange|office|busy FILE [RECORDS]\n",
               stderr);
    return 2;
  }
  std::ofstream out(argv[2], std::ios::binary);
  return out.write(log.data(), static_cast<std::streamsize>(log.size())) && out.flush() ? 0 : 1;
}
