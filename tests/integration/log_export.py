"""The event log's export verifies offline; a changed byte, a dropped line, swapped lines and a cut
tail are found.
"""

import json

from harness import Case, Crowd, Log, Machine, main


class LogExport(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.directory = self.space.usual(threshold=5)
        host = self.space.start_host()
        # More than two checkpoints' worth.
        Crowd(host, connections=16).run(Machine(name="desk").request() for _ in range(2200))
        self.assertEqual(host.stop(), 0)
        self.exported = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", self.directory, "--out", self.exported)
        self.lines = self.exported.read_text().splitlines()
        self.log = Log(self.exported.read_text())

    def verify(self, lines, expect):
        changed = self.space / "changed.jsonl"
        changed.write_text("".join(line + "\n" for line in lines))
        done = self.space.muster("events", "verify", changed, expect=expect)
        return done.stdout + done.stderr

    def at(self, seq):
        return next(
            i for i, line in enumerate(self.lines) if i and json.loads(line).get("seq") == seq
        )

    def test_an_untouched_export_verifies_and_says_how_far_it_is_proved(self):
        self.assertGreaterEqual(len(self.log.checkpoints), 3)
        said = self.verify(self.lines, 0)
        self.assertIn(str(self.log.events[-1]["seq"]), said)

    def test_a_changed_byte_is_named(self):
        at = self.at(512)
        line = self.lines[at]
        nonce = json.loads(line)["nonce"]
        changed = line.replace(nonce, ("B" if nonce[0] == "A" else "A") + nonce[1:])
        self.assertNotEqual(line, changed)
        said = self.verify(self.lines[:at] + [changed] + self.lines[at + 1 :], 5)
        self.assertIn("512", said)

    def test_a_dropped_line_is_named(self):
        at = self.at(513)
        self.assertIn("513", self.verify(self.lines[:at] + self.lines[at + 1 :], 5))

    def test_two_swapped_lines_are_named(self):
        at = self.at(514)
        swapped = [*self.lines[:at], self.lines[at + 1], self.lines[at], *self.lines[at + 2 :]]
        said = self.verify(swapped, 5)
        self.assertTrue("514" in said and "515" in said, said)

    def test_a_tail_cut_before_a_checkpoint_that_was_seen_is_named(self):
        at = self.at(1500)
        # A checkpoint that a client, a vendor or an earlier export has seen says how far the log
        # reached.
        said = self.space.muster("events", "verify", self.cut(at), "--at-least", "2000", expect=5)
        self.assertIn("1500", said.stdout + said.stderr)

    def cut(self, at):
        changed = self.space / "cut.jsonl"
        changed.write_text("".join(line + "\n" for line in self.lines[: at + 1]))
        return changed

    def test_a_whole_log_made_anew_by_another_key_is_not_this_hosts(self):
        other_directory = self.space.make_host("acme-cad", directory="other")
        other = self.space.start_host(directory=other_directory)
        Machine().ask(other)
        other.stop()
        out = self.space / "other.jsonl"
        self.space.muster("events", "export", "--dir", other_directory, "--out", out)
        self.space.muster("events", "verify", out)
        self.space.muster("events", "verify", out, "--host-key", self.space / "host.keys", expect=5)

    def test_names_and_addresses_are_in_no_line(self):
        text = self.exported.read_text()
        self.assertNotIn("127.0.0.1", text)
        self.assertNotIn('"desk"', text)


if __name__ == "__main__":
    main()
