// The answers of a run, kept whole, and their full check: JSON, claims and both signatures.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/fleet.h"
#include "load/load.h"
#include "wire/exchange.h"

namespace muster::load {

// Answers in the order of their arrival. The header of an activation, half of its length and the
// same for every one of a host key, is kept once. Not thread-safe while keep() runs.
class Kept {
 public:
  struct Answer {
    Asked asked;
    bool verified = false;      // was checked live
    std::uint32_t header = 0;   // of headers_; 0: the body stands whole
    std::size_t header_at = 0;  // where in the body the header belongs
    std::string_view body{};    // without that header
  };
  // Copies the body. `activation` is the view into it that scan_answer found.
  void keep(const Asked& asked, std::string_view body, std::string_view activation, bool verified);
  [[nodiscard]] std::size_t size() const { return answers_.size(); }
  [[nodiscard]] const Answer& at(std::size_t index) const { return answers_[index]; }
  // The body as it was received.
  [[nodiscard]] std::string body(std::size_t index) const;

 private:
  [[nodiscard]] std::string_view store(std::string_view a, std::string_view b);

  std::vector<std::string> headers_{""};
  std::vector<Answer> answers_;
  std::deque<std::string> chunks_;  // bodies; a chunk never grows beyond what it has reserved
};

// Checks answers whole. An object per thread: it remembers the host key that it has proved last, so
// that of the two signatures in an activation the vendor's is checked once and the host's always.
class Checker {
 public:
  explicit Checker(const wire::ProductFile& product) : product_(product) {}
  // What is wrong with one answer; empty: nothing.
  [[nodiscard]] std::string check(std::string_view body, const Asked& asked, const Cmid& cmid);

 private:
  [[nodiscard]] std::string check_whole(const wire::ActivationAnswer& answer, const Asked& asked,
                                        const Cmid& cmid);
  [[nodiscard]] std::string check_known(const wire::ActivationAnswer& answer, const Asked& asked,
                                        const Cmid& cmid) const;

  const wire::ProductFile& product_;
  std::string header_;                     // of the last activation that was proved whole
  std::optional<wire::HostKey> host_key_;  // what it carries
};

struct CheckResult {
  std::uint64_t wrong = 0, verified = 0;
  std::string first_wrong;
};
// Checks every kept answer that was not checked live, on as many threads as there are cores to run
// on.
[[nodiscard]] CheckResult check_kept(const Kept& kept, std::uint64_t seed,
                                     const wire::ProductFile& product);

}  // namespace muster::load
