"""Hosts with fleets on them for a browser to look at, and the browser's tests run against them.

    world.py fleet     a host on which everything has happened that a page shows
    world.py pages     the same, for what holds for every page
    world.py empty     hosts on which nothing has
    world.py million   a host that knows 1,000,000 machines

The tests are NAME.test.mjs, run by Node's own runner; what they have to know of the world stands in
a file of JSON that MUSTER_WORLD names.
"""

import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "integration"))

from harness import BINARY, PATIENCE, Machine, Workspace, until  # noqa: E402
from mak import Desk  # noqa: E402

NODE = os.environ.get("MUSTER_NODE", "node")
OUT = Path(os.environ.get("MUSTER_BROWSER_OUT", "build/release/browser"))
FILL = os.environ.get("MUSTER_FILL", "build/release/tests/browser/muster_fill")
HOSTILE = "<img src=x onerror=alert(1)>"
# Read from right to left it ends in ".pdf"; between its letters stands one of no width.
LONG = "long-" + "x" * 240 + ".example"
TURNED = "invoice-\u202efdp.e\u200bxe"
MACHINES = 1_000_000


def token(space, directory, role, *more):
    made = space.json("token", "create", "--dir", directory, "--role", role, "--name",
                      f"{role}-of-tests", *more)
    return made["token"], made["id"]


def tokens(space, directory):
    return {role: token(space, directory, role)[0] for role in ("viewer", "operator", "admin")}


def expire(directory, token_id):
    """The token's end is put into the past, where the host keeps it: nobody waits for it."""
    database = sqlite3.connect(directory / "muster.db")
    with database:
        where = ("token/" + token_id,)
        row = database.execute("SELECT value FROM setting WHERE name = ?", where).fetchone()
        stored = {**json.loads(row[0]), "expires": "2026-01-05T08:00:00Z"}
        value = json.dumps(stored, separators=(",", ":")).encode()
        database.execute("UPDATE setting SET value = ? WHERE name = ?", (value, *where))
    database.close()


def named(pattern, numbers, **more):
    return [Machine(name=pattern.format(number), **more) for number in numbers]


def make_key(space, directory):
    """A multiple activation key of ten places, and its secret."""
    ledger = space.json("host", "ledger-id", "--dir", directory)["ledger"]
    issued = space.json(
        *("vendor", "issue-mak", "--dir", space / "vendor", "--product", "acme-cad"),
        *("--limit", 10, "--ledger", ledger, "--out", space / "cad.mak"),
    )
    added = space.json("host", "add-mak", "--dir", directory, space / "cad.mak")
    return issued["key"], added


def live(host):
    """A fleet with everything in it: ordinary desktops, a clone pair, a reverted snapshot, a
    machine with many identities, and three whose names are traps.
    """
    desks = named("desk-{:03}.corp.example", range(1, 31))
    for machine in desks * 2:
        machine.ask(host)
    original = desks[0]
    copy = original.copy()
    copy.facts = Machine().facts
    copy.name = "desk-001-copy.corp.example"
    for machine in [copy, original, copy, original]:
        machine.ask(host)
    reverted = desks[1].copy()
    for machine in [desks[1], desks[1], reverted]:
        machine.ask(host)
    many = Machine(name="build-7.lab.example")
    many.ask(host)
    for _ in range(5):
        again = Machine(name=many.name)
        again.facts = many.facts
        again.ask(host)
    hostile = Machine(name=HOSTILE)
    hostile.ask(host)
    turned = Machine(name=TURNED)
    turned.ask(host)
    Machine(name=LONG).ask(host)
    Machine(name="old-clock.corp.example").ask(host, time="2001-01-01T00:00:00Z")
    return original, hostile, turned


def fleet(space):
    space.make_vendor()
    space.add_product()
    space.add_product("acme-render", group="servers", threshold=5)
    directory = space.make_host("acme-cad", "acme-render")
    key, added = make_key(space, directory)
    known = tokens(space, directory)
    known["expired"], expired_id = token(space, directory, "viewer", "--expires", "1d")
    expire(directory, expired_id)
    host = space.start_host(directory=directory)
    original, hostile, turned = live(host)
    for machine in named("render-{}.corp.example", range(1, 4), product="acme-render"):
        machine.ask(host)
    for number in range(1, 10):
        Desk(key, added["vendor"]).ask(host, name=f"lap-{number:03}.corp.example")
    return {"admin": host.admin, "clients": host.clients, "tokens": known, "key": added["id"],
            "binary": str(Path(BINARY).resolve()), "host_keys": str(space / "host.keys"),
            "clone": original.cmid, "hostile": {"cmid": hostile.cmid, "name": HOSTILE},
            "turned": {"cmid": turned.cmid, "name": TURNED}}


def pages(space):
    return fleet(space)


def empty(space):
    space.usual()
    bare = space / "bare"
    space.muster("host", "init", "--dir", bare)
    served, nothing = tokens(space, space.directory), tokens(space, bare)
    return {"served": {"admin": space.start_host().admin, "tokens": served},
            "bare": {"admin": space.start_host(directory=bare).admin, "tokens": nothing}}


def million(space):
    directory = space.usual()
    known = tokens(space, directory)
    with_group = space.start_host(directory=directory)
    vendor = with_group.get("/v1/groups")["groups"][0]["vendor"]
    with_group.stop()
    subprocess.run([FILL, directory / "muster.db", vendor, "desktop", str(MACHINES),
                    str(int(time.time()))], check=True, timeout=400)
    # The names came behind the machines: the host makes its lists anew.
    database = sqlite3.connect(directory / "muster.db")
    with database:
        database.execute("DELETE FROM listed_whole")
    database.close()
    host = space.start_host(directory=directory)
    newest = f"/v1/clients?name=desk-{MACHINES - 1:012}"
    until("the lists to be whole", lambda: host.get(newest)["clients"], 5 * PATIENCE)
    return {"admin": host.admin, "clients": host.clients, "tokens": known, "machines": MACHINES,
            "binary": str(Path(BINARY).resolve()), "product": str(space.product)}


def main():
    name = sys.argv[1]
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY} is not there; build it, or set MUSTER_BINARY")
    OUT.mkdir(parents=True, exist_ok=True)
    space = Workspace()
    try:
        facts = globals()[name](space)
        (space / "world.json").write_text(json.dumps(facts))
        environment = {**os.environ, "MUSTER_WORLD": str(space / "world.json"),
                       "MUSTER_BROWSER_OUT": str(OUT.resolve()),
                       "MUSTER_BROWSER_HOME": str(space / "browser")}
        if len(sys.argv) > 2 and sys.argv[2] == "hold":  # for who wants to look themselves
            print(json.dumps(facts, indent=2), flush=True)
            sys.stdin.read()
            return 0
        # The runner looks for node_modules beside the tests, which lie in the build tree.
        tests = Path(os.environ.get("MUSTER_BROWSER_TESTS", HERE)) / f"{name}.test.mjs"
        return subprocess.run([NODE, "--test", tests], env=environment, check=False,
                              timeout=900).returncode
    finally:
        space.close()


if __name__ == "__main__":
    sys.exit(main())
