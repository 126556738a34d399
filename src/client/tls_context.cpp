#include "client/tls_context.h"

#include <fmt/format.h>

namespace muster::client {

namespace ssl = boost::asio::ssl;

Expected<ssl::context> make_tls_context(const std::string& ca_file) {
  ssl::context tls(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(tls.native_handle(), TLS1_2_VERSION);
  tls.set_verify_mode(ssl::verify_peer);
  boost::system::error_code ec;
  if (ca_file.empty()) {
    ec = tls.set_default_verify_paths(ec);
  } else {
    ec = tls.load_verify_file(ca_file, ec);
  }
  if (ec && !ca_file.empty()) {
    return fail(ErrorCode::file_unreadable, fmt::format("{}: {}", ca_file, ec.message()));
  }
  return tls;
}

}  // namespace muster::client
