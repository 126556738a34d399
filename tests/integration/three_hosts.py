"""Three hosts on one database, and machines that find them by DNS: what proof.py and herd.py share.

The hosts publish their own records in a real BIND by signed updates, and the machines are the
binary's own commands, which look them up by the C library, in a network of the test's own.
"""

import collections
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import Failed, main, until

sys.path.insert(0, str(Path(__file__).parents[1] / "dns"))

import bind  # noqa: E402
import failover  # noqa: E402
import own_network  # noqa: E402
import postgres  # noqa: E402

RECORD = "_muster._tcp.corp.example"
HOSTS = 3
AT_A_TIME = 16  # machines that ask at the same moment


class Desktop:
    """A machine on which the product is installed. It asks one thing at a time."""

    def __init__(self, space, product, name):
        self.space, self.state = space, space / name
        self.documents = set()  # every activation that it has stored
        self.answers = 0  # by the rules: activated, or not enough machines yet
        self.failures = collections.Counter()  # attempts that no host answered, by code
        space.muster("install", product, "--state", self.state, "--fact", name)

    def document(self):
        return self.state / "activations" / "acme-cad.jws"

    def activate(self):
        """What `muster activate` says."""
        done = self.space.muster("activate", "--json", "--state", self.state, expect=None)
        if not done.stdout:
            raise Failed(f"muster activate: exit {done.returncode}\n{done.stderr}")
        told = json.loads(done.stdout)
        if told["activated"]:
            self.documents.add(self.document().read_text())
        if told["error"] in (None, "count_insufficient"):
            self.answers += 1
        else:
            self.failures[told["error"]] += 1
        return told


class ThreeHosts(failover.Pair):
    weights = (10, 10, 10)
    options = ()  # of every host

    def setUp(self):
        super().setUp()
        del self.space.environment["MUSTER_DOMAIN"]
        own_network.resolve_by(f"nameserver 127.0.0.1\nsearch {bind.ZONE}\n")
        addresses = [f"muster{n} A 127.0.0.{n + 11}" for n in range(HOSTS)]
        self.dns = bind.Bind(self.space / "bind", addresses, tsig=True, port=53)
        self.addCleanup(self.dns.end)
        self.dns.start()

    def start_hosts(self, url):
        self.directories = [self.make_directory(url, f"host{n}") for n in range(HOSTS)]
        self.hosts = [self.start_one(n) for n in range(HOSTS)]

    def start_one(self, number):
        """Host `number`, when its record is there. The port is another one after each start."""
        target = f"muster{number}.{bind.ZONE}"
        host = self.space.start_host(
            *("--dns-zone", bind.ZONE, "--dns-key-file", self.dns.key_file),
            *("--dns-target", target, "--dns-weight", self.weights[number], *self.options),
            directory=self.directories[number],
            listen=f"127.0.0.{number + 11}:0",
        )
        record = (0, self.weights[number], host.address()[1], target)
        until(f"{record} in DNS", lambda: record in self.dns.srv(RECORD))
        return host

    def make_desktops(self, count, name="desktop"):
        def make(number):
            return Desktop(self.space, self.product, f"{name}-{number:03}")

        with ThreadPoolExecutor(AT_A_TIME) as threads:
            return list(threads.map(make, range(count)))

    def activate_all(self, desktops):
        """What each of them was told, all at the same time."""
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            return list(threads.map(Desktop.activate, desktops))


def run():
    """The script's tests in a network of their own; skipped where there can be none."""
    bind.need()
    if not postgres.PROGRAMS:
        print("skipped: no PostgreSQL is installed")
        sys.exit(bind.SKIPPED)
    own_network.enter()
    if not postgres.may_serve():
        print("skipped: PostgreSQL refuses to be root's, and there is no other user in here")
        sys.exit(bind.SKIPPED)
    main()
