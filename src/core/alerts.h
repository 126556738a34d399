// When somebody is to be told: which conditions hold, by the figures of a host, and the board that
// raises each alert once and ends it once. Pure: figures, times and what was stored come from the
// caller.
//
// A condition has two lines: it holds beyond the first, and is gone only beyond the second, so that
// a figure that dances around one line neither raises nor ends anything. Besides, it must hold, or
// be gone, for a time of its own (`hold`) without a break.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/machine.h"

namespace muster::core {

enum class AlertRule : std::uint8_t {
  count,     // a group's count is near or under its threshold
  forecast,  // the count falls under the threshold soon, if nobody asks any more
  key,       // a multiple activation key's places run out
  evidence,  // requests showed clones and the like
  refusals,  // many requests are refused
  host_key,  // a host key expires
  chain,     // the event log is not what was written
  disk,      // the store's disk is nearly full
};
inline constexpr int kAlertRules = 8;
// "count", "forecast" ...; and back.
[[nodiscard]] std::string_view name_of(AlertRule rule);
[[nodiscard]] std::optional<AlertRule> alert_rule_of(std::string_view name);
// What people read: the alert in a few words, and what to do about it.
[[nodiscard]] std::string_view title_of(AlertRule rule);
[[nodiscard]] std::string_view what_to_do(AlertRule rule);

// The lines of the rules, as they are configured.
struct AlertLines {
  std::vector<AlertRule> off{};
  double count_margin = 0.1;  // of the threshold, rounded up to machines; 0 .. 1
  seconds forecast_within = std::chrono::days(14);
  double key_used = 0.8;  // part of the limit, over 0 and at most 1
  // A standing pair of clones shows itself at every renewal, once a week.
  std::vector<Evidence> evidence_kinds{Evidence::clone, Evidence::many_ids,
                                       Evidence::foreign_ticket, Evidence::host_behind};
  std::uint32_t evidence_least = 1;
  std::chrono::days evidence_window{8};  // 1 .. 29
  std::uint32_t refusals_per_minute = 30;
  seconds refusals_window = minutes(10);
  seconds host_key_within = std::chrono::days(30);
  double disk_free = 0.15;  // part, 0 .. 1

  [[nodiscard]] bool on(AlertRule rule) const;
};

// How much a number that only grows has grown lately. Memory is bounded, whatever is added. Not
// thread-safe.
class Growth {
 public:
  explicit Growth(seconds span) : span_(span) {}
  // REQUIRES: neither is less than before.
  void add(std::chrono::milliseconds monotonic, std::uint64_t total);
  // Within the span, or a sixty-fourth more than it, before the last add().
  [[nodiscard]] std::uint64_t grown() const;
  // Watched for at least the span: what did not happen then really did not.
  [[nodiscard]] bool whole() const { return whole_; }

 private:
  struct Sample {
    std::chrono::milliseconds at;
    std::uint64_t total;
  };
  seconds span_;
  std::deque<Sample> samples_;
  bool whole_ = false;
};

// What a host looks like at one moment. Ids are what an alert is known by, names are for people.
struct AlertFigures {
  Instant now{};
  struct Group {
    std::string id, name;  // "VENDOR/desktop", "desktop of Acme"
    bool used = false;     // it has activated somebody: before that it is a fleet that climbs
    std::uint32_t count = 0, threshold = 0, capacity = 0;
    Instant falls_under{};  // if nobody asks any more; now where it is under already
  };
  struct Key {
    std::string id, product;  // the key's id, never the key
    std::uint32_t used = 0, limit = 0;
  };
  struct Shown {
    Evidence kind{};
    std::uint64_t times = 0;  // within evidence_window, without what is expected
  };
  struct HostKey {
    std::string id, product;  // "VENDOR/acme-cad", "acme-cad"
    Instant expires{};
  };
  struct Log {
    std::uint64_t verified = 0;          // seq of the newest event that was found right
    std::optional<std::string> wrong{};  // what is not as it was written
    bool whole = false;                  // all of it has been read since the start
  };
  std::vector<Group> groups{};
  std::vector<Key> keys{};
  std::vector<Shown> evidence{};
  std::uint64_t refused = 0;  // within refusals_window; those that only count too few are not in it
  bool refused_whole = false;
  std::vector<HostKey> host_keys{};
  Log log{};
  double disk_free = 1;
};

// What an alert is known by: one for each rule and subject.
struct AlertKey {
  AlertRule rule{};
  std::string subject;  // an id, or empty: the host
  friend auto operator<=>(const AlertKey&, const AlertKey&) = default;
};

enum class Standing : std::uint8_t {
  holds,
  between,  // over one line and not over the other, or not known yet: nothing changes
  gone,
};

struct Condition {
  AlertKey key;
  Standing standing = Standing::between;
  std::string about;  // to what: "group desktop of Acme"
  std::string what;   // a sentence with the figures
};
// One of each rule that is on and each subject.
[[nodiscard]] std::vector<Condition> conditions(const AlertLines& lines,
                                                const AlertFigures& figures);

// An alert that was raised and has not ended.
struct Firing {
  std::string id{};  // names this raising, and its end
  Instant since{};
  std::string about{}, what{};  // as it was then
  friend bool operator==(const Firing&, const Firing&) = default;
};

// Raises and ends. What fires is the caller's to store: due() proposes, and what could be stored is
// told by raised() and ended(), so that what could not be is proposed again. Not thread-safe.
class AlertBoard {
 public:
  explicit AlertBoard(seconds hold, std::map<AlertKey, Firing> stored = {})
      : hold_(hold), firing_(std::move(stored)) {}

  struct Change {
    bool raise = false;  // else it ends
    Condition condition;
  };
  // What is due at `monotonic` (which never goes back). An alert that fires and whose subject is
  // not there any more, or whose rule was switched off, ends at once.
  [[nodiscard]] std::vector<Change> due(std::span<const Condition> seen,
                                        std::chrono::milliseconds monotonic);
  void raised(const AlertKey& key, Firing firing);
  void ended(const AlertKey& key);
  [[nodiscard]] const std::map<AlertKey, Firing>& firing() const { return firing_; }

 private:
  seconds hold_;
  std::map<AlertKey, Firing> firing_;
  // Since when a quiet condition holds, or a firing one is gone, without a break.
  std::map<AlertKey, std::chrono::milliseconds> since_;
};

}  // namespace muster::core
