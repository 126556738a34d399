"""kill -9 in the middle of 20,000 activations, ten times over: what a client was told is true after
the restart.
"""

import json
import random
import secrets
import uuid

from harness import Case, Crowd, Log, Roll, base64url, main, now_text, payload_of, seconds_of

ACTIVATIONS = 20_000
KILLS = 10
THRESHOLD = 25


class Crash(Case):
    def requests(self, count, machines):
        """Of machines never seen, and now and then of one that was told a ticket before."""
        for _ in range(count):
            known = machines and random.random() < 0.3
            cmid, ticket = machines.pop() if known else (str(uuid.uuid4()), None)
            request = {
                "product": "acme-cad",
                "cmid": cmid,
                "nonce": base64url(secrets.token_bytes(16)),
                "facts": {"set": base64url(secrets.token_bytes(16))},
                "time": now_text(),
                "name": f"desk-{cmid[:8]}",
                "state": 2,
                "minutes_left": 43200,
            }
            yield {**request, "ticket": ticket} if ticket else request

    def test_kill_ten_times_in_the_middle_of_20000_activations(self):
        directory = self.space.usual(threshold=THRESHOLD)
        told, sent = [], set()
        for _ in range(KILLS):
            host = self.space.start_host()
            crowd = Crowd(host)
            kill_at = random.randrange(ACTIVATIONS // 10, ACTIVATIONS * 9 // 10)
            machines = [(r["cmid"], a["ticket"]) for r, _, a in told[-500:]]

            def kill(count, host=host, kill_at=kill_at):
                if count == kill_at:
                    host.process.kill()

            crowd.run(self.noted(self.requests(ACTIVATIONS, machines), sent), kill)
            host.process.wait()
            self.assertGreaterEqual(len(crowd.told), kill_at)
            told += crowd.told
            self.check(directory, told, sent)

    def noted(self, requests, sent):
        for request in requests:
            sent.add((request["cmid"], request["nonce"]))
            yield request

    def check(self, directory, told, sent):
        host = self.space.start_host()
        # A host that was killed comes up by itself and serves.
        self.assertTrue(host.ready(), host.log())
        entries = host.get("/v1/groups/desktop/roll")["entries"]
        self.assertEqual(host.stop(), 0)
        exported = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", directory, "--out", exported)
        self.space.muster("events", "verify", exported)
        log = Log(exported.read_text())
        self.told_is_logged(log, told, sent)
        self.roll_is_what_the_log_led_to(log, entries)

    def told_is_logged(self, log, told, sent):
        events = {(e["cmid"], e["nonce"]): e for e in log.activations()}
        self.assertEqual(len(events), len(log.activations()), "an event stands in the log twice")
        self.assertLessEqual(set(events), sent, "the log holds what nobody asked")
        numbers = [e["seq"] for e in log.events]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + len(numbers))))
        for request, status, answer in told:
            self.assertEqual(status, 200, answer)
            event = events.get((request["cmid"], request["nonce"]))
            self.assertIsNotNone(
                event, f"a client was told, the log does not know: {request} {answer}"
            )
            self.assertEqual(
                (event["activated"], event["count"]), (answer["activated"], answer["count"])
            )
            if answer["activated"]:
                place = payload_of(answer["activation"])["log"]
                self.assertEqual(place["seq"], event["seq"])
                self.assertEqual(place["hash"], base64url(log.hashes[event["seq"]][:16]))

    def roll_is_what_the_log_led_to(self, log, entries):
        roll = Roll()
        for event in log.activations():
            count = roll.ask(event["cmid"], seconds_of(event["time"]), event["threshold"])
            self.assertEqual(count, event["count"], f"event {event['seq']}")
        self.assertEqual({e["cmid"]: seconds_of(e["last_seen"]) for e in entries}, roll.entries)

    def test_the_rules_alone_give_the_counts_that_were_logged(self):
        """`muster replay`, fed with what the log says was asked, answers as the host did."""
        directory = self.space.usual(threshold=3)
        host = self.space.start_host()
        Crowd(host, connections=8).run(self.requests(400, []))
        host.stop()
        exported = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", directory, "--out", exported)
        events = Log(exported.read_text()).activations()
        lines = "".join(
            json.dumps({"time": e["time"], "product": e["product"], "cmid": e["cmid"]}) + "\n"
            for e in events
        )
        policy = self.space / "policy.json"
        policy.write_text(
            json.dumps({"products": {"acme-cad": {"group": "desktop", "threshold": 3}}})
        )
        answers = self.space.muster("replay", "--policy", policy, text=lines).stdout.splitlines()
        self.assertEqual(len(answers), 400)
        for event, line in zip(events, answers, strict=True):
            answer = json.loads(line)
            self.assertEqual(
                (answer["activated"], answer["count"]), (event["activated"], event["count"])
            )


if __name__ == "__main__":
    main()
