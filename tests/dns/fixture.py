"""The fixture itself: a real BIND with a zone of the test's, static or taking signed updates."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import bind

NSUPDATE = shutil.which("nsupdate")
HOST = "_muster._tcp.corp.example"


class Fixture(unittest.TestCase):
    def setUp(self):
        self.path = Path(tempfile.mkdtemp(prefix="muster-dns-"))
        self.addCleanup(shutil.rmtree, self.path, ignore_errors=True)

    def serve(self, records=(), **more):
        server = bind.Bind(self.path / "bind", records, **more)
        self.addCleanup(server.end)
        return server.start()

    def update(self, server, *lines, key=None):
        """nsupdate's exit code and what it said."""
        text = [f"server 127.0.0.1 {server.port}", f"zone {server.zone}", *lines, "send", ""]
        words = [NSUPDATE, *(("-k", str(key)) if key else ())]
        done = subprocess.run(
            words, input="\n".join(text), capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stderr

    def test_it_serves_the_zone_that_was_made_for_the_test(self):
        server = self.serve(
            [
                "_muster._tcp SRV 10 5 8688 a",
                "_muster._tcp SRV 20 0 8689 b.elsewhere.example.",
                "a A 127.0.0.2",
                "a AAAA ::1",
            ]
        )
        self.assertEqual(
            server.srv(HOST),
            {(10, 5, 8688, "a.corp.example"), (20, 0, 8689, "b.elsewhere.example")},
        )
        self.assertEqual(server.addresses("a.corp.example"), {"127.0.0.2", "::1"})
        self.assertIsNone(server.ask("_muster-tls._tcp.corp.example", "SRV"))
        server.change(["_muster._tcp SRV 0 0 1 ."])
        self.assertEqual(server.srv(HOST), {(0, 0, 1, "")})

    def test_it_stops_and_comes_back(self):
        server = self.serve(["_muster._tcp SRV 0 0 8688 a"])
        server.end()
        with self.assertRaises(OSError):
            server.ask(HOST, "SRV")
        server.start()
        self.assertEqual(len(server.srv(HOST)), 1)

    @unittest.skipUnless(NSUPDATE, "nsupdate is not installed: apt-get install bind9-dnsutils")
    def test_updates_need_the_key(self):
        server = self.serve(tsig=True)
        added = f"update add {HOST} 60 SRV 0 0 8688 a.corp.example."
        self.assertEqual(self.update(server, added, key=server.key_file), (0, ""))
        self.assertEqual(server.srv(HOST), {(0, 0, 8688, "a.corp.example")})
        other = f"update add {HOST} 60 SRV 0 0 8688 b.corp.example."
        self.assertNotEqual(self.update(server, other)[0], 0)
        wrong = self.path / "wrong.key"
        wrong.write_text(server.key_text(secret="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))
        self.assertNotEqual(self.update(server, other, key=wrong)[0], 0)
        self.assertEqual(server.srv(HOST), {(0, 0, 8688, "a.corp.example")})
        server.end()
        server.start()
        self.assertEqual(server.srv(HOST), {(0, 0, 8688, "a.corp.example")})

    @unittest.skipUnless(NSUPDATE, "nsupdate is not installed: apt-get install bind9-dnsutils")
    def test_a_static_zone_takes_no_updates(self):
        server = self.serve()
        added = f"update add {HOST} 60 SRV 0 0 8688 a.corp.example."
        self.assertNotEqual(self.update(server, added, key=server.key_file)[0], 0)
        self.assertEqual(server.srv(HOST), set())


if __name__ == "__main__":
    bind.need()
    unittest.main(verbosity=2)
