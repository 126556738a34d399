"""muster-logs.exe under wine: a log that is dropped on it, and all it writes held against what the
program for Linux writes of the same files, byte by byte.

MUSTER_LOGS_EXE names the program; MUSTER_WINE names wine. A program that is older than its sources
is not tried.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BINARY = os.environ["MUSTER_BINARY"]
MAKE_LOG = os.environ["MUSTER_MAKE_LOG"]
PROGRAM = os.environ["MUSTER_LOGS_EXE"]
WINE = os.environ["MUSTER_WINE"]
SERVER = shutil.which("wineserver") or "/usr/lib/wine/wineserver"
# In UTF-16 one of these is a pair.
NAME = "hö 雪 \N{GRINNING FACE}"


def environment(prefix):
    out = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
    # A wine of its own, without the parts that a console program does not need.
    out.update(WINEPREFIX=str(prefix), WINEDEBUG="-all", WINEDLLOVERRIDES="mscoree=;mshtml=",
               LC_ALL="C.UTF-8", TZ="UTC")
    out.pop("DISPLAY", None)
    return out


class Program(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        built = pathlib.Path(PROGRAM).parent
        would = subprocess.run(["ninja", "-n", "-C", built], capture_output=True, text=True)
        if "no work to do" not in would.stdout:
            raise unittest.SkipTest(f"{PROGRAM} is older than its sources: ./dev windows")
        cls.place = tempfile.TemporaryDirectory(prefix="muster-windows-")
        cls.addClassCleanup(cls.place.cleanup)
        prefix = pathlib.Path(cls.place.name) / "wine"
        prefix.mkdir()
        cls.environment = environment(prefix)
        cls.addClassCleanup(subprocess.run, [SERVER, "-k", "-w"], env=cls.environment, timeout=60)
        # Its server and its services stay between the runs, and hold none of their pipes open.
        subprocess.run([SERVER, "-p"], env=cls.environment, check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([WINE, PROGRAM, "--version"], env=cls.environment, check=True, timeout=120,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="logs-", dir=self.place.name)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name) / NAME
        self.folder.mkdir()
        self.log = self.make("office", "kms é.evtx")

    def make(self, kind, name):
        path = self.folder / name
        subprocess.run([MAKE_LOG, kind, path], check=True)
        return path

    @classmethod
    def windows(cls, *words, place):
        return subprocess.run([WINE, PROGRAM, *map(str, words)], cwd=place, env=cls.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120)

    def run_windows(self, *words):
        return self.windows(*words, place=self.folder)

    def run_linux(self, *words):
        return subprocess.run([BINARY, "logs", *map(str, words)], cwd=self.folder,
                              env=self.environment, capture_output=True, timeout=120)

    def same(self, *words):
        """What both answer, which must be the same."""
        there, here = self.run_windows(*words), self.run_linux(*words)
        self.assertEqual(there.stderr.decode(), here.stderr.decode(), words)
        self.assertEqual(there.stdout, here.stdout, words)
        self.assertEqual(there.returncode, here.returncode, words)
        return there

    def test_a_log_that_is_dropped_gives_a_page_beside_it(self):
        done = self.run_windows(self.log)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.folder / "report.html").read_text()
        self.assertIn("The count stands at 29 because 29 CMIDs asked within 30 days", page)
        self.assertIn("<svg", page)
        self.assertTrue(page.rstrip().endswith("</html>"))
        self.assertIn("report.html", done.stderr.decode())
        self.assertEqual(sorted(one.name for one in self.folder.iterdir()),
                         [self.log.name, "report.html"])

    def test_the_page_is_the_one_that_linux_writes(self):
        for name, run in (("there.html", self.run_windows), ("here.html", self.run_linux)):
            self.assertEqual(run("report", self.log.name, "--html", name).returncode, 0)
        self.assertEqual((self.folder / "there.html").read_bytes(),
                         (self.folder / "here.html").read_bytes())

    def test_a_page_that_is_there_is_replaced(self):
        (self.folder / "report.html").write_text("of yesterday")
        self.assertEqual(self.run_windows(self.log).returncode, 0)
        self.assertIn("<svg", (self.folder / "report.html").read_text())

    def test_every_record_is_converted_as_on_linux(self):
        for kind in ("fleet", "hostile", "damaged", "strange", "office"):
            log = self.make(kind, f"{kind}.evtx").name
            for form in ("jsonl", "csv"):
                self.assertTrue(self.same("convert", log, "--to", form).stdout)
            self.same("shape", log)

    def test_what_was_converted_is_read_again(self):
        for form in ("jsonl", "csv"):
            rows = self.run_linux("convert", self.log.name, "--to", form).stdout
            (self.folder / f"kms.{form}").write_bytes(rows)
        self.same("report", "kms.jsonl", "--json")
        self.same("convert", "kms.jsonl")

    def test_an_export_to_xml_is_read(self):
        event = ("<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
                 "<Provider Name='Microsoft-Windows-Security-SPP'/><EventID>12290</EventID>"
                 "<TimeCreated SystemTime='2026-01-05T08:01:00.000Z'/><EventRecordID>1"
                 "</EventRecordID><Channel>Key Management Service</Channel><Computer>kms</Computer>"
                 "</System><EventData><Data>0x0</Data><Data>hö</Data></EventData></Event>")
        (self.folder / "kms.xml").write_text(event)
        self.assertIn('"data":["0x0","hö"]', self.same("convert", "kms.xml").stdout.decode())

    def test_the_report_is_the_one_that_linux_writes(self):
        self.same("report", self.log.name, "--json")
        self.same("report", self.log.name, "--fail-within", "30d")
        self.same("report", self.log.name, "--tz", "+01:00", "--pseudonyms")
        done = self.same("report", self.log.name, "--csv", "täbles")
        self.assertEqual(done.returncode, 0)
        self.assertTrue((self.folder / "täbles" / "due.csv").read_text().startswith("group,"))

    def test_a_folder_of_logs_is_read(self):
        logs = self.folder / "lögs"
        logs.mkdir()
        self.log.rename(logs / self.log.name)
        done = self.run_windows(logs.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("831 requests", done.stdout.decode())
        self.assertIn(f"{logs.name}\\{self.log.name}", done.stdout.decode())
        self.assertIn("<svg", (self.folder / "report.html").read_text())

    def test_what_is_no_log_is_refused_and_leaves_no_page(self):
        wrong = self.folder / "nötes.evtx"
        wrong.write_text("no log\n")
        done = self.run_windows(wrong)
        self.assertEqual(done.returncode, 2)
        self.assertIn("nötes.evtx", done.stderr.decode())
        self.assertRegex(done.stderr.decode(), "muster: hint: ")
        self.assertFalse((self.folder / "report.html").exists())
        self.same("convert", wrong.name)
        self.same("report", "gone.evtx")
        self.same("report", self.log.name, "--html", ".")
        self.same("convert", ".")

    def test_a_page_of_yesterday_is_not_taken_for_that_of_a_wrong_file(self):
        (self.folder / "report.html").write_text("of yesterday")
        wrong = self.folder / "notes.evtx"
        wrong.write_text("no log\n")
        self.assertNotIn("report.html", self.run_windows(wrong).stderr.decode())
        self.assertEqual((self.folder / "report.html").read_text(), "of yesterday")

    def test_without_words_it_says_what_to_do(self):
        done = self.run_windows()
        self.assertEqual(done.returncode, 2)
        self.assertIn("Drop a host's log", done.stderr.decode())
        self.assertEqual(done.stdout, b"")

    def test_help_lists_what_is_there_and_nothing_else(self):
        text = self.run_windows("--help").stdout.decode()
        self.assertEqual(re.findall(r"^  (logs \w+)", text, re.M),
                         ["logs report", "logs convert", "logs shape"])
        for command in ("report", "convert", "shape"):
            help_of = self.run_windows(command, "--help")
            self.assertEqual(help_of.stdout, self.run_linux(command, "--help").stdout)
            self.assertNotIn(b"logs watch", help_of.stdout)

    def test_zones_have_names_where_there_are_zone_files(self):
        done = self.run_windows("report", self.log.name, "--tz", "Europe/Berlin")
        self.assertEqual(done.returncode, 2)
        self.assertIn("zones have no names here", done.stderr.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)  # says why it was skipped
