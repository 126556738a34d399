// Logs of KMS hosts for tests: requests in the domain's words, read as records are.
#pragma once

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "analyser/intake.h"
#include "analyser/report.h"

namespace muster::analyser::testing {

using std::chrono::days;
using std::chrono::hours;

inline const Instant kStart = *parse_time("2026-01-05T08:00:00Z");

inline constexpr std::string_view kWindows10 = "73111121-5638-40f6-bc11-f1d7b0d64300";
inline constexpr std::string_view kServer2022 = "9bd77860-9b31-4b7b-96ad-2564017315bf";
inline constexpr std::string_view kOffice2019 = "85dd8b5f-eaa4-4af3-a628-cce9e77c9a03";
inline constexpr std::string_view kUnknownProduct = "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10";

// A CMID by a number.
inline Cmid cmid(std::uint32_t number) {
  Cmid out;
  for (std::size_t i = 0; i < 4; ++i) {
    out.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  out.bytes[6] = 0x40;
  return out;
}

struct Ask {
  Instant time{};
  std::uint32_t machine = 1;
  std::string name{};  // empty: desk-N
  std::uint32_t threshold = 25;
  std::string_view product = kWindows10;
  std::string hresult = "0x0";
  std::string host = "kms.example";
  int state = 1;
  int minutes_left = 250'000;
  bool is_virtual = false;
  std::optional<Instant> client_time{};  // none: the request's own
};

// The text of form A.
inline std::string line_of(const Ask& ask) {
  const auto time = ask.client_time.value_or(ask.time);
  const std::chrono::year_month_day date(std::chrono::floor<days>(time));
  const auto minute = (time - std::chrono::floor<days>(time)).count() / 60;
  const auto number = [](auto value) { return std::to_string(value); };
  return ask.hresult + "," + number(ask.threshold) + "," +
         (ask.name.empty() ? "desk-" + number(ask.machine) : ask.name) + "," +
         cmid(ask.machine).text() + "," + number(static_cast<int>(date.year())) + "/" +
         number(static_cast<unsigned>(date.month())) + "/" +
         number(static_cast<unsigned>(date.day())) + " " + number(minute / 60) + ":" +
         (minute % 60 < 10 ? "0" : "") + number(minute % 60) + "," + (ask.is_virtual ? "1" : "0") +
         "," + number(ask.state) + "," + number(ask.minutes_left) + "," + std::string(ask.product);
}

class HostsLog {
 public:
  explicit HostsLog(const Zone* zone = nullptr) : intake_(Bytes16{1}, zone) {
    intake_.begin_file("kms.evtx");
  }

  void next_file() {
    end_file();
    intake_.begin_file("more.evtx");
  }
  void ask(const Ask& ask) {
    const auto line = line_of(ask);
    add(12290, ask.time, {line}, ask.host);
  }
  void add(std::uint32_t event_id, Instant time, const std::vector<std::string_view>& data,
           std::string_view host = "kms.example",
           std::string_view provider = "Microsoft-Windows-Security-SPP",
           std::string_view channel = "Key Management Service", std::uint64_t record_id = 0) {
    evtx::Record record;
    record.record_id = record_id == 0 ? ++last_id_ : last_id_ = record_id;
    record.time = evtx::Time(time);
    record.provider = provider;
    record.event_id = event_id;
    record.level = 4;
    record.channel = channel;
    record.computer = host;
    record.data = data;
    intake_.add(record);
  }
  Intake& intake() { return intake_; }
  Log log() {
    end_file();
    return intake_.finish();
  }

 private:
  void end_file() {
    if (!intake_.end_file()) std::abort();  // its dates say their zone
  }

  Intake intake_;
  std::uint64_t last_id_ = 0;
};

inline Report report_of(const Log& log, std::optional<Instant> at = std::nullopt) {
  static const Products products;
  return make_report({.log = &log, .products = &products, .at = at, .hash_key = {1}});
}

}  // namespace muster::analyser::testing
