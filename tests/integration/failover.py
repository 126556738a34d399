"""A synchronous standby takes over from a server that is killed: no answer that a machine was given
is lost, and hosts go on within seconds, by a URL that names both servers.
"""

import signal
import subprocess
import threading
import time
import unittest

import postgres
from harness import Machine, main, until

THREADS = 4
BEFORE = 200  # answers, before the server is killed


class Standby(postgres.Server):
    """Follows a running server from a copy of it, on a port of its own."""

    def __init__(self, primary, space):
        super().__init__(space, name="standby")
        self.primary = primary

    def init(self):
        source = (
            f"host=127.0.0.1 port={self.primary.port} user=muster password=hunter2"
            " application_name=standby"
        )
        return self.command(
            f"{postgres.PROGRAMS}/pg_basebackup", "-D", self.data, "-d", source,
            "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
        )

    def promote(self):
        promote = self.command(
            f"{postgres.PROGRAMS}/pg_ctl", "promote", "-D", self.data, "-w", "-t", "30"
        )
        subprocess.run(promote, check=True, capture_output=True, timeout=60)


class Pair(postgres.Postgres):
    """A server, a synchronous standby, and hosts that name both."""

    def start_pair(self):
        """Primary, standby and the URL of both; what is acknowledged, both have."""
        primary = self.start_server()
        standby = self.start_standby(primary)
        until("the standby to follow", lambda: primary.ask(
            "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1")
        primary.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.ask("SELECT pg_reload_conf()")
        until("the standby to be waited for", lambda: primary.ask(
            "SELECT sync_state FROM pg_stat_replication") == "sync")
        return primary, standby, self.url(primary, standby)

    def start_standby(self, primary):
        standby = Standby(primary, self.space)
        self.addCleanup(standby.end)
        standby.start()
        return standby

    def url(self, one, other):
        """Each with a certificate of its own, and both with the same password."""
        trusted = self.space / "servers.crt"
        trusted.write_text("".join((s.path / "server.crt").read_text() for s in (one, other)))
        secrets = self.space / "pgpass"
        secrets.write_text("".join(s.passfile.read_text() for s in (one, other)))
        secrets.chmod(0o600)
        return (
            f"postgres://muster@localhost:{one.port},localhost:{other.port}/postgres"
            f"?target_session_attrs=read-write&sslmode=verify-full&sslrootcert={trusted}"
            f"&passfile={secrets}"
        )


@unittest.skipUnless(postgres.PROGRAMS, "no PostgreSQL is installed")
class Failover(Pair):
    def ask_on(self, host, done, wrong):
        """Machines that ask and ask again; each has one request on its way at a time."""
        machines = [Machine() for _ in range(5)]
        try:
            while not done.is_set():
                for machine in machines:
                    self.post(host, machine)
        except Exception as error:
            wrong.append(error)
            raise

    def test_a_synchronous_standby_has_every_answer(self):
        primary, standby, both = self.start_pair()
        hosts = [
            self.space.start_host(directory=self.make_directory(both, name))
            for name in ("first", "second")
        ]
        done, wrong = threading.Event(), []
        askers = [
            threading.Thread(target=self.ask_on, args=(hosts[i % 2], done, wrong))
            for i in range(THREADS)
        ]
        for asker in askers:
            asker.start()
        until("answers", lambda: len(self.told) >= BEFORE)
        primary.stop(signal.SIGKILL)
        for host in hosts:
            until("a host not to be ready", lambda host=host: not host.ready())
        standby.promote()
        begin = time.monotonic()
        for host in hosts:
            until("a host to be ready again", host.ready)
        self.assertLess(time.monotonic() - begin, 5.0)
        after = len(self.told)
        until("more answers", lambda: len(self.told) >= after + BEFORE)
        done.set()
        for asker in askers:
            asker.join()
        self.assertEqual(wrong, [])
        self.assert_told_is_logged(*hosts)


if __name__ == "__main__":
    main()
