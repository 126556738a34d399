"""All at once: three hosts on a database with a synchronous standby, found by DNS, 200 machines
that ask again and again, and a key that is sold, while a host is killed every few seconds and the
database fails over. At the end every answer that was given stands in a log, every log verifies, and
the counts and the places are those that one host would have given.
"""

import collections
import http.client
import itertools
import json
import random
import secrets
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import mak
import three_hosts
from harness import Log, base64url, payload_of, until

MACHINES = 200
THRESHOLD = 100  # so that the roll holds them all
LIMIT = 40
SELLERS = 2
SECONDS = 60.0  # of trouble: half before the database fails over, half after
ANSWERS = 20  # that machines have had before the next host is killed


class Seller:
    """Machines come for the key, one after the other; where no place is left, one is released."""

    def __init__(self, key, vendor_id, key_id, hosts):
        self.key, self.vendor_id, self.key_id, self.hosts = key, vendor_id, key_id, hosts
        self.buyers, self.holders, self.refused, self.released = [], [], 0, 0

    def serve_one(self):
        """Whether a place was left."""
        buyer = mak.Desk(self.key, self.vendor_id)
        nonce = base64url(secrets.token_bytes(16))
        self.buyers.append(buyer)
        until("an answer to who shows the key", lambda: self.ask(buyer, nonce))
        if buyer.told[-1]["activated"]:
            self.holders.append(buyer)
            return True
        assert buyer.told[-1]["error"]["code"] == "limit_reached", buyer.told
        self.refused += 1
        return False

    def ask(self, buyer, nonce):
        heard = buyer.post(random.choice(self.hosts), nonce=nonce)
        assert heard is None or heard[0] in (200, 503), heard
        return heard is not None and heard[0] == 200

    def release_one(self):
        holder = self.holders.pop(random.randrange(len(self.holders)))
        statuses = []
        until("a place to be released", lambda: self.release(holder.body["cmid"], statuses))
        self.released += 1

    def release(self, cmid, statuses):
        try:
            status, text = random.choice(self.hosts).admin_call(
                "POST",
                f"/v1/keys/{self.key_id}/release",
                json.dumps({"cmid": cmid}),
                {"Content-Type": "application/json"},
            )
        except (OSError, http.client.HTTPException):
            status = None
        # Who heard nothing asks once more, and the place may be released already.
        assert status in (None, 200, 503) or (status == 409 and statuses), text
        statuses.append(status)
        return status in (200, 409)

    def run(self, done):
        while not done.is_set():
            if not self.serve_one() and self.holders:
                self.release_one()


class Proof(three_hosts.ThreeHosts):
    threshold = THRESHOLD

    def make_key(self):
        """Of a key whose ledger all three hosts share."""
        ledger = self.space.json("host", "ledger-id", "--dir", self.directories[0])["ledger"]
        file = self.space / "cad.mak"
        issued = self.space.json(
            *("vendor", "issue-mak", "--dir", self.space / "vendor", "--product", "acme-cad"),
            *("--limit", LIMIT, "--ledger", ledger, "--out", file),
        )
        added = self.space.json("host", "add-mak", "--dir", self.directories[0], file)
        return issued["key"], added["vendor"], added["id"]

    # ---- what goes on meanwhile

    def ask_on(self, desktops, done):
        for desktop in itertools.cycle(desktops):
            if done.is_set():
                return
            desktop.activate()

    def more_answers(self):
        """Some more of the machines have had an answer."""
        before = self.answers()

        def come():
            for work in self.works:
                if work.done():
                    work.result()  # what went wrong in it
            return self.answers() >= before + ANSWERS

        until("more answers", come)

    def answers(self):
        return sum(desktop.answers for desktop in self.desktops)

    def kill_and_start(self, number):
        self.hosts[number].kill()
        self.more_answers()
        self.hosts[number] = self.start_one(number)
        self.more_answers()

    def trouble(self, seconds):
        end = time.monotonic() + seconds
        kills = 0
        while kills < three_hosts.HOSTS or time.monotonic() < end:
            self.kill_and_start(kills % three_hosts.HOSTS)
            kills += 1
        return kills

    def fail_over(self, primary, standby):
        """With a host less, which comes back when the standby has taken over. What the primary has
        committed and the standby has not is gone; nobody may have been told of it."""
        standby.ask("ALTER SYSTEM SET primary_conninfo = ''")
        standby.ask("SELECT pg_reload_conf()")
        until("a commit that waits for the standby", lambda: primary.ask(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == "t")
        primary.stop(signal.SIGKILL)
        self.hosts[0].kill()
        for host in self.hosts[1:]:
            until("a host not to be ready", lambda host=host: not host.ready())
        standby.promote()
        self.hosts[0] = self.start_one(0)
        for host in self.hosts:
            until("a host to be ready again", host.ready)

    # ---- the test

    def test_nothing_is_lost_and_all_count_as_one(self):
        primary, standby, both = self.start_pair()
        self.start_hosts(both)
        key = self.make_key()
        sellers = [Seller(*key, self.hosts) for _ in range(SELLERS)]
        self.desktops = self.make_desktops(MACHINES)
        done = threading.Event()
        with ThreadPoolExecutor(three_hosts.AT_A_TIME + SELLERS) as threads:
            try:
                self.works = [
                    threads.submit(self.ask_on, self.desktops[n :: three_hosts.AT_A_TIME], done)
                    for n in range(three_hosts.AT_A_TIME)
                ]
                self.works += [threads.submit(seller.run, done) for seller in sellers]
                kills = self.trouble(SECONDS / 2)
                self.fail_over(primary, standby)
                kills += 1 + self.trouble(SECONDS / 2)
            finally:
                done.set()
            for work in self.works:
                work.result()
        while sellers[0].serve_one():
            pass
        # Nobody is left without one, now that all is well.
        for told in self.activate_all(self.desktops):
            self.assertTrue(told["activated"], told)
        self.all_hosts_say_the_same()
        self.ledger_is_what_was_told(sellers)
        logs = self.exported()
        self.documents_are_logged(logs)
        self.count_is_one_hosts(logs)
        self.no_place_is_given_twice(logs, sellers)
        self.say(kills, sellers, logs)

    def say(self, kills, sellers, logs):
        failures = sum((d.failures for d in self.desktops), start=collections.Counter())
        print(
            f"{kills} kills; {self.answers()} answers to machines, {dict(failures)} without one;"
            f" {sum(len(seller.buyers) for seller in sellers)} came for the key,"
            f" {sum(seller.released for seller in sellers)} places released;"
            f" {sum(len(log.events) for log in logs)} events in {len(logs)} logs"
        )

    # ---- what must be true at the end

    def all_hosts_say_the_same(self):
        def seen(host):
            group = host.get("/v1/groups")["groups"][0]
            roll = host.get("/v1/groups/desktop/roll")["entries"]
            return group["count"], group["active_machines"], {e["cmid"] for e in roll}

        everybody = {self.cmid(desktop) for desktop in self.desktops}
        for host in self.hosts:
            expected = (MACHINES, MACHINES, everybody)
            until("one count for all", lambda host=host: seen(host) == expected)

    def cmid(self, desktop):
        return payload_of(desktop.document().read_text())["sub"]

    def ledger_is_what_was_told(self, sellers):
        """Every place is held, none by two, and by whom it was sold to."""
        self.assertGreater(sum(seller.released for seller in sellers), 0)
        told = {
            desk.told[-1]["place"]: desk.body["cmid"]
            for seller in sellers
            for desk in seller.holders
        }
        for host in self.hosts:
            key = host.get(f"/v1/keys/{sellers[0].key_id}")
            held = {p["place"]: p["cmid"] for p in key["places"] if p["released"] is None}
            self.assertEqual((key["used"], sorted(held)), (LIMIT, list(range(1, LIMIT + 1))))
            self.assertEqual(held, told)

    def exported(self):
        """Every epoch of every host's log, verified. A host that stops leaves DNS."""
        logs = []
        for number, host in enumerate(self.hosts):
            self.assertEqual(host.stop(), 0, host.log())
            keys = self.space / f"host{number}.keys"
            out = self.space / f"host{number}.jsonl"
            epoch = None
            while epoch != 0:
                which = () if epoch is None else ("--epoch", epoch)
                directory = self.directories[number]
                self.space.muster("events", "export", "--dir", directory, "--out", out, *which)
                self.space.muster("events", "verify", out, "--host-key", keys)
                logs.append(Log(out.read_text()))
                epoch = logs[-1].header["epoch"] - 1
        self.assertEqual(self.dns.srv(three_hosts.RECORD), set())
        return logs

    def documents_are_logged(self, logs):
        """Every activation that a machine has ever stored is the event that it names."""
        events = {
            base64url(log.hashes[event["seq"]][:16]): event
            for log in logs
            for event in log.activations()
        }
        with ThreadPoolExecutor(three_hosts.AT_A_TIME) as threads:
            list(threads.map(self.verify, self.desktops))
        for desktop in self.desktops:
            for document in desktop.documents:
                payload = payload_of(document)
                event = events[payload["log"]["hash"]]
                self.assertEqual(
                    (payload["sub"], payload["nonce"], payload["count"], True),
                    (event["cmid"], event["nonce"], event["count"], event["activated"]),
                )

    def verify(self, desktop):
        self.space.muster("verify", desktop.document(), "--product", self.product)

    def count_is_one_hosts(self, logs):
        """In whichever log they stand: 200 machines, each counted once and one after the other."""
        events = [event for log in logs for event in log.activations()]
        self.assertEqual({event["evidence"] for event in events}, {"new", "renewal"})
        counts = [event["count"] for event in events if event["evidence"] == "new"]
        self.assertEqual(sorted(counts), list(range(1, MACHINES + 1)))
        for event in events:
            self.assertEqual(event["activated"], event["count"] >= THRESHOLD, event)
        logged = collections.Counter(event["cmid"] for event in events)
        for desktop in self.desktops:
            self.assertGreaterEqual(logged[self.cmid(desktop)], desktop.answers)

    def no_place_is_given_twice(self, logs, sellers):
        details = [
            event["detail"]
            for log in logs
            for event in log.events
            if event["type"] == "mak_activation"
        ]
        for detail in details:
            self.assertLessEqual(detail["used"], LIMIT)
            self.assertFalse(detail.get("behind"), detail)
        sold = [(d["place"], d["turn"]) for d in details if d.get("gain") == "sold"]
        self.assertEqual(len(sold), len(set(sold)), "a place was sold twice")
        self.assertEqual({place for place, _ in sold}, set(range(1, LIMIT + 1)))
        given = {(d["place"], d["turn"], d["cmid"]) for d in details if d["activated"]}
        for seller in sellers:
            for desk in seller.buyers:
                for place, turn in desk.held():
                    self.assertIn((place, turn, desk.body["cmid"]), given)


if __name__ == "__main__":
    three_hosts.run()
