#include "host/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstring>

namespace muster::host {
namespace {

std::string openssl_reason() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  const char* text = ERR_reason_error_string(code);
  return text == nullptr ? "unknown" : text;
}

// HTTP/1.1 is all there is; a client that offers only something else is told so.
int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* in, unsigned in_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int result =
      SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Expected<std::shared_ptr<boost::asio::ssl::context>> make_tls(const TlsFiles& files) {
  namespace ssl = boost::asio::ssl;
  auto out = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* context = out->native_handle();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set1_groups_list(context, "X25519:P-256");
  SSL_CTX_set_alpn_select_cb(context, select_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return fail(ErrorCode::file_unreadable,
                fmt::format("{}: {}", files.certificate, openssl_reason()));
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(ErrorCode::file_unreadable, fmt::format("{}: {}", files.key, openssl_reason()));
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return fail(ErrorCode::config_invalid,
                fmt::format("{} is not the key of {}", files.key, files.certificate));
  }
  if (EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(context)) != EVP_PKEY_EC) {
    return fail(ErrorCode::config_invalid,
                fmt::format("{} is not an elliptic-curve key; make one with 'openssl ecparam -name "
                            "prime256v1 -genkey'",
                            files.key));
  }
  return out;
}

}  // namespace muster::host
