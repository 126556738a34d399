"""A herd at three hosts that share a database: DNS weights steer it, a host that is killed under
load sends it to the two others, a full one says so at once, and nobody is without an answer at the
end.
"""

import collections
import contextlib
import json
import math
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import three_hosts
from harness import PATIENCE, until

HERD = 240
SIGMAS = 5  # a right host fails by chance in one run of a million
LEAST, MOST = 60, 120  # seconds until whoever was sent away comes again


class Base(three_hosts.ThreeHosts):
    threshold = 1
    weights = (60, 30, 10)

    def setUp(self):
        super().setUp()
        self.start_hosts(self.start_server().url())

    def number_of(self, told):
        """Of the host that answered."""
        self.assertTrue(told["activated"], told)
        return int(told["host"].removeprefix("http://muster").split(".")[0])

    def answered_by(self, desktops):
        return [self.number_of(told) for told in self.activate_all(desktops)]

    def assert_shared(self, numbers, weights):
        """Each host has its part of the machines, as far as chance goes."""
        had = collections.Counter(numbers)
        self.assertLessEqual(set(had), set(weights))
        for host, weight in weights.items():
            part = weight / sum(weights.values())
            expected = part * len(numbers)
            spread = SIGMAS * math.sqrt(expected * (1 - part))
            self.assertAlmostEqual(had[host], expected, delta=spread, msg=f"{had} {weights}")


class Killed(Base):
    def test_weights_steer_and_a_killed_hosts_herd_goes_to_the_two_others(self):
        desktops = self.make_desktops(HERD)
        first = self.answered_by(desktops)
        self.assert_shared(first, {0: 60, 1: 30, 2: 10})

        told = []
        done = threading.Event()
        with ThreadPoolExecutor(three_hosts.AT_A_TIME) as threads:
            try:
                works = [
                    threads.submit(self.ask_on, desktops[n :: three_hosts.AT_A_TIME], told, done)
                    for n in range(three_hosts.AT_A_TIME)
                ]
                until("the load", lambda: len(told) >= HERD // 4)
                self.hosts[0].kill()
                # Everybody asks at least once when the host is gone.
                before = len(told)
                until("the herd", lambda: len(told) >= before + 2 * HERD)
            finally:
                done.set()
            for work in works:
                work.result()
        then = self.answered_by(desktops)
        moved = [now for was, now in zip(first, then, strict=True) if was == 0]
        self.assert_shared(moved, {1: 30, 2: 10})
        for was, now in zip(first, then, strict=True):
            self.assertIn(now, (was, 1, 2) if was == 0 else (was,))
        self.assertNotIn(0, then)

        # Back, on another port: those who come new are steered as before.
        self.hosts[0] = self.start_one(0)
        self.assert_shared(
            self.answered_by(self.make_desktops(HERD // 2, "new")), {0: 60, 1: 30, 2: 10}
        )
        for host in self.hosts:
            until("one count for all", lambda host=host: self.active(host) == HERD + HERD // 2)

    @staticmethod
    def active(host):
        return host.get("/v1/groups")["groups"][0]["active_machines"]

    def ask_on(self, desktops, told, done):
        """Each of them again and again; no attempt goes without an answer."""
        while not done.is_set():
            for desktop in desktops:
                answer = desktop.activate()
                self.number_of(answer)
                told.append(answer)


class Full(Base):
    connections = 4 * three_hosts.AT_A_TIME  # more than machines ask at a time
    options = ("--limits-connections-most", connections, "--request-timeout", "600s")

    def fill(self, stack, host):
        """Connections whose requests never end, as many as the host takes."""
        for _ in range(self.connections):
            line = stack.enter_context(socket.create_connection(host.address(), PATIENCE))
            line.sendall(b"POST /v1/activations HTTP/1.1\r\n")
        until("the host to be full", lambda: self.turned_away(host))

    def turned_away(self, host):
        """Seconds to wait, told to whoever only connects: no request is read before."""
        with socket.create_connection(host.address(), PATIENCE) as line:
            line.settimeout(0.2)
            try:
                head = line.recv(4096).decode()
            except TimeoutError:
                return None
        self.assertTrue(head.startswith("HTTP/1.1 503 "), head)
        fields = dict(f.split(": ", 1) for f in head.partition("\r\n\r\n")[0].split("\r\n")[1:])
        return int(fields["Retry-After"])

    def test_a_full_host_sends_machines_on_and_full_ones_send_them_away_spread(self):
        desktops = self.make_desktops(HERD // 2)
        with contextlib.ExitStack() as full:
            self.fill(full, self.hosts[0])
            self.assert_shared(self.answered_by(desktops), {1: 30, 2: 10})
            for host in self.hosts[1:]:
                self.fill(full, host)
            waits = [self.sent_away(told) for told in self.activate_all(desktops)]
            self.assertGreaterEqual(min(waits), LEAST)
            self.assertLessEqual(max(waits), MOST)
            # Uniform over the minute between: each third has its third, about.
            thirds = [min(3 * (wait - LEAST) // (MOST - LEAST), 2) for wait in waits]
            self.assert_shared(thirds, {0: 20, 1: 20, 2: 21})
        for host in self.hosts:
            until("room", lambda host=host: self.turned_away(host) is None)
        self.assert_shared(self.answered_by(desktops), {1: 30, 2: 10})

    def sent_away(self, told):
        self.assertEqual((told["activated"], told["error"]), (False, "host_full"), json.dumps(told))
        return told["retry_after"]


if __name__ == "__main__":
    three_hosts.run()
