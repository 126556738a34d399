#include "load/scan.h"

#include <fmt/format.h>

#include <charconv>

namespace muster::load {
namespace {

// The text after `key`, or nothing. The search begins at `from`.
std::optional<std::string_view> after(std::string_view body, std::string_view key,
                                      std::size_t from) {
  const auto at = body.find(key, from);
  if (at == std::string_view::npos) return std::nullopt;
  return body.substr(at + key.size());
}

std::optional<std::uint32_t> number_at(std::optional<std::string_view> text) {
  std::uint32_t out = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error != std::errc{}) return std::nullopt;
  return out;
}

// The text of a string without escapes, from after its opening quote.
std::string_view string_at(std::optional<std::string_view> text) {
  if (!text) return {};
  const auto end = text->find('"');
  return end == std::string_view::npos ? std::string_view{} : text->substr(0, end);
}

bool has(std::string_view payload, std::string_view key, std::string_view value) {
  const auto text = after(payload, key, 0);
  return text && text->starts_with(value) && text->substr(value.size()).starts_with('"');
}

}  // namespace

std::optional<Scanned> scan_answer(std::string_view body) {
  const auto activated = after(body, "\"activated\":", 0);
  if (!activated) return std::nullopt;
  Scanned out;
  out.activated = activated->starts_with("true");
  out.count = number_at(after(body, "\"count\":", 0));
  out.threshold = number_at(after(body, "\"threshold\":", 0));
  out.activation = string_at(after(body, "\"activation\":\"", 0));
  // The activation is most of the body and holds no quote: the search for the ticket begins behind
  // it.
  const auto behind = out.activation.empty() ? 0 : out.activation.end() - body.begin();
  out.ticket = string_at(after(body, "\"ticket\":\"", static_cast<std::size_t>(behind)));
  if (out.ticket.empty() && behind != 0) out.ticket = string_at(after(body, "\"ticket\":\"", 0));
  return out;
}

bool activation_names(std::string_view activation, std::string_view cmid, std::string_view nonce,
                      std::uint32_t count) {
  const auto first = activation.find('.');
  if (first == std::string_view::npos) return false;
  const auto second = activation.find('.', first + 1);
  if (second == std::string_view::npos) return false;
  const auto bytes = from_base64url(activation.substr(first + 1, second - first - 1));
  if (!bytes) return false;
  const std::string_view payload = *bytes;
  return has(payload, "\"sub\":\"", cmid) && has(payload, "\"nonce\":\"", nonce) &&
         number_at(after(payload, "\"count\":", 0)) == count;
}

}  // namespace muster::load
