"""The figures of a run, and docs/performance.md, which is made of them."""

import os
import platform
import re
import time
from pathlib import Path

from process import ROOT, WORK, run, say, shown


class Figures:
    """What was measured, in order. `ratio` is the value against its aim: 1 or more is well."""

    def __init__(self):
        self.all = []

    def add(self, name, value, unit, command=None, aim=None, less_is_better=False, words=""):
        ratio = None
        if aim:
            ratio = round(aim / value if less_is_better else value / aim, 3) if value else 0.0
        digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
        value = round(value, digits) if digits else round(value)
        self.all.append(
            {
                "name": name,
                "value": value,
                "unit": unit,
                "ratio": ratio,
                "aim": aim,
                "command": shown(command) if command else None,
                "words": words,
            }
        )
        say(f"  {name}: {value:,} {unit}" + (f" (aim {aim:,}, ratio {ratio})" if aim else ""))

    def value(self, name):
        return next(f["value"] for f in self.all if f["name"] == name)


# --- the machine and the paper -------------------------------------------------------------------


def busy_share():
    def look():
        fields = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        return sum(fields), fields[3] + fields[4]

    total, idle = look()
    time.sleep(2)
    total_after, idle_after = look()
    return 1 - (idle_after - idle) / (total_after - total)


def machine_words():
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    name = re.search(r'PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    kind = run("stat", "-f", "-c", "%T", WORK).strip()
    return (
        f"{os.cpu_count()} cores ({model[1] if model else platform.machine()}), {name[1]}, Linux "
        f"{platform.release()}, file system {kind}"
    ), kind


def write_paper(figures, machine, warnings, took):
    lines = [
        "# Performance",
        "",
        "Written by `./dev bench`, which measures everything here in one run; run it again to have",
        "your own machine's figures. The host is pinned to core 0 and the load generator to core",
        "1, both on one machine, over loopback; the store is SQLite in WAL mode at synchronous",
        "FULL; every event is chained and evidence is judged. Of each answer the nonce, the CMID",
        "and the count are checked while the clock runs, signatures 1 in 64; all others'",
        "signatures after it has stopped. A wrong or lost answer ends the run without a figure.",
        "What is compared is measured in turns; every figure is the median of the rounds.",
        "",
        f"Measured on {machine}, in {took:.0f} s, on {time.strftime('%Y-%m-%d', time.gmtime())}.",
        "",
    ]
    lines += [f"**Beware:** {warning}" for warning in warnings] + ([""] if warnings else [])
    lines += ["| figure | value | aim | ratio | what |", "|---|---:|---:|---:|---|"]
    for f in figures.all:
        aim = f"{f['aim']:,}" if f["aim"] else ""
        ratio = f"{f['ratio']:.2f}" if f["ratio"] is not None else ""
        lines.append(
            f"| {f['name']} | {f['value']:,} {f['unit'] if f['unit'] != 'ratio' else ''} | {aim} | "
            f"{ratio} | {f['words']} |"
        )
    lines += [
        "",
        "`ratio` is the value against its aim (for times: the aim against the value), so that 1",
        "or more meets it. The parts are what the whole cannot be faster than on one core: an",
        "echo on the same HTTP stack, one ES256 signature, and two rows of the store for each",
        "activation; figures named `..._to_parts` are the whole against",
        "`1/(1/http + 1/sign + 2/sqlite)`.",
        "",
        "## The command of each figure",
        "",
        "Ports are those of that run; the host's own command is in `bench/run`.",
        "",
    ]
    seen = set()
    for f in figures.all:
        if f["command"] and f["command"] not in seen:
            seen.add(f["command"])
            lines += [f"- {f['name']}: `{f['command']}`"]
    (ROOT / "docs").mkdir(exist_ok=True)
    (ROOT / "docs" / "performance.md").write_text("\n".join(lines) + "\n")
