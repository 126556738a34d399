#include "cli/lab_shared.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/file.h"
#include "lab/output.h"

namespace muster::cli {
namespace {

constexpr int kBar = 40;

}  // namespace

LabBar::~LabBar() {
  if (shown_ >= 0) shell_.err << "\r\x1b[K" << std::flush;
}

void LabBar::show(double part) {
  const int full = static_cast<int>(std::clamp(part, 0.0, 1.0) * kBar);
  if (!shell_.err_is_terminal || full == shown_) return;
  shown_ = full;
  shell_.err << "\r[" << std::string(static_cast<std::size_t>(full), '#')
             << std::string(static_cast<std::size_t>(kBar - full), ' ') << "]" << std::flush;
}

Expected<std::vector<std::string>> write_outcome(const lab::Outcome& outcome, const LabFiles& more,
                                                 const std::optional<std::string>& directory,
                                                 const std::string& command) {
  std::vector<std::string> out;
  if (!directory) return out;
  std::error_code wrong;
  std::filesystem::create_directories(*directory, wrong);
  if (wrong) {
    return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", *directory, wrong.message()));
  }
  auto files = lab::csv_of(outcome);
  files.emplace_back("index.html", lab::page_of(outcome, command));
  files.insert(files.end(), more.begin(), more.end());
  for (const auto& [name, text] : files) {
    const auto file = std::filesystem::path(*directory) / name;
    if (auto written = write_file(file, text); !written) return std::unexpected(written.error());
    out.push_back(file.string());
  }
  return out;
}

std::string shell_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_./").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace muster::cli
