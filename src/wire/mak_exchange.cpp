// POST /v1/mak-activations, the body (unknown members are ignored, null is absent where a member
// may be absent):
//   product      id                             vendor      thumbprint, may be absent
//   key          base64url of 32 bytes: the key's secret    cmid        UUID
//   nonce        base64url of 16 bytes          facts       {kind: base64url of 16 bytes}, 1 to 8
//   time         RFC 3339                       name        text of at most 255 bytes, may be
//   absent activation   JWS, may be absent             look        true or false, may be absent
// and the answer:
//   activated    true or false
//   place        number, or null                limit, used   numbers, or null: no such key
//   activation   JWS, where activated, but not under look
//   error        null, or {"code","title","hint"}             time   RFC 3339, the host's
#include "wire/mak_exchange.h"

#include "wire/activation_parts.h"
#include "wire/exchange.h"

namespace muster::wire {
namespace {

constexpr std::size_t kAnswerMost = 256 * 1024;
constexpr std::size_t kSentenceMost = 1024;

}  // namespace

Expected<MakRequest> decode_mak_request(std::string_view body) {
  json::Tree tree;
  if (auto ok = tree.parse(body, kMakBodyMost); !ok) {
    const bool repeated = ok.error().code == ErrorCode::repeated_member;
    return fail(repeated ? ErrorCode::repeated_member : ErrorCode::malformed_request,
                std::move(ok.error().detail));
  }
  json::Claims claims(tree, tree.root(), ErrorCode::malformed_request);
  MakRequest out;
  out.product = claims.id("product");
  if (claims.has("vendor")) out.vendor = claims.thumbprint("vendor");
  out.secret = claims.bytes<32>("key");
  out.cmid = claims.cmid("cmid");
  out.nonce = claims.bytes<16>("nonce");
  out.facts = read_facts(claims, tree);
  if (out.facts.empty()) claims.refuse("facts", "at least one expected");
  out.time = claims.time("time");
  if (claims.has("name")) out.name = claims.text("name", kNameMost);
  if (claims.has("activation")) out.activation = claims.nonempty("activation", kMakBodyMost);
  if (claims.has("look")) out.look = claims.truth("look");
  if (!claims.ok()) return claims.failure();
  return out;
}

std::string encode_mak_request(const MakRequest& request) {
  std::string out;
  json::Writer writer(out);
  writer.text("product", request.product);
  if (request.vendor) writer.text("vendor", *request.vendor);
  writer.bytes("key", request.secret).cmid("cmid", request.cmid).bytes("nonce", request.nonce);
  append_facts(writer.key("facts"), request.facts);
  writer.time("time", request.time);
  if (!request.name.empty()) writer.text("name", request.name);
  if (request.activation) writer.text("activation", *request.activation);
  if (request.look) writer.truth("look", true);
  writer.end();
  return out;
}

std::string encode_mak_answer(const MakAnswer& answer) {
  std::string out;
  json::Writer writer(out);
  const auto number = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
    value ? writer.number(name, *value) : writer.null(name);
  };
  writer.truth("activated", answer.activated);
  number("place", answer.place);
  number("limit", answer.limit);
  number("used", answer.used);
  if (answer.activation) writer.plain("activation", *answer.activation);
  if (answer.error) {
    const auto& row = entry(*answer.error);
    const std::string_view hint = answer.vendor_hint;
    json::Writer error(writer.key("error"));
    error.plain("code", row.name).text("title", row.title);
    error.text("hint", hint.empty() ? row.hint : hint).end();
  } else {
    writer.null("error");
  }
  writer.time("time", answer.time);
  writer.end();
  return out;
}

Expected<MakAnswer> decode_mak_answer(std::string_view body) {
  json::Tree tree;
  if (auto ok = tree.parse(body, kAnswerMost); !ok) {
    return fail(ErrorCode::bad_answer, ok.error().sentence());
  }
  json::Claims claims(tree, tree.root(), ErrorCode::bad_answer);
  MakAnswer out;
  out.activated = claims.truth("activated");
  if (claims.has("place")) out.place = claims.count("place");
  if (claims.has("limit")) out.limit = claims.count("limit");
  if (claims.has("used")) out.used = claims.count("used");
  if (claims.has("activation")) out.activation = claims.nonempty("activation", kDocumentMost);
  if (claims.has("error")) {
    auto error = claims.object("error");
    out.error_name = error.nonempty("code", kDocumentIdMost);
    out.error_title = error.text("title", kSentenceMost);
    out.error_hint = error.text("hint", kSentenceMost);
    claims.take(error);
    out.error = error_code(out.error_name);
  }
  out.time = claims.time("time");
  if (out.activated && !out.place) claims.refuse("place", "missing");
  if (out.activated == !out.error_name.empty()) {
    claims.refuse("error", out.activated ? "null expected" : "missing");
  }
  if (!claims.ok()) return claims.failure();
  return out;
}

}  // namespace muster::wire
