#include "service/journal.h"

#include "base/digest.h"
#include "core/machine.h"
#include "wire/json.h"

namespace muster::service {

Journal::Journal(const store::ChainHead& head, std::string host,
                 std::unique_ptr<wire::Signer> signer)
    : head_(head),
      committed_(head),
      opened_epoch_(head.epoch),
      host_(std::move(host)),
      signer_(std::move(signer)) {}

wire::LogPlace Journal::append(store::Unit& unit, wire::Event event,
                               const std::optional<GroupKey>& group,
                               store::EventPlace machine_prev) {
  event.host = host_;
  event.epoch = head_.epoch;
  event.seq = head_.seq + 1;
  event.prev = first16(head_.hash);
  const bool own = machine_prev.host == 0 && machine_prev.epoch == head_.epoch;
  event.machine_prev = own ? machine_prev.seq : 0;
  line_.clear();
  wire::append_event_line(line_, event);

  head_.seq = event.seq;
  head_.hash = wire::chain_hash(head_.hash, line_);
  head_.time = event.time;
  unit.append({.place = {head_.epoch, head_.seq},
               .time = event.time,
               .group = group,
               .cmid = event.cmid,
               .machine_prev = machine_prev,
               .line = line_,
               .hash = head_.hash});
  const wire::LogPlace place{head_.epoch, head_.seq, first16(head_.hash)};
  if (head_.seq - head_.checkpoint_seq >= kCheckpointEvents) checkpoint(unit, event.time);
  return place;
}

void Journal::restored(store::Unit& unit, Instant now, std::string_view actor) {
  if (head_.epoch != opened_epoch_) return;
  checkpoint(unit, now);
  wire::Event event;
  event.time = now;
  event.type = "epoch_begun";
  event.actor = actor;
  wire::json::Writer writer(event.detail);
  if (actor == "host") writer.plain("evidence", core::name_of(core::Evidence::host_behind));
  writer.number("epoch_before", head_.epoch);
  writer.number("seq_before", static_cast<std::int64_t>(head_.seq));
  writer.bytes("hash_before", head_.hash);
  writer.end();
  head_ = {.epoch = head_.epoch + 1, .time = head_.time};
  append(unit, std::move(event));
}

void Journal::checkpoint(store::Unit& unit, Instant now) {
  if (head_.seq == head_.checkpoint_seq) return;
  auto text = wire::sign_checkpoint({.host = host_,
                                     .epoch = head_.epoch,
                                     .seq = head_.seq,
                                     .hash = head_.hash,
                                     .previous_seq = head_.checkpoint_seq,
                                     .previous = head_.checkpoint_digest,
                                     .issued = now},
                                    *signer_);
  // Without a signature the events are still chained; the next try signs them all.
  if (!text) return;
  unsigned_since_.reset();
  head_.checkpoint_seq = head_.seq;
  head_.checkpoint_digest = sha256(as_bytes(*text));
  unit.append(store::CheckpointRow{{head_.epoch, head_.seq}, std::move(*text)});
}

bool Journal::checkpoint_due(std::chrono::milliseconds monotonic) {
  if (head_.seq == head_.checkpoint_seq) {
    unsigned_since_.reset();
    return false;
  }
  if (!unsigned_since_) unsigned_since_ = monotonic;
  return monotonic - *unsigned_since_ >= kCheckpointAge;
}

}  // namespace muster::service
