"""`muster logs watch`: figures of a folder's logs, again when the folder changes."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from harness import BINARY, Case, main, until

MAKE_LOG = os.environ.get("MUSTER_MAKE_LOG", "build/release/tests/logs/muster_make_log")


class Watch(Case):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp(prefix="muster-watch-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.make("office", "office.evtx")
        self.process = subprocess.Popen(
            [BINARY, "logs", "watch", self.folder, "--listen", "127.0.0.1:0", "--every", "1d"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(self.end)
        ready = re.fullmatch(
            r"ready metrics=http://127\.0\.0\.1:(\d+)/metrics\n", self.process.stdout.readline()
        )
        self.port = int(ready[1])

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)
        self.process.stdout.close()
        self.process.stderr.close()

    def make(self, kind, name, *more):
        subprocess.run([MAKE_LOG, kind, self.folder / name, *more], check=True, timeout=60)

    def ask(self, path="/metrics", method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def figure(self, name):
        found = re.search(rf"^{re.escape(name)} (\d+)$", self.ask()[1], re.M)
        return int(found[1]) if found else None

    def look(self):
        self.process.send_signal(signal.SIGHUP)

    def test_figures_follow_the_folder(self):
        self.assertEqual(self.figure("muster_kms_records_12290"), 831)
        self.assertEqual(self.figure("muster_kms_readable"), 1)
        self.assertEqual(
            self.figure('muster_kms_requests_served{host="kms.corp",group="office"}'), 154
        )
        self.make("fleet", "more.evtx", "7")
        self.look()
        until("the new log", lambda: self.figure("muster_kms_records_12290") == 838)

        # What cannot be read leaves the figures, and is one of them.
        (self.folder / "broken.evtx").mkdir()
        for file in self.folder.glob("*.evtx"):
            if file.is_file():
                file.unlink()
        self.look()
        until("the loss", lambda: self.figure("muster_kms_readable") == 0)
        self.assertEqual(self.figure("muster_kms_records_12290"), 838)

        self.process.terminate()
        self.assertEqual(self.process.wait(60), 0)

    def test_it_answers_nothing_else(self):
        self.assertEqual(self.ask("/")[0], 404)
        self.assertEqual(self.ask("/metrics?a=b")[0], 200)
        self.assertEqual(self.ask(method="POST")[0], 405)
        self.assertEqual(self.ask(method="HEAD"), (200, ""))
        for sent in (b"nonsense\r\n\r\n", b"GET /metrics\r\n\r\n", b"x" * 20_000):
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
                try:
                    connection.sendall(sent)
                    got = connection.recv(1000)
                except ConnectionError:
                    got = b""
                self.assertTrue(got == b"" or got.startswith(b"HTTP/1.1 400 "), got)
        self.assertEqual(self.ask()[0], 200)

    def test_it_listens_on_this_machine_only(self):
        for address in ("0.0.0.0:0", "192.0.2.1:0", "[::]:0", "example.net:0"):
            done = subprocess.run(
                [BINARY, "logs", "watch", self.folder, "--listen", address],
                capture_output=True,
                text=True,
                timeout=60,
            )
            self.assertEqual(done.returncode, 2, address)
            self.assertIn("no loopback address", done.stderr)


if __name__ == "__main__":
    main()
