// Activation: header alg, typ muster-activation+jwt, host_key (the host key document itself).
// Claims:
//   iss    host key id       sub    CMID              aud    product id
//   iat    NumericDate       nbf    clock_skew earlier       exp    the end of validity, later than
//   iat jti    text              nonce  base64url of 16 bytes    facts  {kind: base64url of 16
//   bytes} count, threshold         numbers, count >= threshold renewal_interval_min,
//   retry_interval_min, additional_grace_min, rearm_limit, entitlements log {"epoch","seq","hash":
//   base64url of 16 bytes}
#include <fmt/format.h>

#include "base/ascii.h"
#include "wire/activation_parts.h"

namespace muster::wire {
namespace {

Expected<Activation> read_payload(const Jws& jws) {
  json::Tree tree;
  if (auto ok = parse_payload(tree, jws); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  Activation out;
  out.host_key_id = claims.nonempty("iss", kDocumentIdMost);
  out.cmid = claims.cmid("sub");
  out.product = claims.id("aud");
  out.issued = claims.numeric_date("iat");
  out.not_before = claims.numeric_date("nbf");
  out.expires = claims.numeric_date("exp");
  out.id = claims.nonempty("jti", kDocumentIdMost);
  out.nonce = claims.bytes<16>("nonce");
  out.facts = read_facts(claims, tree);
  out.count = claims.count("count");
  out.threshold = claims.count("threshold");
  out.renewal_interval = claims.duration("renewal_interval_min");
  out.retry_interval = claims.duration("retry_interval_min");
  out.additional_grace = claims.duration("additional_grace_min");
  out.rearm_limit = claims.count("rearm_limit");
  out.entitlements = claims.object_text("entitlements");
  out.log = read_log_place(claims);
  if (!claims.ok()) return claims.failure();
  return out;
}

// A host signs what its vendor allowed and no more: its owner holds the key and could sign
// anything.
Expected<void> check_terms(const Activation& activation, const Policy& policy) {
  const auto refuse = [](std::string detail) {
    return fail(ErrorCode::wrong_policy, std::move(detail));
  };
  if (activation.threshold != policy.threshold || activation.count < policy.threshold) {
    return refuse(fmt::format("count {} of {}, and the policy's threshold is {}", activation.count,
                              activation.threshold, policy.threshold));
  }
  if (activation.expires <= activation.issued ||
      activation.expires - activation.issued > policy.validity) {
    return refuse("exp: the policy's validity does not allow it");
  }
  if (activation.not_before > activation.issued ||
      activation.issued - activation.not_before > policy.clock_skew) {
    return refuse("nbf: the policy's clock_skew does not allow it");
  }
  if (activation.renewal_interval != policy.renewal_interval ||
      activation.retry_interval != policy.retry_interval ||
      activation.additional_grace != policy.additional_grace ||
      activation.rearm_limit != policy.rearm_limit) {
    return refuse("an interval, a grace or rearm_limit is not the policy's");
  }
  if (activation.entitlements != policy.entitlements) {
    return refuse("entitlements: not the policy's");
  }
  return {};
}

}  // namespace

void take_terms(Activation& activation, const Policy& policy) {
  activation.not_before = activation.issued - policy.clock_skew;
  activation.expires = activation.issued + policy.validity;
  activation.threshold = policy.threshold;
  activation.renewal_interval = policy.renewal_interval;
  activation.retry_interval = policy.retry_interval;
  activation.additional_grace = policy.additional_grace;
  activation.rearm_limit = policy.rearm_limit;
  activation.entitlements = policy.entitlements;
}

PreparedHeader activation_header(std::string_view host_key_text) {
  std::string out;
  json::Writer writer(out);
  writer.plain("alg", "ES256").plain("typ", kTypActivation).plain("host_key", host_key_text);
  writer.end();
  return PreparedHeader(out);
}

Expected<std::string> sign_activation(const Activation& activation, const PreparedHeader& header,
                                      Signer& host) {
  static thread_local std::string payload;
  payload.clear();
  json::Writer writer(payload);
  writer.plain("iss", activation.host_key_id).cmid("sub", activation.cmid);
  writer.plain("aud", activation.product).date("iat", activation.issued);
  writer.date("nbf", activation.not_before).date("exp", activation.expires);
  writer.text("jti", activation.id).bytes("nonce", activation.nonce);
  append_facts(writer.key("facts"), activation.facts);
  writer.number("count", activation.count).number("threshold", activation.threshold);
  writer.duration("renewal_interval_min", activation.renewal_interval);
  writer.duration("retry_interval_min", activation.retry_interval);
  writer.duration("additional_grace_min", activation.additional_grace);
  writer.number("rearm_limit", activation.rearm_limit);
  writer.raw("entitlements", activation.entitlements);
  append_log_place(writer.key("log"), activation.log);
  writer.end();
  return header.sign(host, payload);
}

Expected<VerifiedActivation> verify_activation(std::string_view text, const ProductFile& product) {
  std::optional<HostKey> none;
  return verify_activation(text, product, none);
}

Expected<VerifiedActivation> verify_activation(std::string_view text, const ProductFile& product,
                                               std::optional<HostKey>& known) {
  const auto jws = parse_jws(trimmed(text), kTypActivation);
  if (!jws) return std::unexpected(jws.error());
  auto key = proving_host_key(*jws, product, known);
  if (!key) return std::unexpected(key.error());
  auto out = read_payload(*jws);
  if (!out) return std::unexpected(out.error());
  if (auto ok = check_source({out->product, out->host_key_id, out->issued}, product, *key); !ok) {
    return std::unexpected(ok.error());
  }
  if (auto ok = check_terms(*out, key->policy); !ok) return std::unexpected(ok.error());
  return VerifiedActivation{std::move(*out), std::move(*key)};
}

Expected<void> check_times(const Activation& activation, Instant now) {
  if (now < activation.not_before) {
    return fail(ErrorCode::not_yet_valid, "from " + format_time(activation.not_before));
  }
  if (now >= activation.expires) {
    return fail(ErrorCode::activation_expired, "at " + format_time(activation.expires));
  }
  return {};
}

}  // namespace muster::wire
