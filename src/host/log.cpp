#include "host/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "wire/json.h"

namespace muster::host {
namespace {

constexpr std::size_t kQueue = 4096;

std::string quoted(std::string_view text) {
  std::string out;
  wire::json::append_string(out, text);
  return out;
}

// A value with spaces, quotes or control characters would make a line ambiguous, or two lines.
bool needs_quotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' ||
                  c == 0x7f;
         });
}

}  // namespace

struct Log::Parts {
  std::shared_ptr<spdlog::logger> logger;  // holds the pool weakly
  std::shared_ptr<spdlog::details::thread_pool> pool =
      std::make_shared<spdlog::details::thread_pool>(kQueue, 1);
};

std::string format_line(LogFormat format, std::string_view message, LogFields fields) {
  std::string out;
  if (format == LogFormat::json) {
    out.append(R"("message":)").append(quoted(message));
    for (const auto& [key, value] : fields) {
      out.append(",").append(quoted(key)).append(":").append(quoted(value));
    }
    return out;
  }
  out.append(message);
  for (const auto& [key, value] : fields) {
    out.append(" ").append(key).append("=");
    if (needs_quotes(value)) {
      out.append(quoted(value));
    } else {
      out.append(value);
    }
  }
  return out;
}

Log::Log(LogFormat format, LogLevel level) : format_(format), parts_(std::make_unique<Parts>()) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  parts_->logger = std::make_shared<spdlog::async_logger>(
      "host", std::move(sink), parts_->pool, spdlog::async_overflow_policy::overrun_oldest);
  parts_->logger->set_pattern(format == LogFormat::json
                                  ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                  : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                              spdlog::pattern_time_type::utc);
  constexpr std::array levels{spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                              spdlog::level::err};
  parts_->logger->set_level(levels.at(static_cast<std::size_t>(level)));
  parts_->logger->flush_on(spdlog::level::warn);
}

// The pool, behind the logger in Parts and so the first to go, writes what is queued and ends its
// thread before the sink goes that it writes to.
Log::~Log() = default;

void Log::write(int level, std::string_view message, LogFields fields) {
  const auto at = static_cast<spdlog::level::level_enum>(level);
  if (!parts_->logger->should_log(at)) return;
  parts_->logger->log(at, spdlog::string_view_t("{}"), format_line(format_, message, fields));
}

void Log::debug(std::string_view message, LogFields fields) {
  write(spdlog::level::debug, message, fields);
}
void Log::info(std::string_view message, LogFields fields) {
  write(spdlog::level::info, message, fields);
}
void Log::warn(std::string_view message, LogFields fields) {
  write(spdlog::level::warn, message, fields);
}
void Log::error(std::string_view message, LogFields fields) {
  write(spdlog::level::err, message, fields);
}

}  // namespace muster::host
