"""What reading event logs costs: `muster logs convert` beside evtxexport in the same run, and a
report of a million requests.
"""

import shutil
import statistics
import subprocess
import threading
import time
from pathlib import Path

from process import BUILD, MUSTER, WORK, pinned, run, say

MAKE_LOG = BUILD / "tests" / "logs" / "muster_make_log"
LOG_BYTES = 100_000_000
REQUESTS = 1_000_000


def make_log(file, requests):
    if not file.is_file():
        run(MAKE_LOG, "busy", file, requests)
    return file.stat().st_size


def log_of(size):
    """A log of about so many bytes, made by the tests' writer."""
    probe = WORK / "probe.evtx"
    requests = int(20_000 * size / make_log(probe, 20_000))
    log = WORK / f"log-{size}.evtx"
    make_log(log, requests)
    return log


def seconds(command):
    with open("/dev/null", "wb") as nowhere:
        began = time.monotonic()
        subprocess.run(command, stdout=nowhere, stderr=nowhere, check=True)
        return time.monotonic() - began


def anonymous_memory(process, found):
    """The most anonymous memory that a process was seen with, in bytes."""
    status = Path(f"/proc/{process.pid}/status")
    pause = threading.Event()
    while process.poll() is None:
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            found.append(int(lines["RssAnon"].split()[0]) * 1024)
        except (OSError, KeyError, ValueError):
            return
        pause.wait(0.005)


def report_of(log):
    command = [MUSTER, "logs", "report", log]
    found = [0]
    with open("/dev/null", "wb") as nowhere:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=nowhere)
        looking = threading.Thread(target=anonymous_memory, args=(process, found))
        looking.start()
        if process.wait() != 0:
            raise SystemExit("bench: the report failed")
        took = time.monotonic() - began
        looking.join()
    return command, took, max(found)


def measure_logs(figures, times):
    subprocess.run(["ninja", "-C", BUILD, "muster_make_log"], check=False, capture_output=True)
    if not MAKE_LOG.is_file():
        say("  logs: not measured; the tests' writer of logs is not built (-DMUSTER_TESTS=ON)")
        return
    log = log_of(LOG_BYTES)
    megabytes = log.stat().st_size / 1e6
    ours, others = [], []
    convert = pinned(0, MUSTER, "logs", "convert", log)
    export = pinned(0, "evtxexport", "-f", "xml", log)
    for _ in range(times):
        ours.append(seconds(convert))
        if shutil.which("evtxexport"):
            others.append(seconds(export))
    figures.add(
        "logs_convert",
        megabytes / statistics.median(ours),
        "MB/s",
        convert,
        words=f"an .evtx log of {megabytes:.0f} MB as JSON lines, one core",
    )
    if others:
        figures.add(
            "logs_convert_to_evtxexport",
            statistics.median(b / a for a, b in zip(ours, others)),
            "ratio",
            export,
            aim=20,
            words="its throughput against that of evtxexport -f xml on the same log and core",
        )
    requests = WORK / f"requests-{REQUESTS}.evtx"
    make_log(requests, REQUESTS)
    reports = [report_of(requests) for _ in range(times)]
    figures.add(
        "logs_report_seconds",
        statistics.median(took for _, took, _ in reports),
        "s",
        reports[0][0],
        aim=5,
        less_is_better=True,
        words=f"a report of {REQUESTS:,} requests, {requests.stat().st_size / 1e6:.0f} MB",
    )
    figures.add(
        "logs_report_memory",
        max(most for _, _, most in reports) / 1e6,
        "MB",
        aim=500,
        less_is_better=True,
        words="the most anonymous memory of the same",
    )
