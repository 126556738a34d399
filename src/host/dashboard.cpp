#include "host/dashboard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace muster::host {
namespace {

// Styles and scripts come from files of this host alone; what a client says can be neither, since
// the browser refuses every string as markup (trusted types).
constexpr std::string_view kPolicy =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Vary: Accept-Encoding\r\n";

// Calls `look` with each item of a list with commas, until it says that it has found what it seeks.
template <class Look>
bool any_item(std::string_view list, const Look& look) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (look(trimmed(list.substr(0, comma)))) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// "gzip", "*", with any weight but none.
bool takes_gzip(std::string_view accept_encoding) {
  return any_item(accept_encoding, [](std::string_view item) {
    const auto semicolon = std::min(item.find(';'), item.size());
    const auto name = lower(trimmed(item.substr(0, semicolon)));
    if (name != "gzip" && name != "*") return false;
    const auto weight = trimmed(item.substr(std::min(semicolon + 1, item.size())));
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
  });
}

}  // namespace

const DashboardFile* find_dashboard_file(std::span<const DashboardFile> files,
                                         std::string_view path) {
  const auto at = std::ranges::find(files, path, &DashboardFile::path);
  return at == files.end() ? nullptr : &*at;
}

service::Reply dashboard_reply(const DashboardFile& file, const Request& request) {
  const bool gzip = takes_gzip(request.accept_encoding);
  const auto tag = fmt::format("\"{}{}\"", file.hash, gzip ? "-gzip" : "");
  service::Reply out;
  out.cache_control =
      file.path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
  out.more_headers = fmt::format("{}ETag: {}\r\n", kPolicy, tag);
  const bool has_it = any_item(request.if_none_match, [&](std::string_view item) {
    if (item.starts_with("W/")) item.remove_prefix(2);
    return item == "*" || item == tag;
  });
  if (has_it) {
    out.status = 304;
    out.content_type.clear();
    return out;
  }
  out.content_type = file.type;
  if (gzip) out.more_headers += "Content-Encoding: gzip\r\n";
  out.body = gzip ? file.gzip : file.plain;
  return out;
}

}  // namespace muster::host
