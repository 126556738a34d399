// header    {"alg":"ES256","typ":"...", ...}   alg first and typ second where we write it; any
// order is read signature r | s, each 32 bytes, big-endian; both a low and a high s are accepted
// (RFC 7518 section 3.4)
#include "wire/jws.h"

#include <fmt/format.h>

#include "wire/json.h"

namespace muster::wire {
namespace {

constexpr std::size_t kCompactMost = 64 * 1024;

Expected<void> check_header(std::string_view header, std::string_view typ) {
  static thread_local json::Tree tree;
  if (auto ok = tree.parse(header, kCompactMost); !ok) {
    return fail(ErrorCode::document_malformed, "header: " + ok.error().sentence());
  }
  if (tree.root().kind != json::Kind::object) {
    return fail(ErrorCode::document_malformed, "header: a JSON object expected");
  }
  const auto* alg = tree.find(tree.root(), "alg");
  if (alg == nullptr || alg->kind != json::Kind::string || alg->text != "ES256") {
    const bool said = alg != nullptr && valid_text(alg->text, 32);
    return fail(ErrorCode::wrong_algorithm, said ? fmt::format("alg is '{}'", alg->text) : "");
  }
  const auto* found = tree.find(tree.root(), "typ");
  if (found == nullptr || found->kind != json::Kind::string || found->text != typ) {
    const bool said = found != nullptr && valid_text(found->text, 64);
    return fail(ErrorCode::wrong_type,
                fmt::format("typ is '{}', and '{}' is expected", said ? found->text : "", typ));
  }
  // RFC 7515 section 4.1.11: whoever does not understand an extension that is critical must refuse.
  if (tree.find(tree.root(), "crit") != nullptr) {
    return fail(ErrorCode::document_malformed, "header: crit is not understood");
  }
  return {};
}

Expected<std::string> decoded(std::string_view part, std::string_view name) {
  auto out = from_base64url(part);
  if (!out) return fail(ErrorCode::document_malformed, fmt::format("{}: not base64url", name));
  return std::move(*out);
}

}  // namespace

Expected<Jws> parse_jws(std::string_view compact, std::string_view typ) {
  if (compact.size() > kCompactMost) {
    return fail(ErrorCode::document_malformed,
                fmt::format("{} bytes, and {} are the most", compact.size(), kCompactMost));
  }
  if (compact.starts_with("-----BEGIN ")) return fail(ErrorCode::key_not_document);
  const auto first = compact.find('.');
  const auto second = first == compact.npos ? first : compact.find('.', first + 1);
  if (second == compact.npos || compact.find('.', second + 1) != compact.npos) {
    return fail(ErrorCode::document_malformed, "three parts with a dot between them expected");
  }
  auto header = decoded(compact.substr(0, first), "header");
  if (!header) return std::unexpected(header.error());
  if (auto ok = check_header(*header, typ); !ok) return std::unexpected(ok.error());
  auto payload = decoded(compact.substr(first + 1, second - first - 1), "payload");
  if (!payload) return std::unexpected(payload.error());
  const auto signature = array_from_base64url<64>(compact.substr(second + 1));
  if (!signature) {
    return fail(ErrorCode::document_malformed, "signature: base64url of 64 bytes expected");
  }
  return Jws{std::move(*header), std::move(*payload), *signature, compact.substr(0, second)};
}

PreparedHeader::PreparedHeader(std::string_view header_json)
    : text_(base64url(as_bytes(header_json)) + '.') {
  hashed_.add(as_bytes(text_));
}

Expected<std::string> PreparedHeader::sign(Signer& signer, std::string_view payload_json) const {
  std::string out;
  constexpr std::size_t kSignatureAndDot = 87;
  out.reserve(text_.size() + payload_json.size() * 4 / 3 + kSignatureAndDot + 4);
  out.append(text_);
  append_base64url(out, as_bytes(payload_json));
  auto whole = hashed_;
  whole.add(as_bytes(out).subspan(text_.size()));
  const auto signature = signer.sign_digest(whole.digest());
  if (!signature) return std::unexpected(signature.error());
  out.push_back('.');
  append_base64url(out, *signature);
  return out;
}

Expected<std::string> sign_jws(Signer& signer, std::string_view header_json,
                               std::string_view payload_json) {
  return PreparedHeader(header_json).sign(signer, payload_json);
}

}  // namespace muster::wire
