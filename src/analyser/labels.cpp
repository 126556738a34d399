#include "analyser/labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/shown.h"

namespace muster::analyser {
namespace {

constexpr std::size_t kLongest = 64;  // characters

}  // namespace

Labels::Labels(const Log& log, const Report& report, bool pseudonyms)
    : log_(&log), pseudonyms_(pseudonyms) {
  if (!pseudonyms) return;
  together_ = report.together.empty() ? taken_together(log.names) : report.together;
  numbers_.resize(log.names.size());
  std::uint32_t machines = 0;
  for (const auto name : together_) {
    if (numbers_[name] == 0) numbers_[name] = ++machines;
  }
  for (const auto& event : log.events) {
    if (!event.domain.empty()) domains_.try_emplace(event.domain, domains_.size() + 1);
  }
}

std::string Labels::text(std::string_view text) { return shown_text(text, kLongest); }

std::string Labels::name(std::uint32_t name) const {
  if (pseudonyms_) return fmt::format("machine-{}", numbers_[together_[name]]);
  const auto text = log_->names.text(name);
  return text.empty() ? "(no name)" : Labels::text(text);
}

std::string Labels::cmid(std::uint32_t machine) const {
  if (pseudonyms_) return fmt::format("00000000-0000-4000-8000-{:012}", machine + 1);
  return log_->machines.id(machine).text();
}

std::string Labels::host(std::uint16_t host) const {
  if (pseudonyms_) return fmt::format("host-{}", host + 1);
  const auto& name = log_->hosts[host];
  return name.empty() ? "(host not named)" : text(name);
}

std::string Labels::domain(const std::string& domain) const {
  if (!pseudonyms_) return text(domain);
  return fmt::format("domain-{}", domains_.at(domain));
}

std::string Labels::file(std::uint32_t file) const {
  if (pseudonyms_) return fmt::format("file-{}", file + 1);
  return shown_text(log_->files[file].name, 1'000);
}

std::string Labels::source(std::size_t place, const std::string& file) const {
  if (pseudonyms_) return fmt::format("said-{}", place + 1);
  return shown_text(file, 1'000);
}

std::string Labels::told_host(const std::string& host) const {
  if (host.empty()) return "(not in the log)";
  if (!pseudonyms_) return text(host);
  const auto at = std::ranges::find(log_->hosts, host);
  return at == log_->hosts.end() ? "another host"
                                 : this->host(static_cast<std::uint16_t>(at - log_->hosts.begin()));
}

}  // namespace muster::analyser
