"""Transcripts: what a person types and what the program answers, as text that is run.

    # A comment; a paragraph's break is an empty line.
    file: policy.json            a file of the transcript's directory, with the lines that follow
    | {"products": {}}
    env: MUSTER_STATE=state      a variable for everything below
    $ muster status --json       a command, for bash; `muster` is the built one
    {"cmid":"<cmid:A>"}          what it prints to stdout, whole
    stderr: muster: error: ...   what it prints to stderr, whole, a line each
    exit: 4                      its exit code; without the line 0
    host: acme-host              starts `muster host run --dir acme-host` on free ports; from here
                                 on $HOST and $ADMIN are its addresses
    stop: acme-host              ends it with SIGTERM; it must exit with 0

`make-log KIND FILE [RECORDS]` (tests/logs/make_log.cpp) writes an event log to read, where the
tests' environment names it in MUSTER_MAKE_LOG, as ctest does.

In expected lines <cmid>, <time>, <number>, <port>, <base64url>, <jws> and <any> stand for text of
that form. <cmid:A> keeps what it met as $A for later commands, and must meet the same again. A
line `...` stands for any lines. A line of output that begins like one of the above has a
backslash before it. Each transcript has a directory of its own, which is gone afterwards.
"""

import os
import pathlib
import re
import select
import signal
import subprocess
import tempfile

PATIENCE = 60  # seconds after which a command or a host has hung

FORMS = {
    "cmid": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "time": r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
    "number": r"-?[0-9]+(?:\.[0-9]+)?",
    "port": r"[0-9]{1,5}",
    "base64url": r"[A-Za-z0-9_-]+",
    "jws": r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    "any": r".*?",
}
PLACEHOLDER = re.compile(r"<(%s)(?::([A-Z][A-Z0-9_]*))?>" % "|".join(FORMS))
DIRECTIVE = re.compile(r"^(file|env|host|stop): ?(.*)$")
TAKEN = re.compile(r"^(\\|#|\$ |stderr: |exit: |\.\.\.$|(file|env|host|stop):)")


class Mismatch(Exception):
    """The program answered otherwise than the text says."""


def pattern_of(expected, captured):
    """A regular expression for the expected lines, and the names of its groups in order."""
    parts, names, new = [], [], set()
    for line in expected:
        if line == "...":
            parts.append(r"(?:[^\n]*\n)*?")
            continue
        line = line.removeprefix("\\")
        at = 0
        for match in PLACEHOLDER.finditer(line):
            parts.append(re.escape(line[at:match.start()]))
            form, name = FORMS[match[1]], match[2]
            if name is None:
                parts.append(f"(?:{form})")
            elif name in captured:
                parts.append(re.escape(captured[name]))
            elif name in new:
                parts.append(f"(?P={name})")
            else:
                parts.append(f"(?P<{name}>{form})")
                new.add(name)
                names.append(name)
            at = match.end()
        parts.append(re.escape(line[at:]) + r"\n")
    return re.compile("".join(parts)), names


def compare(what, expected, actual, captured):
    """Raises Mismatch unless the actual text is the expected lines; takes up what they name."""
    lines = actual.rstrip("\n")
    lines = lines + "\n" if lines else ""
    pattern, names = pattern_of(expected, captured)
    match = pattern.fullmatch(lines)
    if not match:
        shown = "".join(f"    {line}\n" for line in expected) or "    (nothing)\n"
        got = "".join(f"    {line}\n" for line in lines.splitlines()) or "    (nothing)\n"
        raise Mismatch(f"{what}:\n  expected\n{shown}  and got\n{got}")
    captured.update({name: match[name] for name in names})


class Host:
    """`muster host run` on free ports, in the background."""

    def __init__(self, words, directory, environment):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            words, cwd=directory, env=environment, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=self.log,
        )
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if readable else ""
        if not line.startswith("ready "):
            self.kill()
            raise Mismatch(f"the host did not become ready: {line!r}\n{self.text()}")
        said = dict(word.split("=", 1) for word in line.split()[1:])
        self.clients, self.admin = said["clients"], said.get("admin", "")

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        if code != 0:
            raise Mismatch(f"the host's exit code is {code}\n{self.text()}")

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


class World:
    """A directory, an environment and the hosts that run in it."""

    def __init__(self, binary):
        self.temporary = tempfile.TemporaryDirectory(prefix="muster-")
        root = pathlib.Path(self.temporary.name)
        self.directory = root / "work"
        self.directory.mkdir()
        (root / "bin").mkdir()
        (root / "home").mkdir()
        (root / "bin/muster").symlink_to(pathlib.Path(binary).resolve())
        if make_log := os.environ.get("MUSTER_MAKE_LOG"):
            (root / "bin/make-log").symlink_to(pathlib.Path(make_log).resolve())
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")
        }
        self.environment |= {
            "PATH": f"{root}/bin:{os.environ['PATH']}", "HOME": f"{root}/home", "LC_ALL": "C.UTF-8",
            "TERM": "dumb", "COLUMNS": "80", "TZ": "UTC",
            # What a test finds does not hang on the DNS of whoever runs it.
            "MUSTER_DOMAIN": "-",
        }
        self.hosts, self.captured = {}, {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for host in self.hosts.values():
            host.kill()
        self.temporary.cleanup()

    def run(self, command):
        try:
            return subprocess.run(
                ["bash", "-c", command], cwd=self.directory, timeout=PATIENCE, capture_output=True,
                text=True, errors="replace", env=self.environment | self.captured, check=False,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired as error:
            raise Mismatch(f"'{command}' did not end within {PATIENCE} s") from error

    def start_host(self, name, words):
        host = self.hosts[name] = Host(words, self.directory, self.environment | self.captured)
        self.captured |= {"HOST": host.clients, "ADMIN": host.admin}
        return host

    def stop_host(self, name):
        self.hosts[name].stop()


class Step:
    """A command or directive with what is expected of it; `line` is its number in the file."""

    def __init__(self, kind, text, line):
        self.kind, self.text, self.line = kind, text, line
        self.out, self.err, self.exit, self.content = [], [], 0, []


def parse(text):
    """The steps of a transcript, in order."""
    steps, step = [], None
    for number, line in enumerate(text.splitlines(), 1):
        directive = DIRECTIVE.match(line)
        if line.startswith("$ "):
            step = Step("command", line[2:], number)
            steps.append(step)
        elif directive:
            step = Step(directive[1], directive[2], number)
            steps.append(step)
        elif line.startswith("#"):
            step = None
        elif step is None or step.kind != "command":
            if step is not None and step.kind == "file" and line.startswith("|"):
                step.content.append(line[2:])
            elif line.strip():
                raise Mismatch(f"line {number}: neither command nor answer: {line}")
        elif line.startswith("stderr: "):
            step.err.append(line[len("stderr: "):])
        elif line.startswith("exit: "):
            step.exit = int(line[len("exit: "):])
        else:
            step.out.append(line)
    for step in steps:
        while step.out and not step.out[-1].strip():
            step.out.pop()
    return steps


def perform(step, world):
    """Does one step; raises Mismatch where the answer is another."""
    if step.kind == "file":
        path = world.directory / step.text
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(line + "\n" for line in step.content))
    elif step.kind == "env":
        name, _, value = step.text.partition("=")
        world.environment[name] = os.path.expandvars(value)
    elif step.kind == "host":
        name, *options = step.text.split()
        listen = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]
        world.start_host(name, ["muster", "host", "run", "--dir", name, *listen, *options])
    elif step.kind == "stop":
        world.stop_host(step.text)
    else:
        done = world.run(step.text)
        problems = []
        for what, expected, actual in (("stdout", step.out, done.stdout),
                                       ("stderr", step.err, done.stderr)):
            try:
                compare(what, expected, actual, world.captured)
            except Mismatch as mismatch:
                problems.append(str(mismatch))
        if done.returncode != step.exit:
            problems.append(f"exit: expected {step.exit}, got {done.returncode}\n")
        if problems:
            raise Mismatch("".join(problems))


def play(text, binary):
    """Runs a transcript to its first mismatch."""
    with World(binary) as world:
        for step in parse(text):
            try:
                perform(step, world)
            except Mismatch as mismatch:
                raise Mismatch(f"line {step.line}: {step.kind} {step.text}\n{mismatch}") from None


def written(text, binary):
    """The transcript with what really was answered; ids, times and ports as placeholders."""
    out, lines, at = [], text.splitlines(), 0
    with World(binary) as world:
        for step in parse(text):
            while at < step.line:
                out.append(lines[at])
                at += 1
            if step.kind != "command":
                perform(step, world)
                continue
            while at < len(lines) and not re.match(r"^(\$ |#|(file|env|host|stop): )", lines[at]):
                at += 1
            done = world.run(step.text)
            for prefix, answer in (("", done.stdout), ("stderr: ", done.stderr)):
                for line in answer.rstrip("\n").splitlines():
                    for form in ("cmid", "time", "jws"):
                        line = re.sub(r"\b%s" % FORMS[form], f"<{form}>", line)
                    line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>", line)
                    escape = "\\" if not prefix and TAKEN.match(line) else ""
                    out.append(prefix + escape + line)
            if done.returncode:
                out.append(f"exit: {done.returncode}")
            out.append("")
    return "\n".join(out + lines[at:]).rstrip("\n") + "\n"
