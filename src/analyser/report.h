// What a log says, as values: everything that the report shows, in no form yet. Names, CMIDs, hosts
// and products are numbers of the Log; analyser/labels.h makes texts of them.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "analyser/identities.h"
#include "analyser/log.h"
#include "analyser/products.h"
#include "analyser/rebuilt.h"
#include "analyser/slmgr.h"
#include "core/outlook.h"

namespace muster::analyser {

// A count group as the log shows it.
struct GroupSeen {
  // "windows", "office", another one of --products, "threshold-25"; "threshold-other" for those of
  // unknown products that are not among the eight most frequent
  std::string id;
  std::string name;  // "Windows", "Office", "Unknown products, threshold 25"
};

// When the count of a group falls under a threshold.
struct Fall {
  std::uint32_t threshold = 0;
  bool under = false;              // it is there already
  std::optional<Instant> since{};  // since when it is on this side; none: since the log's begin
  std::uint32_t spare = 0;         // machines that may stay away; 0 where under
  Instant if_silent{};             // if nobody asks again; now where under
  std::optional<Instant> if_silent_forgotten{};  // by the other reading
  core::ExpectedFall expected{};                 // nothing where under
};

// A machine on the roll, and until when it must ask.
struct Due {
  std::uint32_t machine = 0, name = 0;
  Instant last{};
  Instant due{};                   // before then, where it is needed; else as `leaves`
  Instant leaves{};                // its entry does, where it asks no more
  bool needed = false;             // for the highest threshold that the count is not under
  std::uint32_t count_after = 0;   // when it has left, and nobody has asked meanwhile
  std::optional<Instant> usual{};  // when it would ask by its own rhythm
  bool replaced = false;  // its name has asked under another CMID since: this one asks no more
};

// One host's roll of one group.
struct Standing {
  std::uint16_t host = 0, group = 0;
  std::vector<CountPoint> points;  // the last is now
  std::vector<Fall> falls;         // highest threshold first
  std::vector<Due> due;            // soonest first
  core::Outlook outlook;
  core::BackTest back_test;
  std::uint64_t served = 0, refused = 0;
  std::uint64_t missed = 0;  // machines that share a CMID with another, of this group on all hosts
  std::uint64_t padded = 0;  // CMIDs of the last 30 days more than names: identities that changed
  std::optional<Instant> raised{};  // as Rebuilt has them
  std::uint32_t ceiling_before = 0;
  std::uint32_t restarts = 0;            // of the service within the last 30 days
  std::array<std::string, 3> sentences;  // why it stands where it stands, when it falls, what to do

  [[nodiscard]] const CountPoint& now() const { return points.back(); }
};

// A CMID in a group, over all hosts.
struct MachineSeen {
  std::uint32_t machine = 0, name = 0;
  std::uint16_t group = 0, host = 0, product = 0;  // of its last request
  Instant first{}, last{};
  std::optional<Instant> valid_until{};  // of its licence, or of what was left of its state
  std::int32_t skew_minutes = 0;         // its clock against the host's, at its last request
  bool skew_known = false;
  bool is_virtual = false;
  std::uint8_t state = 0;  // before its last request
  std::uint32_t requests = 0, refused = 0;
};

struct FailureSeen {
  std::uint32_t hresult = 0;
  std::uint16_t group = 0;
  std::uint64_t requests = 0, machines = 0;
  Instant last{};
  std::uint32_t last_name = 0;
};

struct ProductSeen {
  std::uint16_t product = 0, group = 0;
  std::uint32_t threshold = 0;                           // that was presented last
  std::uint64_t requests = 0, machines = 0, recent = 0;  // recent: heard within 30 days
};

struct VirtualShare {
  std::uint16_t group = 0;
  std::uint64_t machines = 0, of_them_virtual = 0;  // heard within 30 days
};

// Records that are in none of the files.
struct Gap {
  std::uint16_t host = 0;
  Instant from{}, to{};
  std::uint64_t records = 0;  // 0: the log was made anew
  // One or two records may as well have been filtered out by who exported the log.
  [[nodiscard]] bool matters() const { return records == 0 || records > 2; }
};

// A time without any request that is longer than every other one by far.
struct Silence {
  std::uint16_t host = 0;
  Instant from{}, to{};
};

struct HostSeen {
  std::uint16_t host = 0;
  Instant first{}, last{};         // requests
  std::uint64_t first_record = 0;  // its number; more than 1: what was before it is gone
  std::uint64_t requests = 0;
};

// What slmgr or WMI said of a host, against the rebuilt count.
struct Held {
  HostFacts facts;
  std::optional<std::size_t> standing{};  // it was held against
};

struct Report {
  Instant from{}, now{};
  std::vector<GroupSeen> groups;
  std::vector<std::uint16_t> group_of;  // of each product
  std::vector<std::uint32_t> together;  // of each name
  std::vector<HostSeen> hosts;
  std::vector<Standing> standings;  // by group, then host
  Identities identities;
  std::vector<MachineSeen> machines;      // by group and last contact, longest silent first
  std::array<std::uint64_t, 3> silent{};  // machines, for 30, 90, 150 days
  std::vector<FailureSeen> failures;      // most requests first
  std::vector<std::uint32_t> skewed;      // of machines: more than 15 minutes; most first
  std::int32_t usual_skew_minutes = 0;    // the median of all machines
  std::vector<ProductSeen> products;      // most machines first
  std::vector<VirtualShare> virtuals;
  std::array<std::uint64_t, 24> by_hour{};  // requests, UTC
  Instant busiest{};                        // the ten minutes with the most requests
  std::uint64_t busiest_requests = 0;
  std::vector<Gap> gaps;
  std::vector<Silence> silences;
  std::vector<Held> held;
  std::uint64_t requests = 0;            // up to now
  std::uint64_t later = 0;               // after it, and left out
  std::vector<std::string> unknown_ids;  // activation ids that no table names

  // Soonest of all standings and thresholds; none where nothing falls.
  [[nodiscard]] std::optional<Instant> soonest_fall() const;
};

struct ReportTask {
  const Log* log = nullptr;
  const Products* products = nullptr;
  std::optional<Instant> at{};  // none: the last record
  std::vector<HostFacts> facts{};
  Bytes16 hash_key{};
};
[[nodiscard]] Report make_report(const ReportTask& task);

// A product's name, or its id where no table knows it. Fit to be shown.
[[nodiscard]] std::string name_of_product(const Log& log, const Products& products,
                                          std::uint16_t product);

}  // namespace muster::analyser
