"""A disk that takes no more: 503, not ready, nothing lost, and well again by itself when there is
room.

Two ways: a limit on the size of files that a process may write, which any user may set and lift
while the host runs; and a real file system of 32 MiB in a mount namespace of the host's own, where
the kernel allows that.
"""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import unittest

from harness import Case, Crowd, Log, Machine, Workspace, base64url, main, until
from openapi_schema import Schemas, at


def post(host, machine):
    status, headers, text = host.call(
        "POST",
        "/v1/activations",
        json.dumps(machine.request()),
        {"Content-Type": "application/json"},
    )
    return status, headers, json.loads(text)


class Full(Case):
    def assert_told_is_logged(self, directory, told):
        out = self.space / "log.jsonl"
        self.space.muster("events", "export", "--dir", directory, "--out", out)
        self.space.muster("events", "verify", out)
        logged = [(e["cmid"], e["nonce"]) for e in Log(out.read_text()).activations()]
        self.assertEqual(len(logged), len(set(logged)))
        self.assertEqual(set(logged), set(told))

    def note(self, told, machine, answer):
        told.append((machine.cmid, machine.nonce))
        machine.ticket, machine.nonce = answer["ticket"], None

    def assert_described(self, host, path, method, headers, text):
        """A 503 is what the description says of this call, every member; its code."""
        document = json.loads(host.call("GET", "/openapi.json")[2])
        pointer = document["paths"][path][method]["responses"]["503"]["$ref"]
        described = at(document, pointer)
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        answer = json.loads(text)
        Schemas(document).check(f"{pointer}/content/application~1problem+json/schema", answer)
        self.assertEqual(answer["status"], 503)
        self.assertIn(answer["code"], re.findall(r"\w+", described["description"]))
        # What is there: not empty, and in sentences.
        for member in ("title", "hint"):
            self.assertTrue(answer[member], member)
        retry = at(document, described["headers"]["Retry-After"]["$ref"] + "/schema")
        self.assertGreaterEqual(int(headers["Retry-After"]), retry["minimum"])
        return answer["code"]

    def assert_full(self, host):
        """Every face of a host that cannot store."""
        body = json.dumps(Machine().request())
        status, headers, text = host.call(
            "POST", "/v1/activations", body, {"Content-Type": "application/json"}
        )
        self.assertEqual(status, 503, text)
        code = self.assert_described(host, "/v1/activations", "post", headers, text)
        self.assertEqual(code, "store_unavailable")
        status, headers, text = host.call("GET", "/readyz")
        self.assertEqual(status, 503, text)
        self.assertEqual(self.assert_described(host, "/readyz", "get", headers, text), code)
        document = json.loads(host.call("GET", "/openapi.json")[2])
        schemas, told = Schemas(document), host.get("/v1/status")
        schemas.check("#/components/schemas/Status", told)
        self.assertEqual((told["ready"], told["not_ready"]["code"]), (False, code))
        members = "#/components/schemas/Status/properties/not_ready/properties/"
        met = {name.removeprefix(members) for name in schemas.seen if name.startswith(members)}
        self.assertEqual(met, {"code", "title", "hint", "detail"})

    def fills_and_heals(self, host, fill, empty):
        told = []
        known = [Machine() for _ in range(10)]
        for machine in known:
            status, _, answer = post(host, machine)
            self.assertEqual(status, 200)
            self.note(told, machine, answer)
        fill()
        refused = []

        def full():
            machine = Machine()
            status, headers, answer = post(host, machine)
            if status == 200:
                self.note(told, machine, answer)
                return False
            self.assertEqual((status, answer["code"]), (503, "store_unavailable"))
            self.assertGreater(int(headers["Retry-After"]), 0)
            refused.append(machine)
            return True

        until("the host to refuse for want of room", full)
        self.assertFalse(host.ready())
        self.assert_full(host)
        self.assertEqual(host.call("GET", "/healthz")[0], 200)
        empty()
        until("the host to be ready again", host.ready)
        for machine in known + refused:
            status, _, answer = post(host, machine)
            self.assertEqual(status, 200, answer)
            self.note(told, machine, answer)
        return told


class FileLimit(Full):
    def test_a_file_that_may_not_grow(self):
        directory = self.space.usual(threshold=2)
        # Python ignores SIGXFSZ, and so does a child that does not restore it: the write fails
        # instead.
        host = self.space.start_host(restore_signals=False)
        unlimited = resource.RLIM_INFINITY

        def fill():
            files = [
                p.stat().st_size for p in directory.iterdir() if p.name.startswith("muster.db")
            ]
            resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (min(files), unlimited))

        def empty():
            resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))

        told = self.fills_and_heals(host, fill, empty)
        self.assertEqual(host.stop(), 0)
        self.assert_told_is_logged(directory, told)


NAMESPACE = ["unshare", "--mount", "--map-root-user"]


def may_mount():
    return (
        subprocess.run(
            [*NAMESPACE, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True
        ).returncode
        == 0
    )


@unittest.skipUnless(
    may_mount(),
    "this kernel lets nobody mount a small file system in a namespace; "
    "FileLimit has shown the same by a limit on files",
)
class SmallDisk(Full):
    def start_on_small_disk(self):
        directory = self.space.usual(threshold=2)
        small = self.space / "small"
        small.mkdir()
        script = (
            f"mount -t tmpfs -o size=32m none {small} && cp -a {directory}/. {small} && "
            'exec "$@"'
        )
        host = self.space.start_host(directory=small, prefix=[*NAMESPACE, "sh", "-c", script, "sh"])
        inside = f"/proc/{host.pid}/root{small}"
        host.socket = f"{inside}/admin.sock"
        return host, inside

    def leave_free(self, inside, part):
        """Fills the disk with a file until only this part of it is free."""
        disk = os.statvfs(inside)
        room = disk.f_bavail * disk.f_frsize - int(part * disk.f_blocks * disk.f_frsize)
        with open(f"{inside}/ballast", "ab") as ballast:
            try:
                ballast.write(b"\0" * max(room, 0))
            except OSError:
                pass

    def test_a_file_system_without_room(self):
        host, inside = self.start_on_small_disk()
        told = self.fills_and_heals(
            host, lambda: self.leave_free(inside, 0), lambda: os.unlink(f"{inside}/ballast")
        )
        copied = self.space / "copied"
        # The namespace, and the disk with it, ends with the host: what it holds is copied while it
        # is quiet.
        host.process.send_signal(signal.SIGSTOP)
        shutil.copytree(inside, copied, ignore=shutil.ignore_patterns("*.sock"))
        host.process.send_signal(signal.SIGCONT)
        self.assertEqual(host.stop(), 0)
        self.assert_told_is_logged(copied, told)

    def test_under_a_tenth_free_machines_never_seen_wait_and_known_ones_do_not(self):
        host, inside = self.start_on_small_disk()
        known = Machine()
        known.ask(host)
        self.leave_free(inside, 0.05)

        def refused():
            status, headers, answer = post(host, Machine())
            if status != 503:
                return False
            text = json.dumps(answer)
            code = self.assert_described(host, "/v1/activations", "post", headers, text)
            return code == "disk_low"

        until("a machine that was never seen to be refused", refused)
        self.assertEqual(post(host, known)[0], 200)
        os.unlink(f"{inside}/ballast")
        until("a new machine to be served again", lambda: post(host, Machine())[0] == 200)


if __name__ == "__main__":
    main()
