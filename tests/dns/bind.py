"""A real name server for tests: BIND's `named` on the loopback, with a zone made for the test.

    server = Bind(directory, ["host  A  127.0.0.1", "_muster._tcp  SRV  0 0 8688 host"])
    server.start()                          # returns when it answers
    server.srv("_muster._tcp.corp.example")  # {(0, 0, 8688, "host.corp.example")}
    server.end()

With `tsig=True` the zone takes dynamic updates (RFC 2136) that are signed by the key of
`server.key_file`, and no others. It is ended by its process id, and ends with the test that started
it. Where `named` is not installed, need() ends the test as skipped and says why.
"""

import base64
import ctypes
import os
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

PATIENCE = 60.0
ZONE = "corp.example"
KEY_NAME = "muster-update"
TYPES = {"A": 1, "SOA": 6, "AAAA": 28, "SRV": 33}
NO_SUCH_NAME = 3
SKIPPED = 77  # what ctest shows as skipped
MISSING = "named is not installed: apt-get install bind9"


def program():
    return shutil.which("named", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def installed():
    return program() is not None


def need():
    """Ends the test as skipped where there is no name server."""
    if not installed():
        print(f"skipped: {MISSING}")
        sys.exit(SKIPPED)


def free_port():
    """A port that is free for both TCP and UDP."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


def end_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class Bind:
    """named with one zone. `port`: of 127.0.0.1 and ::1, by default a free one."""

    def __init__(self, directory, records=(), zone=ZONE, tsig=False, port=None, ttl=60):
        self.path = Path(directory)
        self.path.mkdir(parents=True, exist_ok=True)
        self.zone, self.tsig, self.fixed_port, self.ttl = zone, tsig, port, ttl
        self.port = port
        self.serial = 1
        self.secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self.key_file = self.path / "update.key"
        self.key_file.write_text(self.key_text())
        self.key_file.chmod(0o600)
        self.process = None
        self.log_path = self.path / "named.log"
        self._write_zone(records)

    def key_text(self, name=KEY_NAME, secret=None):
        """As tsig-keygen writes it."""
        return (
            f'key "{name}" {{\n\talgorithm hmac-sha256;\n'
            f'\tsecret "{secret or self.secret}";\n}};\n'
        )

    def _write_zone(self, records):
        lines = [
            f"$TTL {self.ttl}",
            f"@ SOA ns.{self.zone}. hostmaster.{self.zone}. {self.serial} 3600 600 86400 60",
            "@ NS ns",
            "ns A 127.0.0.1",
            *records,
        ]
        (self.path / "zone").write_text("\n".join(lines) + "\n")

    def _write_configuration(self):
        allowed = f'key "{KEY_NAME}"' if self.tsig else "none"
        (self.path / "named.conf").write_text(
            f'include "{self.key_file}";\n'
            "controls { };\n"
            "options {\n"
            f'  directory "{self.path}";\n'
            "  pid-file none; session-keyfile none; lock-file none;\n"
            f"  listen-on port {self.port} {{ 127.0.0.1; }};\n"
            f"  listen-on-v6 port {self.port} {{ ::1; }};\n"
            "  recursion no; dnssec-validation no; empty-zones-enable no; notify no;\n"
            "  querylog yes;\n"
            "};\n"
            f'zone "{self.zone}" {{ type primary; file "zone"; allow-update {{ {allowed}; }}; }};\n'
        )

    def start(self):
        """Starts it, again after end() too, and returns when it answers for the zone."""
        while True:
            self.port = self.fixed_port or free_port()
            self._write_configuration()
            self._run()
            if self._answers():
                return self
            taken = "address in use" in self.log()
            self.end()
            # Somebody else took the port that was free a moment ago.
            if not taken or self.fixed_port:
                raise AssertionError(f"named does not answer:\n{self.log()}")

    def _run(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [program(), "-g", "-n", "1", "-c", self.path / "named.conf"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.path,
                preexec_fn=end_with_parent,
            )

    def _answers(self):
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                # Updates have moved the serial on; a server of somebody else's has another zone.
                if (self.soa_serial() or 0) >= self.serial and "running" in self.log():
                    return "address in use" not in self.log()
            except OSError:
                pass
            pause.wait(0.02)
        return False

    def change(self, records):
        """Other records in a zone that takes no updates; returns when they are served."""
        assert not self.tsig, "a zone that takes updates is changed by updates"
        self.serial += 1
        self._write_zone(records)
        # A file of the same second would count as unchanged.
        later = time.time() + self.serial
        os.utime(self.path / "zone", (later, later))
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + PATIENCE
        pause = threading.Event()
        while self.soa_serial() != self.serial:
            if time.monotonic() > deadline:
                raise AssertionError(f"the zone was not read again:\n{self.log()}")
            pause.wait(0.02)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # ---- asking it

    def ask(self, name, kind):
        """The answers' data of this type, or None where the name does not exist."""
        return ask(self.port, name, kind)

    def queries(self):
        """What was asked of it, a line a question."""
        return [line for line in self.log().splitlines() if " query: " in line]

    def soa_serial(self):
        answers = self.ask(self.zone, "SOA")
        return answers[0] if answers else None

    def srv(self, name):
        """{(priority, weight, port, target)}."""
        return set(self.ask(name, "SRV") or ())

    def addresses(self, name):
        return {*(self.ask(name, "A") or ()), *(self.ask(name, "AAAA") or ())}


def ask(port, name, kind, patience=2.0):
    """One question to 127.0.0.1; OSError where nobody answers in time."""
    number = secrets.randbelow(65536)
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    query = struct.pack(">6H", number, 0, 1, 0, 0, 0) + question + b"\0"
    query += struct.pack(">2H", TYPES[kind], 1)
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as tcp:
        tcp.sendall(struct.pack(">H", len(query)) + query)
        with tcp.makefile("rb") as stream:
            (length,) = struct.unpack(">H", _exactly(stream, 2))
            message = _exactly(stream, length)
    got, flags, questions, answers = struct.unpack(">4H", message[:8])
    assert got == number, "an answer to another question"
    if flags & 15 == NO_SUCH_NAME:
        return None
    if flags & 15:
        raise OSError(f"{name}: response code {flags & 15}")
    offset = 12
    for _ in range(questions):
        offset = _name(message, offset)[1] + 4
    out = []
    for _ in range(answers):
        _, offset = _name(message, offset)
        got_kind, _, _, length = struct.unpack(">HHIH", message[offset : offset + 10])
        offset += 10
        if got_kind == TYPES[kind]:
            out.append(_data(message, offset, length, kind))
        offset += length
    return out


def _exactly(stream, count):
    data = stream.read(count)
    if len(data) != count:
        raise OSError("the connection was closed")
    return data


def _name(message, offset):
    labels, end = [], None
    while True:
        length = message[offset]
        if length >= 192:
            end = end or offset + 2
            offset = struct.unpack(">H", message[offset : offset + 2])[0] & 0x3FFF
            continue
        if length == 0:
            return ".".join(labels), end or offset + 1
        labels.append(message[offset + 1 : offset + 1 + length].decode().lower())
        offset += 1 + length


def _data(message, offset, length, kind):
    data = message[offset : offset + length]
    if kind == "SRV":
        return (*struct.unpack(">3H", data[:6]), _name(message, offset + 6)[0])
    if kind == "SOA":
        offset = _name(message, _name(message, offset)[1])[1]
        return struct.unpack(">I", message[offset : offset + 4])[0]
    return socket.inet_ntop(socket.AF_INET if kind == "A" else socket.AF_INET6, data)
