#include "store/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <optional>

namespace muster::store::pg {
namespace {

// What the URL may say otherwise.
constexpr std::array<std::pair<const char*, const char*>, 8> kDefaults{{
    {"connect_timeout", "3"},
    {"target_session_attrs", "read-write"},
    {"fallback_application_name", "muster"},
    {"tcp_user_timeout", "5000"},
    {"keepalives_idle", "5"},
    {"keepalives_interval", "2"},
    {"keepalives_count", "3"},
    {"gssencmode", "disable"},
}};

// A transaction of a host that stands still must not hold its locks, and a commit is durable
// whatever the database's default is. Every statement is short: compiling one costs more than it
// does.
constexpr const char* kSession =
    "SET jit = off;"
    "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s';"
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;"
    "SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off';";

// One line, without "FATAL:" and the like before it.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.empty() && out.back() != ' ') out.push_back(' ');
    if (c != '\n' && c != '\t') out.push_back(c);
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

void note_warning(void* warned, const PGresult* notice) {
  const auto* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && severity == std::string_view("WARNING")) {
    *static_cast<bool*>(warned) = true;
  }
}

}  // namespace

Error database_error(std::string_view state, std::string_view message) {
  const bool damaged = state == "XX001" || state == "XX002";
  return {damaged ? ErrorCode::store_corrupt : ErrorCode::store_unavailable,
          "the database says: " + one_line(message)};
}

std::int64_t Rows::number(int row, int column) const {
  const auto from = bytes(row, column);
  if (from.empty()) return 0;
  // A negative number of whatever width is one of 64 bits.
  std::uint64_t out = (from[0] & 0x80U) != 0 ? ~std::uint64_t{0} : 0;
  for (const auto byte : from) out = (out << 8) | byte;
  return static_cast<std::int64_t>(out);
}

ByteView Rows::bytes(int row, int column) const {
  return {reinterpret_cast<const std::uint8_t*>(PQgetvalue(result_.get(), row, column)),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

Expected<Connection> Connection::open(const std::string& url, std::chrono::milliseconds patience) {
  char* wrong = nullptr;
  auto* parsed = PQconninfoParse(url.c_str(), &wrong);
  if (parsed == nullptr) {
    // libpq's sentence may repeat the URL, and a password with it.
    PQfreemem(wrong);
    return fail(ErrorCode::config_invalid,
                "the database's URL does not parse; it reads postgres://USER@HOST/DATABASE");
  }
  PQconninfoFree(parsed);
  std::vector<const char*> names, values;
  for (const auto& [name, value] : kDefaults) {
    names.push_back(name);
    values.push_back(value);
  }
  for (const auto& [name, value] :
       {std::pair("dbname", url.c_str()), {"client_encoding", "UTF8"}, {nullptr, nullptr}}) {
    names.push_back(name);
    values.push_back(value);
  }
  Connection out(PQconnectdbParams(names.data(), values.data(), 1), patience);
  auto* handle = out.handle_.get();
  if (handle == nullptr || PQstatus(handle) != CONNECTION_OK) {
    return fail(ErrorCode::store_unavailable, one_line(PQerrorMessage(handle)));
  }
  PQsetNoticeReceiver(handle, note_warning, out.warned_.get());
  if (PQsetnonblocking(handle, 1) != 0 || PQenterPipelineMode(handle) != 1) return out.lost();
  if (auto set = out.run(kSession); !set) return std::unexpected(set.error());
  return out;
}

std::unexpected<Error> Connection::lost() {
  broken_ = true;
  awaited_.clear();
  return fail(ErrorCode::store_unavailable,
              "the connection to the database is lost: " + one_line(PQerrorMessage(handle_.get())));
}

Error Connection::error_of(const PGresult* result) {
  const auto* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const auto* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  state_ = state != nullptr ? state : "";
  // What the server says last before it goes, or libpq in its place.
  if (state == nullptr || state_.starts_with("57P") || state_.starts_with("08")) {
    if (PQstatus(handle_.get()) == CONNECTION_BAD) broken_ = true;
  }
  return database_error(state_, message != nullptr ? message : PQresultErrorMessage(result));
}

bool Connection::wait() {
  auto* handle = handle_.get();
  while (PQisBusy(handle) == 1) {
    const int unsent = PQflush(handle);
    if (unsent < 0) return false;
    pollfd on{.fd = PQsocket(handle),
              .events = static_cast<short>(POLLIN | (unsent == 1 ? POLLOUT : 0)),
              .revents = 0};
    const int ready = ::poll(&on, 1, static_cast<int>(patience_.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    if ((on.revents & ~POLLOUT) != 0 && PQconsumeInput(handle) != 1) return false;
  }
  return true;
}

Expected<PGresult*> Connection::next() {
  if (!wait()) return lost();
  return PQgetResult(handle_.get());
}

void Connection::send(const char* sql, const Arguments& arguments) {
  if (broken_) return;
  auto* handle = handle_.get();
  const auto count = static_cast<int>(arguments.types().size());
  // The address is the statement's name on the server.
  const auto name = fmt::format("{:x}", reinterpret_cast<std::uintptr_t>(sql));
  if (prepared_.insert(sql).second) {
    if (PQsendPrepare(handle, name.c_str(), sql, count, arguments.types().data()) != 1) {
      broken_ = true;
      return;
    }
    awaited_.push_back({sql, true});
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : arguments.values()) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  if (PQsendQueryPrepared(handle, name.c_str(), count, values.data(), lengths.data(),
                          formats.data(), 1) != 1) {
    broken_ = true;
    return;
  }
  awaited_.push_back({sql, false});
}

void Connection::take(PGresult* result, const Awaited& awaited, std::vector<Rows>& out,
                      std::optional<Error>& error) {
  Rows rows(result);
  const auto status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
    if (!awaited.is_prepare) out.push_back(std::move(rows));
    return;
  }
  if (awaited.is_prepare) prepared_.erase(awaited.sql);
  if (!error && status != PGRES_PIPELINE_ABORTED) error = error_of(result);
}

Expected<std::vector<Rows>> Connection::receive() {
  state_.clear();
  *warned_ = false;
  if (broken_) return lost();
  auto* handle = handle_.get();
  if (PQpipelineSync(handle) != 1) return lost();
  std::vector<Rows> out;
  std::optional<Error> error;
  while (!awaited_.empty()) {
    const auto awaited = awaited_.front();
    awaited_.pop_front();
    // A statement's results end with a null.
    for (;;) {
      auto result = next();
      if (!result) return std::unexpected(error ? *error : result.error());
      if (*result == nullptr) break;
      take(*result, awaited, out, error);
      if (broken_) {
        awaited_.clear();
        return std::unexpected(*error);
      }
    }
  }
  auto end = next();
  if (!end) return std::unexpected(error ? *error : end.error());
  const Rows sync(*end);
  if (PQresultStatus(*end) != PGRES_PIPELINE_SYNC) return lost();
  if (error) return std::unexpected(*error);
  return out;
}

Expected<Rows> Connection::ask(const char* sql, const Arguments& arguments) {
  send(sql, arguments);
  auto all = receive();
  if (!all) return std::unexpected(all.error());
  return std::move(all->back());
}

Expected<void> Connection::run(const std::string& sql) {
  state_.clear();
  if (broken_) return lost();
  auto* handle = handle_.get();
  if (PQexitPipelineMode(handle) != 1 || PQsendQuery(handle, sql.c_str()) != 1) return lost();
  std::optional<Error> error;
  for (;;) {
    auto result = next();
    if (!result) return std::unexpected(result.error());
    if (*result == nullptr) break;
    const Rows rows(*result);
    const auto status = PQresultStatus(*result);
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good && !error) error = error_of(*result);
    if (broken_) return std::unexpected(*error);
  }
  if (PQenterPipelineMode(handle) != 1) return lost();
  if (error) return std::unexpected(*error);
  return {};
}

void Connection::roll_back() {
  if (broken_) return;
  // What is queued goes first; its answers are dropped.
  if (!awaited_.empty()) (void)receive();
  if (broken_ || PQtransactionStatus(handle_.get()) == PQTRANS_IDLE) return;
  (void)ask("ROLLBACK");
}

}  // namespace muster::store::pg
