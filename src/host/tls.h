// TLS for a listener: version 1.2 or 1.3, X25519 before P-256, one ticket.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "base/error.h"
#include "host/options.h"

namespace muster::host {

// Reads both files. file_unreadable or config_invalid with the file and what is wrong: not PEM, key
// and certificate that do not belong together, a key that is not an elliptic-curve one.
[[nodiscard]] Expected<std::shared_ptr<boost::asio::ssl::context>> make_tls(const TlsFiles& files);

}  // namespace muster::host
