// A dynamic update (RFC 2136) of a zone as bytes, signed by TSIG, and what its answer says. Single
// records are added and removed, never a whole set: others' stay.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/time.h"
#include "publish/failure.h"
#include "publish/record.h"
#include "publish/tsig_key.h"

namespace muster::publish {

// Signed when it is made, by the system's clock (ldns reads it itself), for five minutes.
class Update {
 public:
  // The records are all of `zone`. The number of the message is drawn from `random`.
  [[nodiscard]] static Answer<Update> make(std::string_view zone, const Change& change, seconds ttl,
                                           const TsigKey& key, Random& random);
  Update(Update&&) noexcept;
  Update& operator=(Update&&) noexcept;
  ~Update();

  [[nodiscard]] std::string_view message() const;
  // Nothing: the server has done it. Any bytes are taken.
  [[nodiscard]] Answer<void> read(std::string_view answer) const;

 private:
  struct Parts;
  explicit Update(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace muster::publish
