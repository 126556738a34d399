// Usage report: what a host has counted, signed by the host, for the vendor and the auditor. Its
// grammar stands in usage_report.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "wire/documents.h"

namespace muster::wire {

inline constexpr std::string_view kTypReport = "muster-report+jwt";

// "2026-11": a month of UTC. Months since January 1970; nothing for anything else.
[[nodiscard]] std::string format_month(std::int32_t month);
[[nodiscard]] std::optional<std::int32_t> parse_month(std::string_view text);

struct UsageMonth {
  std::int32_t month = 0;
  std::uint64_t machines = 0;  // distinct CMIDs that were activated
  std::uint64_t by_fact = 0;   // distinct primary facts; who gave none counts by its CMID
  std::uint64_t peak = 0;      // the most active machines at one moment; 0: none were seen
  Instant peak_at{};           // of no meaning without a peak
  friend bool operator==(const UsageMonth&, const UsageMonth&) = default;
};
struct ProductUsage {
  std::string vendor_id, product, group;
  std::string vendor, name, customer;  // for people; empty where no host key is installed
  std::optional<std::uint32_t> licensed;
  std::vector<UsageMonth> months;  // every month of the report, ascending
  friend bool operator==(const ProductUsage&, const ProductUsage&) = default;
};
struct UsageReport {
  std::string host;  // thumbprint of the host's key
  std::int32_t from = 0, to = 0;
  LogPlace log;  // counted up to this event, which is in the host's log
  Instant issued{};
  std::vector<ProductUsage> products;
};
// conflict where it is longer than a document may be: to be made for fewer months.
[[nodiscard]] Expected<std::string> sign_report(const UsageReport& report, Signer& host);
// Signed by this host.
[[nodiscard]] Expected<UsageReport> verify_report(std::string_view text, const PublicKey& host);

}  // namespace muster::wire
