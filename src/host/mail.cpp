#include "host/mail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/file.h"
#include "host/curl_call.h"
#include "host/webhook.h"

namespace muster::host {
namespace {

using service::AlertMessage;
using State = service::AlertMessage::State;

bool plain(char c) { return c >= ' ' && c < 0x7f; }

// RFC 5322: "Mon, 05 Jan 2026 08:00:00 +0000".
std::string mail_date(Instant time) {
  constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  return fmt::format("{}, {:02} {} {} {} +0000", kDays.at(std::chrono::weekday(day).c_encoding()),
                     static_cast<unsigned>(date.day()),
                     kMonths.at(static_cast<unsigned>(date.month()) - 1),
                     static_cast<int>(date.year()), format_time(time).substr(11, 8));
}

// RFC 2047, where it is not ASCII: encoded words of at most 75 characters, none of which cuts a
// character in two.
std::string header_text(std::string_view text) {
  if (std::ranges::all_of(text, plain)) return std::string(text);
  constexpr std::size_t kWord = 52;  // with "Subject: " and its marks a line of 76
  std::string out, word;
  const auto end_word = [&] {
    if (word.empty()) return;
    out.append(out.empty() ? "" : "\r\n ").append("=?UTF-8?Q?").append(word).append("?=");
    word.clear();
  };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 1;
    while (i + size < text.size() && (static_cast<unsigned char>(text[i + size]) & 0xc0) == 0x80) {
      ++size;
    }
    std::string one;
    for (const unsigned char c : text.substr(i, size)) {
      const bool same = (c >= '0' && c <= '9') ||
                        (lower(static_cast<char>(c)) >= 'a' && lower(static_cast<char>(c)) <= 'z');
      one += same ? std::string(1, static_cast<char>(c)) : fmt::format("={:02X}", c);
    }
    if (word.size() + one.size() > kWord) end_word();
    word += one;
    i += size;
  }
  end_word();
  return out;
}

// RFC 2045: lines of at most 76 characters.
std::string quoted_printable(std::string_view text) {
  constexpr std::size_t kLine = 72;
  std::string out;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool last = i + 1 == text.size() || text[i + 1] == '\n';
    const bool same = plain(text[i]) && c != '=' && !(c == ' ' && last);
    const auto one = same ? std::string(1, text[i]) : fmt::format("={:02X}", c);
    if (column + one.size() > kLine) {
      out += "=\r\n";
      column = 0;
    }
    out += one;
    column += one.size();
  }
  return out;
}

std::string body_of(const AlertMessage& message) {
  const auto spoken = [&](Instant time) { return format_time(time); };
  std::string out;
  out += fmt::format("What happened:  {}\n", message.what);
  out += fmt::format("To what:        {}\n", message.about);
  if (!message.to_do.empty()) out += fmt::format("What to do:     {}\n", message.to_do);
  out += '\n';
  out += message.state == State::ended
             ? fmt::format("Raised {}, ended {}.\n", spoken(message.since), spoken(message.time))
             : fmt::format("Raised {}.\n", spoken(message.since));
  out += fmt::format("Rule {}{}{}, alert {}.\nHost {}.\n", message.rule,
                     message.subject.empty() ? "" : " of ", message.subject, message.alert,
                     message.host);
  return out;
}

std::string_view begins(State state) {
  switch (state) {
    case State::raised: return "Alert";
    case State::ended: return "Ended";
    default: return "Test";
  }
}

// What libcurl reads the mail from.
struct Source {
  std::string_view rest;
  static std::size_t read(char* to, std::size_t size, std::size_t count, void* given) {
    auto& rest = static_cast<Source*>(given)->rest;
    const auto take = std::min(rest.size(), size * count);
    rest.copy(to, take);
    rest.remove_prefix(take);
    return take;
  }
};

class Mail final : public Receiver {
 public:
  Mail(MailOptions options, std::string password)
      : options_(std::move(options)), password_(std::move(password)) {}
  [[nodiscard]] std::string_view name() const override { return "mail"; }
  [[nodiscard]] std::string to() const override {
    return fmt::format("{} by {}", fmt::join(options_.to, ", "), without_path(options_.server));
  }

  [[nodiscard]] Delivery deliver(const AlertMessage& message, std::string_view, Instant now,
                                 const std::atomic<bool>& stop) const override {
    CurlCall call(options_.server, "smtp,smtps", options_.timeout, options_.ca_file, stop);
    const auto tls = options_.tls == MailTls::required     ? CURLUSESSL_ALL
                     : options_.tls == MailTls::if_offered ? CURLUSESSL_TRY
                                                           : CURLUSESSL_NONE;
    call.set(CURLOPT_USE_SSL, static_cast<long>(tls));
    if (!options_.user.empty()) {
      call.set(CURLOPT_USERNAME, options_.user.c_str());
      call.set(CURLOPT_PASSWORD, password_.c_str());
    }
    call.set(CURLOPT_MAIL_FROM, options_.from.c_str());
    call.set_list(CURLOPT_MAIL_RCPT, options_.to);
    const auto text = mail_text(options_, message, now);
    Source source{text};
    call.set(CURLOPT_UPLOAD, 1L);
    call.set(CURLOPT_READFUNCTION, &Source::read);
    call.set(CURLOPT_READDATA, &source);
    const auto code = call.run();
    long status = 0;
    curl_easy_getinfo(call.get(), CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) return {.taken = true, .said = fmt::format("SMTP {}", status)};
    return {.taken = false,
            .said = status >= 400 ? fmt::format("SMTP {}: {}", status, call.why(code))
                                  : call.why(code)};
  }

 private:
  MailOptions options_;
  std::string password_;
};

}  // namespace

std::string mail_text(const MailOptions& options, const AlertMessage& message, Instant now) {
  const auto domain = options.from.substr(options.from.find('@') + 1);
  const auto id_of = [&](const std::string& id) { return fmt::format("<{}@{}>", id, domain); };
  std::string out;
  const auto field = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  field("Date", mail_date(now));
  field("From", options.from);
  field("To", fmt::format("{}", fmt::join(options.to, ",\r\n ")));
  field("Subject", header_text(fmt::format("[muster] {}: {}: {}", begins(message.state),
                                           message.title, message.about)));
  field("Message-ID", id_of(message.id()));
  if (message.state == State::ended) {
    auto raised = message;
    raised.state = State::raised;
    field("In-Reply-To", id_of(raised.id()));
    field("References", id_of(raised.id()));
  }
  // RFC 3834: no vacation answers it.
  field("Auto-Submitted", "auto-generated");
  field("MIME-Version", "1.0");
  field("Content-Type", "text/plain; charset=utf-8");
  field("Content-Transfer-Encoding", "quoted-printable");
  return out + "\r\n" + quoted_printable(body_of(message));
}

Expected<std::unique_ptr<Receiver>> make_mail(const MailOptions& options) {
  std::string password;
  if (!options.password_file.empty()) {
    const auto text = read_file(options.password_file, 4096);
    if (!text) return std::unexpected(text.error());
    auto line = std::string_view(*text).substr(0, text->find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      return fail(
          ErrorCode::config_invalid,
          fmt::format("alerts.mail.password_file: {}: a password expected in its first line",
                      options.password_file));
    }
    password = line;
  }
  return std::make_unique<Mail>(options, std::move(password));
}

}  // namespace muster::host
