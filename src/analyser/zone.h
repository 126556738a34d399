// A time zone: an offset from UTC, or the rules of a place in the form of the zone files that Linux
// keeps (TZif, RFC 8536: RFC's version 2 data, and its footer for times after the last change).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::analyser {

class Zone {
 public:
  // "Z", "UTC", "+01:00", "-0530", "+2"; nothing for a name or another form.
  [[nodiscard]] static std::optional<Zone> from_offset(std::string_view text);
  // The bytes of a zone file; nothing where they are none.
  [[nodiscard]] static std::optional<Zone> from_file(ByteView bytes);

  // Seconds east of UTC at a moment.
  [[nodiscard]] std::int32_t offset_at(Instant utc) const;
  // The moment at which clocks of the zone show `local` (given as if it were UTC). Of two, the
  // earlier one; of none, the one by the offset before the change.
  [[nodiscard]] Instant to_utc(Instant local) const;

 private:
  struct Change {
    std::int64_t at;
    std::int32_t offset;
  };
  // A day of the year on which the clock changes, as POSIX writes it: M3.5.0/2.
  struct Rule {
    int month = 0, week = 0, weekday = 0;
    std::int32_t second = 7200;
  };
  [[nodiscard]] bool read_footer(std::string_view text);
  [[nodiscard]] static std::int64_t moment(const Rule& rule, int year);

  std::vector<Change> changes_;  // ascending
  std::int32_t first_ = 0;       // before the first of them
  // After the last of them, where the file says so.
  bool has_footer_ = false, has_summer_ = false;
  std::int32_t standard_ = 0, summer_ = 0;
  Rule to_summer_, to_standard_;
};

}  // namespace muster::analyser
