// What receivers are sent, byte for byte, and how long they are left alone.
#include <gmock/gmock.h>

#include "base/file.h"
#include "base/testing/temporary_directory.h"
#include "host/courier.h"
#include "host/mail.h"
#include "host/webhook.h"

namespace muster::host {
namespace {

using service::AlertMessage;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;

const Instant kNow = *parse_time("2026-01-05T08:00:00Z");

AlertMessage message(AlertMessage::State state = AlertMessage::State::raised) {
  return {.state = state,
          .alert = "alert-1",
          .rule = "count",
          .subject = "v/desktop",
          .title = "a group's count is near its threshold",
          .about = "group desktop of Acme",
          .what = "24 machines count",
          .to_do = "start machines",
          .since = kNow,
          .time = kNow,
          .host = "host-thumbprint"};
}

// The specification's own example (standard-webhooks.com).
TEST(Webhook, SignsAsTheSpecificationSays) {
  const TemporaryDirectory scratch;
  const auto file = (scratch.path() / "secret").string();
  ASSERT_TRUE(write_file(file, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"));
  const auto secret = read_webhook_secret(file);
  ASSERT_TRUE(secret) << secret.error().sentence();
  EXPECT_EQ(webhook_signature(*secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", Instant{seconds{1614265330}},
                              R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

// The paper's vector, which whoever writes a receiver tries it with.
TEST(Webhook, SignsAsThePaperSays) {
  const auto paper = read_file(MUSTER_SOURCE_DIR "/docs/alerts.md", 1 << 20);
  ASSERT_TRUE(paper) << paper.error().sentence();
  const std::string secret = "muster-example-secret-never-used",
                    id = "3q2-7wAAAAAAAAAAAAAAAA-raised",
                    body =
                        R"({"id":"3q2-7wAAAAAAAAAAAAAAAA-raised","state":"raised","rule":"disk"})";
  for (const auto& part :
       {"b\"" + secret + "\"", "b'" + body + "'", R"("webhook-id": ")" + id + R"(")",
        std::string(R"("webhook-timestamp": "1767600000")"),
        R"("webhook-signature": ")" +
            webhook_signature(secret, id, Instant{seconds{1767600000}}, body) + R"(")"}) {
    EXPECT_THAT(*paper, HasSubstr(part));
  }
}

TEST(Webhook, ASecretIsTheFirstLineAndNotAWeakOne) {
  const TemporaryDirectory scratch;
  const auto file = (scratch.path() / "secret").string();
  const auto read = [&](std::string_view text) {
    EXPECT_TRUE(write_file(file, text));
    return read_webhook_secret(file);
  };
  EXPECT_EQ(read("0123456789abcdef"), "0123456789abcdef");
  EXPECT_EQ(read(" 0123456789abcdef \r\nsomething else\n"), "0123456789abcdef");
  for (const auto* weak : {"", "\n0123456789abcdef", "0123456789abcde", "whsec_AAAA", "whsec_$"}) {
    const auto refused = read(weak);
    ASSERT_FALSE(refused) << weak;
    EXPECT_EQ(refused.error().code, ErrorCode::config_invalid);
    EXPECT_THAT(refused.error().detail, HasSubstr("alerts.webhook.secret_file"));
  }
  EXPECT_EQ(read_webhook_secret("/nonexistent").error().code, ErrorCode::file_unreadable);
}

TEST(Webhook, ItsAddressIsShownWithoutItsPath) {
  EXPECT_EQ(without_path("https://hooks.example:8443/T0/secret"), "https://hooks.example:8443");
  EXPECT_EQ(without_path("smtp://mail.example"), "smtp://mail.example");
}

struct MailText : ::testing::Test {
  MailOptions options;
  MailText() {
    options.server = "smtp://mail.example";
    options.from = "muster@corp.example";
    options.to = {"one@corp.example", "two@corp.example"};
  }
};

TEST_F(MailText, IsWhole) {
  EXPECT_EQ(mail_text(options, message(), kNow),
            "Date: Mon, 05 Jan 2026 08:00:00 +0000\r\n"
            "From: muster@corp.example\r\n"
            "To: one@corp.example,\r\n two@corp.example\r\n"
            "Subject: [muster] Alert: a group's count is near its threshold: group desktop of "
            "Acme\r\n"
            "Message-ID: <alert-1-raised@corp.example>\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "What happened:  24 machines count\r\n"
            "To what:        group desktop of Acme\r\n"
            "What to do:     start machines\r\n"
            "\r\n"
            "Raised 2026-01-05T08:00:00Z.\r\n"
            "Rule count of v/desktop, alert alert-1.\r\n"
            "Host host-thumbprint.\r\n");
}

TEST_F(MailText, TheEndAnswersTheRaising) {
  const auto text = mail_text(options, message(AlertMessage::State::ended), kNow);
  EXPECT_THAT(text, HasSubstr("\r\nMessage-ID: <alert-1-ended@corp.example>\r\n"
                              "In-Reply-To: <alert-1-raised@corp.example>\r\n"));
  EXPECT_THAT(text, HasSubstr("Subject: [muster] Ended: "));
}

TEST_F(MailText, WhatAVendorCallsItselfMakesNoHeaderAndNoLongLine) {
  auto odd = message();
  odd.about = "group desktop of Größe & Söhne 株式会社 " + std::string(200, 'x');
  odd.what = "a = b, Größe " + std::string(200, '=');
  const auto text = mail_text(options, odd, kNow);
  EXPECT_THAT(text, HasSubstr("=?UTF-8?Q?"));
  EXPECT_THAT(text, HasSubstr("a =3D b, Gr=C3=B6=C3=9Fe =3D=3D"));
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find("\r\n", at);
    ASSERT_NE(end, text.npos);
    EXPECT_LE(end - at, 76u) << text.substr(at, end - at);
    at = end + 2;
  }
  for (const char c : text) EXPECT_TRUE((c >= ' ' && c < 0x7f) || c == '\r' || c == '\n');
}

TEST(Courier, WaitsTwiceAsLongEachTimeUpToTenMinutes) {
  SeededRandom random{1};
  const auto within = [&](unsigned failed, int least, int most) {
    for (int i = 0; i < 200; ++i) {
      const auto wait = back_off(failed, random).count();
      EXPECT_THAT(wait, AllOf(Ge(least), Le(most))) << failed;
    }
  };
  within(1, 500, 1'500);
  within(2, 1'000, 3'000);
  within(5, 8'000, 24'000);
  within(11, 300'000, 900'000);
  within(4'000'000, 300'000, 900'000);
}

}  // namespace
}  // namespace muster::host
