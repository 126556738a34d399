// POST /v1/activations, the answer:
//   activated    true or false
//   count        number, or null where the request did not count (rules 1 and 2)
//   threshold    number, or null under rule 1
//   activation   JWS, only where activated
//   ticket       base64url of 24 bytes, or null
//   retry_after  seconds until the next request
//   error        null, or {"code","title","hint"}
//   time         RFC 3339, the host's
// A problem document (RFC 9457):
// {"type":"urn:muster:error:CODE","title","status","code","detail","hint"}
#include <fmt/format.h>

#include "wire/exchange.h"
#include "wire/json.h"

namespace muster::wire {
namespace {

constexpr std::size_t kAnswerMost = 256 * 1024;
constexpr std::size_t kActivationMost = 64 * 1024;
constexpr std::size_t kCodeMost = 64;
constexpr std::size_t kSentenceMost = 1024;
constexpr std::int64_t kSecondsMost = std::int64_t{100} * 365 * 24 * 3600;

Expected<void> parse_answer(json::Tree& tree, std::string_view body) {
  if (auto ok = tree.parse(body, kAnswerMost); !ok) {
    return fail(ErrorCode::bad_answer, ok.error().sentence());
  }
  return {};
}

}  // namespace

std::string encode_answer(const ActivationAnswer& answer) {
  std::string out;
  out.reserve(384 + (answer.activation ? answer.activation->size() : 0));
  json::Writer writer(out);
  writer.truth("activated", answer.activated);
  const auto number = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
    value ? writer.number(name, *value) : writer.null(name);
  };
  number("count", answer.count);
  number("threshold", answer.threshold);
  if (answer.activation) writer.plain("activation", *answer.activation);
  answer.ticket ? writer.bytes("ticket", *answer.ticket) : writer.null("ticket");
  writer.number("retry_after", answer.retry_after.count());
  if (answer.error) {
    const auto& row = entry(*answer.error);
    json::Writer error(writer.key("error"));
    error.plain("code", row.name).text("title", row.title).text("hint", row.hint).end();
  } else {
    writer.null("error");
  }
  writer.time("time", answer.time);
  writer.end();
  return out;
}

Expected<ActivationAnswer> decode_answer(std::string_view body) {
  static thread_local json::Tree tree;
  if (auto ok = parse_answer(tree, body); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::bad_answer);
  ActivationAnswer out;
  out.activated = claims.truth("activated");
  if (claims.has("count")) out.count = claims.count("count");
  if (claims.has("threshold")) out.threshold = claims.count("threshold");
  if (claims.has("activation")) out.activation = claims.nonempty("activation", kActivationMost);
  if (claims.has("ticket")) out.ticket = claims.bytes<24>("ticket");
  out.retry_after = seconds(claims.number("retry_after", 0, kSecondsMost));
  if (claims.has("error")) {
    auto error = claims.object("error");
    out.error_name = error.nonempty("code", kCodeMost);
    out.error_title = error.text("title", kSentenceMost);
    out.error_hint = error.text("hint", kSentenceMost);
    claims.take(error);
    out.error = error_code(out.error_name);
  }
  out.time = claims.time("time");
  if (out.activated && !out.activation) claims.refuse("activation", "missing");
  if (out.activated == !out.error_name.empty()) {
    claims.refuse("error", out.activated ? "null expected" : "missing");
  }
  if (!claims.ok()) return claims.failure();
  return out;
}

int problem_status(ErrorCode code) {
  const auto status = entry(code).http;
  return status < 400 ? 409 : status;
}

std::string encode_problem(const Error& error) {
  const auto& row = entry(error.code);
  std::string out;
  json::Writer writer(out);
  writer.text("type", fmt::format("urn:muster:error:{}", row.name));
  writer.text("title", row.title)
      .number("status", problem_status(error.code))
      .plain("code", row.name);
  // A detail may quote what a stranger sent.
  writer.text("detail", valid_text(error.detail, kSentenceMost) ? error.detail : "");
  writer.text("hint", row.hint);
  writer.end();
  return out;
}

Error decode_problem(std::string_view body) {
  json::Tree tree;
  if (auto ok = parse_answer(tree, body); !ok) return ok.error();
  json::Claims claims(tree, tree.root(), ErrorCode::bad_answer);
  const auto name = claims.nonempty("code", kCodeMost);
  auto detail = claims.has("detail") ? claims.text("detail", kSentenceMost) : std::string();
  const auto title = claims.has("title") ? claims.text("title", kSentenceMost) : std::string();
  if (!claims.ok()) return claims.failure().error();
  if (const auto code = error_code(name)) return {*code, std::move(detail)};
  return {ErrorCode::bad_answer, fmt::format("{}: {} {}", name, title, detail)};
}

}  // namespace muster::wire
