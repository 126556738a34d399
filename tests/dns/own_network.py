"""A network and a /etc/resolv.conf of the test's own: what a program looks up by the C library, it
asks of the test's name server on port 53 of the test's loopback. The machine's own files and ports
are not touched, and nothing that is looked up leaves the test.

    if __name__ == "__main__":
        own_network.enter()     # runs this script again inside; then comes back
        unittest.main()

Needs the right to make namespaces: root, or a system that lets users make their own. Where there is
none, enter() ends the test as skipped and says why.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bind import SKIPPED, end_with_parent

MARK = "MUSTER_TEST_OWN_NETWORK"
MISSING = "no right to make a network of the test's own (unshare --net --mount)"
RESOLV_CONF = "/etc/resolv.conf"


def entered():
    return MARK in os.environ


def _namespaces():
    """The command that makes them, or None."""
    for words in (["unshare"], ["unshare", "--map-root-user"]):
        command = [*words, "--net", "--mount"]
        with tempfile.NamedTemporaryFile() as file:
            script = f"ip link set lo up && mount --bind {file.name} {RESOLV_CONF}"
            if subprocess.run(
                [*command, "sh", "-c", script], check=False, capture_output=True
            ).returncode == 0:
                return command
    return None


def enter():
    if entered():
        return
    command = _namespaces()
    if command is None:
        print(f"skipped: {MISSING}")
        sys.exit(SKIPPED)
    file = tempfile.NamedTemporaryFile(mode="w", prefix="muster-resolv-", delete=False)
    file.close()
    script = f'ip link set lo up && mount --bind "$0" {RESOLV_CONF} && exec "$@"'
    done = subprocess.run(
        [*command, "sh", "-c", script, file.name, sys.executable, "-B", *sys.argv],
        env={**os.environ, MARK: file.name},
        preexec_fn=end_with_parent,
        check=False,
    )
    os.unlink(file.name)
    sys.exit(done.returncode)


def resolve_by(text):
    """What /etc/resolv.conf says from here on, for every program that starts then."""
    assert entered()
    Path(os.environ[MARK]).write_text(text)
