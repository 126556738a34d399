// Whom alerts are sent to. A delivery blocks, so each receiver has a thread of its own (courier.h).
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "service/alert_message.h"

namespace muster::host {

struct Delivery {
  bool taken = false;
  std::string said;               // what the receiver answered, or why it was not reached
  std::optional<seconds> wait{};  // the receiver asks to be left alone so long
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  // "webhook", "mail"
  // Where it is, for people: nothing in it that may be secret.
  [[nodiscard]] virtual std::string to() const = 0;
  // One try. `text` is the message as it stands in the outbox. Gives up soon after `stop` is set.
  // May be called from two threads at once.
  [[nodiscard]] virtual Delivery deliver(const service::AlertMessage& message,
                                         std::string_view text, Instant now,
                                         const std::atomic<bool>& stop) const = 0;
};

}  // namespace muster::host
