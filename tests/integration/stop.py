"""SIGTERM under load: what was asked is answered, nothing else is taken, exit 0 within 5 s."""

import json
import signal
import threading
import time

from harness import Case, Crowd, Log, Machine, main


class Stop(Case):
    def test_sigterm_drains_and_exits_0_within_5_seconds(self):
        directory = self.space.usual(threshold=2)
        host = self.space.start_host()
        crowd = Crowd(host, connections=32)
        stopped = {}

        def stop_at_500(count):
            if count == 500:
                host.process.send_signal(signal.SIGTERM)
                stopped["at"] = time.monotonic()

        crowd.run((Machine().request() for _ in range(1_000_000)), stop_at_500)
        self.assertEqual(host.process.wait(10), 0, host.log())
        self.assertLess(time.monotonic() - stopped["at"], 5.0)
        for _, status, answer in crowd.told:
            self.assertIn(status, (200, 503), answer)
        # What was under way was answered; a connection that had none was closed, or told 503.
        log = self.exported(directory)
        logged = {(e["cmid"], e["nonce"]) for e in log.activations()}
        told = {(r["cmid"], r["nonce"]) for r, status, _ in crowd.told if status == 200}
        self.assertEqual(logged, told, "an activation was stored and its client never told")
        self.assertEqual(log.events[-1]["type"], "stop")
        self.assertEqual(log.checkpoints[-1]["seq"], log.events[-1]["seq"])

    def exported(self, directory):
        out = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", directory, "--out", out)
        return Log(out.read_text())

    def test_an_idle_kept_alive_connection_does_not_hold_it_up(self):
        self.space.usual()
        host = self.space.start_host()
        connection = host.connect()
        Machine().ask(host, connection)
        began = time.monotonic()
        self.assertEqual(host.stop(), 0)
        self.assertLess(time.monotonic() - began, 5.0)
        connection.close()

    def test_half_a_request_does_not_hold_it_up(self):
        self.space.usual()
        host = self.space.start_host()
        import socket

        with socket.create_connection(host.address()) as half:
            half.sendall(b"POST /v1/activations HTTP/1.1\r\nHost: x")
            Machine().ask(host)
            began = time.monotonic()
            self.assertEqual(host.stop(), 0)
            self.assertLess(time.monotonic() - began, 5.0)

    def test_a_second_host_on_the_directory_is_refused_and_a_restart_is_not(self):
        directory = self.space.usual()
        host = self.space.start_host()
        self.space.muster(
            "host",
            "run",
            "--dir",
            directory,
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
            expect=4,
        )
        host.stop()
        again = self.space.start_host()
        Machine().ask(again)
        self.assertEqual(again.stop(), 0)


if __name__ == "__main__":
    main()
