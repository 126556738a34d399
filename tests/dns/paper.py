"""docs/discovery.md with a real name server: its `zone` is served, and what it says that DNS brings
is what is printed. A host listens on the zone's first address, and nobody on the second.

usage: paper.py MUSTER ROOT
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import bind
import own_network

sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))

import papers  # noqa: E402

PAPER = "docs/discovery.md"
HOST, NOBODY = "192.0.2.7", "192.0.2.8"


def zone_of(text):
    return next(
        block.lines
        for block in papers.blocks_of(text)
        if (block.marker, block.detail) == ("file", "zone")
    )


def main(binary, root):
    for address in (HOST, NOBODY):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    directory = Path(tempfile.mkdtemp(prefix="muster-dns-"))
    text = (Path(root) / PAPER).read_text()
    server = bind.Bind(directory, zone_of(text), port=53).start()
    try:
        own_network.resolve_by(f"nameserver 127.0.0.1\nsearch {server.zone}\n")
        papers.WITH_NAME_SERVER = True
        papers.ADDRESSES = (f"{HOST}:8688", papers.ADDRESSES[1])
        listen = f"export MUSTER_LISTEN={HOST}:8688 MUSTER_ADMIN_LISTEN=127.0.0.1:0\n"
        papers.host_script = lambda block, world: (
            listen + "exec " + papers.script_of(block, {}, world).strip()
        )
        world = papers.transcript.World
        papers.transcript.World = lambda name: without_domain(world(name))
        return papers.main([binary, root, PAPER])
    finally:
        server.end()
        shutil.rmtree(directory, ignore_errors=True)


def without_domain(world):
    """The machine's own search domain, as a person's is."""
    del world.environment["MUSTER_DOMAIN"]
    return world


if __name__ == "__main__":
    bind.need()
    own_network.enter()
    sys.exit(main(*sys.argv[1:]))
