"""`muster host backup` of a host that is asked meanwhile, and `muster host restore`: what comes
back costs no machine its licence, counts none twice, and sells no place twice. kill -9 on the way.
"""

import contextlib
import json
import shutil
import sqlite3
import subprocess
import threading

from harness import BINARY, Crowd, Log, Machine, main, until
from mak import KeyCase

THRESHOLD = 25
MACHINES = 30  # the roll holds twice the threshold
LOAD = 15_000
KILLS = 6


class Load:
    """Machines of another group that ask as fast as they can."""

    def __init__(self, host, product="load"):
        self.stopped, self.crowd = threading.Event(), Crowd(host, connections=16)
        self.product = product
        self.thread = threading.Thread(target=self.crowd.run, args=(self.requests(),))

    def requests(self):
        while not self.stopped.is_set():
            yield Machine(self.product).request()

    def __enter__(self):
        self.thread.start()
        until("machines that ask", lambda: len(self.crowd.told) > 200)
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()


class Backup(KeyCase):
    def setUp(self):
        super().setUp()
        self.file = self.space / "host.backup"

    def usual_host(self):
        """A host that serves two products, with a multiple activation key of ten places."""
        self.make_key(10)
        self.space.add_product("load", group="load", threshold=THRESHOLD)
        keys = self.space.sign_host(self.directory, "acme-cad", "load", out="both.keys")
        self.space.muster("host", "install-key", "--dir", self.directory, keys)
        return self.space.start_host()

    def back_up(self, *more, **options):
        words = ("host", "backup", "--dir", self.directory, "--out", self.file)
        return self.space.muster(*words, *more, **options)

    def restore(self, directory="restored", expect=0):
        words = ("host", "restore", self.file, "--dir", self.space / directory, "--json")
        done = self.space.muster(*words, expect=expect)
        return done if expect != 0 else json.loads(done.stdout)

    def export(self, directory, out, *more):
        self.space.muster("events", "export", "--dir", directory, "--out", self.space / out, *more)
        self.space.muster("events", "verify", self.space / out)
        return (self.space / out).read_text()

    def count(self, host):
        groups = host.get("/v1/groups")["groups"]
        return next(group["count"] for group in groups if group["group"] == "desktop")

    def test_a_fleet_goes_on_with_a_host_that_was_restored(self):
        host = self.usual_host()
        fleet = self.climb(host, MACHINES)
        early, forgotten, *later = self.desks(4)
        self.assertEqual(early.ask(host)["place"], 1)
        with Load(host) as load:
            made = json.loads(self.back_up("--json").stdout)
        self.assertEqual({status for _, status, _ in load.crowd.told}, {200})
        self.assertEqual(load.crowd.unanswered, 0)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.file.stat().st_size, made["bytes"])
        self.assertFalse((self.directory / "muster.db-copy").exists())
#The fleet goes on : newer tickets, machines and places that the backup does not know.
        for machine in fleet:
            machine.ask(host)
        fleet += self.climb(host, 5)
        self.assertEqual(forgotten.ask(host)["place"], 2)
        self.assertEqual(self.count(host), MACHINES + 5)
        host.kill()
        before = self.export(self.directory, "before.jsonl")
        shutil.rmtree(self.directory)

        restored = self.restore()
        self.assertEqual((restored["newest"], restored["epoch"]), (made["newest"], 2))
        self.assertEqual(restored["host"], made["host"])
        self.directory = self.space / "restored"
        host = self.space.start_host(directory=self.directory)
        self.assertTrue(host.ready(), host.log())
#Keys stop before any machine has shown anything.
        self.assertEqual(later[0].ask(host)["error"]["code"], "ledger_behind")
        self.assertEqual(early.ask(host)["place"], 1, "who has a place keeps it")
        for machine in fleet:
            self.assertTrue(machine.ask(host)["activated"])
        self.assertEqual(self.count(host), MACHINES + 5, "nobody counts twice")
        story = host.get(f"/v1/clients/{fleet[0].cmid}")["machines"][0]
        self.assertEqual(story["history"][0]["evidence"], "host_behind")
        shown = forgotten.told[-1]["activation"]
        self.assertEqual(forgotten.ask(host, activation=shown)["place"], 2)
        self.space.muster("mak", "reconcile", self.id, "--dir", self.directory, "--used", 2)
        self.assertEqual(later[1].ask(host)["place"], 3)
        self.assertEqual(host.stop(), 0)
        self.logs_fit(before, made["newest"])

    def logs_fit(self, before, newest):
        epoch, seq = map(int, newest.split("-"))
        old = Log(before).events
        known = Log(self.export(self.directory, "known.jsonl", "--epoch", str(epoch))).events
        self.assertEqual(len(known), seq)
        self.assertEqual(known, old[:seq], "the old log, as far as the backup has it")
        told = [e for e in known if e["type"] == "backup_begun"]
        self.assertEqual([e["actor"].split(":")[0] for e in told], ["socket"])
        after = Log(self.export(self.directory, "after.jsonl", "--epoch", str(epoch + 1))).events
        begun = after[0]
        self.assertEqual((begun["type"], begun["seq"]), ("epoch_begun", 1))
        self.assertEqual(begun["actor"].split(":")[0], "command")
        self.assertEqual(begun["detail"]["seq_before"], seq)
        self.assertIn("ledger_behind", [e["type"] for e in after])
        self.export(self.directory, "newest.jsonl")

    def test_a_stopped_host_is_backed_up_too_and_wrong_words_change_nothing(self):
        host = self.usual_host()
        fleet = self.climb(host, 3)
        self.assertEqual(host.stop(), 0)
        self.back_up()
        size = self.file.stat().st_size
        self.assertIn("is there already", self.back_up(expect=2).stderr)
        self.assertEqual(self.file.stat().st_size, size)

        words = ("host", "restore", self.file, "--dir", self.directory)
        done = self.space.muster(*words, expect=2)
        self.assertIn("is a host's directory already", done.stderr)
        (self.space / "full").mkdir()
        (self.space / "full" / "muster.db").write_text("somebody's")
        self.assertIn("not an empty directory", self.restore("full", 2).stderr)
        self.assertEqual((self.space / "full" / "muster.db").read_text(), "somebody's")
        (self.space / "empty").mkdir()
        self.restore("empty")
        host = self.space.start_host(directory=self.space / "empty")
        self.assertEqual(len(host.get("/v1/clients")["clients"]), 3)
        self.assertEqual(fleet[0].ask(host)["count"], 3)
        self.assertEqual(host.stop(), 0)

    def test_a_backup_that_is_damaged_is_refused(self):
        host = self.usual_host()
        self.climb(host, 3)
        self.assertEqual(host.stop(), 0)
        self.back_up()
        whole = self.file.read_bytes()
        self.file.write_bytes(whole[: len(whole) // 2])
        self.assertIn("damaged", self.restore(expect=70).stderr)
        self.file.write_bytes(b"no backup at all\n" * 1000)
        self.assertIn("no backup of a host", self.restore(expect=5).stderr)
        self.file.write_bytes(whole)
        with contextlib.closing(sqlite3.connect(self.file)) as db, db:
            db.execute("UPDATE event SET line = replace(line, '\"seq\":2', '\"seq\":3')")
        self.assertIn("the event log does not verify", self.restore(expect=5).stderr)
        self.assertFalse((self.space / "restored").exists())

    def loaded_host(self):
        host = self.usual_host()
        Crowd(host).run(Machine("load").request() for _ in range(LOAD))
        return host

    @staticmethod
    def stage(host):
        return host.get("/v1/backup")["stage"]

    def start(self, *words):
        return subprocess.Popen(
            [BINARY, *map(str, words)],
            cwd=self.space.path,
            env=self.space.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def test_kill_9_while_it_is_backed_up_leaves_a_good_host_and_no_half_file(self):
        host = self.loaded_host()
        copy = self.directory / "muster.db-copy"
        for number in range(KILLS):
            command = self.start("host", "backup", "--dir", self.directory, "--out", self.file)
            until("a copy", lambda: copy.exists() or command.poll() is not None)
            if number % 2 == 0:
                host.kill()
            else:
                command.kill()
            if command.wait() == 0:  # it was done before the kill
                self.restore(f"whole-{number}")
                self.file.unlink()
            self.assertFalse(self.file.exists())
            self.assertEqual(list(self.space.path.glob("host.backup*")), self.left_by(command))
            if number % 2 == 0:
                host = self.space.start_host()
                self.assertFalse(copy.exists(), "what nobody fetches is removed")
            until("the end of the copy", lambda: self.stage(host) in ("made", "none"))
        # At once, so that it is not done.
        for _ in range(KILLS):
            host.admin_call("POST", "/v1/backup", "{}", {"Content-Type": "application/json"})
            host.kill()
            host = self.space.start_host()
            self.assertFalse(copy.exists())
        self.back_up()
        self.assertEqual(host.stop(), 0)
        self.export(self.directory, "all.jsonl")

    def left_by(self, command):
        """A command that is killed while it writes leaves its own unfinished file, and no other."""
        if command.returncode != -9:
            return []
        left = list(self.space.path.glob("host.backup.*.new"))
        for file in left:
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        return left

    def test_kill_9_while_it_is_restored_leaves_a_directory_that_the_next_try_takes(self):
        host = self.loaded_host()
        self.back_up()
        host.kill()
        for number in range(KILLS):
            directory = self.space / f"restored-{number}"
            command = self.start("host", "restore", self.file, "--dir", directory)
            parts = directory / "restoring"
            until("a restore", lambda: parts.exists() or command.poll() is not None)
            key = parts / "host.key"
            if number % 2 == 1:
                until("its key", lambda: key.exists() or command.poll() is not None)
            command.kill()
            command.wait()
            if not (directory / "host.key").exists():
                self.restore(directory.name)
                self.assertFalse(parts.exists())
            self.assertEqual((directory / "host.key").stat().st_mode & 0o777, 0o600)
        host = self.space.start_host(directory=directory)
        self.assertTrue(host.ready())
        self.assertEqual(host.stop(), 0)
        self.export(directory, "all.jsonl")


if __name__ == "__main__":
    main()
