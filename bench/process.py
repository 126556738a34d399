"""What the benchmark runs: commands, hosts pinned to a core, and the fleet they serve."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("MUSTER_BUILD", "build/release")
WORK = ROOT / "build" / "bench"
MUSTER, BENCH, MICRO = (
    BUILD / "muster",
    BUILD / "bench" / "muster_bench",
    BUILD / "bench" / "muster_micro",
)
BACKLOG = 16_384
CONNECTIONS = 256


def say(text):
    print(text, file=sys.stderr, flush=True)


def shown(command):
    """A command as a person at the root of the checkout would type it."""
    return shlex.join(str(part) for part in command).replace(f"{ROOT}/", "")


def pinned(core, *command):
    return ["taskset", "-c", str(core), *map(str, command)]


def run(*command, **more):
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(),
        **more,
    )
    if done.returncode != 0:
        sys.exit(f"bench: {shown(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def last_json(text):
    return json.loads(text.strip().splitlines()[-1])


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
    return {**kept, "MUSTER_PASSPHRASE_FILE": str(WORK / "passphrase")}


def cpu_seconds(pid):
    """What the process has used; 0 where it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rest(name, used):
    """Returns when what has used so many seconds of the processor uses no more."""
    pause = threading.Event()
    quiet, before = 0, used()
    for _ in range(600):
        pause.wait(0.2)
        now = used()
        quiet = quiet + 1 if abs(now - before) < 0.02 else 0
        before = now
        if quiet == 3:
            return
    sys.exit(f"bench: {name} did not come to rest in two minutes")


class Server:
    """A child that prints a ready line; pinned to core 0."""

    def __init__(self, *command):
        self.command = pinned(0, *command)
        self.log = open(WORK / "server.log", "ab")
        self.process = subprocess.Popen(
            [str(part) for part in self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            sys.exit(
                f"bench: {shown(self.command)} did not become ready: {line}\nsee {WORK}/server.log"
            )
        self.url = re.search(r"http://[0-9.]+:[0-9]+", line)[0]

    def cpu_seconds(self):
        return cpu_seconds(self.process.pid)

    def rest(self):
        """Returns when it has done what it put off: rows that come to their place, lists."""
        rest(shown(self.command), self.cpu_seconds)

    def close(self):
        self.process.terminate()
        code = self.process.wait(60)
        self.log.close()
        return code


class Fleet:
    """A vendor, a product and hosts' directories."""

    def __init__(self):
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir(parents=True)
        (WORK / "passphrase").write_text("measured\n")
        (WORK / "passphrase").chmod(0o600)
        self.product = WORK / "acme-cad.product"
        run(MUSTER, "vendor", "init", "--name", "Acme", "--dir", WORK / "vendor")
        run(
            MUSTER,
            "vendor",
            "add-product",
            "--dir",
            WORK / "vendor",
            "--product",
            "acme-cad",
            "--group",
            "desktop",
            "--out",
            self.product,
        )

    def directory(self, name, database=None):
        path = WORK / name
        run(MUSTER, "host", "init", "--dir", path, *(("--db", database) if database else ()))
        run(
            MUSTER,
            "vendor",
            "sign-host",
            "--dir",
            WORK / "vendor",
            "--request",
            path / "host-request.txt",
            "--customer",
            "Example Corp",
            "--product",
            "acme-cad",
            "--out",
            WORK / f"{name}.keys",
        )
        run(MUSTER, "host", "install-key", "--dir", path, WORK / f"{name}.keys")
        return path

    def serve(self, directory):
        # The limit of one CMID is for strangers; here a thousand machines renew twenty times a
        # second each.
        return Server(
            MUSTER,
            "host",
            "run",
            "--dir",
            directory,
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            "--threads",
            "1",
            "--limits-cmid-per-minute",
            "0",
            "--log-level",
            "warning",
        )

    def load(self, server, mode, requests, machines, first=0, connections=CONNECTIONS):
        command = pinned(
            1,
            MUSTER,
            "bench",
            "--mode",
            mode,
            "--host",
            server.url,
            "--product",
            self.product,
            "--requests",
            requests,
            "--machines",
            machines,
            "--first-machine",
            first,
            "--connections",
            connections,
            "--json",
        )
        return command, checked(command, last_json(run(*command)))

    def renew(self, server, directory, requests, machines):
        command = pinned(
            1,
            BENCH,
            "renew",
            "--url",
            server.url,
            "--product",
            self.product,
            "--dir",
            directory,
            "--machines",
            machines,
            "--requests",
            requests,
        )
        return command, checked(command, last_json(run(*command)))

    def bulk(self, directory, machines):
        command = [
            BENCH,
            "bulk",
            "--dir",
            directory,
            "--product",
            self.product,
            "--machines",
            machines,
        ]
        return command, last_json(run(*command))


def checked(command, report):
    """A figure whose answers were not all right is no figure."""
    bad = {k: report[k] for k in ("wrong", "lost", "problems") if report[k]}
    if bad:
        sys.exit(f"bench: {shown(command)}: {bad}: {report['first_wrong']}")
    if report["busy"] > 0.9:
        say(f"  warning: the generator used {report['busy']:.0%} of its core and may be the limit")
    return report
