"""Hosts on PostgreSQL: one against a host on SQLite, two on one database against one, and what the
database does by itself.

The server is as durable as it is shipped, heard on a Unix socket, and pinned to no core: it shares
the machine's with the hosts and the generator, as the store of a host on SQLite does.
"""

import glob
import os
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from process import CONNECTIONS, cpu_seconds, rest, run, say

PROGRAMS = Path(
    max(glob.glob("/usr/lib/postgresql/*/bin"), default="", key=lambda p: int(p.split("/")[-2]))
)
ROWS = 20_000
SECONDS = 5


class Postgres:
    """A server of the benchmark's own, which the user `postgres` runs where root must not."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="muster-bench-"))
        self.prefix = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.path, user.pw_uid, user.pw_gid)
            self.prefix = [
                "setpriv", "--reuid", user.pw_name, "--regid", str(user.pw_gid), "--clear-groups",
            ]
        self.data = self.path / "data"
        self.program("initdb", "-D", self.data, "-U", "muster", "-A", "trust", "-E", "UTF8")
        self.process = subprocess.Popen(
            [
                *self.prefix, str(PROGRAMS / "postgres"), "-D", str(self.data),
                "-k", str(self.path), "-c", "listen_addresses=", "-c", "shared_buffers=512MB",
                "-c", "max_wal_size=4GB",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ready = [PROGRAMS / "pg_isready", "-q", "-h", self.path]
        while subprocess.run(ready, check=False).returncode != 0:
            if self.process.poll() is not None:
                sys.exit("bench: PostgreSQL does not start")
            time.sleep(0.1)

    def program(self, name, *words):
        return run(*self.prefix, PROGRAMS / name, *words)

    def make(self, name):
        self.program("createdb", "-h", self.path, "-U", "muster", name)
        return f"postgres://muster@/{name}?host={self.path}"

    def upserts(self, database, group):
        """Rows a second, by one prepared statement of so many rows after the other."""
        script = self.path / "upsert.sql"
        script.write_text(
            f"\\set first random(0, {ROWS // group - 1})\n"
            "INSERT INTO upserted SELECT n, decode(repeat('ab', 90), 'hex') FROM"
            f" generate_series(:first * {group}, :first * {group} + {group - 1}) n"
            " ON CONFLICT (id) DO UPDATE SET data = excluded.data;\n"
        )
        script.chmod(0o644)
        command = [
            *self.prefix, PROGRAMS / "pgbench", "-h", self.path, "-U", "muster", "-n",
            "-M", "prepared", "-T", SECONDS, "-f", script, database,
        ]
        for line in run(*command).splitlines():
            if line.startswith("tps = "):
                return command, float(line.split()[2]) * group
        sys.exit("bench: pgbench says no tps")

    def bytes_a_row(self, database, rows_of, *tables):
        """All of these tables, their indexes and what was not cleared away yet, for each row."""
        sizes = " + ".join(
            f"(SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE c.relkind = 'r' AND"
            f" c.relname LIKE '{table}')"
            for table in tables
        )
        said = self.program(
            "psql", "-h", self.path, "-U", "muster", "-d", database, "-Atc",
            f"SELECT ({sizes}) / (SELECT count(*) FROM {rows_of})",
        )
        return float(said)

    def cpu_seconds(self):
        """Of the server and its children that live."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sum(cpu_seconds(pid) for pid in [self.process.pid, *map(int, children.split())])

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.path)


def together(fleet, servers, requests, machines):
    """Answers a second of all hosts that are asked at the same time, and the slowest's p99."""
    reports = [None] * len(servers)

    def ask(at):
        reports[at] = fleet.load(
            servers[at], "keep-alive", requests // len(servers), machines,
            connections=CONNECTIONS // len(servers),
        )

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(servers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [report for _, report in reports]
    took = max(report["answers"] / report["rate"] for report in found)
    rate = sum(report["answers"] for report in found) / took
    return reports[0][0], rate, max(report["p99_ms"] for report in found)


def measure_postgres(figures, fleet, requests, machines, times):
    if not PROGRAMS.name:
        say("  no PostgreSQL is installed: nothing is measured of it")
        return
    database = Postgres()
    try:
        measure_with(figures, fleet, database, requests, machines, times)
    finally:
        database.close()


def measure_with(figures, fleet, database, requests, machines, times):
    url = database.make("hosts")
    hosts = {
        "sqlite": [fleet.serve(fleet.directory("beside"))],
        "postgres": [fleet.serve(fleet.directory("first", url))],
    }
    hosts["two"] = [hosts["postgres"][0], fleet.serve(fleet.directory("second", url))]
    for name in ("sqlite", "two"):
        together(fleet, hosts[name], 2 * machines, machines)  # every machine is known
    rounds = []
    for _ in range(times):
        found = {}
        for name, servers in hosts.items():
            for server in servers:
                server.rest()
            # What it puts off, as writing its pages and clearing away old rows, is not the next
            # one's.
            rest("PostgreSQL", database.cpu_seconds)
            found[name] = together(fleet, servers, requests, machines)
        rounds.append(found)

    def median(of):
        return statistics.median(of(found) for found in rounds)

    words = {
        "sqlite": "renewals at one host on SQLite, beside the next two",
        "postgres": "renewals at one host on PostgreSQL",
        "two": "renewals at two hosts on one PostgreSQL, both on core 0",
    }
    for name, text in words.items():
        command = rounds[0][name][0]
        rate = median(lambda found, name=name: found[name][1])
        figures.add(f"postgres_{name}", rate, "1/s", command, words=text)
        p99 = median(lambda found, name=name: found[name][2])
        figures.add(f"postgres_{name}_p99", p99, "ms", words="99 of 100 were answered within")
    figures.add(
        "postgres_to_sqlite",
        median(lambda found: found["postgres"][1] / found["sqlite"][1]),
        "ratio", aim=0.8, words="one host on PostgreSQL against one on SQLite",
    )
    figures.add(
        "postgres_two_to_one",
        median(lambda found: found["two"][1] / found["postgres"][1]),
        "ratio", aim=1.0, words="two hosts on one database against one",
    )
    for name, rows_of, tables, text in (
        ("machine", "machine", ("machine", "listed"), "of a machine's rows, after its renewals"),
        ("event", "event", ("event%",), "of an event's row"),
    ):
        figures.add(
            f"postgres_bytes_a{'n' if name == 'event' else ''}_{name}",
            database.bytes_a_row("hosts", rows_of, *tables), "B", words=text,
        )
    for servers in (hosts["sqlite"], hosts["two"]):
        for server in servers:
            server.close()
    run(
        PROGRAMS / "psql", "-q", "-d", database.make("upserts"), "-c",
        "CREATE TABLE upserted (id bigint PRIMARY KEY, data bytea) WITH (fillfactor = 80)",
    )
    for group in (1, 64, 512):
        command, rate = database.upserts("upserts", group)
        figures.add(
            f"postgres_upserts_of_{group}", rate, "1/s", command,
            words=f"rows by prepared upserts of {group}, one session, {ROWS:,} rows",
        )
