"""Runs transcripts (transcript.py says how they are written).

usage: run.py MUSTER FILE ...            fails at the first answer that is another
       run.py --write MUSTER FILE ...    puts what was really answered into the files, to be read
                                         and committed by a person
"""

import pathlib
import sys

sys.dont_write_bytecode = True

import transcript  # noqa: E402


def main(arguments):
    write = arguments[:1] == ["--write"]
    binary, *files = arguments[1 if write else 0:]
    failed = 0
    for file in map(pathlib.Path, files):
        try:
            if write:
                file.write_text(transcript.written(file.read_text(), binary))
            else:
                transcript.play(file.read_text(), binary)
        except transcript.Mismatch as mismatch:
            print(f"{file}: {mismatch}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
