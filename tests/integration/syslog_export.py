"""The event log's way to a syslog server: every event arrives, whoever is killed in between."""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest

from harness import PATIENCE, Case, Log, main, until
from receivers import Syslog, make_certificate

MESSAGE = re.compile(
    r"<(?P<pri>\d+)>1 (?P<time>\S+) (?P<host>\S+) muster - (?P<type>\S+) "
    r'\[muster@32473(?P<data>(?: [^ =\]"]+="(?:[^"\\\]]|\\["\\\]])*")+)\] (?P<line>.*)',
    re.DOTALL,
)


# rsyslog's own program, which lies where only root looks.
RSYSLOGD = os.environ.get("MUSTER_RSYSLOGD") or shutil.which(
    "rsyslogd", path=os.environ.get("PATH", "") + ":/usr/sbin"
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


class Rsyslog:
    """rsyslog on a port of this machine that it chooses, or the one given; its parts of what it
    was sent, a line each.
    """

    def __init__(self, space, port=0):
        self.kept, port_file = space / "rsyslog.txt", space / "rsyslog.port"
        port_file.unlink(missing_ok=True)
        parts = "%APP-NAME%\\t%MSGID%\\t%PRI%\\t%STRUCTURED-DATA%\\t%msg%\\n"
        settings = space / "rsyslog.conf"
        settings.write_text(
            f'''global(workDirectory="{space.path}" maxMessageSize="64k")
module(load="imtcp")
template(name="parts" type="string" string="{parts}")
ruleset(name="kept") {{ action(type="omfile" file="{self.kept}" template="parts") }}
input(type="imtcp" address="127.0.0.1" port="{port}" listenPortFileName="{port_file}"
      ruleset="kept")
'''
        )
        self.process = subprocess.Popen(
            [RSYSLOGD, "-n", "-f", settings, "-i", space / "rsyslog.pid"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # It names the port that it chose, and no other.
        self.port = port or int(until("rsyslog's port", lambda: self.text_of(port_file)))

    @staticmethod
    def text_of(file):
        return file.read_text().strip() if file.exists() else ""

    def rows(self):
        """(program, message id, priority, structured data, message) of what came whole."""
        whole = self.text_of(self.kept).split("\n") if self.kept.exists() else []
        return [tuple(line.split("\t")) for line in whole if line.count("\t") == 4]

    def events(self):
        out = {}
        for *_, line in self.rows():
            event = json.loads(line)
            assert out.setdefault(event["seq"], line.strip()) == line.strip()
        return out

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(PATIENCE)


@unittest.skipUnless(RSYSLOGD, "rsyslog is not installed")
class ToRsyslog(Case):
    """The receivers of other tests are Muster's own reading of the RFCs; this one is not."""

    def server(self, **more):
        server = Rsyslog(self.space, **more)
        self.addCleanup(server.stop)
        return server

    def test_it_reads_every_event_and_none_is_lost_when_it_or_the_host_is_restarted(self):
        self.space.usual(threshold=1)
        server = self.server()
        address = ("--syslog-server", f"tcp://127.0.0.1:{server.port}")
        host = self.space.start_host(*address)
        self.climb(host, 20, name="desk-1.corp.example")
        newest = host.get("/v1/status")["log"]["seq"]
        until("every event", lambda: len(server.events()) >= newest)
        server.stop()
        self.climb(host, 20)
        host.kill()
        host = self.space.start_host(*address)
        server = self.server(port=server.port)
        self.climb(host, 20)
        newest = host.get("/v1/status")["log"]["seq"]
        until("every event", lambda: set(server.events()) >= set(range(1, newest + 1)))
        for program, kind, priority, data, line in server.rows():
            event = json.loads(line)
            self.assertEqual((program, kind), ("muster", event["type"]))
            self.assertIn(int(priority) & 7, (4, 5, 6))
            self.assertIn(f'seq="{event["seq"]}"', data)
            self.assertTrue(data.startswith("[muster@32473 "), data)
        status, text = host.admin_call("GET", "/v1/events?format=ndjson")
        self.assertEqual(status, 200)
        lines = server.events()
        kept = [text.splitlines()[0]] + [lines[seq] for seq in sorted(lines)]
        self.assertEqual(len(Log("\n".join(kept)).events), len(lines))


if __name__ == "__main__":
    main()
