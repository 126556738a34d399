"""How much the lab bears: a million desktops by the rules, ten thousand with every document, a year
each, on one core, in the processor's own time."""

import statistics

from process import BUILD, last_json, pinned, run

PROGRAM = BUILD / "bench" / "muster_lab_bench"
DAYS = 365


def measure_lab(figures, times):
    rules = pinned(0, PROGRAM, "rules", 1_000_000, DAYS)
    reports = [last_json(run(*rules)) for _ in range(times)]
    figures.add(
        "lab_rules_seconds",
        statistics.median(report["cpu_seconds"] for report in reports),
        "s",
        rules,
        aim=15,
        less_is_better=True,
        words=f"1,000,000 desktops through {DAYS} days by the rules, "
        f"{reports[0]['requests']:,} requests",
    )
    figures.add(
        "lab_rules_memory",
        max(report["bytes_a_desktop"] for report in reports),
        "B",
        aim=64,
        less_is_better=True,
        words="memory of the same, a desktop",
    )
    full = pinned(0, PROGRAM, "full", 10_000, DAYS)
    report = last_json(run(*full))
    figures.add(
        "lab_full_seconds",
        report["cpu_seconds"],
        "s",
        full,
        aim=120,
        less_is_better=True,
        words=f"10,000 desktops through {DAYS} days with every document made and checked, "
        f"{report['requests']:,} requests",
    )
