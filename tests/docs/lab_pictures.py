"""docs/lab/ has a page for every scenario that ships; its pictures are a run's, made again here.

A page NAME.md shows docs/lab/NAME-CHART.svg, where CHART is the id of a chart of
`muster lab run NAME --out DIR`. A scenario without a page, a page without a picture, and a picture
that no page shows are errors.

usage: lab_pictures.py MUSTER ROOT [--write] [SCENARIO ...]
"""

import pathlib
import re
import subprocess
import sys
import tempfile

SHOWN = re.compile(r"!\[[^\]]+\]\(([^)\s]+)\.svg\)")
EXPERIMENT = "article"  # runs in full fidelity alone


def scenarios_of(muster):
    listed = subprocess.run([muster, "lab", "list"], check=True, timeout=60, capture_output=True,
                            text=True).stdout
    return [line.split()[0] for line in listed.splitlines()]


def page_of(muster, scenario, folder):
    command = [muster, "lab", "run", scenario, "--out", folder]
    if scenario != EXPERIMENT:
        command += ["--fidelity", "rules"]  # comes to the same
    subprocess.run(command, check=True, timeout=200, stdout=subprocess.DEVNULL)
    return (pathlib.Path(folder) / "index.html").read_text()


def pictures_of(muster, root, scenario, names):
    """File name and content of each picture that the scenario's page shows."""
    with tempfile.TemporaryDirectory() as folder:
        page = page_of(muster, scenario, folder)
    for name in names:
        chart = name.removeprefix(f"{scenario}-")
        command = [sys.executable, "-B", root / "tools" / "log_picture", chart]
        made = subprocess.run(command, input=page, check=True, timeout=60, capture_output=True,
                              text=True).stdout
        yield f"{name}.svg", made


def problems_of(muster, root, write, only):
    folder = root / "docs" / "lab"
    shown = set()
    for scenario in scenarios_of(muster):
        page = folder / f"{scenario}.md"
        if not page.exists():
            yield f"{page} is missing: what does {scenario} teach?"
            continue
        names = SHOWN.findall(page.read_text())
        shown.update(f"{name}.svg" for name in names)
        if not names:
            yield f"{page} shows no picture"
        if only and scenario not in only:
            continue
        for file, made in pictures_of(muster, root, scenario, names):
            picture = folder / file
            if write:
                picture.write_text(made)
            elif not picture.exists() or picture.read_text() != made:
                yield f"{picture} is another one; run: {' '.join(sys.argv)} --write"
    for picture in sorted(folder.glob("*.svg")):
        if picture.name not in shown:
            yield f"{picture}: no page shows it"


def main(muster, root, *more):
    write = "--write" in more
    only = [one for one in more if one != "--write"]
    problems = list(problems_of(muster, pathlib.Path(root), write, only))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
