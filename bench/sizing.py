#!/usr/bin/env python3
"""`bench/sizing.py [--check]`: docs/sizing.md, computed from the figures of docs/performance.md.

With --check nothing is written; it fails where the paper is another.
"""

import math
import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
FLEETS = (10_000, 1_000_000, 100_000_000)
DAY, WEEK = 86_400, 7 * 86_400
OFFICE = 5 * 8 * 3600  # seconds of a week in which desktops are on
RENEWALS = 52  # a year, at the renewal interval of a week
START = 300  # seconds in which everybody comes to work
BUSY = 0.5  # of what was measured, that a host or a database is planned for


def figures(text):
    """The table's values by name, in its units."""
    rows = re.findall(r"^\| (\w+) \| ([0-9.,]+) ", text, re.MULTILINE)
    return {name: float(value.replace(",", "")) for name, value in rows}


def short(value):
    """Two or three digits, as a person would say it."""
    if value >= 100:
        return f"{round(value, 2 - math.floor(math.log10(value))):,.0f}"
    return f"{value:.2g}" if value < 1 else f"{value:.3g}"


def amount(count):
    for size, unit in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB")):
        if count >= size:
            return f"{short(count / size)} {unit}"
    return f"{short(count / 1e3)} kB"


def span(seconds):
    for size, unit in ((DAY, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{short(seconds / size)} {unit}"
    return f"{short(seconds)} s"


def table(title, rows):
    head = " | ".join(f"{fleet:,}" for fleet in FLEETS)
    lines = [f"| {title} | {head} |", "|---|" + "---:|" * len(FLEETS)]
    lines += [f"| {name} | {' | '.join(map(of, FLEETS))} |" for name, of in rows]
    return "\n".join(lines)


def whole(value):
    return f"{math.ceil(value):,}"


def paper(value):
    renewal = value["renewals_of_10000000_host_cpu"] / 1e6
    start = value["activations_new_connections"]
    asks = table("machines", [
        ("renewals a second, spread over the week", lambda n: short(n / WEEK)),
        ("renewals a second, on for 5 days of 8 hours", lambda n: short(n / OFFICE)),
        ("requests a second, all started within 5 minutes", lambda n: short(n / START)),
    ])
    hosts = table("machines", [
        ("a core's share that renewals take, on for 5 days of 8 hours",
         lambda n: f"{short(100 * n / OFFICE * renewal)} %"),
        ("one core answers all of them, started at once, within", lambda n: span(n / start)),
        ("hosts of one core that answer them as they come within 5 minutes, the database apart",
         lambda n: whole(n / START / start / BUSY)),
    ])
    store = table("machines", [
        ("SQLite: what is known of the machines",
         lambda n: amount(n * value["sqlite_bytes_a_machine"])),
        ("SQLite: a year of weekly renewals in the log",
         lambda n: amount(n * RENEWALS * value["sqlite_bytes_a_renewal"])),
        ("PostgreSQL: what is known of the machines",
         lambda n: amount(n * value["postgres_bytes_a_machine"])),
        ("PostgreSQL: a year of weekly renewals in the log",
         lambda n: amount(n * RENEWALS * value["postgres_bytes_an_event"])),
    ])
    database = max(value["postgres_postgres"], value["postgres_two"])
    return PAPER.format(
        asks=asks, hosts=hosts, store=store, busy=f"{BUSY:.0%}".replace("%", " %"),
        renewal=short(renewal * 1e6), start=short(start), database=short(database),
        machines=short(database * BUSY * OFFICE / 1e6),
        started=short(database * BUSY * START / 1e6),
        hour=short(database * BUSY * 3600 / 1e6),
        machine=short(value["postgres_bytes_a_machine"]),
        event=short(value["postgres_bytes_an_event"]),
        sqlite_machine=short(value["sqlite_bytes_a_machine"]),
        sqlite_renewal=short(value["sqlite_bytes_a_renewal"]),
    )


PAPER = """\
# Sizing

How many hosts, and what database, for 10,000, 1,000,000 and 100,000,000 machines. Made by
`bench/sizing.py` of the figures in [performance.md](performance.md), which were measured on one
small machine; run `./dev bench` on yours and it is made anew. Where something is planned for, it
is planned for {busy} of what was measured.

## What a fleet asks

A machine renews every 7 days (`renewal_interval`), at a moment of its own: the host's answer says
when, with jitter.

{asks}

Machines that are not activated ask every 2 hours (`retry_interval`) until they are: a fleet that
waits for its threshold asks 84 times as often as the first row says.

## Hosts

A renewal takes {renewal} us of a core (`renewals_of_10000000_host_cpu`), and a core answers
{start} new connections a second (`activations_new_connections`).

{hosts}

Two hosts are wanted all the same, so that one may be away: [several hosts on one
PostgreSQL](postgres.md). A herd that is more than a host can answer loses nothing: it is told
when to come again, with jitter, and machines keep their validity meanwhile.

## Databases

What a machine takes is {sqlite_machine} bytes on SQLite and {machine} on PostgreSQL
(`sqlite_bytes_a_machine`, `postgres_bytes_a_machine`, with lists and indexes); a renewal adds
{sqlite_renewal} and {event} (`sqlite_bytes_a_renewal`, `postgres_bytes_an_event`).

{store}

[`keep_events` and `keep_machines`](host.md#what-leaves) bound both: with `keep_events = "90d"` a
quarter of a year's log stays. SQLite takes one host as far as its disk goes; PostgreSQL is for
more than one host, not for more machines.

## Where one PostgreSQL ends

The units of one count group commit one after the other, since they lock its row: {database}
renewals a second were measured through that (`postgres_postgres`, `postgres_two`, the better).
More hosts on it answer no more than that; other groups, of other products, lock rows of their
own. At {busy} of it one group can hold

- {machines} million machines that renew weekly, on for 5 days of 8 hours;
- {hour} million that start within an hour, {started} million that start within 5 minutes. More
  than those are told to come again, and come within the hours of the retry interval.

So it is not renewals that end it: at 100,000,000 machines the log's size decides, the time that a
backup takes, and how fast everybody wants an answer who starts at once. Beyond that divide the
fleet among databases by count group or by site, which costs nothing but that each counts by
itself. A database that is spread over machines (CockroachDB, YugabyteDB) takes a larger log, not
a faster group: the lock of the group's row stays one place. Muster was not tested on either;
[what they would have to bear](postgres.md#what-is-not-portable) is listed.
"""


def made():
    return paper(figures((DOCS / "performance.md").read_text()))


def write():
    (DOCS / "sizing.md").write_text(made())


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        if (DOCS / "sizing.md").read_text() != made():
            sys.exit("docs/sizing.md is not of docs/performance.md: run bench/sizing.py")
    else:
        write()
