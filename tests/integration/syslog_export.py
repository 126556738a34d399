"""The event log's way to a syslog server: every event arrives, whoever is killed in between."""

import json
import re

from harness import Case, Log, main, until
from receivers import Syslog, make_certificate

MESSAGE = re.compile(
    r"<(?P<pri>\d+)>1 (?P<time>\S+) (?P<host>\S+) muster - (?P<type>\S+) "
    r'\[muster@32473(?P<data>(?: [^ =\]"]+="(?:[^"\\\]]|\\["\\\]])*")+)\] (?P<line>.*)',
    re.DOTALL,
)


class ToSyslog(Case):
    def receiver(self, **more):
        server = Syslog(**more)
        self.addCleanup(server.close)
        return server

    def start(self, receiver, *more, scheme="tcp"):
        url = f"{scheme}://localhost:{receiver.port}"
        return self.space.start_host("--syslog-server", url, *more)

    def events(self, receiver):
        """By seq, each line parsed; what came twice was the same."""
        out = {}
        for message in list(receiver.messages):
            line = MESSAGE.fullmatch(message)["line"]
            event = json.loads(line)
            self.assertEqual(out.setdefault(event["seq"], line), line)
        return out

    def newest(self, host):
        return host.get("/v1/status")["log"]["seq"]

    def has_all(self, receiver, up_to):
        return set(range(1, up_to + 1)) <= set(self.events(receiver))

    def settled(self, host):
        """The place in the store has reached the log's end."""
        return host.get("/v1/alerts")["receivers"][0]["waiting"] == 0

    def test_messages_are_rfc_5424_and_carry_the_whole_event(self):
        self.space.usual(threshold=1)
        receiver = self.receiver()
        host = self.start(receiver, "--syslog-facility", "auth")
        self.climb(host, 3, name="desk-1.corp.example")
        until("every event", lambda: self.has_all(receiver, self.newest(host)))
        for message in receiver.messages:
            parts = MESSAGE.fullmatch(message)
            self.assertIsNotNone(parts, message)
            event = json.loads(parts["line"])
            self.assertEqual((parts["type"], parts["time"]), (event["type"], event["time"]))
            self.assertEqual(int(parts["pri"]) >> 3, 4)
            data = dict(re.findall(r' ([^ =]+)="((?:[^"\\\]]|\\.)*)"', parts["data"]))
            self.assertEqual(set(data), {k for k, v in event.items() if v is not None})
            self.assertEqual(data["seq"], str(event["seq"]))
            self.assertNotIn("corp.example", message)

    def test_what_the_server_has_verifies_as_the_log(self):
        self.space.usual(threshold=1)
        receiver = self.receiver()
        host = self.start(receiver)
        self.climb(host, 20)
        newest = self.newest(host)
        until("every event", lambda: self.has_all(receiver, newest))
        status, text = host.admin_call("GET", "/v1/events?format=ndjson")
        self.assertEqual(status, 200)
        lines = self.events(receiver)
        kept = [text.splitlines()[0]] + [lines[seq] for seq in sorted(lines)]
        self.assertEqual(len(Log("\n".join(kept)).events), len(lines))

    def test_a_host_that_is_killed_loses_no_event(self):
        self.space.usual(threshold=1)
        receiver = self.receiver()
        for _ in range(3):
            host = self.start(receiver)
            self.climb(host, 50)
            newest = self.newest(host)
            host.kill()
        host = self.start(receiver)
        until("every event", lambda: self.has_all(receiver, newest + 1))
        until("that it is kept", lambda: self.settled(host))
        self.assertEqual(host.stop(), 0)
        # It goes on from there: nothing but what came after is sent.
        before = set(self.events(receiver))
        after = self.receiver()
        host = self.start(after)
        until("the stop and the start", lambda: len(after.messages) >= 2)
        self.assertLess(max(before) - 2, min(self.events(after)))

    def test_a_server_that_breaks_off_gets_again_what_it_may_not_have(self):
        self.space.usual(threshold=1)
        receiver = self.receiver(most=10)
        host = self.start(receiver)
        self.climb(host, 40)
        newest = self.newest(host)
        until("every event", lambda: self.has_all(receiver, newest))
        told = host.get("/v1/alerts")["receivers"][0]
        self.assertEqual(told["receiver"], "syslog")
        self.assertTrue(told["last_error"])

    def test_a_server_that_comes_later_gets_it_all(self):
        self.space.usual(threshold=1)
        receiver = self.receiver()
        receiver.close()
        host = self.start(receiver)
        self.climb(host, 5)
        until("a failure", lambda: host.get("/v1/alerts")["receivers"][0]["last_error"])
        host.kill()
        late = self.receiver()
        host = self.start(late)
        until("every event", lambda: self.has_all(late, self.newest(host)))

    def test_over_tls_the_server_is_verified(self):
        self.space.usual(threshold=1)
        certificate = make_certificate(self.space)
        receiver = self.receiver(certificate=certificate)
        host = self.start(receiver, scheme="tls")
        told = until("a failure", lambda: host.get("/v1/alerts")["receivers"][0]["last_error"])
        self.assertIn("certificate", told)
        host.stop()
        host = self.start(receiver, "--syslog-ca-file", certificate[0], scheme="tls")
        self.climb(host, 5)
        until("every event", lambda: self.has_all(receiver, self.newest(host)))

    def test_it_may_begin_with_the_next_event(self):
        self.space.usual(threshold=1)
        host = self.space.start_host()
        self.climb(host, 5)
        newest = self.newest(host)
        host.stop()
        receiver = self.receiver()
        host = self.start(receiver, "--syslog-begin", "next")
        self.climb(host, 1)
        until("its event", lambda: self.newest(host) in self.events(receiver))
        self.assertGreater(min(self.events(receiver)), newest)


if __name__ == "__main__":
    main()
