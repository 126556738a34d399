// make-log KIND FILE [RECORDS]: writes an event log for transcripts, papers and benchmarks, always
// the same for the same words.
//
//   fleet    requests of a fleet: machines that come every week, in the documented form
//   hostile  machines with names that want to be more than names, and binary data
//   damaged  three requests, of which the second cannot be read
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

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

std::string made(std::string_view kind, std::uint64_t records) {
  if (kind == "fleet") return sample_log(records);
  if (kind == "hostile") return hostile();
  if (kind == "damaged") return damaged();
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  const auto log = made(kind, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 2);
  if (argc < 3 || log.empty()) {
    std::fputs("usage: make-log fleet|hostile|damaged FILE [RECORDS]\n", stderr);
    return 2;
  }
  std::ofstream out(argv[2], std::ios::binary);
  return out.write(log.data(), static_cast<std::streamsize>(log.size())) && out.flush() ? 0 : 1;
}
