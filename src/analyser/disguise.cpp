#include "analyser/disguise.h"

#include <fmt/format.h>

#include "analyser/codes.h"
#include "analyser/intake.h"
#include "analyser/mask.h"
#include "analyser/tables.h"

namespace muster::analyser {

Disguise::Disguise(const Log& log) : log_(&log), labels_(log, Report{}, true) {
  for (std::size_t i = 0; i < log.hosts.size(); ++i) {
    hosts_[log.hosts[i]] = static_cast<std::uint16_t>(i);
  }
}

std::string Disguise::file(std::size_t place) { return fmt::format("file-{}", place + 1); }

evtx::Record Disguise::apply(const evtx::Record& record) {
  auto out = record;
  std::string computer;
  Names::assign_form(computer, record.computer);
  const auto host = hosts_.find(computer);
  computer_ = record.computer.empty() ? ""
              : host == hosts_.end()  ? "another computer"
                                      : labels_.host(host->second);
  out.computer = computer_;

  texts_.clear();
  const bool ours = is_activation(record.provider) || is_activation(record.source);
  const auto request = ours && record.event_id == 12290 ? read_served(record.data, scratch_)
                                                        : std::unexpected(Misread::no_tail);
  const auto name = request ? log_->names.find(request->name) : std::nullopt;
  const auto machine = request ? log_->machines.find(request->cmid) : std::nullopt;
  if (name && machine) {
    texts_.push_back(fmt::format(
        "{},{},{},{},{},{},{},{},{}", text_of(request->hresult), request->threshold,
        labels_.name(*name), labels_.cmid(*machine),
        request->client_time ? analyser::text_of(Cell(*request->client_time)) : std::string(),
        request->is_virtual ? 1 : 0, request->state, request->minutes_left,
        request->product.text()));
  } else {
    for (const auto text : record.data) texts_.push_back(shape_of(text));
  }
  views_.assign(texts_.begin(), texts_.end());
  out.data = views_;
  return out;
}

}  // namespace muster::analyser
