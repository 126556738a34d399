// One request to one host after the other, until one answers with what holds.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "client/client.h"
#include "client/host_search.h"
#include "client/transport.h"

namespace muster::client {

// How long a host may be silent where there may be another to ask.
inline constexpr std::chrono::milliseconds kNextHostAfter{2'000};

// Not thread-safe; all references must outlive it.
class HostRound {
 public:
  // `result` is told which hosts failed (`tried`; and DNS, where it was silent) and which one
  // answered (`host`).
  HostRound(Transport& transport, Clock& clock, HostSearch& search, ActivateResult& result)
      : transport_(transport), clock_(clock), search_(search), result_(result) {}

  // Takes an answer and keeps what it brings, or says why it is not one.
  using Holds = std::function<Expected<void>(const HttpAnswer&)>;
  // False: nobody did; then failure(). A host that is silent for 2 s is left for the next; where
  // no other answers either, it is asked once more with the transport's patience, because one that
  // is slow is better than none. Asked again, it begins with the first host.
  [[nodiscard]] bool ask(std::string_view path, std::string_view body, const Holds& holds);

  // Of several hosts that failed, what one of them said, or no_host with all that was tried.
  [[nodiscard]] Error failure() const;
  // How long the last host that sent this machine away asked it to wait.
  [[nodiscard]] std::optional<seconds> wait() const { return wait_; }

 private:
  enum class Patience : std::uint8_t { until_next, whole };
  [[nodiscard]] bool try_host(const HostUrl& host, Patience patience, std::string_view path,
                              std::string_view body, const Holds& holds);
  void note(const std::string& who, const Error& error);
  void note_silent_dns();

  Transport& transport_;
  Clock& clock_;
  HostSearch& search_;
  ActivateResult& result_;
  std::optional<Error> failure_;
  std::optional<seconds> wait_;
  std::vector<HostUrl> silent_;
};

}  // namespace muster::client
