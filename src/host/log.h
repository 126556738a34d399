// The process's own log, on stderr: one line an occurrence, as text (message key=value ...) or as
// one JSON object
// ({"time","level","message", fields}). Not the event log. Never holds a token, a key or a client's
// name. Lines are handed to a thread of their own; where stderr does not take them in time the
// oldest are dropped, so that nobody ever waits. Thread-safe.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "host/options.h"

namespace muster::host {

using LogFields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

class Log {
 public:
  Log(LogFormat format, LogLevel level);
  ~Log();
  void debug(std::string_view message, LogFields fields = {});
  void info(std::string_view message, LogFields fields = {});
  void warn(std::string_view message, LogFields fields = {});
  void error(std::string_view message, LogFields fields = {});

 private:
  void write(int level, std::string_view message, LogFields fields);

  LogFormat format_;
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// What stands behind "message" in a line: " key=value ..." with quotes where needed, or
// ,"key":"value" ...
[[nodiscard]] std::string format_line(LogFormat format, std::string_view message, LogFields fields);

}  // namespace muster::host
