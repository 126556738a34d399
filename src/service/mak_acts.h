// What administrators do with multiple activation keys. Each act is an event with who did it, in
// one unit with what it changes.
//
// Threads: any, several at the same time; not from an io thread. Errors, besides those named:
// not_found where the ledger keeps no such key, clock_suspect, store_unavailable.
#pragma once

#include <optional>
#include <string_view>

#include "service/host_service.h"

namespace muster::service {

struct AddedMak {
  MakRing::Entry entry;
  bool is_new = false;  // false: the ledger kept this very document already; nothing has changed
};
// Takes a key's document: made for this ledger (wrong_ledger), by the vendor of a host key that is
// installed for its product (product_not_served, unknown_vendor), not expired (mak_expired). One
// with another document takes its place where it was issued later and is the same key: its limit
// may have been raised; else conflict. document_malformed, bad_signature ... for what is none.
[[nodiscard]] Expected<AddedMak> add_mak(HostService& service, std::string_view text, Actor actor);

struct ReleasedPlace {
  std::uint32_t place = 0, used = 0, limit = 0;
};
// Gives back the place that this machine holds. no_place; release_not_allowed; conflict where
// several machines hold one under this CMID (they are copies) and `place` names none of them.
[[nodiscard]] Expected<ReleasedPlace> release_place(HostService& service, std::string_view id,
                                                    const Cmid& cmid,
                                                    std::optional<std::uint32_t> place,
                                                    Actor actor);

// Says how many places are held in truth, and lets the key sell again. conflict where that is less
// than the ledger counts, or more than the limit; also where nothing has shown that this host was
// restored and `restored` does not say so: what is counted too much stays used. Returns the record
// as it is now.
[[nodiscard]] Expected<core::KeyRecord> reconcile_mak(HostService& service, std::string_view id,
                                                      std::uint32_t used, bool restored,
                                                      Actor actor);

// A key that is blocked is answered as one that is not there; machines that hold a place go on.
[[nodiscard]] Expected<core::KeyRecord> block_mak(HostService& service, std::string_view id,
                                                  bool blocked, Actor actor);

}  // namespace muster::service
