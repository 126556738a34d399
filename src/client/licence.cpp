#include "client/licence.h"

#include <algorithm>

namespace muster::client {
namespace {

// An activation without facts was given to a machine that had none to give; there is nothing to
// compare.
bool other_machine(const LicenceInput& in) {
  return in.activation && !in.activation->facts.empty() &&
         !same_machine(in.activation->facts, in.facts, in.activation->match);
}

bool set_back(const LicenceInput& in) {
  return in.newest_signed && in.now < *in.newest_signed - in.clock_skew;
}

// An activation without an end. A copy of it would give another machine a grace without an end, so
// there it counts as none.
Licence without_end(const LicenceInput& in) {
  if (other_machine(in)) {
    auto as_none = in;
    as_none.activation.reset();
    auto out = licence(as_none);
    out.error = ErrorCode::wrong_machine;
    return out;
  }
  Licence out;
  out.state = LicenceState::licensed;
  out.permanent = true;
  out.grace_until = in.grace_start + in.initial_grace;
  return out;
}

}  // namespace

Licence licence(const LicenceInput& in) {
  if (in.activation && !in.activation->expires) return without_end(in);
  const Instant when = std::max(in.now, in.newest_seen);
  Licence out;
  if (in.activation) {
    out.valid_until = in.activation->expires;
    out.grace_until = *in.activation->expires + in.additional_grace;
  } else {
    out.grace_until = in.grace_start + in.initial_grace;
  }
  const bool valid = in.activation && when < *in.activation->expires;
  if (!valid && when >= out.grace_until) {
    out.state = LicenceState::notification;
    out.error = ErrorCode::not_licensed;
    return out;
  }
  if (other_machine(in)) {
    out.error = ErrorCode::wrong_machine;
  } else if (set_back(in)) {
    out.error = ErrorCode::clock_set_back;
  }
  if (out.error || (in.activation && !valid)) {
    out.state = LicenceState::additional_grace;
  } else {
    out.state = in.activation ? LicenceState::licensed : LicenceState::initial_grace;
  }
  const Instant end =
      out.state == LicenceState::licensed ? *in.activation->expires : out.grace_until;
  out.left = std::chrono::floor<minutes>(end - when);
  return out;
}

}  // namespace muster::client
