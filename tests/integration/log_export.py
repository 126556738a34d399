"""The event log's export verifies offline; a changed byte, a dropped line, swapped lines and a cut
tail are found.
"""

import json
import unittest

from harness import Crowd, Log, Machine, Workspace, main


class LogExport(unittest.TestCase):
    """One log for all tests, which only read it."""

    @classmethod
    def setUpClass(cls):
        cls.space = Workspace()
        cls.addClassCleanup(cls.space.close)
        cls.directory = cls.space.usual(threshold=5)
        host = cls.space.start_host()
        # More than two checkpoints' worth.
        Crowd(host, connections=16).run(Machine(name="desk").request() for _ in range(2200))
        assert host.stop() == 0
        cls.exported = cls.space / "log.jsonl"
        cls.space.muster("events", "export", "--dir", cls.directory, "--out", cls.exported)
        cls.lines = cls.exported.read_text().splitlines()
        cls.log = Log(cls.exported.read_text())

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

    def test_a_cut_tail_is_named(self):
        """The export's first line names the newest checkpoint, so what is gone is missed."""
        at = self.at(1500)
        self.assertIn("1500", self.verify(self.lines[: at + 1], 5))

    def test_a_tail_cut_with_its_mention_is_named_to_whoever_knows_better(self):
        """An activation, an earlier export or the vendor knows how far the log had reached."""
        at = self.at(1500)
        header = json.loads(self.lines[0])
        header.pop("newest")
        first = json.dumps(header, separators=(",", ":"))
        cut = self.space / "cut.jsonl"
        cut.write_text("".join(line + "\n" for line in [first, *self.lines[1 : at + 1]]))
        self.space.muster("events", "verify", cut)
        said = self.space.muster("events", "verify", cut, "--at-least", "2000", expect=5)
        self.assertIn("1500", said.stdout + said.stderr)

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
