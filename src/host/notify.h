// Tells systemd what the process does (sd_notify(3)), without its library.
#pragma once

#include <string_view>

namespace muster::host {

// Sends "READY=1", "STOPPING=1" ... to the socket that $NOTIFY_SOCKET names; does nothing where
// there is none.
void notify_systemd(std::string_view state);

}  // namespace muster::host
