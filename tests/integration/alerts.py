"""Alerts against real receivers, over wrong answers, silence and kill -9."""

import re
import sqlite3
import time
from pathlib import Path

from harness import Case, Log, main, until
from receivers import Mail, Webhook, make_certificate

SECRET = b"0123456789abcdef-of-a-test"
# What depends on the machine that the test runs on, and what is not this test's matter.
QUIET = ["--alerts-off", "disk", "--alerts-off", "forecast"]
AT_ONCE = ["--alerts-every", "1s", "--alerts-hold", "0s"]


class Alerting(Case):
    def setUp(self):
        super().setUp()
        self.space.usual(threshold=2)
        self.secret = self.space / "secret"
        self.secret.write_bytes(SECRET + b"\n")

    def start(self, *arguments):
        return self.space.start_host(*QUIET, *AT_ONCE, *arguments)

    def webhook(self, *answers, **more):
        receiver = Webhook(SECRET, answers, **more)
        self.addCleanup(receiver.close)
        return receiver

    def to(self, receiver, *more, timeout="1s"):
        return [
            *("--alerts-webhook-url", receiver.url),
            *("--alerts-webhook-secret-file", self.secret),
            *("--alerts-webhook-timeout", timeout),
            *more,
        ]

    def mail(self, **more):
        receiver = Mail(**more)
        self.addCleanup(receiver.close)
        return receiver

    def by(self, receiver, *more):
        return [
            *("--alerts-mail-server", f"smtp://localhost:{receiver.port}"),
            *("--alerts-mail-from", "muster@corp.example"),
            *("--alerts-mail-to", "one@corp.example", "--alerts-mail-to", "two@corp.example"),
            *more,
        ]

    def fires(self, host):
        """The rules that fire by the host's own list."""
        alerts = host.get("/v1/alerts")["alerts"]
        return [alert["rule"] for alert in alerts if alert["fires"]]

    def raise_count(self, host):
        """Two machines are the threshold, and one too few for its margin."""
        return self.climb(host, 2)

    def end_count(self, host):
        return self.climb(host, 2)

    def events(self, host):
        status, text = host.admin_call("GET", "/v1/events?format=ndjson")
        self.assertEqual(status, 200)
        return [e for e in Log(text).events if e["type"].startswith("alert_")]


class ByWebhook(Alerting):
    def test_an_alert_is_told_once_and_its_end_once_whatever_the_receiver_says_first(self):
        receiver = self.webhook(500, 302, 404, 503)
        host = self.start(*self.to(receiver))
        self.raise_count(host)
        raised = until("the alert", lambda: receiver.got)[0]
        self.assertEqual(raised["state"], "raised")
        self.assertEqual(raised["rule"], "count")
        self.assertIn("2 machines count in group desktop of Acme", raised["what"])
        self.assertEqual(raised["about"], "group desktop of Acme")
        self.assertTrue(raised["to_do"])
        self.assertEqual({m["id"] for m in receiver.refused}, {raised["id"]}, "one id, each try")
        self.end_count(host)
        until("its end", lambda: len(receiver.got) > 1)
        ended = receiver.got[1]
        self.assertEqual((ended["state"], ended["alert"]), ("ended", raised["alert"]))
        self.assertEqual(ended["since"], raised["since"])
        self.assertEqual(self.fires(host), [])
        self.assertEqual([e["type"] for e in self.events(host)], ["alert_raised", "alert_ended"])
        self.assertEqual(len(receiver.refused), 4, "signatures were right at every try")
        self.assertEqual(host.stop(), 0)
        self.assertEqual(len(receiver.got), 2)
        out = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", self.space.directory, "--out", out)
        self.space.muster("events", "verify", out)

    def test_a_receiver_that_never_answers_is_left_and_tried_again(self):
        receiver = self.webhook(0)
        host = self.start(*self.to(receiver))
        self.raise_count(host)
        until("a second try", lambda: receiver.got)
        self.assertEqual(receiver.tries, 2)
        status = host.get("/v1/alerts")["receivers"][0]
        self.assertIn("imed out", status["last_error"])

    def test_a_host_that_is_killed_before_it_was_heard_says_it_after_its_restart(self):
        deaf = self.webhook(*[500] * 10_000)
        host = self.start(*self.to(deaf))
        self.raise_count(host)
        message = until("a try", lambda: deaf.refused)[0]
        host.kill()
        receiver = self.webhook()
        host = self.start(*self.to(receiver))
        until("the alert", lambda: receiver.got)
        self.assertEqual(receiver.got, [message])
        self.assertEqual(self.fires(host), ["count"])
        host.kill()
        # Nothing is said again, nor does it end by itself; its end is told by the third host.
        host = self.start(*self.to(receiver))
        self.assertEqual(until("a look", lambda: self.fires(host)), ["count"])
        self.end_count(host)
        until("its end", lambda: [m for m in receiver.got if m["state"] == "ended"])
        self.assertEqual({m["id"] for m in receiver.got if m["state"] == "raised"}, {message["id"]})
        self.assertEqual({m["alert"] for m in receiver.got}, {message["alert"]})
        self.assertEqual([e["type"] for e in self.events(host)], ["alert_raised", "alert_ended"])

    def test_the_papers_receiver_takes_what_is_signed_and_nothing_else(self):
        paper = Path(__file__).parents[2] / "docs/alerts.md"
        code = re.findall(r"```python\n(.*?)```", paper.read_text(), re.DOTALL)
        self.assertEqual(len(code), 2, "how to verify, and a vector")
        names = {}
        for block in code:
            exec(block, names)
        verify = names["verify"]
        receiver = self.webhook()
        self.raise_count(self.start(*self.to(receiver)))
        headers, body = until("the alert", lambda: receiver.raw)[0]
        self.assertTrue(verify(SECRET, headers, body))
        self.assertFalse(verify(SECRET, headers, body + b" "))
        self.assertFalse(verify(SECRET[1:], headers, body))
        self.assertFalse(verify(SECRET, {**headers, "webhook-id": "another"}, body))
        old = str(int(headers["webhook-timestamp"]) - 301)
        self.assertFalse(verify(SECRET, {**headers, "webhook-timestamp": old}, body))

    def test_tls_is_verified(self):
        certificate = make_certificate(self.space)
        receiver = self.webhook(certificate=certificate)
        host = self.start(*self.to(receiver))
        self.raise_count(host)
        told = until("a failure", lambda: host.get("/v1/alerts")["receivers"][0]["last_error"])
        self.assertIn("certificate", told)
        self.assertEqual(receiver.tries, 0)
        host.stop()
        host = self.start(*self.to(receiver, "--alerts-webhook-ca-file", certificate[0]))
        until("the alert that waited", lambda: receiver.got)

    def test_a_host_stops_in_time_while_a_receiver_says_nothing(self):
        receiver = self.webhook(0)
        host = self.start(*self.to(receiver, timeout="120s"))
        self.raise_count(host)
        until("a try", lambda: receiver.tries)
        began = time.monotonic()
        self.assertEqual(host.stop(), 0)
        self.assertLess(time.monotonic() - began, 5.0)

    def test_a_switched_off_rule_says_nothing(self):
        receiver = self.webhook()
        host = self.start(*self.to(receiver), "--alerts-off", "count")
        self.raise_count(host)
        seen = host.get("/v1/alerts")
        self.assertEqual(set(seen["off"]), {"disk", "forecast", "count"})
        self.assertNotIn("count", {alert["rule"] for alert in seen["alerts"]})


class ByMail(Alerting):
    def test_a_mail_says_what_to_what_and_what_to_do(self):
        certificate = make_certificate(self.space)
        receiver = self.mail(certificate=certificate, login=("muster", "a pass:word"), refuse=1)
        password = self.space / "password"
        password.write_text("a pass:word\n")
        host = self.start(
            *self.by(receiver, "--alerts-mail-user", "muster"),
            *("--alerts-mail-password-file", password),
            *("--alerts-mail-ca-file", certificate[0]),
        )
        self.raise_count(host)
        mail = until("the mail", lambda: receiver.got)[0]
        self.assertEqual(
            str(mail["Subject"]),
            "[muster] Alert: a group's count is near its threshold: group desktop of Acme",
        )
        self.assertEqual(mail["From"].addresses[0].addr_spec, "muster@corp.example")
        to = [address.addr_spec for address in mail["To"].addresses]
        self.assertEqual(to, ["one@corp.example", "two@corp.example"])
        self.assertEqual(len(receiver.envelopes[0][1]), 2)
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        text = mail.get_content()
        self.assertIn("What happened:  2 machines count in group desktop of Acme", text)
        self.assertIn("To what:        group desktop of Acme", text)
        self.assertIn("What to do:     start machines that have been off", text)
        self.assertEqual(receiver.secure, [True])
        self.end_count(host)
        until("the end", lambda: len(receiver.got) > 1)
        ended = receiver.got[1]
        self.assertEqual(ended["In-Reply-To"], mail["Message-ID"])
        self.assertIn("Ended: ", str(ended["Subject"]))

    def test_without_tls_nothing_is_sent_unless_that_is_wanted(self):
        receiver = self.mail()
        host = self.start(*self.by(receiver))
        self.raise_count(host)
        told = until("a failure", lambda: host.get("/v1/alerts")["receivers"][0]["last_error"])
        self.assertIn("STARTTLS", told.upper())
        self.assertEqual(receiver.got, [])
        host.stop()
        host = self.start(*self.by(receiver, "--alerts-mail-tls", "never"))
        until("the mail that waited", lambda: receiver.got)


class Shown(Alerting):
    def ask(self, *arguments, expect=0):
        out = self.space.muster(*arguments, "--dir", self.space.directory, expect=expect)
        return out.stdout + out.stderr

    def test_a_test_says_what_each_receiver_answered(self):
        receiver, mail = self.webhook(500), self.mail()
        host = self.start(
            *self.to(receiver), *self.by(mail, "--alerts-mail-tls", "never")
        )
        told = self.ask("alerts", "test", expect=3)
        self.assertIn("webhook DID NOT TAKE the test: HTTP 500 (http://localhost", told)
        self.assertIn("mail took the test: SMTP 250", told)
        self.assertNotIn("secret-path", told)
        self.assertIn("webhook took the test: HTTP 204", self.ask("alerts", "test", "--webhook"))
        self.assertEqual(receiver.got[0]["state"], "test")
        self.ask("alerts", "test", "--webhook", "--mail", expect=2)
        told = self.space.json("alerts", "test", "--mail", "--dir", self.space.directory)
        self.assertEqual([r["taken"] for r in told["receivers"]], [True])
        self.assertEqual(len(mail.got), 2)
        self.assertEqual(self.events(host), [], "a test is no alert")

    def test_without_a_receiver_there_is_nothing_to_test(self):
        self.start()
        self.assertIn("no receiver is configured", self.ask("alerts", "test", expect=4))

    def test_the_list_says_what_fires_since_when_and_who_was_told(self):
        receiver = self.webhook()
        host = self.start(*self.to(receiver))
        self.raise_count(host)
        until("the alert", lambda: receiver.got)
        until("that it was noted", lambda: host.get("/v1/alerts")["receivers"][0]["last_taken"])
        told = self.ask("alerts", "list")
        self.assertRegex(told, r"1 of \d+ alerts fire\.")
        self.assertRegex(told, r"FIRES  count +2 machines count in group desktop of Acme")
        self.assertIn("quiet  chain", told)
        self.assertIn("off    forecast", told)
        self.assertRegex(told, r"webhook http://localhost:\d+: 0 waiting, last taken 20")
        self.assertNotIn("secret-path", told)


class WrittenOver(Alerting):
    def change(self, statement, *values):
        with sqlite3.connect(self.space.directory / "muster.db") as database:
            self.assertEqual(database.execute(statement, values).rowcount, 1)
        database.close()

    def test_a_line_that_was_changed_in_the_database_is_found(self):
        receiver = self.webhook()
        host = self.start(*self.to(receiver))
        self.climb(host, 4)
        self.assertEqual(host.stop(), 0)
        row = "SELECT place FROM event WHERE line LIKE '%\"type\":\"activation\"%' LIMIT 1"
        change = "UPDATE event SET line = replace(line, 'acme-cad', 'acme-dac') WHERE place = "
        self.change(f"{change}({row})")
        host = self.start(*self.to(receiver))
        until("the alert", lambda: receiver.got)
        self.assertEqual(receiver.got[0]["rule"], "chain")
        self.assertRegex(receiver.got[0]["what"], r"event 1-\d+ is not as it was written")
        host.stop()
        back = "UPDATE event SET line = replace(line, 'acme-dac', 'acme-cad') WHERE place = "
        self.change(f"{back}({row})")
        host = self.start(*self.to(receiver))
        until("its end, after a whole round", lambda: len(receiver.got) > 1)

    def test_an_event_that_was_taken_out_is_found(self):
        receiver = self.webhook()
        host = self.start(*self.to(receiver))
        self.climb(host, 4)
        self.assertEqual(host.stop(), 0)
        self.change("DELETE FROM event WHERE place = (SELECT min(place) + 3 FROM event)")
        self.start(*self.to(receiver))
        until("the alert", lambda: receiver.got)
        self.assertIn("events are missing", receiver.got[0]["what"])


class Refused(Alerting):
    def refused(self, *arguments):
        done = self.space.muster(
            *("host", "run", "--dir", self.space.directory, "--listen", "127.0.0.1:0"),
            *("--admin-listen", "127.0.0.1:0", *arguments),
            expect=2,
        )
        return done.stderr

    def test_what_is_missing_or_weak_is_said_before_anything_starts(self):
        url = ["--alerts-webhook-url", "https://hooks.corp.example/x"]
        self.assertIn("alerts.webhook.secret_file", self.refused(*url))
        (self.space / "short").write_text("short\n")
        told = self.refused(*url, "--alerts-webhook-secret-file", self.space / "short")
        self.assertIn("at least 16 bytes", told)
        missing = ["--alerts-webhook-secret-file", self.space / "none"]
        self.assertIn("the file cannot be read", self.refused(*url, *missing))
        told = self.refused("--alerts-mail-server", "smtp://mail.corp.example")
        self.assertIn("alerts.mail.from", told)
        told = self.refused("--alerts-mail-to", "a@b\r\nBcc: c@d")
        self.assertIn("muster", told)
        self.assertIn("user and no password", self.refused("--alerts-webhook-url", "http://u:p@h/"))
        config = self.space / "muster.toml"
        config.write_text('[alerts]\nhold = "5m"\n[alerts.count]\nmargin = 1.5\n')
        told = self.refused("--config", config)
        self.assertIn("muster.toml:4: alerts.count.margin: '1.5' is not a number from 0 to 1", told)


if __name__ == "__main__":
    main()
