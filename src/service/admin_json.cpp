#include "service/admin_json.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/csv.h"
#include "base/shown.h"
#include "core/evidence.h"

namespace muster::service {

const std::string* AdminRequest::find(std::string_view name) const {
  const auto at = std::ranges::find(
      query, name, [](const auto& pair) -> std::string_view { return pair.first; });
  return at == query.end() ? nullptr : &at->second;
}

Expected<void> parse_body(json::Tree& tree, std::string_view body) {
  auto done = tree.parse(body, kActBodyMost);
  if (done) return done;
  const bool repeated = done.error().code == ErrorCode::repeated_member;
  return fail(repeated ? ErrorCode::repeated_member : ErrorCode::malformed_request,
              done.error().detail);
}

Expected<std::size_t> limit_of(const AdminRequest& request, std::size_t otherwise) {
  const auto* text = request.find("limit");
  if (text == nullptr) return otherwise;
  const auto limit = whole_number<std::size_t>(*text);
  if (limit && *limit >= 1 && *limit <= 1000) return *limit;
  return fail(ErrorCode::malformed_request, "limit: a number from 1 to 1000 expected");
}

std::string any_of(std::span<const std::string_view> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out.append(i + 1 == names.size() ? " or " : ", ");
    out.append(names[i]);
  }
  return out;
}

Expected<std::optional<LicenceState>> state_in(const AdminRequest& request) {
  std::vector<std::string_view> names;
  names.reserve(kLicenceStates);
  for (int i = 0; i < kLicenceStates; ++i) names.push_back(name_of(static_cast<LicenceState>(i)));
  const auto read = [&](std::string_view text) -> std::optional<LicenceState> {
    const auto at = std::ranges::find(names, text);
    if (at == names.end()) return std::nullopt;
    return static_cast<LicenceState>(at - names.begin());
  };
  return parameter<LicenceState>(request, "state", any_of(names), read);
}

Expected<std::optional<core::Evidence>> evidence_in(const AdminRequest& request) {
  std::vector<std::string_view> names;
  names.reserve(core::kEvidences);
  for (int i = 1; i <= core::kEvidences; ++i) {
    names.push_back(core::name_of(static_cast<core::Evidence>(i)));
  }
  const auto read = [](std::string_view text) { return core::evidence_of(text); };
  return parameter<core::Evidence>(request, "evidence", any_of(names), read);
}

Expected<bool> wants_csv(const AdminRequest& request) {
  const auto* format = request.find("format");
  if (format == nullptr) return request.accept.find("text/csv") != std::string_view::npos;
  if (*format == "csv") return true;
  if (*format == "json") return false;
  return fail(ErrorCode::malformed_request, "format: json or csv expected");
}

std::string csv_line(std::span<const std::string> fields) {
  std::string out;
  for (const auto& field : fields) {
    if (&field != &fields.front()) out.push_back(',');
    append_csv_field(out, escaped_text(field));
  }
  return out + "\r\n";
}

Reply csv_reply(std::span<const std::string_view> columns, std::string_view file) {
  return {
      .content_type = "text/csv; charset=utf-8; header=present",
      .body = fmt::format("{}\r\n", fmt::join(columns, ",")),
      .more_headers = fmt::format("Content-Disposition: attachment; filename=\"{}\"\r\n", file)};
}

std::string cursor_of(core::EventPlace place) {
  if (place.host == 0) return fmt::format("{}-{}", place.epoch, place.seq);
  return fmt::format("{}-{}-{}", place.epoch, place.seq, place.host);
}

Expected<core::EventPlace> place_of(std::string_view name, std::string_view cursor) {
  const auto dash = cursor.find('-');
  const auto second = dash == std::string_view::npos ? dash : cursor.find('-', dash + 1);
  if (dash != std::string_view::npos) {
    const auto epoch = whole_number<std::uint32_t>(cursor.substr(0, dash));
    const auto seq = whole_number<std::uint64_t>(cursor.substr(dash + 1, second - dash - 1));
    const bool other = second != std::string_view::npos;
    const auto host =
        other ? whole_number<std::uint32_t>(cursor.substr(second + 1)) : std::optional(0U);
    const bool good = epoch && seq && host && *epoch > 0 && *seq <= INT64_MAX;
    if (good && *host <= INT32_MAX && (*host > 0 || !other)) {
      return core::EventPlace{*epoch, *seq, *host};
    }
  }
  return fail(ErrorCode::malformed_request,
              fmt::format("{}: an event's place expected, EPOCH-SEQ such as 1-2041", name));
}

void write_log_reach(json::Writer& writer, HostService& service, const store::ChainHead& head) {
  const auto place = [&](std::string_view name, core::EventPlace at) {
    at.seq == 0 ? writer.null(name) : writer.plain(name, cursor_of(at));
  };
  const auto digested = service.digested();
  place("newest", {head.epoch, head.seq});
  place("checkpoint", {head.epoch, head.checkpoint_seq});
  place("verified", digested.at);
  if (digested.at.seq == 0) {
    writer.null("verified_at");
  } else {
    writer.time("verified_at", digested.checked);
  }
  place("broken", digested.broken.value_or(core::EventPlace{}));
}

std::optional<std::string> value_of(HostService& service, const Bytes16& hash) {
  if (hash == Bytes16{}) return std::nullopt;
  auto value = service.store().name(hash);
  return value ? std::move(*value) : std::nullopt;
}

void write_value(json::Writer& writer, std::string_view name,
                 const std::optional<std::string>& value) {
  if (value) {
    writer.text(name, *value);
  } else {
    writer.null(name);
  }
}

}  // namespace muster::service
