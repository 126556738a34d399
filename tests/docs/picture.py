"""docs/report.svg is the first chart of the example report, made again here.

usage: picture.py MUSTER ROOT [--write]
"""

import os
import pathlib
import subprocess
import sys
import tempfile


def main(muster, root, write=False):
    root = pathlib.Path(root)
    with tempfile.TemporaryDirectory() as folder:
        log, page = pathlib.Path(folder) / "office.evtx", pathlib.Path(folder) / "report.html"
        subprocess.run([os.environ["MUSTER_MAKE_LOG"], "office", log], check=True, timeout=60)
        command = [muster, "logs", "report", log, "--html", page]
        subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
        made = subprocess.run(
            [sys.executable, "-B", root / "tools" / "log_picture"],
            input=page.read_text(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    picture = root / "docs" / "report.svg"
    if write:
        picture.write_text(made)
    elif picture.read_text() != made:
        print(f"{picture} is another one; run: {' '.join(sys.argv)} --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3], write="--write" in sys.argv))
