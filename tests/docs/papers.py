"""Runs what the papers tell a person to type, and holds their links and figures.

Every ```sh block of README.md and docs/*.md has a line before it that says what becomes of it:

    <!-- run -->                 run with bash -e; all blocks of a paper share a new directory, and
                                 what one exports the next ones see
    <!-- run: exit 4 -->         the same, and its exit code
    <!-- run: host -->           `muster host run ...`, started on free ports in the background; in
                                 what follows 127.0.0.1:8688 and 127.0.0.1:8689 are its addresses,
                                 and so is muster.corp.example:8688
    <!-- run: needs curl -->     run where that program is installed
    <!-- run: dns -->            run by tests/dns/paper.py, with a name server that serves the
                                 paper's file `zone`
    <!-- not run: WHY -->        for a reason that stands there

A command of muster or curl stands nowhere but in such a block. What a paper takes for granted is
done by `<!-- first: COMMAND -->`, which a reader does not see; COMMAND may also run a host. A block
after `<!-- file: NAME -->` is written into that file. /var/lib/muster is a directory of the test's
own.

A ```text block after `<!-- prints -->` is what the block before it prints, as in a transcript
(tests/cli/transcript.py): placeholders, and `...` for any lines.

Links to files and headings must lead to one. Every table of figures in docs/performance.md stands
in a section that names the command which made them.

usage: papers.py MUSTER ROOT [PAPER ...]
"""

import pathlib
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "cli"))

import transcript  # noqa: E402

MARKER = re.compile(r"^<!-- (run|not run|prints|file)(?:: ?(.*?))? -->$")
FIRST = re.compile(r"^<!-- first: (.*) -->$")
COMMAND = re.compile(r"^(?: {4}|\t)?\s*(?:\$ )?(?:muster|curl) ")
FENCE = re.compile(r"^(```+)(\w*)\s*$")
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
ADDRESSES = ("127.0.0.1:8688", "127.0.0.1:8689")
ELSEWHERE = "muster.corp.example:8688"
EVERYWHERE = "0.0.0.0:8688"
STATE = "/var/lib/muster"
WITH_NAME_SERVER = False
# From the table of commands, whose examples are parsed by a test, and from docs/openapi.yaml.
GENERATED = ("docs/commands.md", "docs/interface.md")


class Block:
    def __init__(self, marker, detail, language, line):
        self.marker, self.detail, self.language, self.line = marker, detail or "", language, line
        self.lines = []


def blocks_of(text):
    """The fenced blocks of a paper, each with the marker on the line before it, if there is one."""
    blocks, block, fence, marker = [], None, None, (None, None)
    for number, line in enumerate(text.splitlines(), 1):
        if block is not None:
            if line == fence:
                blocks.append(block)
                block = None
            else:
                block.lines.append(line)
            continue
        opened, marked, first = FENCE.match(line), MARKER.match(line), FIRST.match(line)
        if first:
            block = Block("run", "host" if "muster host run" in line else "", "sh", number)
            block.lines = [first[1]]
            blocks.append(block)
            block = None
        if opened:
            block, fence = Block(*marker, opened[2], number), opened[1]
        if marked:
            marker = (marked[1], marked[2])
        elif line.strip():
            marker = (None, None)
    return blocks


def unmarked(name, text):
    for block in blocks_of(text):
        if block.language == "sh" and block.marker not in ("run", "not run"):
            yield f"{name}:{block.line}: say before this block whether it is run"
        elif not block.marker and any(COMMAND.match(line) for line in block.lines):
            yield f"{name}:{block.line}: write ```sh, and say before this block whether it is run"
        if block.marker == "not run" and not block.detail:
            yield f"{name}:{block.line}: say why this block is not run"
    if name in GENERATED:
        return
    outside = re.sub(r"^(```+)[^\n]*\n.*?^\1$", lambda all: "\n" * all[0].count("\n"), text,
                     flags=re.M | re.S)
    for number, line in enumerate(outside.splitlines(), 1):
        if line.startswith("    ") and COMMAND.match(line):
            yield f"{name}:{number}: a command outside of a block: write ```sh before it"


def script_of(block, hosts, world):
    script = "\n".join(block.lines).replace(STATE, f"{world.directory}{STATE}")
    for address, real in hosts.items():
        script = script.replace(address, real)
    return script.replace(ELSEWHERE, hosts.get(ADDRESSES[0], ELSEWHERE))


def run_paper(name, text, binary):
    """Runs a paper's blocks in order, up to the first that is wrong."""
    hosts, printed = {}, ""
    with transcript.World(binary) as world:
        (world.directory / STATE[1:]).mkdir(parents=True)
        world.environment["MUSTER_STATE"] = f"{world.directory}{STATE}/client"
        world.environment["MUSTER_HOST_DIR"] = f"{world.directory}{STATE}/host"
        for block in blocks_of(text):
            where = f"{name}:{block.line}"
            try:
                if block.marker == "run" and block.detail == "host":
                    host = world.start_host(where, ["bash", "-ec", host_script(block, world)])
                    real = [url.split("//")[-1] for url in (host.clients, host.admin)]
                    hosts = dict(zip(ADDRESSES, real))
                elif block.detail == "dns" and not WITH_NAME_SERVER:
                    printed = None
                elif block.marker == "run":
                    printed = run_block(block, hosts, world)
                elif block.marker == "file":
                    (world.directory / block.detail).write_text("\n".join(block.lines) + "\n")
                elif block.marker == "prints" and printed is not None:
                    transcript.compare("it prints", block.lines, printed, world.captured)
            except transcript.Mismatch as mismatch:
                return [f"{where}: {mismatch}"]
        try:
            for where in world.hosts:
                world.stop_host(where)
        except transcript.Mismatch as mismatch:
            return [f"{where}: {mismatch}"]
    return []


def host_script(block, world):
    listen = "export MUSTER_LISTEN=127.0.0.1:0 MUSTER_ADMIN_LISTEN=127.0.0.1:0\n"
    script = script_of(block, {}, world).replace(EVERYWHERE, "127.0.0.1:0")
    return listen + "exec " + script.removesuffix("&").strip()


def run_block(block, hosts, world):
    needed = block.detail.removeprefix("needs ") if block.detail.startswith("needs ") else None
    if needed and shutil.which(needed) is None:
        return ""
    state = world.directory.parent / "exports"
    before = f". {state}\n" if state.exists() else ""
    save = f"trap 'export -p >{state}' EXIT\n"
    done = world.run(f"{before}set -e\nexec 2>&1\n{save}{script_of(block, hosts, world)}")
    code = int(block.detail.removeprefix("exit ")) if block.detail.startswith("exit ") else 0
    if done.returncode != code:
        raise transcript.Mismatch(
            f"exit {done.returncode}, expected {code}\n{done.stdout}"
        )
    printed = done.stdout
    for address, real in hosts.items():
        printed = printed.replace(real, address)
    return printed.replace(f"{world.directory}{STATE}", STATE)


def anchors_of(text):
    """What GitHub makes of the headings."""
    for heading in re.findall(r"^#+ (.*)$", text, re.M):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        yield plain.strip().replace(" ", "-")


def broken_links(root, name, text):
    body = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)
    for match in LINK.finditer(body):
        target = match[1] or match[2]
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (root / name).parent / file if file else root / name
        if not path.exists():
            yield f"{name}: the link {target} leads nowhere"
        elif anchor and anchor not in anchors_of(path.read_text()):
            yield f"{name}: {target}: there is no such heading"


def nameless_figures(name, text):
    """Sections with a table of figures but no command."""
    for section in re.split(r"^(?=## )", text, flags=re.M):
        rows = re.findall(r"^\|.*\d.*\|$", section, re.M)
        if rows and not re.search(r"`[^`]*(\./dev bench|muster bench)[^`]*`|```sh", section):
            title = section.splitlines()[0]
            yield f"{name}: '{title}' has figures, and names no command that made them"


def late_commands(text):
    """The two commands that a newcomer types stand at the top."""
    top = text.splitlines()[:24]
    for command in ("./dev up", "./dev test"):
        if not any(line.strip().startswith(command) for line in top):
            yield f"README.md: '{command}' does not stand before line 25"


def main(arguments):
    binary, root, *only = arguments
    root = pathlib.Path(root)
    papers = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    problems = []
    for path in sorted(papers):
        name, text = path.relative_to(root).as_posix(), path.read_text()
        if only and name not in only:
            continue
        problems += broken_links(root, name, text)
        if name == "README.md" or name.startswith("docs/"):
            problems += unmarked(name, text)
            problems += run_paper(name, text, binary)
        if name == "README.md":
            problems += late_commands(text)
        if name == "docs/performance.md":
            problems += nameless_figures(name, text)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
