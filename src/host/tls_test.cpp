// Both sides over TLS, against a client made with OpenSSL alone.
#include <gmock/gmock.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "host/testing/host_fixture.h"
#include "host/tls.h"

namespace muster::host::testing {
namespace {

using ::testing::HasSubstr;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

struct Certificate {
  std::string certificate, key;
};

// A self-signed certificate for localhost.
Certificate make_certificate(EVP_PKEY* pair) {
  X509* x509 = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
  X509_set_pubkey(x509, pair);
  auto* name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x509, name);
  X509_sign(x509, pair, EVP_sha256());
  Certificate out;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, x509);
  out.certificate = text_of(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, pair, nullptr, nullptr, 0, nullptr, nullptr);
  out.key = text_of(bio);
  X509_free(x509);
  EVP_PKEY_free(pair);
  return out;
}

class Tls : public HostTest {
 protected:
  TlsFiles files(const Certificate& made, std::string_view name) {
    const std::string base(name);
    return {.certificate = file(base + ".pem", made.certificate),
            .key = file(base + ".key", made.key)};
  }
  TlsFiles files() { return files(make_certificate(EVP_EC_gen("P-256")), "host"); }

  struct Result {
    std::string answer, version, group;
  };
  // One request over TLS.
  static Result ask_tls(std::uint16_t port, std::string_view request) {
    auto wire = Wire::tcp(port);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, wire.fd());
    Result out;
    if (SSL_connect(ssl) == 1) {
      out.version = SSL_get_version(ssl);
      out.group = OBJ_nid2sn(static_cast<int>(SSL_get_negotiated_group(ssl)));
      SSL_write(ssl, request.data(), static_cast<int>(request.size()));
      char buffer[8192];
      for (;;) {
        const int size = SSL_read(ssl, buffer, sizeof buffer);
        if (size <= 0) break;
        out.answer.append(buffer, static_cast<std::size_t>(size));
      }
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return out;
  }
};

TEST_F(Tls, BothSidesAnswer) {
  options.tls = files();
  options.admin_tls = options.tls;
  start();
  EXPECT_THAT(host->listening().clients, HasSubstr("https://"));
  const auto close = "Connection: close\r\n";
  const auto clients = ask_tls(port_of(host->listening().clients),
                               post("/v1/activations", request_of(1, clock.now()), close));
  EXPECT_EQ(status_of(clients.answer), 200) << clients.answer;
  EXPECT_THAT(clients.answer, HasSubstr("count_insufficient"));
  EXPECT_EQ(clients.version, "TLSv1.3");
  EXPECT_EQ(clients.group, "X25519");
  const auto admin = ask_tls(port_of(host->listening().admin),
                             get("/v1/groups", bearer(service::Role::viewer) + close));
  EXPECT_EQ(status_of(admin.answer), 200) << admin.answer;
}

TEST_F(Tls, WhoSpeaksNoTlsIsNotServed) {
  options.tls = files();
  options.request_timeout = seconds(1);
  start();
  auto plain = clients();
  plain.send(get("/healthz"));
  EXPECT_EQ(status_of(plain.answer()), 0);
  auto silent = clients();
  EXPECT_TRUE(silent.closed()) << "a handshake that does not begin ends";
}

TEST_F(Tls, ANewCertificateIsTakenWithoutARestart) {
  options.tls = files();
  start();
  const auto ask_now = [&] {
    return ask_tls(port_of(host->listening().clients), get("/healthz", "Connection: close\r\n"))
        .answer;
  };
  EXPECT_EQ(status_of(ask_now()), 200);
  (void)file("host.key", "broken");
  EXPECT_FALSE(host->reload_certificates());
  EXPECT_EQ(status_of(ask_now()), 200) << "the old one stays";
  (void)files();
  EXPECT_TRUE(host->reload_certificates());
  EXPECT_EQ(status_of(ask_now()), 200);
}

TEST_F(Tls, FilesThatDoNotDoAreNamed) {
  const auto good = files();
  const auto other = files(make_certificate(EVP_EC_gen("P-256")), "other");
  const auto rsa = files(make_certificate(EVP_RSA_gen(2048)), "rsa");
  struct Row {
    TlsFiles files;
    std::string says;
  };
  const std::vector<Row> rows = {
      {{.certificate = "/none.pem", .key = good.key}, "/none.pem"},
      {{.certificate = good.certificate, .key = good.certificate}, good.certificate},
      {{.certificate = good.certificate, .key = other.key}, other.key},
      {rsa, "not an elliptic-curve key"},
  };
  for (const auto& row : rows) {
    const auto made = make_tls(row.files);
    ASSERT_FALSE(made) << row.says;
    EXPECT_THAT(made.error().detail, HasSubstr(row.says));
  }
  EXPECT_TRUE(make_tls(good));
}

}  // namespace
}  // namespace muster::host::testing
