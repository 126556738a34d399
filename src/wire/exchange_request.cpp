// POST /v1/activations, the body (unknown members are ignored, null is absent where a member may be
// absent):
//   product       id
//   vendor        thumbprint, may be absent
//   cmid          UUID
//   nonce         base64url of 16 bytes
//   ticket        base64url of 24 bytes, may be absent
//   facts         {kind: base64url of 16 bytes}, at most 8, may be absent
//   generation    text, at most 64 bytes, may be absent
//   time          RFC 3339
//   name          text, at most 255 bytes, may be absent
//   virtual       true or false, may be absent
//   state         0 to 6, may be absent (0)
//   minutes_left  0 to 52,560,000 (100 years), may be absent (0)
#include <fmt/format.h>

#include "wire/exchange.h"
#include "wire/json.h"

namespace muster::wire {
namespace {

constexpr std::size_t kGenerationMost = 64;
constexpr std::int64_t kMinutesMost = std::int64_t{100} * 365 * 24 * 60;

// Which members a request must have.
enum Must : unsigned { has_product = 1, has_cmid = 2, has_nonce = 4, has_time = 8, has_all = 15 };

using json::Kind;
using json::Value;

// The members in one pass, each by its name: half the time of looking each name up.
class RequestReader {
 public:
  explicit RequestReader(const json::Tree& tree) : tree_(tree) {}

  Expected<ActivationRequest> read() {
    if (tree_.root().kind != Kind::object) {
      return fail(ErrorCode::malformed_request, "a JSON object expected");
    }
    for (const Value* at = tree_.first(tree_.root()); at != nullptr; at = tree_.next(*at)) {
      if (const auto expected = member(*at); !expected.empty()) {
        return fail(ErrorCode::malformed_request,
                    fmt::format("{}: {} expected", at->key, expected));
      }
    }
    if (must_ != has_all) {
      const auto* missing = (must_ & has_product) == 0 ? "product"
                            : (must_ & has_cmid) == 0  ? "cmid"
                            : (must_ & has_nonce) == 0 ? "nonce"
                                                       : "time";
      return fail(ErrorCode::malformed_request, fmt::format("{}: missing", missing));
    }
    return std::move(out_);
  }

 private:
  // What was expected of the member instead of what is there; empty: it is read, or not known.
  std::string_view member(const Value& value) {
    const auto name = value.key;
    if (name == "product") return product(value);
    if (name == "cmid") return cmid(value);
    if (name == "nonce") return nonce(value);
    if (name == "time") return time(value);
    if (value.kind == Kind::null) return {};
    if (name == "ticket") return bytes(value, out_.ticket.emplace(), "base64url of 24 bytes");
    if (name == "facts") return facts(value);
    if (name == "name") return text(value, out_.name, kNameMost, "text of at most 255 bytes");
    if (name == "virtual") return truth(value);
    if (name == "state") return state(value);
    if (name == "minutes_left") return minutes_left(value);
    if (name == "vendor") return vendor(value);
    if (name == "generation") {
      return text(value, out_.generation.emplace(), kGenerationMost, "text of at most 64 bytes");
    }
    return {};
  }

  std::string_view product(const Value& value) {
    if (value.kind != Kind::string || !valid_id(value.text)) return "a product's id";
    out_.product = value.text;
    must_ |= has_product;
    return {};
  }
  std::string_view vendor(const Value& value) {
    if (value.kind != Kind::string || !array_from_base64url<32>(value.text)) {
      return "a vendor's id of 43 characters";
    }
    out_.vendor = value.text;
    return {};
  }
  std::string_view cmid(const Value& value) {
    const auto parsed = value.kind == Kind::string ? Cmid::parse(value.text) : std::nullopt;
    if (!parsed) return "a UUID that is not nil";
    out_.cmid = *parsed;
    must_ |= has_cmid;
    return {};
  }
  std::string_view nonce(const Value& value) {
    must_ |= has_nonce;
    return bytes(value, out_.nonce, "base64url of 16 bytes");
  }
  std::string_view time(const Value& value) {
    const auto parsed = value.kind == Kind::string ? parse_time(value.text) : std::nullopt;
    if (!parsed) return "a time like 2026-01-05T08:00:00Z";
    out_.time = *parsed;
    must_ |= has_time;
    return {};
  }
  std::string_view facts(const Value& value) {
    if (value.kind != Kind::object) return "an object of kinds";
    for (const Value* fact = tree_.first(value); fact != nullptr; fact = tree_.next(*fact)) {
      Bytes16 hash{};
      if (!bytes(*fact, hash, "x").empty() || !out_.facts.add(std::string(fact->key), hash)) {
        return "at most 8 kinds of [a-z0-9_]{1,32} with base64url of 16 bytes each";
      }
    }
    return {};
  }
  std::string_view truth(const Value& value) {
    if (value.kind != Kind::boolean) return "true or false";
    out_.is_virtual = value.truth;
    return {};
  }
  std::string_view state(const Value& value) {
    if (value.kind != Kind::integer || value.integer < 0 || value.integer >= kLicenceStates) {
      return "a licence state of 0 to 6";
    }
    out_.state = static_cast<LicenceState>(value.integer);
    return {};
  }
  std::string_view minutes_left(const Value& value) {
    if (value.kind != Kind::integer || value.integer < 0 || value.integer > kMinutesMost) {
      return "0 to 52560000 minutes";
    }
    out_.minutes_left = value.integer;
    return {};
  }
  static std::string_view text(const Value& value, std::string& to, std::size_t most,
                               std::string_view expected) {
    if (value.kind != Kind::string || !valid_text(value.text, most)) return expected;
    to = value.text;
    return {};
  }
  template <std::size_t N>
  static std::string_view bytes(const Value& value, std::array<std::uint8_t, N>& to,
                                std::string_view expected) {
    if (value.kind != Kind::string) return expected;
    const auto parsed = array_from_base64url<N>(value.text);
    if (!parsed) return expected;
    to = *parsed;
    return {};
  }

  const json::Tree& tree_;
  ActivationRequest out_;
  unsigned must_ = 0;
};

}  // namespace

Expected<ActivationRequest> decode_request(std::string_view body) {
  static thread_local json::Tree tree;
  if (auto ok = tree.parse(body, kBodyMost); !ok) {
    const bool repeated = ok.error().code == ErrorCode::repeated_member;
    return fail(repeated ? ErrorCode::repeated_member : ErrorCode::malformed_request,
                std::move(ok.error().detail));
  }
  return RequestReader(tree).read();
}

std::string encode_request(const ActivationRequest& request) {
  std::string out;
  out.reserve(512);
  json::Writer writer(out);
  writer.text("product", request.product);
  if (request.vendor) writer.text("vendor", *request.vendor);
  writer.cmid("cmid", request.cmid).bytes("nonce", request.nonce);
  if (request.ticket) writer.bytes("ticket", *request.ticket);
  if (!request.facts.empty()) {
    json::Writer facts(writer.key("facts"));
    for (const auto& fact : request.facts) facts.bytes(fact.kind, fact.value);
    facts.end();
  }
  if (request.generation) writer.text("generation", *request.generation);
  writer.time("time", request.time);
  if (!request.name.empty()) writer.text("name", request.name);
  if (request.is_virtual) writer.truth("virtual", *request.is_virtual);
  writer.number("state", static_cast<int>(request.state));
  writer.number("minutes_left", request.minutes_left);
  writer.end();
  return out;
}

}  // namespace muster::wire
