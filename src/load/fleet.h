// The machines of a run: who asks next, what the request says, and what each one remembers.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/load.h"
#include "load/scan.h"

namespace muster::load {

// A request under way.
struct Asked {
  std::uint64_t machine = 0;
  Bytes16 nonce{};
  std::uint32_t floor =
      0;  // the count cannot be lower: machines that had been answered when it was sent
};

class Fleet {
 public:
  // `plan` must outlive the fleet. REQUIRES: plan.machines > 0.
  Fleet(const Plan& plan, const wire::ProductFile& product, Instant now);

  // Chooses the machine that asks next and writes its HTTP request over `out`. REQUIRES: fewer
  // requests are under way than there are machines.
  [[nodiscard]] Asked next(std::string& out);
  // The time that later requests carry.
  void set_time(Instant now);

  // What is wrong with an answer as far as can be seen live; empty: nothing. A machine that was
  // answered keeps its new ticket, and may ask again.
  [[nodiscard]] std::string answered(const Asked& asked, const Scanned& seen);
  // The machine may ask again, with what it had before.
  void unanswered(const Asked& asked);

  [[nodiscard]] std::string_view cmid_text(const Asked& asked);

 private:
  static constexpr std::size_t kTicketText = 32;  // 24 bytes as base64url
  struct Memory {
    char ticket[kTicketText];
    std::uint8_t under_way, has_ticket, licensed, counted;
  };
  // A request of which only fixed places change.
  struct Form {
    std::string text;
    std::size_t cmid = 0, nonce = 0, ticket = 0, fact = 0, time = 0, name = 0;
  };
  [[nodiscard]] Form make_form(const wire::ProductFile& product, bool ticket, bool licensed) const;
  [[nodiscard]] Memory& memory(std::uint64_t machine);
  [[nodiscard]] std::uint64_t choose();

  const Plan& plan_;
  std::uint32_t least_capacity_ = 0;  // of the roll, from the thresholds that were answered
  std::uint32_t known_ = 0;           // distinct machines that were counted in this run
  std::uint64_t turn_ = 0, serial_ = 0, random_ = 0;
  Bytes16 run_key_{};
  std::string time_, cmid_;
  Form forms_[2][2];  // [has a ticket][licensed]
  // Zeroed by the system as it is touched: a fleet of ten million costs what asks, not what could.
  std::unique_ptr<Memory[], decltype(&std::free)> memory_;
};

}  // namespace muster::load
