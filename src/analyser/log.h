// What was read of one or several logs, as values: requests of all hosts in the order of their
// times, what else the hosts wrote, and what could not be read or was not understood.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyser/kms_events.h"
#include "analyser/names.h"
#include "base/time.h"

namespace muster::analyser {

// A 12290. 40 bytes, so that a million are no burden.
struct Request {
  Instant time{};
  std::int32_t client_minute = 0;  // since 1970; 0: not known
  std::uint32_t machine = 0;       // of Log::machines
  std::uint32_t name = 0;          // of Log::names
  std::uint32_t hresult = 0;
  std::uint32_t minutes_left = 0;
  std::uint16_t host = 0;  // of Log::hosts
  std::uint16_t threshold = 0;
  std::uint16_t product = 0;  // of Log::products
  std::uint8_t state = 0;
  bool is_virtual = false;
  std::uint32_t file = 0;  // of Log::files
};

enum class HostEventKind : std::uint8_t {
  cleared,        // 104: the KMS log was emptied
  started,        // 900, 902: the service started, and may have forgotten its count
  init_failed,    // 12291
  timer_failed,   // 12292
  dns_failed,     // 12293
  dns_published,  // 12294
  set_back        // two records in a row: the later one says an earlier time, by more than an hour
};
struct HostEvent {
  Instant time{};
  std::uint16_t host = 0;
  HostEventKind kind{};
  std::uint32_t hresult = 0;
  std::string domain{};
  Instant before{};  // of set_back: what the clock said before
  friend bool operator==(const HostEvent&, const HostEvent&) = default;
};

// What a client's own log says that a host told it (12288 and 12289 in pairs).
struct Told {
  Instant time{};
  std::uint16_t computer = 0;  // of Log::hosts: the client's
  std::string kms_host{};      // empty: the question is not in the log
  std::uint32_t count = 0;
  std::uint32_t threshold = 0;  // 0: not known
  std::uint32_t renewal_interval = 0;
  bool activated = false;
};

struct Place {
  std::uint32_t file = 0;  // of Log::files
  std::uint64_t offset = 0;
  std::uint64_t record_id = 0;
};
struct MisreadPlace {
  Place place;
  Misread why{};
};

// Records in the KMS channel, or with its number, that volume activation did not write.
struct Foreign {
  std::string provider{}, channel{};
  std::uint32_t event_id = 0;
  std::uint64_t records = 0;
  std::uint64_t binary_bytes = 0;
  Place first{};
};

// Records of one host's KMS log whose numbers follow one another.
struct Stretch {
  std::uint16_t host = 0;
  std::uint64_t first_id = 0, last_id = 0;
  Instant first{}, last{};
};

struct FileRead {
  std::string name{};
  std::uint64_t records = 0;   // new ones
  std::uint64_t repeated = 0;  // stood in an earlier file
  std::uint64_t skipped = 0;
  std::vector<std::string> places{};  // of the first ten skipped, described
  std::string dates{};                // how its dates were read; empty where they say their zone
};

struct Log {
  explicit Log(const Bytes16& hash_key) : machines(hash_key), products(hash_key) {}

  std::vector<Request> requests;  // by time
  Ids machines;                   // CMIDs
  Ids products;                   // activation ids
  Names names;
  std::vector<std::string>
      hosts;  // computers, as they name themselves; "" where a file does not say
  std::vector<HostEvent> events;  // by time
  std::vector<Told> told;         // by time
  std::vector<Foreign> foreign;
  std::vector<Stretch> stretches;  // by host and time
  std::vector<FileRead> files;
  // The newest of volume activation's; of a host whose clock was set back, the last by its number.
  // The epoch where there is none.
  Instant last_record{};

  std::uint64_t records = 0;   // all that were read
  std::uint64_t of_12290 = 0;  // of volume activation's providers
  std::uint64_t others = 0;    // nothing of volume activation
  std::uint64_t undated = 0;   // 12290 whose date could not be read
  std::uint64_t binary = 0;    // records of volume activation that carry binary data
  std::array<std::uint64_t, kMisreads> misread{};
  std::vector<MisreadPlace> misread_places;  // the first twenty
  std::uint64_t misread_client = 0;          // 12288 and 12289 not understood

  // 12290 that were not understood.
  [[nodiscard]] std::uint64_t not_understood() const;
};

}  // namespace muster::analyser
