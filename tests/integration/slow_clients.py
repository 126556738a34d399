"""Slow and half-open clients are timed out, and hold up nobody."""

import json
import socket

from harness import Case, Machine, SharedHost, main, until

TIMEOUTS = ["--request-timeout", "1", "--idle-timeout", "1"]


class SlowClients(SharedHost):
    arguments = TIMEOUTS

    def open(self, first=b""):
        line = socket.create_connection(self.host.address(), 30)
        self.addCleanup(line.close)
        if first:
            line.sendall(first)
        return line

    def read_to_end(self, line):
        out = b""
        while piece := line.recv(65536):
            out += piece
        return out

    def request(self):
        body = json.dumps(Machine().request())
        return (
            f"POST /v1/activations HTTP/1.1\r\nHost: {self.host.clients.split('//')[1]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def test_half_a_header_is_timed_out_with_408_or_closed(self):
        answer = self.read_to_end(self.open(self.request()[:40]))
        self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_half_a_body_is_timed_out_with_408_or_closed(self):
        answer = self.read_to_end(self.open(self.request()[:-10]))
        self.assertTrue(answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer)

    def test_a_connection_that_says_nothing_is_closed(self):
        self.assertEqual(self.read_to_end(self.open()), b"")

    def test_an_idle_kept_alive_connection_is_closed(self):
        line = self.open(self.request())
        answer = self.read_to_end(line)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200 "))

    def test_a_byte_now_and_then_does_not_keep_a_request_alive(self):
        line = self.open(self.request()[:20])
        line.settimeout(0.2)
        sent = 20

        def closed():
            nonlocal sent
            try:
                piece = line.recv(4096)
                return piece == b"" or piece.startswith(b"HTTP/1.1 408 ")
            except TimeoutError:
                pass
            except ConnectionError:
                return True
            try:
                line.sendall(self.request()[sent : sent + 1])
                sent += 1
            except ConnectionError:
                return True
            self.assertLess(sent, 100, "20 seconds of single bytes were taken")
            return False

        until("a slow request to be given up", closed)

    def test_a_client_that_never_reads_holds_up_nobody(self):
        deaf = self.open()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)
        try:
            for _ in range(2000):
                deaf.send(self.request())
        except BlockingIOError:
            pass
        self.assertGreater(Machine().ask(self.host)["count"], 0)

    def test_a_client_that_sends_its_end_early_still_gets_its_answer(self):
        line = self.open(self.request())
        line.shutdown(socket.SHUT_WR)
        self.assertTrue(self.read_to_end(line).startswith(b"HTTP/1.1 200 "))

    def test_five_hundred_slow_ones_and_an_honest_one(self):
        slow = [self.open(self.request()[:30]) for _ in range(500)]
        for _ in range(20):
            self.assertGreater(Machine().ask(self.host)["count"], 0)
        for line in slow:
            self.read_to_end(line)


class Connections(Case):
    def test_more_connections_than_allowed_are_turned_away_and_room_comes_back(self):
        self.space.usual()
        host = self.space.start_host("--limits-connections-most", "50", *TIMEOUTS)
        lines = [socket.create_connection(host.address(), 30) for _ in range(120)]
        for line in lines:
            line.close()

        def served():
            try:
                return Machine().ask(host)["count"]
            except (OSError, AssertionError):
                return 0

        until("an honest client to be served", served)


if __name__ == "__main__":
    main()
