"""Event logs as `muster logs convert` reads them, held against how others read the same files:
evtxexport of libevtx, and Windows' own export of a log to XML.

Logs that Windows wrote are no part of this project. Where they are at hand, MUSTER_SHARED_DATA
names the folder that holds evtx/ (without it ../shared/data beside the source); else those tests
are skipped and say so.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

BINARY = os.environ["MUSTER_BINARY"]
MAKE_LOG = os.environ["MUSTER_MAKE_LOG"]
ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = pathlib.Path(os.environ.get("MUSTER_SHARED_DATA", ROOT / "../shared/data")) / "evtx"
NAMESPACE = re.compile(r"^\{[^}]*\}")

needs_logs = unittest.skipUnless(
    LOGS.is_dir(), f"no logs in {LOGS}; name their folder's parent in MUSTER_SHARED_DATA"
)
needs_evtxexport = unittest.skipUnless(
    shutil.which("evtxexport"), "evtxexport is not installed: apt-get install libevtx-utils"
)


def muster(*words):
    """The rows, and what was said of places that could not be read."""
    done = subprocess.run([BINARY, "logs", "convert", *map(str, words)], capture_output=True,
                          check=True, text=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line], done.stderr


def child(element, name):
    return next((one for one in element if NAMESPACE.sub("", one.tag) == name), None)


def leaves(element, rows, top=False):
    """The texts of elements that hold no other, and the bytes of binary ones."""
    name = NAMESPACE.sub("", element.tag)
    if name in ("Binary", "EventPayload"):
        rows["binary_bytes"] += len(element.text or "") // 2
    elif len(element):
        for one in element:
            leaves(one, rows)
    elif not top:
        rows["data"].append(element.text or "")


def row_of(event):
    """What an <Event> must be as a line."""
    system = child(event, "System")
    text = {NAMESPACE.sub("", one.tag): one.text or "" for one in system}
    provider = child(system, "Provider").attrib
    time = child(system, "TimeCreated").attrib["SystemTime"].rstrip("Z")
    seconds, _, fraction = time.partition(".")
    row = {
        "record_id": int(text["EventRecordID"]),
        "time": f"{seconds}.{fraction[:7]:0<7}Z",
        "provider": provider.get("Name", ""),
        "source": provider.get("EventSourceName", ""),
        "event_id": int(text["EventID"]),
        "level": int(text["Level"]),
        "channel": text["Channel"],
        "computer": text["Computer"],
        "data": [],
        "binary_bytes": 0,
    }
    for part in ("EventData", "UserData", "DebugData", "ProcessingErrorData"):
        if (found := child(event, part)) is not None:
            leaves(found, row, top=True)
    # The one thing of a log that muster does not write as it stands there.
    row["data"] = [re.sub(r"(PartialProductKey=)[0-9A-Z]{5}\b", r"\1*****", d) for d in row["data"]]
    return row


def row_without_file(row):
    """As a reader of XML has it: one line end of any."""
    data = [re.sub("\r\n?", "\n", one) for one in row["data"]]
    return {name: row[name] for name in row if name != "file"} | {"data": data}


def evtxexport(file):
    done = subprocess.run(["evtxexport", "-f", "xml", file], capture_output=True, check=True)
    text = done.stdout.decode("utf-8", "replace")
    text = "".join(re.findall(r"^<Event .*?^</Event>$", text, re.M | re.S))
    # What XML cannot hold at all, evtxexport writes all the same.
    text = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", text)
    # It writes nine digits of a time; Windows itself writes the seven that there are.
    text = re.sub(r">(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7})00Z<", r">\1Z<", text)
    return [row_of(event) for event in xml.etree.ElementTree.fromstring(f"<Events>{text}</Events>")]


class ReadLogs(unittest.TestCase):
    maxDiff = 2000

    def compare_with_evtxexport(self, rows, file):
        """Some texts are otherwise than in Windows' own export: nothing but blanks and line ends is
        empty, a negative number is its sign and its other bits, and a hexadecimal one has zeros in
        front."""
        for row in rows:
            row["data"] = [one if one.strip() else "" for one in row["data"]]
            row["data"] = [
                str(-(int(one) & 0x7FFFFFFF)) if re.fullmatch(r"-\d{1,10}", one) else one
                for one in row["data"]
            ]
        theirs = evtxexport(file)
        for row in theirs + rows:
            row["data"] = [re.sub("^0x0+(?=[0-9a-f]+$)", "0x", one) for one in row["data"]]
        # Binary data of a <Data> is counted and not shown.
        mine = {row["record_id"]: row["data"] for row in rows}
        for row in theirs:
            for place, (one, other) in enumerate(zip(row["data"], mine.get(row["record_id"], []))):
                if other == "" and re.fullmatch("([0-9A-F]{2})+", one):
                    row["data"][place] = ""
                    row["binary_bytes"] += len(one) // 2
        self.compare(rows, theirs, file.stem)

    def compare(self, rows, expected, what):
        rows = {row["record_id"]: row for row in rows}
        for row in rows.values():
            del row["file"]
            row["data"] = [re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", one) for one in row["data"]]
        self.assertEqual(sorted(rows), sorted(row["record_id"] for row in expected), what)
        for row in expected:
            # A reader of XML makes one line end of any.
            mine = rows[row["record_id"]]
            mine["data"] = [re.sub("\r\n?", "\n", one) for one in mine["data"]]
            self.assertEqual(mine, row, f"{what}: record {row['record_id']}")

    @needs_evtxexport
    def test_our_own_logs(self):
        with tempfile.TemporaryDirectory() as directory:
            for kind, records in (("fleet", 1000), ("hostile", 0)):
                file = pathlib.Path(directory) / f"{kind}.evtx"
                subprocess.run([MAKE_LOG, kind, file, str(records)], check=True)
                rows, said = muster(file)
                self.assertEqual(said, "")
                self.assertGreater(len(rows), 4)
                self.compare_with_evtxexport(rows, file)

    @needs_logs
    def test_windows_own_export(self):
        events = xml.etree.ElementTree.parse(LOGS / "application-win11.xml").getroot()
        rows, said = muster(LOGS / "application-win11.evtx")
        self.assertEqual(said, "")
        self.assertEqual(len(rows), 366)
        self.compare(rows, [row_of(event) for event in events], "application-win11")

    @needs_logs
    def test_an_export_and_its_log_are_the_same_records(self):
        files = LOGS / "application-win11.evtx", LOGS / "application-win11.xml"
        log, _ = muster(files[0])
        export, said = muster(files[1])
        self.assertEqual(said, "")
        self.compare(export, [row_without_file(row) for row in log], "application-win11.xml")
        both, said = muster(*files)
        self.assertEqual(len(both), len(log))
        self.assertIn(f"written once: {len(export)}", said)

    @needs_logs
    @needs_evtxexport
    def test_logs_of_windows(self):
        for name in ("application-win11", "application-win11-b", "no-crc32", "kms-log-cleared",
                     "near-miss-provider", "kms-empty", "bad-malformed", "bad-string-cache"):
            file = LOGS / f"{name}.evtx"
            rows, said = muster(file)
            self.assertEqual(said, "", name)
            self.compare_with_evtxexport(rows, file)

    @needs_logs
    @needs_evtxexport
    def test_what_evtxexport_reads_of_a_damaged_log_is_read(self):
        file = LOGS / "bad-chunk-magic.evtx"
        rows, said = muster(file)
        self.assertIn("the head of a chunk is damaged", said)
        theirs = evtxexport(file)
        self.assertGreater(len(theirs), 200)
        known = {row["record_id"] for row in theirs}
        self.compare([row for row in rows if row["record_id"] in known], theirs, "bad-chunk-magic")


if __name__ == "__main__":
    unittest.main(verbosity=2)
