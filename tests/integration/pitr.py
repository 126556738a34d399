"""A PostgreSQL database that goes back to a point in time by its own tools, with the commands of
docs/postgres.md: no machine loses its licence, none counts twice, every log goes on in a new epoch,
and keys sell nothing until they are reconciled.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import postgres
from harness import Log, Machine, main, until
from mak import Desk

PAPER = Path(__file__).parents[2] / "docs" / "postgres.md"
MACHINES = 5


def blocks():
    """What the paper tells a person to type of this, in its order."""
    section = PAPER.read_text().split("## Backup, and back to a point in time")[1].split("\n## ")[0]
    return re.findall(r"```(?:sh|ini)\n(.*?)```", section, re.S)


class Archived(postgres.Server):
    """A server with the paper's settings, and its places in the test's directory."""

    def __init__(self, space, **more):
        super().__init__(space, **more)
        self.backups = self.path / "backups"
        self.backups.mkdir()
        (self.backups / "wal").mkdir()
        if user := postgres.other_user():
            for path in self.backups, self.backups / "wal":
                os.chown(path, user.pw_uid, user.pw_gid)

    def here(self, text):
        text = text.replace("/var/backups", str(self.backups))
        text = text.replace("/var/lib/postgresql/15/main", str(self.data))
        text = text.replace("/var/lib/postgresql/15", str(self.path))
        source = f"host=127.0.0.1 port={self.port} user=muster password=hunter2"
        return text.replace("postgres://muster@db.example/postgres", source)

    def serve(self):
        settings = [line.split(" = ", 1) for line in self.here(blocks()[0]).splitlines()]
        return super().serve() + [
            word
            for name, value in settings
            for word in ("-c", f"{name}={value.strip(chr(39))}")
        ]

    def type(self, text):
        """As the server's user, in a shell."""
        environment = {**os.environ, "PATH": f"{postgres.PROGRAMS}:{os.environ['PATH']}"}
        subprocess.run(
            self.command("sh", "-e", "-c", self.here(text)),
            check=True, timeout=120, env=environment, cwd=self.path,
        )

    def archive_all(self):
        last = self.ask("SELECT pg_walfile_name(pg_switch_wal())")
        until("the WAL to be archived", (self.backups / "wal" / last).exists)


@unittest.skipUnless(postgres.PROGRAMS, "no PostgreSQL is installed")
class PointInTime(postgres.Postgres):
    def start_server(self):
        server = Archived(self.space)
        self.addCleanup(server.end)
        server.start()
        return server

    def make_key(self, host):
        ledger = self.space.json("host", "ledger-id", "--dir", host.directory)["ledger"]
        issued = self.space.json(
            *("vendor", "issue-mak", "--dir", self.space / "vendor", "--product", "acme-cad"),
            *("--limit", 10, "--ledger", ledger, "--out", self.space / "cad.mak"),
        )
        words = ("host", "add-mak", "--dir", host.directory, self.space / "cad.mak")
        added = self.space.json(*words)
        self.id = added["id"]
        return [Desk(issued["key"], added["vendor"]) for _ in range(4)]

    def climb(self, host, count):
        machines = [Machine() for _ in range(count)]
        for machine in machines:
            self.assertEqual(self.post(host, machine)[0], 200)
        return machines

    def export(self, directory):
        out = self.space / f"{directory.name}.jsonl"
        for epoch in "1", "2":
            words = ("events", "export", "--dir", directory, "--out", out, "--epoch", epoch)
            self.space.muster(*words)
            self.space.muster("events", "verify", out)
        return Log(out.read_text())

    def test_hosts_go_on_with_a_database_that_went_back(self):
        server = self.start_server()
        first, second = self.make_host(server, "first"), self.make_host(server, "second")
        early, forgotten, *later = self.make_key(first)
        fleet = self.climb(first, MACHINES)
        words = ("host", "backup", "--dir", first.directory, "--out", self.space / "no")
        self.assertIn("pg_basebackup", self.space.muster(*words, expect=4).stderr)
        json_type = {"Content-Type": "application/json"}
        self.assertEqual(first.admin_call("POST", "/v1/backup", "{}", json_type)[0], 409)

        server.type(blocks()[1])
        fleet += self.climb(second, MACHINES)
        self.assertEqual(early.ask(first)["place"], 1)
        then = server.ask("SELECT now()")
        # What the database will have forgotten, although machines were told of it.
        for machine in fleet:
            self.assertEqual(self.post(second, machine)[0], 200)
        fleet += self.climb(first, MACHINES)
        until("the other host to know the key", lambda: second.get("/v1/keys")["keys"])
        self.assertEqual(forgotten.ask(second)["place"], 2)
        server.archive_all()
        directories = [first.directory, second.directory]
        for host in first, second:
            self.assertEqual(host.stop(), 0)
        server.stop(signal.SIGQUIT)

        server.type(blocks()[2].replace("2026-11-24 09:00:00+00", then))
        server.start()
        until("the recovery's end", lambda: server.ask("SELECT pg_is_in_recovery()") == "f")
        shutil.rmtree(server.path / "broken")
        for directory in directories:
            words = blocks()[3].replace("/var/lib/muster/host", str(directory)).split()
            self.assertEqual(words[0], "muster")
            done = self.space.muster(*words[1:], "--json")
            self.assertEqual(json.loads(done.stdout)["epoch"], 2)

        first, second = (self.space.start_host(directory=path) for path in directories)
        self.assertEqual(later[0].ask(first)["error"]["code"], "ledger_behind")
        self.assertEqual(later[0].ask(second)["error"]["code"], "ledger_behind")
        self.assertEqual(early.ask(second)["place"], 1, "who has a place keeps it")
        for number, machine in enumerate(fleet):
            status, answer = self.post((first, second)[number % 2], machine)
            self.assertEqual((status, answer["activated"]), (200, True))
        clients = first.get("/v1/clients")["clients"]
        self.assertEqual(len({client["cmid"] for client in clients}), len(fleet))
        self.assertEqual(len(clients), len(fleet), "nobody counts twice")
        shown = forgotten.told[-1]["activation"]
        self.assertEqual(forgotten.ask(second, activation=shown)["place"], 2)
        self.space.muster("mak", "reconcile", self.id, "--dir", first.directory, "--used", 2)
        self.assertEqual(later[1].ask(second)["place"], 3)
        for host in first, second:
            self.assertEqual(host.stop(), 0)
            log = self.export(host.directory)
            begun = log.events[0]
            self.assertEqual((begun["epoch"], begun["seq"]), (2, 1))
            self.assertEqual(begun["type"], "epoch_begun")
            self.assertTrue(begun["actor"].startswith("command:"))


if __name__ == "__main__":
    main()
