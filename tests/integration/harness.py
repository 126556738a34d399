"""What the integration tests share: a vendor, a host and machines made with the built binary.

Nothing of the product is linked or imported: the binary is run, and the protocol of
docs/protocol.md is spoken with Python's standard library. A test waits for something that can be
seen (a ready line, an answer, a process' end) and never for time to pass; every wait has a limit
and says what it waited for.

The binary's path is in MUSTER_BINARY, which ctest sets.
"""

import base64
import contextlib
import copy
import hashlib
import http.client
import json
import os
import secrets
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid
from datetime import datetime, timezone
from pathlib import Path

BINARY = os.environ.get("MUSTER_BINARY", "build/release/muster")
PATIENCE = 60.0  # seconds after which a wait has failed; far above what any step needs


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def now_text(offset: int = 0) -> str:
    """The host's and our clock are the same machine's."""
    moment = datetime.fromtimestamp(int(time.time()) + offset, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def until(what: str, condition, patience: float = PATIENCE):
    """Looks at a condition again and again until it is true; returns its value."""
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience:.0f} s for {what}")
        pause.wait(0.02)


def payload_of(jws: str) -> dict:
    return json.loads(from_base64url(jws.split(".")[1]))


class Failed(AssertionError):
    """A command that was to succeed did not."""


class Workspace:
    """A directory of a test's own, with a vendor and the products of the test in it."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="muster-"))
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("MUSTER_")}
        (self.path / "passphrase").write_text("correct horse battery staple\n")
        (self.path / "passphrase").chmod(0o600)
        self.environment["MUSTER_PASSPHRASE_FILE"] = str(self.path / "passphrase")
        self.environment["HOME"] = str(self.path)
        # What a test finds does not hang on the DNS of whoever runs it.
        self.environment["MUSTER_DOMAIN"] = "-"
        self.children = []

    def close(self):
        for child in self.children:
            child.end()
        shutil.rmtree(self.path, ignore_errors=True)

    def __truediv__(self, name):
        return self.path / name

    def muster(self, *arguments, expect=0, text=None, **variables):
        """Runs a command; its output and exit code. `expect` None takes any exit code."""
        done = subprocess.run(
            [BINARY, *map(str, arguments)],
            input=text,
            capture_output=True,
            text=True,
            env={**self.environment, **variables},
            timeout=4 * PATIENCE,
            cwd=self.path,
            check=False,
        )
        if expect is not None and done.returncode != expect:
            raise Failed(
                f"muster {' '.join(map(str, arguments))}: exit {done.returncode}, not {expect}\n"
                f"{done.stdout}{done.stderr}"
            )
        return done

    def json(self, *arguments, expect=0, **variables):
        done = self.muster(*arguments, "--json", expect=expect, **variables)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def make_vendor(self, name="Acme"):
        self.muster("vendor", "init", "--name", name, "--dir", self / "vendor")

    def add_product(self, product="acme-cad", group="desktop", **numbers):
        """numbers: threshold=25, renewal="7d" ... as the options of add-product."""
        options = [x for k, v in numbers.items() for x in (f"--{k.replace('_', '-')}", str(v))]
        out = self / f"{product}.product"
        self.muster(
            "vendor",
            "add-product",
            "--dir",
            self / "vendor",
            "--product",
            product,
            "--group",
            group,
            *options,
            "--out",
            out,
        )
        return out

    def sign_host(self, directory, *products, settings=(), out="host.keys"):
        chosen = [x for p in products for x in ("--product", p)]
        chosen += [x for s in settings for x in ("--set", s)]
        self.muster(
            "vendor",
            "sign-host",
            "--dir",
            self / "vendor",
            "--request",
            Path(directory) / "host-request.txt",
            "--customer",
            "Example Corp",
            *chosen,
            "--out",
            self / out,
        )
        return self / out

    def make_host(self, *products, directory="host"):
        """A host's directory with the keys of these products installed."""
        path = self / directory
        self.muster("host", "init", "--dir", path)
        if products:
            self.muster(
                "host",
                "install-key",
                "--dir",
                path,
                self.sign_host(path, *products, out=f"{directory}.keys"),
            )
        return path

    def usual(self, threshold=25, **numbers):
        """Vendor, product acme-cad in the group desktop, and a host that serves it."""
        self.make_vendor()
        self.product = self.add_product(threshold=threshold, **numbers)
        self.directory = self.make_host("acme-cad")
        return self.directory

    def start_host(self, *arguments, **more):
        host = Host(self, *arguments, **more)
        self.children.append(host)
        return host


class Host:
    """A running `muster host run`."""

    def __init__(
        self,
        workspace,
        *arguments,
        directory=None,
        prefix=(),
        patience=PATIENCE,
        listen="127.0.0.1:0",
        **popen,
    ):
        self.workspace = workspace
        self.directory = Path(directory or workspace.directory)
        self.log_path = workspace / f"host-{secrets.token_hex(4)}.log"
        command = [
            *map(str, prefix),
            BINARY,
            "host",
            "run",
            "--dir",
            self.directory,
            "--listen",
            listen,
            "--admin-listen",
            "127.0.0.1:0",
            *arguments,
        ]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdout=subprocess.PIPE,
                stderr=log,
                env=workspace.environment,
                cwd=workspace.path,
                **popen,
            )
        self.pid = self.process.pid
        line = self._ready_line(patience)
        words = dict(word.split("=", 1) for word in line.split()[1:])
        self.clients, self.admin = words["clients"], words.get("admin", "")
        self.socket = words.get("socket") or str(self.directory / "admin.sock")

    def _ready_line(self, patience):
        stream = self.process.stdout
        ready, _, _ = select.select([stream], [], [], patience)
        line = stream.readline().decode() if ready else ""
        if not line.startswith("ready "):
            self.end()
            raise Failed(f"the host did not become ready: {line!r}\n{self.log()}")
        return line

    def log(self):
        return self.log_path.read_text(errors="replace")

    def address(self, url=None):
        name, port = (url or self.clients).split("//")[1].rsplit(":", 1)
        return name.strip("[]"), int(port)

    def connect(self):
        return http.client.HTTPConnection(*self.address(), timeout=PATIENCE)

    def call(self, method, path, body=None, headers=None, connection=None):
        """Status, headers and text of one call on the clients' side."""
        own = connection or self.connect()
        try:
            own.request(method, path, body, headers or {})
            answer = own.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            if connection is None:
                own.close()

    def get(self, path):
        """A call of the administration side over the host's Unix socket; its JSON."""
        status, text = self.admin_call("GET", path)
        if status != 200:
            raise Failed(f"GET {path}: {status} {text}")
        return json.loads(text)

    def admin_call(self, method, path, body=None, headers=None):
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ready(self):
        return self.call("GET", "/readyz")[0] == 200

    def kill(self):
        """As a power cut does it, seen from the process."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE)
        self.process.stdout.close()

    def stop(self, patience=PATIENCE):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(patience)
        self.process.stdout.close()
        return code

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        if not self.process.stdout.closed:
            self.process.stdout.close()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        # A path in a test's directory may be longer than an address holds.
        descriptor = os.open(os.path.dirname(self.path), os.O_PATH)
        try:
            self.sock.connect(f"/proc/self/fd/{descriptor}/{os.path.basename(self.path)}")
        finally:
            os.close(descriptor)


class Machine:
    """A client that speaks the protocol itself: CMID, facts, nonce and ticket as design section 3
    has them.
    """

    def __init__(self, product="acme-cad", fact=None, cmid=None, name=None):
        self.product = product
        self.cmid = cmid or str(uuid.uuid4())
        self.facts = {"set": base64url(fact or secrets.token_bytes(16))}
        self.ticket = None
        self.nonce = None  # of a request whose answer has not been stored
        self.name = name
        self.answer = None

    def request(self, **changes):
        self.nonce = self.nonce or base64url(secrets.token_bytes(16))
        body = {
            "product": self.product,
            "cmid": self.cmid,
            "nonce": self.nonce,
            "facts": self.facts,
            "time": now_text(),
            "virtual": True,
            "state": 2,
            "minutes_left": 43200,
        }
        if self.ticket:
            body["ticket"] = self.ticket
        if self.name:
            body["name"] = self.name
        body.update(changes)
        return {k: v for k, v in body.items() if v is not None}

    def ask(self, host, connection=None, **changes):
        """Asks and stores the answer; the answer's JSON."""
        answer = self.ask_and_lose(host, connection, **changes)
        if answer.get("ticket"):
            self.ticket = answer["ticket"]
        self.nonce = None
        return answer

    def ask_and_lose(self, host, connection=None, **changes):
        """Asks, and stores nothing of the answer: it was lost on its way."""
        status, _, text = host.call(
            "POST",
            "/v1/activations",
            json.dumps(self.request(**changes)),
            {"Content-Type": "application/json"},
            connection,
        )
        if status != 200:
            raise Failed(f"{status} {text}")
        self.answer = json.loads(text)
        return self.answer

    def copy(self):
        """The machine as it is now, for a snapshot or a clone."""
        return copy.deepcopy(self)


class Crowd:
    """Many machines that ask at the same time, each on a connection of its own, in one thread.

    `told` holds (request, answer) of every answer that came whole, in the order of arrival.
    """

    def __init__(self, host, connections=64):
        self.address, self.connections = host.address(), connections
        self.told, self.unanswered = [], 0
        self.gone = False

    def run(self, requests, after_each=lambda count: None):
        """Sends every request of the iterable, one at a time on each connection, until the host is
        gone.

        A request has reached the machine's disk before it is sent, so its nonce is known whatever
        happens.
        """
        requests = iter(requests)
        with contextlib.ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            open_now = 0
            for _ in range(self.connections):
                line = _Line(stack.enter_context(socket.create_connection(self.address, PATIENCE)))
                if line.send_next(requests, self.address):
                    selector.register(line.socket, selectors.EVENT_READ, line)
                    open_now += 1
            while open_now:
                events = selector.select(PATIENCE)
                if not events:
                    raise AssertionError(f"{open_now} requests got no answer in {PATIENCE:.0f} s")
                for key, _ in events:
                    line = key.data
                    answer = line.receive()
                    if answer is None:
                        continue
                    if answer:
                        self.told.append((line.request, *answer))
                        after_each(len(self.told))
                    else:
                        self.unanswered += 1
                    try:
                        alive = answer and line.send_next(requests, self.address)
                    except OSError:
                        alive = False
                        self.unanswered += 1
                    if not alive:
                        selector.unregister(line.socket)
                        open_now -= 1


class _Line:
    def __init__(self, connection):
        self.socket, self.received, self.request = connection, b"", None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send_next(self, requests, address):
        self.request = next(requests, None)
        if self.request is None:
            return False
        body = json.dumps(self.request).encode()
        head = (
            f"POST /v1/activations HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.socket.sendall(head.encode() + body)
        return True

    def receive(self):
        """None: more is to come; False: the host is gone; otherwise (status, JSON)."""
        try:
            piece = self.socket.recv(65536)
        except OSError:
            piece = b""
        if not piece:
            return False
        self.received += piece
        head, found, body = self.received.partition(b"\r\n\r\n")
        if not found:
            return None
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")[1:]
            if line.lower().startswith(b"content-length:")
        )
        if len(body) < length:
            return None
        self.received = b""
        return int(head[9:12]), json.loads(body[:length])


class Log:
    """An export of the event log, read and chained again here, by docs/protocol.md alone."""

    def __init__(self, text):
        self.header, self.events, self.checkpoints = None, [], []
        self.hashes = {}
        chained = None
        for number, line in enumerate(text.splitlines()):
            fields = json.loads(line)
            if number == 0:
                self.header = fields
                chained = from_base64url(fields["previous"])
            elif "checkpoint" in fields:
                self.checkpoints.append(payload_of(fields["checkpoint"]))
            else:
                assert fields["prev"] == base64url(chained[:16]), f"event {fields['seq']}: prev"
                chained = hashlib.sha256(chained + line.encode()).digest()
                self.hashes[fields["seq"]] = chained
                self.events.append(fields)

    def activations(self):
        return [event for event in self.events if event["type"] == "activation"]


class Roll:
    """The rules of the roll, written a second time from design section 2, for what a log must have
    led to.
    """

    def __init__(self, retention_min=43200):
        self.retention = retention_min * 60
        self.highest, self.entries = 0, {}  # cmid -> last contact, oldest first

    def ask(self, cmid, moment, threshold):
        self.highest = max(self.highest, threshold)
        self.entries = {c: t for c, t in self.entries.items() if moment - t < self.retention}
        self.entries.pop(cmid, None)
        self.entries[cmid] = moment
        while len(self.entries) > 2 * self.highest:
            del self.entries[next(iter(self.entries))]
        return len(self.entries)


def seconds_of(text):
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())


class SharedHost(unittest.TestCase):
    """Tests with machines of their own on one host, which all of them share."""

    maxDiff = None
    numbers, arguments = {}, []

    @classmethod
    def setUpClass(cls):
        cls.space = Workspace()
        cls.addClassCleanup(cls.space.close)
        cls.space.usual(**cls.numbers)
        cls.host = cls.space.start_host(*cls.arguments)


class Case(unittest.TestCase):
    """A test with a workspace of its own."""

    maxDiff = None

    def setUp(self):
        self.space = Workspace()
        self.addCleanup(self.space.close)

    def climb(self, host, count, **more):
        """`count` machines that have asked once."""
        machines = [Machine(**more) for _ in range(count)]
        for machine in machines:
            machine.ask(host)
        return machines


def main():
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"{BINARY} is not there; build it, or set MUSTER_BINARY")
    unittest.main(verbosity=2)
