// The dashboard's files, web/ as it was built, embedded in the program: what a browser asks for
// before it makes any call of the interface. Nothing in them is secret and none needs a token.
#pragma once

#include <span>
#include <string_view>

#include "host/http.h"

namespace muster::host {

// A file as it is sent. All of it lives as long as the program.
struct DashboardFile {
  std::string_view path;  // "/", "/assets/index-B1c2D3e4.js"
  std::string_view type;  // Content-Type
  std::string_view hash;  // of `plain`
  std::string_view plain;
  std::string_view gzip;  // the same, compressed
};

// By path; empty where the program was built without (MUSTER_DASHBOARD=OFF).
[[nodiscard]] std::span<const DashboardFile> dashboard_files();
// Null: there is no such file.
[[nodiscard]] const DashboardFile* find_dashboard_file(std::span<const DashboardFile> files,
                                                       std::string_view path);

// The answer to GET or HEAD of `file`: compressed for whom takes that, 304 to whom has it, with the
// policy that lets a page load and run what this host serves and nothing else. What lies in
// "/assets/" is named by its content and never asked for again, everything else anew each time.
[[nodiscard]] service::Reply dashboard_reply(const DashboardFile& file, const Request& request);

}  // namespace muster::host
