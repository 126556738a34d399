#include "cli/host_settings.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "cli/files.h"

namespace muster::cli {
namespace {

// The table of settings as options. The texts that the options point to live as long as the
// program.
std::vector<Option> setting_options() {
  static std::deque<std::string> texts;
  const auto keep = [](std::string text) -> std::string_view {
    return texts.emplace_back(std::move(text));
  };
  std::vector<Option> out{{.name = "config",
                           .kind = Kind::file,
                           .placeholder = "FILE.toml",
                           .help = "the configuration; options and variables go before it"}};
  const host::HostOptions defaults;
  for (const auto& setting : host::settings()) {
    const auto flag = keep(host::flag_name(setting.name));
    host::HostOptions unused;
    out.push_back({.name = flag.substr(2),
                   .kind = Kind::text,
                   .placeholder = setting.value,
                   .help = setting.help,
                   .shown_fallback = keep(setting.get(defaults)),
                   .repeated = setting.kind == host::Setting::Kind::list,
                   .may_be_empty = setting.kind == host::Setting::Kind::text &&
                                   setting.set(unused, "").has_value(),
                   .variable = keep(host::variable_name(setting.name))});
  }
  return out;
}

}  // namespace

std::vector<Option> with_host_settings(std::vector<Option> own) {
  auto settings = setting_options();
  std::ranges::move(settings, std::back_inserter(own));
  return own;
}

Expected<host::HostOptions> host_options_of(const Invocation& asked) {
  host::HostOptions out;
  if (const auto file = asked.maybe("config")) {
    const auto text = read_text(*file);
    if (!text) return std::unexpected(text.error());
    if (auto read = host::read_config(out, *text, *file); !read) {
      return std::unexpected(read.error());
    }
  }
  for (const auto& setting : host::settings()) {
    const auto flag = host::flag_name(setting.name);
    const auto values = asked.all(flag.substr(2));
    if (values.empty()) continue;
    if (setting.clear != nullptr) setting.clear(out);
    for (const auto& value : values) {
      if (auto set = setting.set(out, value); !set) {
        return fail(set.error().code, flag + ": " + set.error().detail);
      }
    }
  }
  out.directory = asked.text("dir");
  if (auto good = host::check(out); !good) return std::unexpected(good.error());
  return out;
}

}  // namespace muster::cli
