"""Machines that find their hosts by DNS: the built binary, real hosts and a real BIND, in a network
of the test's own, where the C library asks it on port 53 as it would ask any other.
"""

import socket
import subprocess
import sys
import time
from pathlib import Path

import bind
import own_network

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

import harness  # noqa: E402
from harness import until  # noqa: E402

PLAIN = "_muster._tcp.corp.example"
NEXT_HOST_AFTER = 2.0
WHOLE_PATIENCE = 10.0


class Silent:
    """Takes connections and never says anything."""

    def __init__(self, address="127.0.0.1"):
        self.socket = socket.create_server((address, 0))
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class Machines(harness.Case):
    """A vendor, a product that is installed on one machine, and a domain to look in."""

    def setUp(self):
        super().setUp()
        del self.space.environment["MUSTER_DOMAIN"]
        # The names of the zone are not the machine's own, which a host knows.
        self.space.environment["MUSTER_ALLOWED_HOSTS"] = ".corp.example"
        self.space.usual(threshold=1)
        self.space.environment["MUSTER_STATE"] = str(self.space / "state")
        self.space.muster("install", self.space.product, "--fact", "desk-001")
        self.resolve("corp.example")

    def resolve(self, *domains):
        own_network.resolve_by(f"nameserver 127.0.0.1\nsearch {' '.join(domains)}\n")

    def serve(self, *records):
        """The zone; the rest of the test may change it."""
        server = bind.Bind(self.space / "bind", records, port=53)
        self.addCleanup(server.end)
        return server.start()

    def certificate(self, *names):
        key, certificate = self.space / "host.key", self.space / "host.pem"
        subprocess.run(
            [
                *"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(),
                *f"-keyout {key} -out {certificate} -days 30 -subj /CN=muster".split(),
                *("-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)),
            ],
            check=True,
            capture_output=True,
        )
        return certificate, key

    def tls_host(self, *names):
        certificate, key = self.certificate(*names)
        host = self.space.start_host("--tls-certificate", certificate, "--tls-key", key)
        return host, certificate

    def second_host(self, *arguments):
        directory = self.space.make_host("acme-cad", directory="second")
        return self.space.start_host(*arguments, directory=directory)

    @staticmethod
    def port(host):
        return host.address()[1]

    def activate(self, *arguments, expect=0):
        return self.space.json("activate", *arguments, expect=expect)


class Discovery(Machines):
    # ---- finding

    def test_a_machine_finds_the_host_that_dns_names(self):
        host = self.space.start_host()
        self.serve(f"_muster._tcp SRV 0 0 {self.port(host)} one", "one A 127.0.0.1")
        told = self.activate()
        self.assertTrue(told["activated"])
        self.assertEqual(told["host"], f"http://one.corp.example:{self.port(host)}")

    def test_hosts_with_tls_are_preferred(self):
        plain = self.space.start_host()
        directory = self.space.directory
        self.space.directory = self.space.make_host("acme-cad", directory="second")
        secure, certificate = self.tls_host("two.corp.example")
        self.space.directory = directory
        self.serve(
            f"_muster._tcp SRV 0 0 {self.port(plain)} one",
            f"_muster-tls._tcp SRV 90 0 {self.port(secure)} two",
            "one A 127.0.0.1",
            "two A 127.0.0.1",
        )
        told = self.activate("--ca-file", certificate)
        self.assertEqual(told["host"], f"https://two.corp.example:{self.port(secure)}")

    def test_a_certificate_that_does_not_fit_sends_on_to_the_next(self):
        plain = self.space.start_host()
        directory = self.space.directory
        self.space.directory = self.space.make_host("acme-cad", directory="second")
        secure, certificate = self.tls_host("elsewhere.example")
        self.space.directory = directory
        server = self.serve(
            f"_muster._tcp SRV 0 0 {self.port(plain)} one",
            f"_muster-tls._tcp SRV 0 0 {self.port(secure)} two",
            "one A 127.0.0.1",
            "two A 127.0.0.1",
        )
        told = self.activate("--ca-file", certificate)
        self.assertEqual(told["host"], f"http://one.corp.example:{self.port(plain)}")
        self.assertIn("certificate verify failed", told["tried"][0])
        # Where TLS is required, there is nobody; and nothing is asked without it.
        told = self.activate("--ca-file", certificate, "--require-tls", expect=3)
        self.assertFalse(told["activated"])
        self.assertEqual(len(told["tried"]), 1)
        server.change([f"_muster._tcp SRV 0 0 {self.port(plain)} one", "one A 127.0.0.1"])
        told = self.activate("--require-tls", expect=3)
        self.assertIn("has no TLS, which is required", told["detail"])

    def test_addresses_of_both_families(self):
        for listen in ("127.0.0.1:0", "[::1]:0"):
            with self.subTest(listen):
                host = self.space.start_host(listen=listen)
                server = self.serve(
                    f"_muster._tcp SRV 0 0 {self.port(host)} one",
                    "one A 127.0.0.1",
                    "one AAAA ::1",
                )
                self.assertTrue(self.activate("--domain", "corp.example")["activated"])
                server.end()
                host.kill()

    def test_the_search_domains_are_looked_in_one_after_the_other(self):
        host = self.space.start_host()
        self.serve(f"_muster._tcp SRV 0 0 {self.port(host)} one", "one A 127.0.0.1")
        self.resolve("eu.corp.example", "corp.example")
        self.assertTrue(self.activate()["activated"])
        self.space.muster("uninstall")
        self.resolve("eu.corp.example")
        self.space.muster("install", self.space.product, "--state", self.space / "other")
        told = self.activate("--state", self.space / "other", expect=3)
        self.assertIn("_muster._tcp.eu.corp.example: no such name", told["detail"])

    def test_an_answer_that_needs_tcp(self):
        host = self.space.start_host()
        gone = [f"_muster._tcp SRV {9000 + i} 0 1 gone-{i:02}" for i in range(60)]
        self.serve(f"_muster._tcp SRV 0 0 {self.port(host)} one", "one A 127.0.0.1", *gone)
        told = self.activate()
        self.assertEqual(told["host"], f"http://one.corp.example:{self.port(host)}")

    # ---- going on

    def test_a_host_that_is_gone_or_silent_is_left_for_the_next(self):
        first, second = self.space.start_host(), self.second_host()
        silent = Silent()
        self.addCleanup(silent.close)
        self.serve(
            f"_muster._tcp SRV 1 0 {self.port(first)} one",
            f"_muster._tcp SRV 2 0 {silent.port} silent",
            f"_muster._tcp SRV 3 0 {self.port(second)} two",
            "one A 127.0.0.1",
            "silent A 127.0.0.1",
            "two A 127.0.0.1",
        )
        self.assertEqual(self.activate()["host"], f"http://one.corp.example:{self.port(first)}")
        first.kill()
        began = time.monotonic()
        told = self.activate()
        took = time.monotonic() - began
        self.assertTrue(told["activated"])
        self.assertEqual(told["host"], f"http://two.corp.example:{self.port(second)}")
        self.assertEqual(len(told["tried"]), 2)
        self.assertGreaterEqual(took, NEXT_HOST_AFTER)
        self.assertLess(took, WHOLE_PATIENCE, "the silent host had more than its two seconds")

    def test_the_host_that_answered_is_asked_without_dns(self):
        host = self.space.start_host()
        server = self.serve(f"_muster._tcp SRV 0 0 {self.port(host)} one", "one A 127.0.0.1")

        def records_asked_for():
            return [line for line in server.queries() if " IN SRV " in line]

        self.assertTrue(self.activate()["activated"])
        until("the questions in the log", lambda: len(records_asked_for()) == 2)
        self.assertTrue(self.activate()["activated"])
        # This one comes after whatever the second attempt has asked.
        server.srv("last.corp.example")
        until("it in the log", lambda: "last.corp.example" in server.log())
        self.assertEqual(len(records_asked_for()), 3)

    def test_without_a_name_server_it_says_so_and_soon(self):
        began = time.monotonic()
        told = self.activate(expect=3)
        self.assertIn("no name server answered", told["detail"])
        self.assertLess(time.monotonic() - began, WHOLE_PATIENCE)

    def test_the_agent_finds_its_host_and_ends_at_once(self):
        host = self.space.start_host()
        self.serve(f"_muster._tcp SRV 0 0 {self.port(host)} one", "one A 127.0.0.1")
        agent = subprocess.Popen(
            [harness.BINARY, "client", "run"],
            env=self.space.environment,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        state = lambda: self.space.json("status")["license_state"]  # noqa: E731
        until("the agent's activation", lambda: state() == "licensed")
        agent.terminate()
        self.assertEqual(agent.wait(harness.PATIENCE), 0)

    def test_weights_spread_machines_over_hosts(self):
        first, second = self.space.start_host(), self.second_host()
        self.serve(
            f"_muster._tcp SRV 0 0 {self.port(first)} one",
            f"_muster._tcp SRV 0 0 {self.port(second)} two",
            "one A 127.0.0.1",
            "two A 127.0.0.1",
        )
        hosts = set()
        for number in range(40):  # all at one host by chance: once in 2^39 runs
            state = self.space / f"machine-{number}"
            where = ("--state", state, "--fact", number)
            self.space.muster("install", self.space.product, *where)
            hosts.add(self.activate("--state", state)["host"])
            if len(hosts) == 2:
                break
        self.assertEqual(len(hosts), 2)


class Doctor(Machines):
    """Every step of it on hosts that are each wrong in another way."""

    def doctor(self, *arguments, expect=0):
        seen = self.space.json("doctor", *arguments, expect=expect)
        hosts = {host["host"].split("//")[1].split(".")[0]: host for host in seen["hosts"]}
        whats = {finding["what"]: finding["hint"] for finding in seen["findings"]}
        return seen, hosts, whats

    def hint_about(self, whats, host):
        """The hint of the one finding that names this host."""
        hints = [hint for what, hint in whats.items() if f"//{host}." in what]
        self.assertEqual(len(hints), 1, whats)
        return hints[0]

    def test_each_host_is_looked_at_and_what_is_wrong_is_said(self):
        good = self.space.start_host()
        silent = Silent()
        self.addCleanup(silent.close)
        closed = bind.free_port()
        self.serve(
            f"_muster._tcp SRV 1 0 {closed} closed",
            f"_muster._tcp SRV 2 0 {silent.port} silent",
            "_muster._tcp SRV 3 0 53 other",
            "_muster._tcp SRV 4 0 8688 stale",
            f"_muster._tcp SRV 5 0 {self.port(good)} good",
            *(f"{name} A 127.0.0.1" for name in ("closed", "silent", "other", "good")),
            "good AAAA ::1",
        )
        seen, hosts, whats = self.doctor()
        self.assertTrue(seen["usable"])
        self.assertEqual(seen["domains"], ["corp.example"])
        self.assertEqual([one["result"] for one in seen["lookups"]], ["no_name", "found"])
        records = seen["lookups"][1]["records"]
        self.assertEqual([one["priority"] for one in records], [1, 2, 3, 4, 5])
        self.assertEqual(list(hosts), ["closed", "silent", "other", "stale", "good"])
        self.assertEqual([name for name in hosts if hosts[name]["usable"]], ["good"])
        self.assertIn("see that the host runs", self.hint_about(whats, "closed"))
        self.assertIn("see the host's log", self.hint_about(whats, "silent"))
        self.assertGreaterEqual(hosts["silent"]["addresses"][0]["took_ms"], 1000 * NEXT_HOST_AFTER)
        self.assertEqual(hosts["stale"]["addresses"], [])
        self.assertIn(f"remove its record in {PLAIN}", self.hint_about(whats, "stale"))
        families = {one["address"][0]: one for one in hosts["good"]["addresses"]}
        self.assertEqual(families["1"]["not_served"], [])
        self.assertLessEqual(abs(families["1"]["clock_ahead_s"]), 1)
        self.assertFalse(families["["]["connected"])
        self.assertIn("[::1]", next(what for what in whats if "//good." in what))

    def test_a_certificate_that_fits_and_those_that_do_not(self):
        secure, certificate = self.tls_host("right.corp.example")
        self.serve(
            f"_muster-tls._tcp SRV 1 0 {self.port(secure)} wrong",
            f"_muster-tls._tcp SRV 2 0 {self.port(secure)} right",
            "right A 127.0.0.1",
            "wrong A 127.0.0.1",
        )
        seen, hosts, whats = self.doctor("--ca-file", certificate, "--require-tls")
        self.assertTrue(seen["usable"])
        right, wrong = (hosts[name]["addresses"][0]["certificate"] for name in ("right", "wrong"))
        self.assertIsNone(right["refused"])
        self.assertEqual(right["names"], ["right.corp.example"])
        self.assertEqual(right["issuer"], "CN=muster")
        self.assertEqual(wrong["refused"], "it is not for wrong.corp.example")
        self.assertIn("a certificate for wrong.corp.example", self.hint_about(whats, "wrong"))
        # Signed by nobody whom this machine trusts.
        seen, hosts, whats = self.doctor("--require-tls", expect=3)
        self.assertFalse(seen["usable"])
        self.assertIn("self-signed", hosts["right"]["addresses"][0]["certificate"]["refused"])
        self.assertIn("--ca-file", self.hint_about(whats, "right"))

    def test_no_record_no_service_and_no_name_server(self):
        server = self.serve()
        _, _, whats = self.doctor(expect=3)
        self.assertEqual(list(whats), ["no host is published in corp.example"])
        server.change(["_muster._tcp SRV 0 0 0 ."])
        seen, _, _ = self.doctor(expect=3)
        self.assertEqual([one["result"] for one in seen["lookups"]], ["no_name", "not_offered"])
        server.end()
        seen, _, whats = self.doctor(expect=3)
        self.assertEqual([one["result"] for one in seen["lookups"]], ["no_answer"])
        self.assertIn("/etc/resolv.conf", next(iter(whats.values())))


if __name__ == "__main__":
    bind.need()
    own_network.enter()
    harness.main()
