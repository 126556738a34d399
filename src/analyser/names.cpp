#include "analyser/names.h"
#include "base/ascii.h"

namespace muster::analyser {

void Names::assign_form(std::string& out, std::string_view name) {
  out.assign(name.substr(0, kLongest));
  for (auto& c : out) c = lower(c);
}

std::optional<std::uint32_t> Names::find(std::string_view name) const {
  std::string form;
  assign_form(form, name);
  const auto at = numbers_.find(form);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

std::uint32_t Names::add(std::string_view name) {
  assign_form(scratch_, name);
  if (last_ != UINT32_MAX && texts_[last_] == scratch_) return last_;
  const auto at = numbers_.find(scratch_);
  if (at != numbers_.end()) return last_ = at->second;
  last_ = size();
  numbers_.emplace(texts_.emplace_back(scratch_), last_);
  return last_;
}

std::optional<std::uint32_t> Ids::find(const Cmid& id) const {
  const auto at = numbers_.find(id.bytes);
  return at == numbers_.end() ? std::nullopt : std::optional(at->second);
}

std::uint32_t Ids::add(const Cmid& id) {
  const auto [at, is_new] = numbers_.try_emplace(id.bytes, size());
  if (is_new) ids_.push_back(id);
  return at->second;
}

std::vector<std::uint32_t> taken_together(const Names& names) {
  constexpr auto kSeveral = UINT32_MAX;
  std::map<std::string_view, std::uint32_t> full;  // by the short name
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    const auto text = names.text(i);
    const auto dot = text.find('.');
    if (dot == text.npos || dot == 0) continue;
    const auto [at, is_new] = full.try_emplace(text.substr(0, dot), i);
    if (!is_new) at->second = kSeveral;
  }
  std::vector<std::uint32_t> out(names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    out[i] = i;
    const auto at = full.find(names.text(i));
    if (at != full.end() && at->second != kSeveral) out[i] = at->second;
  }
  return out;
}

}  // namespace muster::analyser
