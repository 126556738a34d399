"""Every row of the evidence table (design section 3), from real requests, each explained in a
sentence.
"""

import json
import secrets
import shutil
import uuid

from harness import Case, Machine, SharedHost, base64url, from_base64url, main, until


class Seen:
    """What tests say of evidence. `self.host` is the host that is asked."""

    def seen(self, machine):
        """What the host says of a machine: the newest evidence, all there ever was, and the
        sentences.
        """
        client = self.host.get(f"/v1/clients/{machine.cmid}")
        entry = next(e for e in client["machines"] if e["group"] == "desktop")
        for said in [entry, *entry["evidence_seen"]]:
            self.assertGreater(len(said["explanation"].split()), 4, said)
        return entry

    def assert_evidence(self, machine, expected, ever=None):
        entry = self.seen(machine)
        self.assertEqual(entry["evidence"], expected)
        if ever is not None:
            self.assertEqual({e["evidence"] for e in entry["evidence_seen"]}, set(ever))


class Evidence(Seen, SharedHost):
    numbers = {"threshold": 2, "rearm_limit": 3}

    def test_new_then_renewal(self):
        machine = Machine()
        machine.ask(self.host)
        self.assert_evidence(machine, "new")
        machine.ask(self.host)
        self.assert_evidence(machine, "renewal", ["new", "renewal"])

    def test_a_lost_answer_is_a_repeat_and_gives_the_same_ticket(self):
        machine = Machine()
        machine.ask(self.host)
        lost = machine.ask_and_lose(self.host)
        again = machine.ask(self.host)
        self.assertEqual(lost["ticket"], again["ticket"])
        self.assert_evidence(machine, "renewal", ["new", "renewal"])

    def test_two_lost_answers_in_a_row_brand_nobody(self):
        machine = Machine()
        machine.ask(self.host)
        for _ in range(2):
            machine.ask_and_lose(self.host)
        machine.ask(self.host)
        machine.ask(self.host)
        self.assert_evidence(machine, "renewal", ["new", "renewal"])

    def test_two_lost_first_answers_brand_nobody(self):
        machine = Machine()
        for _ in range(2):
            machine.ask_and_lose(self.host)
        machine.ask(self.host)
        machine.ask(self.host)
        self.assert_evidence(machine, "renewal", ["new", "renewal"])

    def test_an_older_ticket_is_a_reverted_snapshot(self):
        machine = Machine()
        machine.ask(self.host)
        snapshot = machine.copy()
        machine.ask(self.host)
        machine.ask(self.host)
        snapshot.ask(self.host)
        self.assert_evidence(snapshot, "revert")

    def test_no_ticket_from_a_known_machine_is_state_lost(self):
        machine = Machine()
        before = machine.copy()
        machine.ask(self.host)
        machine.ask(self.host)
        before.ask(self.host)
        self.assert_evidence(before, "state_lost")

    def test_the_newest_ticket_from_another_machine_once_is_a_move(self):
        machine = Machine()
        machine.ask(self.host)
        machine.facts = {"set": base64url(secrets.token_bytes(16))}
        machine.ask(self.host)
        self.assert_evidence(machine, "machine_changed")
        machine.ask(self.host)
        self.assert_evidence(machine, "renewal", ["new", "machine_changed", "renewal"])

    def test_the_earlier_machine_asking_again_is_a_clone(self):
        machine = Machine()
        machine.ask(self.host)
        original = machine.copy()
        machine.facts = {"set": base64url(secrets.token_bytes(16))}
        machine.ask(self.host)
        original.ask(self.host)
        self.assert_evidence(original, "clone")

    def test_an_older_ticket_from_another_machine_is_a_clone(self):
        machine = Machine()
        machine.ask(self.host)
        clone = machine.copy()
        clone.facts = {"set": base64url(secrets.token_bytes(16))}
        machine.ask(self.host)
        machine.ask(self.host)
        clone.ask(self.host)
        self.assert_evidence(clone, "clone")

    def test_two_clones_that_renew_in_turn_are_found_at_the_second_renewal(self):
        original = Machine()
        original.ask(self.host)
        clone = original.copy()
        clone.facts = {"set": base64url(secrets.token_bytes(16))}
        found = []
        for _ in range(2):
            for machine in (original, clone):
                machine.ask(self.host)
                found.append(self.seen(machine)["evidence"])
        self.assertIn("clone", found[:3])
        self.assertNotIn("clone", found[:1])

    def test_two_instant_clones_with_the_same_facts_are_found_as_reverts(self):
        original = Machine()
        original.ask(self.host)
        clone = original.copy()
        original.ask(self.host)
        clone.ask(self.host)
        self.assertEqual(self.seen(clone)["evidence"], "revert")

    def test_an_honest_pool_that_is_rebuilt_is_rebuilt_and_nothing_worse(self):
        """As often as a day allows (rearm_limit 3); night after night is the next test's."""
        pool = [Machine() for _ in range(5)]
        for _ in range(2):
            for machine in pool:
                machine.ask(self.host)
                machine.ask(self.host)
            pool = [self.rebuilt(machine) for machine in pool]
        for machine in pool:
            machine.ask(self.host)
            machine.ask(self.host)
            self.assert_evidence(machine, "renewal", ["rebuilt", "renewal"])

    def test_an_honest_pool_rebuilt_every_night_of_a_month_is_rebuilt_and_nothing_worse(self):
        """By `muster replay`, which calls the same core, because a month is not waited for."""
        lines, expected = [], []
        facts = [base64url(secrets.token_bytes(16)) for _ in range(5)]
        for day in range(30):
            for fact in facts:
                cmid = str(uuid.uuid4())
                for hour in (7, 12):
                    line = {"time": f"2026-01-{day + 1:02}T{hour:02}:00:00Z", "cmid": cmid}
                    line |= {"product": "acme-cad", "machine": fact}
                    if hour == 12:
                        line["ticket"] = None  # the number of the line before, once they are sorted
                    expected.append("renewal" if hour == 12 else "rebuilt" if day else "new")
                    lines.append(line)
        order = sorted(range(len(lines)), key=lambda i: lines[i]["time"])
        place = {old: new + 1 for new, old in enumerate(order)}
        text = ""
        for old in order:
            line = lines[old]
            if "ticket" in line:
                line["ticket"] = place[old - 1]
            text += json.dumps(line) + "\n"
        policy = self.space / "policy.json"
        policy.write_text(json.dumps({"products": {"acme-cad": {"group": "desktop"}}}))
        answers = self.space.muster("replay", "--policy", policy, text=text).stdout.splitlines()
        found = [json.loads(answer)["evidence"] for answer in answers]
        self.assertEqual(found, [expected[old] for old in order])

    def rebuilt(self, machine):
        return Machine(fact=from_base64url(machine.facts["set"]))

    def next_second(self):
        """Contacts are known to the second; which of two came first must be another second."""
        before = json.loads(self.host.call("GET", "/v1/host")[2])["time"]
        until(
            "the host's clock to go on",
            lambda: json.loads(self.host.call("GET", "/v1/host")[2])["time"] != before,
        )

    def test_the_old_identity_asking_again_is_many_ids(self):
        machine = Machine()
        machine.ask(self.host)
        self.next_second()
        other = self.rebuilt(machine)
        other.ask(self.host)
        self.assert_evidence(other, "rebuilt")
        self.next_second()
        machine.ask(self.host)
        third = self.rebuilt(machine)
        third.ask(self.host)
        self.assert_evidence(third, "many_ids")

    def test_the_articles_loop_gives_state_lost_revert_and_many_ids(self):
        """Snapshot, activate, revert; then rearm after rearm, to pad the count."""
        machine = Machine()
        before_contact = machine.copy()
        machine.ask(self.host)
        before_contact.ask(self.host)
        self.assert_evidence(machine, "state_lost")
        snapshot = before_contact.copy()
        before_contact.ask(self.host)
        before_contact.ask(self.host)
        snapshot.ask(self.host)
        self.assert_evidence(machine, "revert")
        found = set()
        for _ in range(6):
            padded = self.rebuilt(machine)
            padded.ask(self.host)
            found.add(self.seen(padded)["evidence"])
        self.assertIn("many_ids", found)

    def test_a_ticket_of_another_machine_is_foreign(self):
        machine, other = Machine(), Machine()
        machine.ask(self.host)
        other.ask(self.host)
        machine.ticket = other.ticket
        machine.ask(self.host)
        self.assert_evidence(machine, "foreign_ticket")

    def test_a_ticket_that_nobody_gave_is_foreign(self):
        machine = Machine()
        machine.ticket = base64url(secrets.token_bytes(24))
        machine.ask(self.host)
        self.assert_evidence(machine, "foreign_ticket")

    def test_without_facts_there_is_no_evidence(self):
        machine = Machine()
        machine.facts = {}
        machine.ask(self.host)
        self.assertIsNone(self.host.get(f"/v1/clients/{machine.cmid}")["machines"][0]["evidence"])

    def test_evidence_never_changes_the_count(self):
        machine = Machine()
        first = machine.ask(self.host)
        clone = machine.copy()
        clone.facts = {"set": base64url(secrets.token_bytes(16))}
        machine.ask(self.host)
        second = clone.ask(self.host)
        self.assertEqual(first["count"], second["count"])


class Restored(Seen, Case):
    def test_a_ticket_newer_than_ours_says_that_the_host_was_restored(self):
        self.space.usual(threshold=2)
        host = self.space.start_host()
        machine = Machine()
        machine.ask(host)
        host.stop()
        backup = self.space / "backup"
        shutil.copytree(host.directory, backup, ignore=shutil.ignore_patterns("*.sock", "lock"))
        later = self.space.start_host()
        for _ in range(3):
            machine.ask(later)
        later.stop()
        self.host = self.space.start_host(directory=backup)
        machine.ask(self.host)
        self.assert_evidence(machine, "host_behind")
        machine.ask(self.host)
        self.assert_evidence(machine, "renewal")


if __name__ == "__main__":
    main()
