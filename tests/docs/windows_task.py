"""The scheduled task of packaging/windows: what its scripts call is there, and means what they say.

The scripts themselves run on Windows only; here the words that they give to muster-logs are given
to the program at hand.
"""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BINARY = os.environ["MUSTER_BINARY"]
MAKE_LOG = os.environ["MUSTER_MAKE_LOG"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
REPORT = (ROOT / "packaging/windows/kms-report.ps1").read_text()
REGISTER = (ROOT / "packaging/windows/register-task.ps1").read_text()
PAPER = (ROOT / "docs/logs.md").read_text()


def parameters(script):
    block = script[script.index("param("):script.index("$ErrorActionPreference")]
    return re.findall(r"^    \[.*\$(\w+)", block, re.M)


def words(names):
    """What Start-Process is given, with the script's variables as `names` has them."""
    line = re.search(r"\$words = (.*)", REPORT)[1]
    out = []
    for word in line.split(", "):
        word = word.strip("'").removeprefix('"`"').removesuffix('`""')
        out.append(str(names[word[1:]]) if word.startswith("$") else word)
    return out


class Task(unittest.TestCase):
    def report(self, fail_within):
        folder = tempfile.TemporaryDirectory(prefix="muster-task-")
        self.addCleanup(folder.cleanup)
        logs, page = (pathlib.Path(folder.name) / name for name in ("logs", "report.html"))
        logs.mkdir()
        subprocess.run([MAKE_LOG, "office", logs / "kms-20260504.evtx"], check=True)
        given = words({"logs": logs, "page": page, "FailWithin": fail_within})
        self.assertEqual(given[0], "report")
        # The log is of a day that is past: its last record is now.
        at = given.index("--at")
        self.assertEqual(given[at:at + 2], ["--at", "now"])
        del given[at:at + 2]
        done = subprocess.run([BINARY, "logs", *given], capture_output=True, text=True, timeout=60)
        self.assertIn("<svg", page.read_text())
        return done.returncode

    def test_a_count_that_falls_soon_is_exit_code_7(self):
        self.assertEqual(self.report("30d"), 7)
        self.assertRegex(REPORT, r"\b7 \{ .*falls under its threshold within")

    def test_one_that_does_not_is_0(self):
        self.assertEqual(self.report("14d"), 0)

    def test_the_task_gives_only_what_the_script_takes(self):
        takes = parameters(REPORT)
        self.assertEqual(takes, ["To", "From", "SmtpServer", "FailWithin", "Always"])
        given = re.findall(r" -(\w+) \$\1\b", REGISTER)
        self.assertEqual(given, ["To", "From", "SmtpServer", "FailWithin"])

    def test_the_paper_gives_what_the_task_takes(self):
        line = re.search(r"register-task\.ps1' (-.*)", PAPER)[1]
        self.assertEqual(re.findall(r"-(\w+) \S+", line), parameters(REGISTER))


if __name__ == "__main__":
    unittest.main()
