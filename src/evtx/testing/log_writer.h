// Makes .evtx files as Windows does, for tests, benchmarks and examples.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "evtx/record.h"
#include "evtx/testing/xml_writer.h"

namespace muster::evtx::testing {

struct Event {
  std::uint64_t record_id = 1;
  Time time{};
  std::string provider = "Microsoft-Windows-Security-SPP";
  std::string source = "Software Protection Platform Service";  // empty: no EventSourceName
  std::uint16_t event_id = 12290;
  std::optional<std::uint16_t> qualifiers = 16384;
  std::uint8_t level = 4;
  std::string channel = "Key Management Service";
  std::string computer = "kms.example";
  std::vector<std::string> data{};
  std::string binary{};  // where it is not empty: a Binary element
};

// How the writer stores an event.
enum class Form : std::uint8_t {
  classic,    // a template with an array of strings, as classic providers write
  named,      // a template with one value for each Data, each with a name
  forwarded,  // no template: every value is text, as a collector writes
};

// The event of a KMS host: N, name, CMID, time and so on are its nine fields.
// Form A, documented: one string, the fields apart by ",".
[[nodiscard]] Event request_in_one_string(const std::vector<std::string>& fields);
// Form B, what scripts on modern hosts read: ten strings, [0] unknown, then the nine.
[[nodiscard]] Event request_in_ten_strings(const std::vector<std::string>& fields);

class LogWriter {
 public:
  LogWriter();

  void add(const Event& event, Form form = Form::classic);
  // A record whose XML `write` writes from its fragment header to its end.
  void add_raw(std::uint64_t record_id, Time time, const std::function<void(XmlWriter&)>& write);
  // The next record begins a new chunk.
  void new_chunk();

  // The file. A dirty one has a head that knows of no chunk.
  [[nodiscard]] std::string finish(bool dirty = false);

 private:
  void start_chunk();
  void finish_chunk();

  std::string file_;   // the chunks that are done
  std::string chunk_;  // that is written
  XmlWriter xml_{chunk_};
  std::uint64_t first_ = 0, last_ = 0, records_ = 0;
  std::size_t last_at_ = 0;
};

}  // namespace muster::evtx::testing
