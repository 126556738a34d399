"""Multiple activation keys over the wire: the limit is kept whatever happens to the host, and a
ledger that was rolled back shows.
"""

import hashlib
import http.client
import json
import secrets
import shutil
import threading
import uuid

from harness import Case, base64url, main, now_text, payload_of, until

LIMIT = 100
LEFT = 40
CLIENTS = 64
ROUNDS = 200
KILL_EVERY = 4  # rounds


class Desk:
    """A machine that shows a multiple activation key."""

    def __init__(self, key, vendor_id):
        characters = key.replace("-", "")
        text = f"muster-mak-secret-1{vendor_id}{characters}"
        self.body = {
            "product": "acme-cad",
            "key": base64url(hashlib.sha256(text.encode()).digest()),
            "cmid": str(uuid.uuid4()),
            "facts": {"product_uuid": base64url(secrets.token_bytes(16))},
        }
        self.told = []  # every answer that arrived

    def post(self, host, **more):
        """Status and answer, or None where the host died meanwhile."""
        body = {
            **self.body,
            "nonce": base64url(secrets.token_bytes(16)),
            "time": now_text(),
            **more,
        }
        try:
            status, _, text = host.call(
                "POST",
                "/v1/mak-activations",
                json.dumps(body),
                {"Content-Type": "application/json"},
            )
        except (OSError, http.client.HTTPException):
            return None
        answer = json.loads(text)
        if status == 200:
            self.told.append(answer)
        return status, answer

    def ask(self, host, **more):
        """The answer, or None where the host died meanwhile."""
        heard = self.post(host, **more)
        if heard is None:
            return None
        status, answer = heard
        assert status == 200, answer
        return answer

    def held(self):
        """(place, turn) of every answer that gave one."""
        payloads = [payload_of(a["activation"]) for a in self.told if a.get("activation")]
        return {(p["place"], p["turn"]) for p in payloads}


def request_file(desk):
    """The request as docs/protocol.md has it, written from that page."""
    lines = ["muster mak request 1", f"product: {desk.body['product']}", f"key: {desk.body['key']}"]
    lines += ["key_ends: ABCDE", f"cmid: {desk.body['cmid']}"]
    lines += [f"nonce: {base64url(secrets.token_bytes(16))}"]
    lines += [f"fact {kind}: {value}" for kind, value in desk.body["facts"].items()]
    text = "".join(f"{line}\n" for line in [*lines, f"time: {now_text()}"])
    return f"{text}check: {base64url(hashlib.sha256(text.encode()).digest()[:16])}\n"


def place_in(file):
    lines = dict(line.split(": ", 1) for line in file.read_text().splitlines()[1:])
    return int(lines["place"])


class KeyCase(Case):
    """Tests of a host that keeps a multiple activation key."""

    def make_key(self, limit, *options):
        self.directory = self.space.usual()
        ledger = self.space.json("host", "ledger-id", "--dir", self.directory)["ledger"]
        issued = self.space.json(
            *("vendor", "issue-mak", "--dir", self.space / "vendor", "--product", "acme-cad"),
            *("--limit", limit, "--ledger", ledger, "--out", self.space / "cad.mak", *options),
        )
        added = self.space.json("host", "add-mak", "--dir", self.directory, self.space / "cad.mak")
        self.key, self.id, self.vendor_id = issued["key"], added["id"], added["vendor"]

    def desks(self, count):
        return [Desk(self.key, self.vendor_id) for _ in range(count)]


class Maks(KeyCase):
    def places(self, host):
        return host.get(f"/v1/keys/{self.id}")["places"]

    def ask_all(self, host, desks, kill_after=None):
        """All at once; the host is killed when `kill_after` answers have arrived."""
        start, done = threading.Barrier(len(desks)), []

        def work(desk):
            start.wait()
            if desk.ask(host) is not None:
                done.append(desk)
                if len(done) == kill_after:
                    host.process.kill()

        threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def release(self, host, desk):
        status, text = host.admin_call(
            "POST",
            f"/v1/keys/{self.id}/release",
            json.dumps({"cmid": desk.body["cmid"]}),
            {"Content-Type": "application/json"},
        )
        self.assertEqual(status, 200, text)

    def test_64_at_once_on_40_places_200_times_with_kills_in_between(self):
        self.make_key(LIMIT)
        host = self.space.start_host()
        given = {}  # (place, turn) -> the machine that was told so
        for desk in self.desks(LIMIT - LEFT):
            self.assertTrue(desk.ask(host)["activated"])
            self.remember(given, desk)
        kills = 0
        for number in range(ROUNDS):
            desks = self.desks(CLIENTS)
            kill_after = 1 + secrets.randbelow(CLIENTS - 1) if number % KILL_EVERY == 0 else None
            self.ask_all(host, desks, kill_after)
            if kill_after is not None:
                host.process.wait()
                host.end()
                kills += 1
                host = self.space.start_host()
                # What is told before the power cut is told after it; who heard nothing asks again.
                for desk in desks:
                    desk.ask(host)
            self.check_round(host, desks, given)
            for desk in desks:
                if desk.told[-1]["activated"]:
                    self.release(host, desk)
            self.assertEqual(host.get("/v1/keys")["keys"][0]["used"], LIMIT - LEFT)
        self.assertEqual(kills, ROUNDS // KILL_EVERY)
        self.assertEqual(host.stop(), 0)
        log = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", self.directory, "--out", log)
        self.space.muster("events", "verify", log)
        # A host never hears the key itself, only what is as good.
        said = log.read_text() + host.log()
        self.assertIn("warn", said)
        for secret in (self.key, desks[0].body["key"]):
            self.assertNotIn(secret, said)

    def remember(self, given, desk):
        """No place and turn is ever given to two machines."""
        for place in desk.held():
            self.assertIs(given.setdefault(place, desk), desk, place)

    def check_round(self, host, desks, given):
        activated = [d for d in desks if d.told[-1]["activated"]]
        self.assertEqual(len(activated), LEFT)
        for desk in desks:
            self.assertLessEqual(len(desk.held()), 1, desk.told)
            self.remember(given, desk)
            codes = {a["error"]["code"] for a in desk.told if a["error"]}
            self.assertLessEqual(codes, {"limit_reached"})
            if codes:
                self.assertFalse(desk.held(), "refused, and told a place")
        places = {p["place"]: p for p in self.places(host) if p["released"] is None}
        self.assertEqual(sorted(places), list(range(1, LIMIT + 1)), "no place is lost")
        for desk in activated:
            self.assertEqual(places[desk.told[-1]["place"]]["cmid"], desk.body["cmid"])

    def test_a_lost_answer_is_had_again(self):
        self.make_key(1)
        host = self.space.start_host()
        desk, other = self.desks(2)
        connection = host.connect()
        body = {**desk.body, "nonce": base64url(bytes(16)), "time": now_text()}
        connection.request(
            "POST",
            "/v1/mak-activations",
            json.dumps(body),
            {"Content-Type": "application/json"},
        )
        # The answer comes, and is not read: what stands in the ledger does not depend on it.
        connection.getresponse()
        connection.close()
        self.assertEqual(other.ask(host)["error"]["code"], "limit_reached")
        self.assertEqual(desk.ask(host)["place"], 1)

    def test_a_ledger_that_was_rolled_back_shows_and_sells_nothing_until_it_is_reconciled(self):
        self.make_key(10)
        host = self.space.start_host()
        early, forgotten, *later = self.desks(5)
        self.assertEqual(early.ask(host)["place"], 1)
        host.stop()
        shutil.copytree(self.directory, self.space / "snapshot", ignore=self.no_sockets)
        host = self.space.start_host()
        self.assertEqual(forgotten.ask(host)["place"], 2)
        host.stop()
        shutil.rmtree(self.directory)
        (self.space / "snapshot").rename(self.directory)

        host = self.space.start_host()
        twin = later[0]
        self.assertEqual(twin.ask(host)["place"], 2)
        self.assertEqual(twin.held(), forgotten.held(), "two machines with one place show it")
        shown = forgotten.told[-1]["activation"]
        refused = forgotten.ask(host, activation=shown)
        self.assertEqual(refused["error"]["code"], "ledger_behind")
        self.assertEqual(later[1].ask(host)["error"]["code"], "ledger_behind")
        self.assertEqual(early.ask(host)["place"], 1, "who has a place keeps it")
        until("the log's warning", lambda: "mak reconcile" in host.log())
        self.space.muster("mak", "reconcile", self.id, "--dir", self.directory, "--used", 4)
        self.assertEqual(later[1].ask(host)["place"], 5)

    @staticmethod
    def no_sockets(directory, names):
        return [name for name in names if name in ("admin.sock", "lock")]

    def test_guesses_are_limited_by_address_and_a_blocked_key_is_an_unknown_one(self):
        self.make_key(10)
        host = self.space.start_host()
        desk = self.desks(1)[0]
        self.assertTrue(desk.ask(host)["activated"])
        unknown = desk.ask(host, key=base64url(secrets.token_bytes(32)))
        self.space.muster("mak", "block", self.id, "--dir", self.directory)
        blocked = desk.ask(host)
        self.assertEqual({**unknown, "time": ""}, {**blocked, "time": ""})
        for _ in range(3):
            desk.ask(host, key=base64url(secrets.token_bytes(32)))
        body = {**desk.body, "nonce": base64url(bytes(16)), "time": now_text()}
        status, headers, text = host.call(
            "POST",
            "/v1/mak-activations",
            json.dumps(body),
            {"Content-Type": "application/json"},
        )
        self.assertEqual(status, 429, text)
        self.assertGreaterEqual(int(headers["Retry-After"]), 60)

    def request_files(self, count):
        folder = self.space / "requests"
        folder.mkdir()
        files = [folder / f"{number:04}.txt" for number in range(count)]
        for file, desk in zip(files, self.desks(count), strict=True):
            file.write_text(request_file(desk))
        return files

    def test_a_thousand_request_files_are_answered_in_one_go_and_again_changes_nothing(self):
        self.make_key(990)
        files = self.request_files(1000)
        arguments = ("mak", "answer", "--dir", self.directory, *files, "--out", self.space / "out")
        first = self.space.muster(*arguments, expect=4).stdout.splitlines()
        self.assertEqual(len(first), 1000, "a line each")
        self.assertEqual(sum("answered, place" in line for line in first), 990)
        self.assertEqual(sum("limit_reached" in line for line in first), 10)
        answers = {f.name: f.read_text() for f in (self.space / "out").iterdir()}
        again = self.space.muster(*arguments, expect=4).stdout.splitlines()
        self.assertEqual(sum("answered before, place" in line for line in again), 990)
        places = []
        for file in files:
            answer = self.space / "out" / f"{file.name}.answer"
            if "activated: true" in answers[answer.name]:
                self.assertEqual(answer.read_text(), answers[answer.name])
                places.append(place_in(answer))
        self.assertEqual(sorted(places), list(range(1, 991)))
        listed = self.space.json("mak", "list", "--dir", self.directory)
        self.assertEqual(listed["keys"][0]["used"], 990)

    def test_a_proxy_goes_on_where_the_host_died_and_uses_no_place_twice(self):
        self.make_key(400)
        files = self.request_files(300)
        out = self.space / "out"

        def collect(host, expect):
            arguments = ("mak", "collect", "--host", host.clients, *files, "--out", out)
            return self.space.muster(*arguments, expect=expect)

        host = self.space.start_host()
        killer = threading.Thread(target=self.kill_when_some_are_there, args=(host, out))
        killer.start()
        collect(host, 3)
        killer.join()
        host.end()
        answered = len(list(out.glob("*.answer")))
        self.assertLess(answered, 300)
        host = self.space.start_host()
        done = collect(host, 0).stdout
        _, figures = host.admin_call("GET", "/metrics")
        self.assertIn('muster_connections_accepted_total{listener="clients"} 1\n', figures)
        # What was given a place before is not asked for again.
        self.assertEqual(done.count("answered before"), answered)
        places = sorted(place_in(out / f"{file.name}.answer") for file in files)
        self.assertEqual(places, list(range(1, 301)))

    @staticmethod
    def kill_when_some_are_there(host, out):
        until("twenty answers", lambda: len(list(out.glob("*.answer"))) >= 20)
        host.process.kill()


if __name__ == "__main__":
    main()
