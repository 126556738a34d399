// From records of event logs to a Log: which of them are volume activation's, what they say, and
// where dates have no zone, what their times are. Keeps about 40 bytes a request, and each name and
// CMID once. One thread at a time.
#pragma once

#include <map>

#include "analyser/local_date.h"
#include "analyser/log.h"
#include "evtx/record.h"

namespace muster::analyser {

// Whether a provider or the older name of its source is volume activation's.
[[nodiscard]] bool is_activation(std::string_view provider);
inline constexpr std::string_view kKmsChannel = "Key Management Service";

class Intake {
 public:
  // `zone`, of dates that say none, may be null; it is valid as long as this is.
  Intake(const Bytes16& hash_key, const Zone* zone) : log_(hash_key), zone_(zone) {}

  void begin_file(std::string_view name);
  void add(const evtx::Record& record);
  void skipped(const evtx::Skipped& skipped);
  void repeated() { ++log_.files.back().repeated; }
  // usage with the file's name where its dates cannot be told.
  [[nodiscard]] Expected<void> end_file();
  // Once, and last. The same requests in two files count once, also where one of the files has no
  // numbers: of those that are equal to the second, as many stay as the file with the most has.
  [[nodiscard]] Log finish();

 private:
  enum class Dated : std::uint8_t { request, event };
  struct Pending {
    Dated what;
    std::size_t at;  // of requests or events
  };

  struct Asked {
    Instant time{};
    std::string kms_host;
    std::uint32_t threshold = 0;
  };

  [[nodiscard]] std::uint16_t host_of(std::string_view computer);
  void add_served(const evtx::Record& record, std::uint16_t host);
  void add_event(const evtx::Record& record, std::uint16_t host, HostEventKind kind);
  void add_client(const evtx::Record& record, std::uint16_t host);
  void add_foreign(const evtx::Record& record);
  void add_stretch(const evtx::Record& record, std::uint16_t host);
  void add_step(std::uint16_t host, Instant before, Instant after);
  // False: the record's date cannot be read.
  bool date(const evtx::Record& record, Dated what, std::size_t at,
            std::optional<Instant> client_time, Instant& time);
  [[nodiscard]] Place place_of(const evtx::Record& record) const;
  // The parts of finish().
  void name_the_nameless();
  void drop_repeated();
  void join_starts();
  void note_last_record();

  Log log_;
  const Zone* zone_;
  std::map<std::string, std::uint16_t, std::less<>> hosts_;
  std::string last_computer_;
  std::uint16_t last_host_ = 0;
  std::map<std::uint16_t, Asked> asks_;      // by the client's computer: the last, not yet answered
  std::vector<std::size_t> last_stretches_;  // of each host, its last one's place
  std::vector<Pending> pending_;
  std::vector<DatedLine> lines_;
  std::string scratch_;
};

}  // namespace muster::analyser
