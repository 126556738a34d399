// How a client takes part in TLS: version 1.2 at least, and a certificate that somebody signed whom
// this machine trusts.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "base/error.h"

namespace muster::client {

// `ca_file`: PEM of who may sign; empty: the system's roots. file_unreadable where it is none.
[[nodiscard]] Expected<boost::asio::ssl::context> make_tls_context(const std::string& ca_file);

}  // namespace muster::client
