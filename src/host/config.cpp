// The configuration file: TOML, every name of settings() and no other.
//   listen = "127.0.0.1:8688"
//   allowed_hosts = ["muster.corp.example"]
//   [limits]
//   queue_most = 20000
#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "host/options.h"

namespace muster::host {
namespace {

using Kind = Setting::Kind;

std::unexpected<Error> wrong(std::string_view file, const toml::source_region& where,
                             std::string_view what) {
  return fail(ErrorCode::config_invalid, fmt::format("{}:{}: {}", file, where.begin.line, what));
}

std::string_view kind_of(Kind kind) {
  switch (kind) {
    case Kind::text: return "a text in quotes";
    case Kind::number: return "a whole number";
    case Kind::fraction: return "a number";
    case Kind::list: return "a list of texts";
  }
  return "";
}

// The value as the setting's `set` wants it; nothing where it is of another type.
std::optional<std::string> text_of(const toml::node& node, Kind kind) {
  if (const auto* text = node.as_string(); text != nullptr) {
    if (kind == Kind::text || kind == Kind::list) return text->get();
  } else if (const auto* number = node.as_integer(); number != nullptr) {
    if (kind == Kind::number || kind == Kind::fraction) return std::to_string(number->get());
  } else if (const auto* real = node.as_floating_point(); real != nullptr) {
    if (kind == Kind::fraction) return fmt::format("{}", real->get());
  }
  return std::nullopt;
}

Expected<void> read_value(HostOptions& options, const Setting& setting, const toml::node& node,
                          std::string_view file) {
  const auto one = [&](const toml::node& item) -> Expected<void> {
    const auto text = text_of(item, setting.kind);
    if (!text) {
      return wrong(file, item.source(),
                   fmt::format("{} must be {}", setting.name, kind_of(setting.kind)));
    }
    if (const auto done = setting.set(options, *text); !done) {
      return wrong(file, item.source(), fmt::format("{}: {}", setting.name, done.error().detail));
    }
    return {};
  };
  if (setting.kind != Kind::list) return one(node);
  const auto* list = node.as_array();
  if (list == nullptr) {
    return wrong(file, node.source(),
                 fmt::format("{} must be {}", setting.name, kind_of(setting.kind)));
  }
  setting.clear(options);
  for (const auto& item : *list) {
    if (auto done = one(item); !done) return done;
  }
  return {};
}

bool is_section(std::string_view name) {
  return std::ranges::any_of(settings(), [&](const Setting& setting) {
    return setting.name.size() > name.size() && setting.name.starts_with(name) &&
           setting.name[name.size()] == '.';
  });
}

Expected<void> read_table(HostOptions& options, const toml::table& table, const std::string& prefix,
                          std::string_view file) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const auto setting = std::ranges::find(settings(), name, &Setting::name);
    if (setting != settings().end()) {
      if (auto done = read_value(options, *setting, node, file); !done) return done;
    } else if (const auto* section = node.as_table(); section != nullptr && is_section(name)) {
      if (auto done = read_table(options, *section, name + ".", file); !done) return done;
    } else {
      return wrong(file, key.source(), fmt::format("there is no setting '{}'", name));
    }
  }
  return {};
}

}  // namespace

Expected<void> read_config(HostOptions& options, std::string_view toml_text,
                           std::string_view file_name) {
  HostOptions changed = options;
  try {
    const auto table = toml::parse(toml_text, file_name);
    if (auto done = read_table(changed, table, "", file_name); !done) return done;
  } catch (const toml::parse_error& error) {
    return wrong(file_name, error.source(), error.description());
  }
  options = std::move(changed);
  return {};
}

}  // namespace muster::host
