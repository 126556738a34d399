#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <ctime>

#include "client/host_round.h"
#include "client/name_lookup.h"
#include "client/prober.h"
#include "client/tls_context.h"

namespace muster::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr std::string_view kPath = "/v1/host";

Instant instant_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ::ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return Instant(seconds(::timegm(&parts)));
}

std::string text_of(const X509_NAME* name) {
  BIO* out = ::BIO_new(::BIO_s_mem());
  if (out == nullptr) return "";
  ::X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* text = nullptr;
  const auto size = ::BIO_get_mem_data(out, &text);
  std::string copy(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  ::BIO_free(out);
  return copy;
}

// DNS names and addresses of the certificate.
std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> out;
  auto* names = static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        ::GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
    if (value == nullptr) continue;
    const auto* data = ::ASN1_STRING_get0_data(value);
    const auto size = static_cast<std::size_t>(::ASN1_STRING_length(value));
    if (type == GEN_DNS) out.emplace_back(reinterpret_cast<const char*>(data), size);
    if (type == GEN_IPADD && size == 4) {
      out.push_back(asio::ip::address_v4({data[0], data[1], data[2], data[3]}).to_string());
    }
    if (type == GEN_IPADD && size == 16) {
      asio::ip::address_v6::bytes_type bytes{};
      std::copy_n(data, size, bytes.begin());
      out.push_back(asio::ip::address_v6(bytes).to_string());
    }
  }
  ::GENERAL_NAMES_free(names);
  return out;
}

class HttpProber final : public Prober {
 public:
  HttpProber(asio::ssl::context tls, Clock& clock) : tls_(std::move(tls)), clock_(clock) {}

  HostLook look(const HostUrl& host) override {
    HostLook out;
    const auto began = clock_.monotonic();
    const auto endpoints = lookup_.resolve(host, kNextHostAfter);
    out.took = clock_.monotonic() - began;
    if (!endpoints) {
      out.failure = endpoints.error().detail;
      return out;
    }
    for (const auto& endpoint : *endpoints) {
      AddressLook one;
      one.address = fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"),
                                endpoint.address().to_string(), endpoint.port());
      const auto start = clock_.monotonic();
      if (host.tls) {
        over_tls(host, endpoint, one);
      } else {
        over_tcp(host, endpoint, one);
      }
      one.took = clock_.monotonic() - start;
      out.addresses.push_back(std::move(one));
    }
    return out;
  }

 private:
  // Runs a step to its end; false: it failed, and `out` says how.
  bool done(const error_code& ec, std::string_view step, AddressLook& out) {
    if (!ec) return true;
    const auto why = ec == beast::error::timeout ? "no answer in time" : ec.message();
    out.failure = fmt::format("{}: {}", step, why);
    return false;
  }

  bool connect(beast::tcp_stream& stream, const tcp::endpoint& endpoint, AddressLook& out) {
    error_code result;
    stream.expires_after(kNextHostAfter);
    stream.async_connect(endpoint, [&](const error_code& ec) { result = ec; });
    run();
    out.connected = done(result, "connect", out);
    stream.expires_after(kNextHostAfter);
    return out.connected;
  }

  void over_tcp(const HostUrl& host, const tcp::endpoint& endpoint, AddressLook& out) {
    beast::tcp_stream stream(io_);
    if (connect(stream, endpoint, out)) ask(stream, host, out);
  }

  void over_tls(const HostUrl& host, const tcp::endpoint& endpoint, AddressLook& out) {
    beast::ssl_stream<beast::tcp_stream> stream(io_, tls_);
    if (!connect(beast::get_lowest_layer(stream), endpoint, out)) return;
    if (!is_address(host)) {
      ::SSL_set_tlsext_host_name(stream.native_handle(), host.name.c_str());
    }
    asio::ssl::host_name_verification fits(host.name);
    stream.set_verify_callback([&](bool preverified, asio::ssl::verify_context& context) {
      return note_certificate(preverified, context, host, fits, out);
    });
    error_code result;
    stream.async_handshake(asio::ssl::stream_base::client,
                           [&](const error_code& ec) { result = ec; });
    run();
    if (done(result, "TLS", out)) ask(stream, host, out);
    if (out.certificate && !out.certificate->refused.empty()) {
      out.failure = "certificate: " + out.certificate->refused;
    }
  }

  // As the client takes it or not, and with what is needed to say why.
  static bool note_certificate(bool preverified, asio::ssl::verify_context& context,
                               const HostUrl& host, asio::ssl::host_name_verification& fits,
                               AddressLook& out) {
    auto* store = context.native_handle();
    if (!out.certificate) {
      X509* own = ::X509_STORE_CTX_get0_cert(store);
      out.certificate = Certificate{names_of(own), text_of(::X509_get_issuer_name(own)),
                                    instant_of(::X509_get0_notBefore(own)),
                                    instant_of(::X509_get0_notAfter(own)), ""};
    }
    if (!preverified) {
      out.certificate->refused = ::X509_verify_cert_error_string(::X509_STORE_CTX_get_error(store));
      return false;
    }
    if (fits(preverified, context)) return true;
    out.certificate->refused = fmt::format("it is not for {}", host.name);
    return false;
  }

  template <class Stream>
  void ask(Stream& stream, const HostUrl& host, AddressLook& out) {
    http::request<http::empty_body> request(http::verb::get, {kPath.data(), kPath.size()}, 11);
    request.set(http::field::host, host.authority());
    request.set(http::field::user_agent, "muster");
    request.keep_alive(false);
    error_code result;
    http::async_write(stream, request, [&](const error_code& ec, std::size_t) { result = ec; });
    run();
    if (!done(result, "send", out)) return;
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kAnswerMost);
    http::async_read(stream, buffer, parser,
                     [&](const error_code& ec, std::size_t) { result = ec; });
    run();
    if (!done(result, "receive", out)) return;
    out.answer =
        HttpAnswer{static_cast<int>(parser.get().result_int()), std::move(parser.get().body()), {}};
  }

  void run() {
    io_.restart();
    io_.run();
  }

  asio::ssl::context tls_;
  Clock& clock_;
  asio::io_context io_;
  NameLookup lookup_;
};

}  // namespace

Expected<std::unique_ptr<Prober>> make_http_prober(const std::string& ca_file, Clock& clock) {
  auto tls = make_tls_context(ca_file);
  if (!tls) return std::unexpected(tls.error());
  return std::make_unique<HttpProber>(std::move(*tls), clock);
}

}  // namespace muster::client
