// Checkpoint: header alg, typ muster-checkpoint+jwt, kid (the host key's thumbprint). Claims:
//   iss           thumbprint of the host's key     epoch, seq   numbers
//   hash          base64url of 32 bytes: the chain's at seq
//   previous_seq  the checkpoint before, 0: none   previous     base64url of SHA-256 of its text,
//   zeros: none iat           NumericDate
#include "wire/claims.h"
#include "wire/documents.h"

namespace muster::wire {

Expected<std::string> sign_checkpoint(const Checkpoint& checkpoint, Signer& host) {
  std::string payload;
  json::Writer writer(payload);
  writer.plain("iss", checkpoint.host).number("epoch", checkpoint.epoch);
  writer.number("seq", static_cast<std::int64_t>(checkpoint.seq)).bytes("hash", checkpoint.hash);
  writer.number("previous_seq", static_cast<std::int64_t>(checkpoint.previous_seq));
  writer.bytes("previous", checkpoint.previous).date("iat", checkpoint.issued);
  writer.end();
  return sign_jws(host, document_header(kTypCheckpoint, host.public_key().thumbprint()), payload);
}

Expected<Checkpoint> verify_checkpoint(std::string_view text, const PublicKey& host) {
  const auto jws = parse_jws(text, kTypCheckpoint);
  if (!jws) return std::unexpected(jws.error());
  if (!host.verifies(jws->signed_text, jws->signature)) {
    return fail(ErrorCode::bad_signature, "checkpoint");
  }
  json::Tree tree;
  if (auto ok = parse_payload(tree, *jws); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  Checkpoint out;
  out.host = claims.thumbprint("iss");
  out.epoch = claims.count("epoch");
  out.seq = claims.place("seq");
  out.hash = claims.bytes<32>("hash");
  out.previous_seq = claims.place("previous_seq");
  out.previous = claims.bytes<32>("previous");
  out.issued = claims.numeric_date("iat");
  if (claims.ok() && out.host != host.thumbprint()) claims.refuse("iss", "another host's");
  if (claims.ok() && out.previous_seq >= out.seq) {
    claims.refuse("previous_seq", "earlier than seq expected");
  }
  if (!claims.ok()) return claims.failure();
  return out;
}

}  // namespace muster::wire
