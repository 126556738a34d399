// Host request: header alg, typ muster-host-request+jwt, kid (the host key's thumbprint). Claims:
//   host_name   text, may be empty      cnf   {"jwk": the host's public key}      iat   NumericDate
// Signed by the key it carries, which shows that the host holds it.
#include <fmt/format.h>

#include "wire/claims.h"
#include "wire/documents.h"

namespace muster::wire {

Expected<std::string> sign_host_request(const HostRequest& request, Signer& host) {
  std::string payload;
  json::Writer writer(payload);
  writer.text("host_name", request.host_name);
  writer.raw("cnf", fmt::format(R"({{"jwk":{}}})", request.host.jwk()));
  writer.date("iat", request.issued);
  writer.end();
  return sign_jws(host, document_header(kTypHostRequest, request.host.thumbprint()), payload);
}

Expected<HostRequest> read_host_request(std::string_view text) {
  json::Tree tree;
  const auto read = read_unproved(tree, text, kTypHostRequest);
  if (!read) return std::unexpected(read.error());
  const auto& [jws, kid] = *read;
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  HostRequest out;
  out.host_name = claims.text("host_name", kPeopleNameMost);
  out.issued = claims.numeric_date("iat");
  if (!claims.ok()) return claims.failure();
  auto host = read_cnf(claims, tree);
  if (!host) return std::unexpected(host.error());
  out.host = std::move(*host);
  if (kid != out.host.thumbprint() || !out.host.verifies(jws.signed_text, jws.signature)) {
    return fail(ErrorCode::bad_signature, "host request");
  }
  return out;
}

}  // namespace muster::wire
