#include "client/host_round.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::client {

bool HostRound::ask(std::string_view path, std::string_view body, const Holds& holds) {
  search_.rewind();
  silent_.clear();
  while (const auto host = search_.next()) {
    const auto patience = search_.may_have_more() ? Patience::until_next : Patience::whole;
    if (try_host(host->url, patience, path, body, holds)) return true;
  }
  for (const auto& host : std::vector(silent_)) {
    if (try_host(host, Patience::whole, path, body, holds)) return true;
  }
  note_silent_dns();
  return false;
}

// Unlike a domain without a record, it may be otherwise in a minute: at a boot, before the network.
void HostRound::note_silent_dns() {
  for (const auto& one : search_.lookups()) {
    if (one.outcome != dns::SrvLookup::Outcome::no_answer) continue;
    note(one.name, {ErrorCode::no_host, std::string(dns::sentence_of(one.outcome))});
  }
}

bool HostRound::try_host(const HostUrl& host, Patience patience, std::string_view path,
                         std::string_view body, const Holds& holds) {
  const auto began = clock_.monotonic();
  const auto answer = patience == Patience::whole
                          ? transport_.post(host, path, body)
                          : transport_.post_within(kNextHostAfter, host, path, body);
  auto taken = answer ? holds(*answer) : Expected<void>(std::unexpected(answer.error()));
  if (taken) {
    result_.host = host.base();
    return true;
  }
  note(host.base(), taken.error());
  if (answer && answer->retry_after) wait_ = answer->retry_after;
  const bool gave_up = !answer && clock_.monotonic() - began >= kNextHostAfter;
  if (gave_up && patience == Patience::until_next) silent_.push_back(host);
  return false;
}

void HostRound::note(const std::string& who, const Error& error) {
  const auto begin = who + ": ";
  auto text = begin + (error.detail.empty() ? error.sentence() : error.detail);
  const auto before = std::ranges::find_if(
      result_.tried, [&](const std::string& one) { return one.starts_with(begin); });
  if (before == result_.tried.end()) {
    result_.tried.push_back(std::move(text));
  } else {
    *before = std::move(text);
  }
  // Of several hosts that failed, what one of them said tells more than that another is silent.
  if (!failure_ || failure_->code == ErrorCode::no_host) failure_ = error;
}

Error HostRound::failure() const {
  if (failure_ && failure_->code != ErrorCode::no_host) return *failure_;
  if (result_.tried.empty()) return {ErrorCode::no_host, search_.why_none()};
  return {ErrorCode::no_host, fmt::format("{}", fmt::join(result_.tried, "; "))};
}

}  // namespace muster::client
