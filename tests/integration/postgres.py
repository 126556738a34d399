"""Hosts that share a PostgreSQL database: over TLS with a password file one count for both, and a
database that goes away and comes back, or has no room.

Each test has a server of its own, made with initdb in its workspace and ended by its process id.
"""

import glob
import json
import os
import pwd
import signal
import socket
import subprocess
import threading
import time
import unittest

from harness import Case, Failed, Log, Machine, main, until

PROGRAMS = max(
    glob.glob("/usr/lib/postgresql/*/bin"), default="", key=lambda path: int(path.split("/")[-2])
)
NAMESPACE = ["unshare", "--mount"]


def may_mount():
    mount = [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(mount, check=False, capture_output=True).returncode == 0


def other_user():
    """The server refuses to be root's."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def may_serve():
    """Whether the server can be another user's; in a user's own namespace there is nobody else."""
    user = other_user()
    command = ["setpriv", "--reuid", user.pw_name, "true"] if user else ["true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """PostgreSQL on a free port of the loopback: TLS, passwords, as durable as it is shipped."""

    def __init__(self, space, disk_mib=None, name="postgres"):
        self.path = space / name
        self.path.mkdir()
        space.path.chmod(0o711)
        self.disk_mib = disk_mib
        self.port = free_port()
        self.process = None
        (self.path / "secret").write_text("hunter2\n")
        subprocess.run(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
            " -addext subjectAltName=DNS:localhost -keyout server.key -out server.crt",
            shell=True, cwd=self.path, check=True, capture_output=True,
        )
        (self.path / "server.key").chmod(0o600)
        self.data = self.path / "data"
        self.data.mkdir(mode=0o700)
        if other_user():
            for file in [self.path, *self.path.iterdir()]:
                os.chown(file, other_user().pw_uid, other_user().pw_gid)
        self.passfile = space / f"{name}.pgpass"
        self.passfile.write_text(f"localhost:{self.port}:*:muster:hunter2\n")
        self.passfile.chmod(0o600)

    def command(self, *words):
        setpriv = ["setpriv", "--pdeathsig", "QUIT"]
        if user := other_user():
            setpriv += ["--reuid", user.pw_name, "--regid", str(user.pw_gid), "--clear-groups"]
        return [*setpriv, *map(str, words)]

    def start(self):
        """Makes the data where they are not there, and returns when sessions are taken."""
        if self.disk_mib:
            self.start_on_small_disk()
        else:
            if not (self.data / "PG_VERSION").exists():
                subprocess.run(self.init(), check=True, capture_output=True)
            self.run(self.serve(), subprocess.DEVNULL)
        until("PostgreSQL to take sessions", self.takes_sessions)

    def start_on_small_disk(self):
        """A file system of its own, which ends with the shell that has mounted it. A server that
        finds no room when it starts again ends; a line makes the shell start it once more."""
        options = f"size={self.disk_mib}m,mode=700"
        if user := other_user():
            options += f",uid={user.pw_uid},gid={user.pw_gid}"
        script = (
            f"mount -t tmpfs -o {options} none {self.data} && {' '.join(self.init())} >/dev/null"
            f" && while :; do {' '.join(self.serve())}; read again || exit; done"
        )
        self.run([*NAMESPACE, "sh", "-c", script], subprocess.PIPE)

    def start_again(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def run(self, command, stdin):
        with open(self.path / "log", "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=log
            )

    def serve(self):
        return self.command(
            f"{PROGRAMS}/postgres", "-D", self.data, "-k", self.path, "-p", self.port,
            "-c", "listen_addresses=127.0.0.1", "-c", "ssl=on",
            "-c", f"ssl_cert_file={self.path}/server.crt",
            "-c", f"ssl_key_file={self.path}/server.key",
            "-c", "min_wal_size=2MB", "-c", "max_wal_size=8MB",
        )

    def init(self):
        return self.command(
            f"{PROGRAMS}/initdb", "-D", self.data, "-U", "muster", "-A", "scram-sha-256",
            f"--pwfile={self.path}/secret", "-E", "UTF8", "--locale=C", "--no-sync",
            "--wal-segsize=1",
        )

    def takes_sessions(self):
        if self.process.poll() is not None:
            raise Failed((self.path / "log").read_text())
        return subprocess.run(
            [f"{PROGRAMS}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)], check=False
        ).returncode == 0

    def stop(self, how):
        self.process.send_signal(how)
        self.process.wait(60)

    def end(self):
        """The server's processes end with the one that started them."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if self.disk_mib else signal.SIGQUIT)
            self.process.wait(60)
        if self.process and self.process.stdin:
            self.process.stdin.close()

    def inside(self):
        return f"/proc/{self.process.pid}/root{self.data}"

    def url(self):
        return (
            f"postgres://muster@localhost:{self.port}/postgres?sslmode=verify-full"
            f"&sslrootcert={self.path}/server.crt&passfile={self.passfile}"
        )

    def ask(self, sql):
        done = subprocess.run(
            [f"{PROGRAMS}/psql", "-qAt", "-d", self.url(), "-c", sql],
            capture_output=True, text=True, check=True, timeout=60,
        )
        return done.stdout.strip()


@unittest.skipUnless(PROGRAMS, "no PostgreSQL is installed")
class Postgres(Case):
    threshold = 2

    def setUp(self):
        super().setUp()
        self.told = []  # CMID and nonce of every request that was answered
        self.space.make_vendor()
        self.product = self.space.add_product(threshold=self.threshold)

    def start_server(self, **more):
        server = Server(self.space, **more)
        self.addCleanup(server.end)
        server.start()
        return server

    def make_directory(self, url, name):
        """A host's, on the database of `url`."""
        path = self.space / name
        self.space.muster("host", "init", "--dir", path, "--db", url)
        keys = self.space.sign_host(path, "acme-cad", out=f"{name}.keys")
        self.space.muster("host", "install-key", "--dir", path, keys)
        return path

    def make_host(self, server, name):
        return self.space.start_host(directory=self.make_directory(server.url(), name))

    def post(self, host, machine):
        status, headers, text = host.call(
            "POST", "/v1/activations", json.dumps(machine.request()),
            {"Content-Type": "application/json"},
        )
        answer = json.loads(text)
        if status == 200:
            machine.ticket = answer["ticket"]
            self.told.append((machine.cmid, machine.nonce))
            machine.nonce = None
        else:
            self.assertEqual((status, answer["code"]), (503, "store_unavailable"))
            self.assertGreater(int(headers["Retry-After"]), 0)
        return status, answer

    def assert_told_is_logged(self, *hosts):
        logged = []
        for host in hosts:
            self.assertEqual(host.stop(), 0)
            out = self.space / f"{host.directory.name}.jsonl"
            self.space.muster("events", "export", "--dir", host.directory, "--out", out)
            self.space.muster("events", "verify", out)
            logged += [(e["cmid"], e["nonce"]) for e in Log(out.read_text()).activations()]
        self.assertLessEqual(set(self.told), set(logged))


class TwoHosts(Postgres):
    def test_one_count_for_both_over_tls(self):
        server = self.start_server()
        first, second = self.make_host(server, "first"), self.make_host(server, "second")
        one, other = Machine(), Machine()
        status, answer = self.post(first, one)
        self.assertEqual((status, answer["activated"], answer["count"]), (200, False, 1))
        status, answer = self.post(second, other)
        self.assertEqual((status, answer["activated"], answer["count"]), (200, True, 2))
        # A ticket of the one host is a renewal at the other.
        status, answer = self.post(second, one)
        self.assertEqual((status, answer["activated"], answer["count"]), (200, True, 2))
        story = first.get(f"/v1/clients/{one.cmid}")["machines"][0]
        self.assertEqual([e["evidence"] for e in story["history"]], ["renewal", "new"])
        self.assertTrue(until(
            "the first host's page to show both",
            lambda: first.get("/v1/groups")["groups"][0]["count"] == 2,
        ))
        self.assertEqual(server.ask(
            "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)"
            " WHERE a.application_name = 'muster' AND NOT s.ssl"
        ), "0")
        self.assert_told_is_logged(first, second)
        for host in first, second:
            self.assertNotIn("hunter2", host.log())
            self.assertEqual((host.directory / "database").stat().st_mode & 0o777, 0o600)

    def test_what_cannot_be_reached_is_said_without_its_password(self):
        server = Server(self.space)
        url = f"postgres://muster:hunter2@127.0.0.1:{server.port}/postgres"
        done = self.space.muster("host", "init", "--dir", "host", "--db", url, expect=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("refused", done.stderr)
        self.assertNotIn("hunter2", done.stderr)
        self.assertFalse((self.space / "host").exists())
        for wrong in "mysql://x/y", "postgres://x y":
            done = self.space.muster("host", "init", "--dir", "host", "--db", wrong, expect=2)
            self.assertIn("postgres://USER@HOST/DATABASE", done.stderr)
            self.assertFalse((self.space / "host").exists())


class Away(Postgres):
    def away_and_back(self, host, server, stop, start):
        known = [Machine() for _ in range(5)]
        for machine in known:
            self.assertEqual(self.post(host, machine)[0], 200)
        stop()
        until("the host not to be ready", lambda: not host.ready())
        self.assertEqual(host.call("GET", "/healthz")[0], 200)
        refused = [Machine() for _ in range(5)]
        for machine in refused:
            self.assertEqual(self.post(host, machine)[0], 503)
        start()
        begin = time.monotonic()
        until("the host to be ready again", host.ready)
        self.assertLess(time.monotonic() - begin, 5.0)
        for machine in known + refused:
            self.assertEqual(self.post(host, machine)[0], 200)

    def test_a_server_that_is_stopped_and_one_that_crashes(self):
        server = self.start_server()
        host = self.make_host(server, "host")
        for how in signal.SIGINT, signal.SIGQUIT:
            self.away_and_back(host, server, lambda: server.stop(how), server.start)
        self.assert_told_is_logged(host)

    def test_sessions_that_are_cut_while_machines_ask(self):
        server = self.start_server()
        host = self.make_host(server, "host")
        done = threading.Event()

        def cut():
            while not done.is_set():
                server.ask(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'muster'"
                )

        cutter = threading.Thread(target=cut)
        cutter.start()
        machines = [Machine() for _ in range(20)]
        for machine in machines:
            for _ in range(20):
                self.post(host, machine)
        done.set()
        cutter.join()
        until("the host to be ready", host.ready)
        for machine in machines:
            self.assertEqual(self.post(host, machine)[0], 200)
        self.assert_told_is_logged(host)


@unittest.skipUnless(may_mount(), "this kernel lets nobody mount a small file system")
class NoRoom(Postgres):
    def test_a_database_whose_disk_is_full(self):
        server = self.start_server(disk_mib=64)
        host = self.make_host(server, "host")
        known = [Machine() for _ in range(5)]
        for machine in known:
            self.assertEqual(self.post(host, machine)[0], 200)
        ballast = f"{server.inside()}/ballast"
        with open(ballast, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 65536)
            except OSError:
                pass
        refused = []

        def full():
            refused.append(Machine())
            return self.post(host, refused[-1])[0] == 503

        until("the host to refuse for want of room", full)
        self.assertFalse(host.ready())
        self.assertEqual(host.call("GET", "/healthz")[0], 200)
        os.unlink(ballast)
        server.start_again()
        until("the host to be ready again", host.ready)
        for machine in known + refused:
            self.assertEqual(self.post(host, machine)[0], 200)
        self.assert_told_is_logged(host)


if __name__ == "__main__":
    main()
