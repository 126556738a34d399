"""A host's own record in DNS: the built binary and a real BIND that takes signed updates, in a
network of the test's own, where the zone's server is found as it would be anywhere.
"""

import json
import socket
import subprocess
import sys
from pathlib import Path

import bind
import own_network

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

import harness  # noqa: E402
from harness import until  # noqa: E402

TLS, PLAIN = "_muster-tls._tcp.corp.example", "_muster._tcp.corp.example"
OTHER_SECRET = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


class NarrowBind(bind.Bind):
    """As docs/discovery.md sets it up: the key may change the two names alone."""

    def _write_configuration(self):
        super()._write_configuration()
        path = self.path / "named.conf"
        grants = "".join(f"grant {bind.KEY_NAME} name {name}. SRV; " for name in (TLS, PLAIN))
        wide = f'allow-update {{ key "{bind.KEY_NAME}"; }};'
        text = path.read_text()
        assert wide in text
        path.write_text(text.replace(wide, f"update-policy {{ {grants}}};"))


class Publish(harness.Case):
    def setUp(self):
        super().setUp()
        self.space.make_vendor()
        own_network.resolve_by("nameserver 127.0.0.1\n")
        self.server = bind.Bind(self.space / "bind", tsig=True, port=53)
        self.addCleanup(self.server.end)

    def start(self, number=1, *more, key=None, server=None, directory=None):
        """A host muster<number> that publishes its record; by its SOA record where no server is
        named."""
        directory = directory or self.space.make_host(directory=f"host{number}")
        named = ("--dns-server", server) if server else ()
        return self.space.start_host(
            *("--dns-zone", "corp.example", "--dns-key-file", key or self.server.key_file),
            *("--dns-target", f"muster{number}.corp.example", *named, *more),
            directory=directory,
        )

    def key(self, name=bind.KEY_NAME, secret=OTHER_SECRET):
        path = self.space / f"{name}.key"
        path.write_text(self.server.key_text(name, secret))
        return path

    def certificate(self, name="elsewhere.example"):
        key, certificate = self.space / "tls.key", self.space / "tls.pem"
        subprocess.run(
            [
                *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(),
                *f"-keyout {key} -out {certificate} -days 30 -subj /CN=muster".split(),
                *("-addext", f"subjectAltName=DNS:{name}"),
            ],
            check=True,
            capture_output=True,
        )
        return key, certificate

    def record(self, number, host, priority=0, weight=10):
        return (priority, weight, host.address()[1], f"muster{number}.corp.example")

    def until_srv(self, records, name=PLAIN):
        until(f"{records} at {name}", lambda: self.server.srv(name) == set(records))

    def events(self, host):
        """(type, detail) of what was done to the record."""
        rows = [row["event"] for row in host.get("/v1/events?limit=100")["events"]]
        return [(r["type"], r["detail"]) for r in rows if r["type"].startswith("dns_")]

    def until_event(self, host, kind):
        return until(kind, lambda: [d for t, d in self.events(host) if t == kind])[-1]

    def metric(self, host, name):
        status, _, text = host.call("GET", "/metrics")
        self.assertEqual(status, 200)
        return next(float(x.split()[-1]) for x in text.splitlines() if x.startswith(name + " "))

    def test_published_at_the_start_and_withdrawn_at_a_clean_stop(self):
        self.server.start()
        host = self.start()
        self.until_srv([self.record(1, host)])
        detail = self.until_event(host, "dns_published")
        self.assertEqual(detail["service"], "_muster._tcp")
        self.assertEqual(detail["port"], host.address()[1])
        self.assertNotIn("corp.example", json.dumps(detail))
        self.assertEqual(self.metric(host, "muster_dns_published"), 1)
        self.assertEqual(self.metric(host, 'muster_dns_updates_total{result="done"}'), 1)
        self.assertIn("the host's record is published in DNS", host.log())
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.server.srv(PLAIN), set())
        self.assertIn("the host's record was taken out of DNS", host.log())
        self.assertNotIn(self.server.secret, host.log())
        log = self.space.muster("events", "export", "--dir", host.directory).stdout
        kinds = [json.loads(line).get("type") for line in log.splitlines()]
        kinds = [kind for kind in kinds if kind in ("stop", "dns_withdrawn")]
        self.assertEqual(kinds, ["dns_withdrawn", "stop"])

    def test_two_hosts_keep_each_others_record(self):
        self.server.start()
        one = self.start(1)
        two = self.start(2, "--dns-priority", "5", "--dns-weight", "30")
        records = [self.record(1, one), self.record(2, two, 5, 30)]
        self.until_srv(records)
        self.assertEqual(one.stop(), 0)
        self.assertEqual(self.server.srv(PLAIN), {records[1]})
        self.assertEqual(two.stop(), 0)
        self.assertEqual(self.server.srv(PLAIN), set())

    def test_a_killed_host_leaves_its_record_until_it_comes_back(self):
        self.server.start()
        two = self.start(2)
        one = self.start(1)
        old = self.record(1, one)
        self.until_srv([old, self.record(2, two)])
        one.kill()
        self.assertIn(old, self.server.srv(PLAIN))
        again = self.start(1, directory=one.directory)
        self.assertNotEqual(self.record(1, again), old)
        self.until_srv([self.record(1, again), self.record(2, two)])

    def test_with_tls_it_is_published_under_the_other_name(self):
        self.server.start()
        key, certificate = self.certificate()
        plain = self.start(1)
        self.until_srv([self.record(1, plain)])
        plain.kill()
        host = self.start(
            *(1, "--tls-certificate", certificate, "--tls-key", key), directory=plain.directory
        )
        self.until_srv([self.record(1, host)], TLS)
        self.assertEqual(self.server.srv(PLAIN), set(), "what it was before is gone")

    def refused(self, reason, says, **more):
        """A host whose updates are refused serves, and says why."""
        host = self.start(1, **more)
        detail = self.until_event(host, "dns_failed")
        self.assertEqual((detail["doing"], detail["reason"]), ("publish", reason))
        until("the log", lambda: says in host.log())
        self.assertTrue(host.ready())
        self.assertEqual(self.metric(host, "muster_dns_published"), 0)
        self.assertGreaterEqual(self.metric(host, 'muster_dns_updates_total{result="failed"}'), 1)
        self.assertEqual(host.stop(), 0)
        for secret in (self.server.secret, OTHER_SECRET):
            self.assertNotIn(secret, host.log())
        return host

    def test_a_wrong_secret(self):
        self.server.start()
        self.refused("wrong_key", "has another secret under the key's name", key=self.key())
        self.assertEqual(self.server.srv(PLAIN), set())

    def test_a_key_that_the_server_does_not_know(self):
        self.server.start()
        self.refused("key_unknown", "does not know the key somebody", key=self.key("somebody"))

    def test_a_zone_that_takes_no_updates(self):
        self.server.tsig = False
        self.server.start()
        self.refused("refused", "refuses the key muster-update an update of corp.example")

    def test_a_server_that_has_another_zone(self):
        self.server.start()
        other = bind.Bind(self.space / "other", zone="other.example", tsig=True)
        other.secret = self.server.secret
        other.key_file.write_text(other.key_text())
        self.addCleanup(other.end)
        other.start()
        self.refused(
            "not_authoritative", "has no zone corp.example", server=f"127.0.0.1:{other.port}"
        )

    def test_the_server_goes_and_comes_back(self):
        host = self.start(1)
        detail = self.until_event(host, "dns_failed")
        self.assertIn(detail["reason"], ("no_server", "silent"))
        self.assertTrue(host.ready())
        self.server.start()
        self.until_srv([self.record(1, host)])
        self.until_event(host, "dns_published")
        self.server.end()
        self.assertEqual(host.stop(), 0)
        self.assertIn("could not be taken out of DNS", host.log())
        # What stayed is taken away when the host comes back on another port.
        self.server.start()
        again = self.start(1, directory=host.directory)
        self.until_srv([self.record(1, again)])

    def test_a_silent_server_holds_up_neither_the_start_nor_the_stop(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            host = self.start(1, server=f"127.0.0.1:{silent.getsockname()[1]}")
            connection, _ = silent.accept()
            with connection:
                self.assertTrue(host.ready())
                self.assertEqual(host.stop(), 0)

    def test_a_key_for_the_two_names_alone_is_enough(self):
        self.server = NarrowBind(self.space / "bind", tsig=True, port=53)
        self.addCleanup(self.server.end)
        self.server.start()
        host = self.start(1)
        self.until_srv([self.record(1, host)])
        self.assertEqual(host.stop(), 0)
        self.assertEqual(self.server.srv(PLAIN), set())

    def test_by_the_servers_name_and_over_ipv6(self):
        self.server.start()
        host = self.start(1, server="ns.corp.example:53")
        self.until_srv([self.record(1, host)])
        six = self.start(2, server="[::1]:53")
        self.until_srv([self.record(1, host), self.record(2, six)])

    def doctor(self, number, host, *more, expect, **variables):
        """`muster host doctor` of a host that start() has started."""
        return self.space.json(
            *("host", "doctor", "--dir", host.directory, "--listen", "127.0.0.1:0"),
            *("--dns-zone", "corp.example", "--dns-key-file", self.server.key_file),
            *("--dns-target", f"muster{number}.corp.example", *more),
            expect=expect,
            **variables,
        )

    def findings(self, told):
        return "\n".join(finding["what"] for finding in told["findings"])

    def named(self, *numbers):
        """The zone, with addresses of these hosts."""
        records = [f"muster{number} A 127.0.0.1" for number in numbers]
        self.server = bind.Bind(self.space / "named", records, tsig=True, port=53)
        self.addCleanup(self.server.end)
        self.server.start()

    def test_the_doctor_finds_nothing_wrong_where_all_is_well(self):
        self.named(1)
        host = self.start(1)
        self.until_srv([self.record(1, host)])
        told = self.doctor(1, host, expect=0)
        self.assertEqual((told["published"], told["usable"], told["findings"]), (True, True, []))
        self.assertEqual(told["record"], PLAIN)
        port = ("--dns-port", host.address()[1])
        self.assertEqual(self.doctor(1, host, *port, expect=0)["published"], True)

    def test_the_doctor_says_that_there_is_no_record(self):
        self.named(1)
        host = self.start(1, key=self.key())
        self.until_event(host, "dns_failed")
        told = self.doctor(1, host, expect=3)
        self.assertFalse(told["published"])
        self.assertIn(f"{PLAIN}: this host's record is not there", self.findings(told))

    def test_the_doctor_finds_a_record_that_leads_to_nobody(self):
        self.named(1, 2)
        one, two = self.start(1), self.start(2)
        self.until_srv([self.record(1, one), self.record(2, two)])
        port = two.address()[1]
        two.kill()
        told = self.doctor(1, one, expect=3)
        self.assertTrue(told["published"])
        self.assertEqual(
            self.findings(told),
            f"http://muster2.corp.example:{port} at 127.0.0.1:{port}: connect: Connection refused",
        )
        self.assertIn(f"remove its record in {PLAIN}", told["findings"][0]["hint"])

    def test_the_doctor_finds_a_target_without_an_address(self):
        self.named()
        host = self.start(1)
        self.until_srv([self.record(1, host)])
        told = self.doctor(1, host, expect=3)
        self.assertTrue(told["published"])
        self.assertIn("the name has no address", self.findings(told))

    def test_the_doctor_finds_a_record_that_is_not_as_it_is_configured(self):
        self.named(1)
        host = self.start(1)
        self.until_srv([self.record(1, host)])
        told = self.doctor(1, host, "--dns-weight", "99", expect=3)
        self.assertFalse(told["published"])
        self.assertIn("has priority 0 and weight 10, not 0 and 99", self.findings(told))
        told = self.doctor(1, host, "--dns-port", "1", expect=3)
        self.assertIn("is this host's name, and not where it is published", self.findings(told))

    def test_the_doctor_finds_a_wrong_certificate(self):
        self.named(1)
        key, certificate = self.certificate()
        host = self.start(1, "--tls-certificate", certificate, "--tls-key", key)
        self.until_srv([self.record(1, host)], TLS)
        tls = ("--tls-certificate", certificate, "--tls-key", key, "--ca-file", certificate)
        told = self.doctor(1, host, *tls, expect=3)
        self.assertTrue(told["published"])
        self.assertIn("certificate", told["findings"][0]["hint"])
        key, certificate = self.certificate("muster1.corp.example")
        self.assertEqual(host.stop(), 0)
        host = self.start(
            *(1, "--tls-certificate", certificate, "--tls-key", key), directory=host.directory
        )
        self.until_srv([self.record(1, host)], TLS)
        self.assertEqual(self.doctor(1, host, *tls, expect=0)["findings"], [])

    def test_the_doctor_of_a_host_that_publishes_nothing(self):
        directory = self.space.make_host(directory="host1")
        done = self.space.muster("host", "doctor", "--dir", directory, expect=2)
        self.assertIn("dns.zone is not set", done.stderr)

    def test_a_machine_that_found_the_host_by_its_record_may_call_it_so(self):
        self.server.start()
        host = self.start(1)
        for name, status in (("muster1.corp.example", 200), ("muster2.corp.example", 421)):
            headers = {"Host": f"{name}:{host.address()[1]}"}
            self.assertEqual(host.call("GET", "/v1/host", headers=headers)[0], status, name)

    def test_a_configuration_that_is_wrong_stops_the_start_with_its_line(self):
        directory = self.space.make_host(directory="host1")
        config = self.space / "muster.toml"
        broken = self.space / "broken.key"
        broken.write_text('key "muster-update" {\n\talgorithm hmac-sha256;\n};\n')
        for text, says in (
            ('[dns]\nzone = "corp.example"\nttl = "0s"\n', "muster.toml:3: dns.ttl"),
            ('[dns]\nzone = "corp.example"\n', "dns.zone needs dns.key_file"),
            ('[dns]\nkey_file = "x"\n', "dns.key_file needs dns.zone"),
            ('[dns]\nzone = "corp.example"\nkey_file = "nothing"\n', "dns.key_file: "),
            (
                f'[dns]\nzone = "corp.example"\nkey_file = "{broken}"\n',
                "broken.key: line 3: both 'algorithm' and 'secret' expected",
            ),
        ):
            config.write_text(text)
            done = self.space.muster(
                *("host", "run", "--dir", directory, "--config", config), expect=None
            )
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(says, done.stderr)


if __name__ == "__main__":
    bind.need()
    own_network.enter()
    harness.main()
