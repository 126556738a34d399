"""`muster host migrate`: a host moves from its SQLite file into a PostgreSQL database, killed on
the way again and again, and goes on there as if nothing had been.
"""

import hashlib
import json
import random
import subprocess
import unittest

from harness import BINARY, Crowd, Log, Machine, main
from postgres import PROGRAMS, Postgres

MACHINES = 5_000
KILLS = 6


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@unittest.skipUnless(PROGRAMS, "no PostgreSQL is installed")
class Migrate(Postgres):
    def setUp(self):
        super().setUp()
        self.directory = self.space.make_host("acme-cad")
        self.server = self.start_server()

    def words(self, *more):
        return ["host", "migrate", "--dir", self.directory, "--to", self.server.url(), *more]

    def crowd(self, host, count):
        crowd = Crowd(host)
        crowd.run((Machine().request() for _ in range(count)), lambda _: None)
        return len(crowd.told)

    def test_killed_on_the_way_and_moved_all_the_same(self):
        host = self.space.start_host(directory=self.directory)
        known = [Machine() for _ in range(20)]
        for machine in known:
            self.assertEqual(self.post(host, machine)[0], 200)
        self.assertEqual(self.crowd(host, MACHINES), MACHINES)
        done = self.space.muster(*self.words(), expect=None)
        self.assertIn("a host runs on this directory", done.stderr)
        # Not even a clean stop: what a killed host leaves is moved, too.
        host.process.kill()
        host.process.wait()
        file = self.directory / "muster.db"
        files = [file, self.directory / "muster.db-wal"]
        before = {path.name: digest(path) for path in files}

        for _ in range(KILLS):
            process = subprocess.Popen(
                [BINARY, *map(str, self.words())],
                cwd=self.space.path,
                env=self.space.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                process.wait(random.uniform(0.05, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if (self.directory / "database").exists():
                break
        if not (self.directory / "database").exists():
            done = self.space.muster(*self.words("--from", f"sqlite:{file}", "--json"))
            rows = {t["table"]: t["rows"] for t in json.loads(done.stdout)["tables"]}
            self.assertEqual(rows["machine"], MACHINES + 20)
            self.assertGreaterEqual(rows["event"], MACHINES + 20)
            self.assertGreaterEqual(rows["checkpoint"], MACHINES // 1000)
        self.assertEqual(before, {name: digest(self.directory / name) for name in before})
        self.assertEqual((self.directory / "database").stat().st_mode & 0o777, 0o600)
        done = self.space.muster(*self.words(), expect=None)
        self.assertIn("has moved already", done.stderr)

        # The same identity, the same chain, tickets that go on.
        host = self.space.start_host(directory=self.directory)
        for machine in known:
            self.assertEqual(self.post(host, machine)[0], 200)
        story = host.get(f"/v1/clients/{known[0].cmid}")["machines"][0]
        self.assertEqual([e["evidence"] for e in story["history"]], ["renewal", "new"])
        self.assertEqual(host.stop(), 0)
        out = self.space / "moved.jsonl"
        self.space.muster("events", "export", "--dir", self.directory, "--out", out)
        self.space.muster("events", "verify", out)
        activations = Log(out.read_text()).activations()
        self.assertEqual(len(activations), MACHINES + 40)
        logged = {(e["cmid"], e["nonce"]) for e in activations}
        self.assertLessEqual(set(self.told), logged)

        # A second host joins.
        second = self.make_host(self.server, "second")
        status, answer = self.post(second, known[0])
        self.assertEqual((status, answer["activated"]), (200, True))

    def test_what_cannot_be_moved_is_said_and_changes_nothing(self):
        other = self.make_host(self.server, "other")
        done = self.space.muster(*self.words(), expect=4)
        self.assertIn("the database is not empty: it holds 1 host", done.stderr)
        self.assertFalse((self.directory / "database").exists())
        self.assertEqual(other.stop(), 0)
        done = self.space.muster(*self.words("--from", "muster.db"), expect=2)
        self.assertIn("sqlite:FILE expected", done.stderr)
        done = self.space.muster(*self.words("--from", "sqlite:/nowhere/muster.db"), expect=None)
        self.assertIn("/nowhere/muster.db: No such file", done.stderr)
        wrong = ["host", "migrate", "--dir", self.directory, "--to", "mysql://x/y"]
        done = self.space.muster(*wrong, expect=2)
        self.assertIn("postgres://USER@HOST/DATABASE expected", done.stderr)


del Postgres  # its tests run where they stand


if __name__ == "__main__":
    main()
