// How the files of vectors are written, and what every document is refused for alike.
#pragma once

#include <fmt/format.h>
#include <openssl/evp.h>

#include <fstream>
#include <functional>

#include "base/digest.h"
#include "wire/json.h"
#include "wire/sample.h"

namespace muster::wire {

using Edit = std::function<void(std::string&)>;

// One JSON object a line, in a list under `name`.
class List {
 public:
  explicit List(std::string_view name) : text_(fmt::format("\"{}\":[", name)) {}
  json::Writer add() {
    text_ += first_ ? "\n" : ",\n";
    first_ = false;
    return json::Writer(text_);
  }
  [[nodiscard]] std::string text() const { return text_ + "\n]"; }

 private:
  std::string text_;
  bool first_ = true;
};

inline void save(const std::string& path, const std::vector<std::string>& members) {
  std::ofstream out(path);
  out << "{\n";
  for (const auto& member : members) out << member << (&member == &members.back() ? "\n" : ",\n");
  out << "}\n";
}

inline std::string member(std::string_view name, std::string_view value) {
  std::string out = fmt::format("\"{}\":", name);
  json::append_string(out, value);
  return out;
}

inline Edit replace(const std::string& from, const std::string& to) {
  return [from, to](std::string& text) {
    const auto at = text.find(from);
    if (at == text.npos) throw std::runtime_error("not there: " + from);
    text.replace(at, from.size(), to);
  };
}

inline const Edit kAsItIs = [](std::string&) {};

// A good document and who signs it; from it the bad ones are made.
struct Document {
  std::string_view kind, typ;
  std::string text;
  const PrivateKey* key;

  [[nodiscard]] std::string header() const { return parse_jws(text, typ)->header; }
  [[nodiscard]] std::string payload() const { return parse_jws(text, typ)->payload; }
  [[nodiscard]] std::string edited(const Edit& header_edit, const Edit& payload_edit) const {
    auto head = header();
    auto body = payload();
    header_edit(head);
    payload_edit(body);
    return sign_jws(*key->signer(), head, body).value();
  }
  [[nodiscard]] std::string unsigned_text(std::string_view alg) const {
    auto head = header();
    replace("ES256", std::string(alg))(head);
    return base64url(as_bytes(head)) + "." + base64url(as_bytes(payload()));
  }
};

inline std::string edwards(std::string_view text) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::array<std::uint8_t, 64> signature{};
  std::size_t size = signature.size();
  const bool done =
      EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1 &&
      EVP_DigestSign(context, signature.data(), &size, as_bytes(text).data(), text.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  if (!done) throw std::runtime_error("Ed25519");
  return base64url(signature);
}

class Documents {
 public:
  void add(std::string_view name, std::string_view kind, std::string_view text,
           std::string_view expect, std::string_view why) {
    auto writer = list_.add();
    writer.text("name", name).text("document", kind).text("expect", expect).text("why", why);
    writer.text("text", text);
    writer.end();
  }

  // What is refused of every document alike.
  void add_refusals(const Document& good, std::string_view number_claim) {
    const auto bad = [&](std::string_view name, std::string_view text, std::string_view expect,
                         std::string_view why) {
      add(fmt::format("{}: {}", good.kind, name), good.kind, text, expect, why);
    };
    const auto none = good.unsigned_text("none");
    bad("alg none", none + ".", "wrong_algorithm", "no signature at all");
    const auto hs = good.unsigned_text("HS256");
    const auto mac = hmac_sha256(as_bytes(good.key->public_key().jwk()), as_bytes(hs));
    bad("alg HS256", hs + "." + base64url(mac), "wrong_algorithm",
        "HMAC under the signer's public JWK");
    const auto eddsa = good.unsigned_text("EdDSA");
    bad("alg EdDSA", eddsa + "." + edwards(eddsa), "wrong_algorithm", "a true Ed25519 signature");
    bad("another typ", good.edited(replace(std::string(good.typ), "JWT"), kAsItIs), "wrong_type",
        "typ is exact");
    bad("crit", good.edited(replace("{", R"({"crit":["exp"],)"), kAsItIs), "document_malformed",
        "no extension is understood");
    bad("alg twice", good.edited(replace("{", R"({"alg":"none",)"), kAsItIs), "document_malformed",
        "a repeated member");
    const auto value = fmt::format(R"("{}":)", number_claim);
    bad("claim twice", good.edited(kAsItIs, replace(value, value + "1," + value)),
        "document_malformed", "a repeated member");
    bad("claim missing", good.edited(kAsItIs, replace(value, "\"x\":")), "missing_claim",
        fmt::format("no {}", number_claim));
    bad("claim a text", good.edited(kAsItIs, replace(value, value + "\"1\",\"x\":")),
        "missing_claim", fmt::format("{} is a string", number_claim));
    bad("claim a fraction", good.edited(kAsItIs, replace(value, value + "1.5,\"x\":")),
        "missing_claim", fmt::format("{} is not whole", number_claim));
    bad("padded", good.text + "==", "document_malformed", "base64 with padding");
    bad("cut", good.text.substr(0, good.text.size() - 20), "document_malformed", "15 bytes short");
    bad("two parts", good.text.substr(0, good.text.rfind('.')), "document_malformed",
        "no signature part");
    auto changed = good.text;
    changed[changed.size() - 40] = changed[changed.size() - 40] == 'A' ? 'B' : 'A';
    bad("changed signature", changed, "bad_signature", "one character of it");
    const auto stranger = PrivateKey::generate().value();
    auto forged = good;
    forged.key = &stranger;
    bad("signed by a stranger", forged.edited(kAsItIs, kAsItIs), "bad_signature",
        "the right kid, another key");
  }

  [[nodiscard]] std::string text() const { return list_.text(); }

 private:
  List list_{"vectors"};
};

}  // namespace muster::wire
