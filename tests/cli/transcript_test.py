"""What the transcript runner sees, with small programs in the place of `muster`."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import transcript  # noqa: E402

PROGRAM = """#!/bin/bash
case $1 in
  id) echo 'cmid 0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10 at 2026-01-05T08:00:00Z' ;;
  two) printf 'first\\n\\nthird\\n' ;;
  fail) echo 'muster: error: no' >&2; exit 4 ;;
  say) echo "$2" ;;
  host) exec python3 -c '
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("ready clients=http://127.0.0.1:1 admin=http://127.0.0.1:2 socket=x", flush=True)
signal.sigwait({signal.SIGTERM})' ;;
esac
"""


class Transcript(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.binary = pathlib.Path(temporary.name) / "program"
        self.binary.write_text(PROGRAM)
        self.binary.chmod(0o755)

    def passes(self, text):
        transcript.play(text, self.binary)

    def fails(self, text, why):
        with self.assertRaises(transcript.Mismatch) as caught:
            transcript.play(text, self.binary)
        self.assertIn(why, str(caught.exception))

    def test_output_is_compared_whole(self):
        self.passes("$ muster two\nfirst\n\nthird\n")
        self.fails("$ muster two\nfirst\n", "stdout")
        self.fails("$ muster two\nfirst\n\nthird\nfourth\n", "stdout")
        self.fails("$ muster two\n", "line 1")
        self.passes("$ muster two\nfirst\n...\n")
        self.passes("$ muster two\n...\nthird\n")
        self.fails("$ muster two\n...\nsecond\n", "stdout")

    def test_stderr_and_exit_code_are_compared(self):
        self.passes("$ muster fail\nstderr: muster: error: no\nexit: 4\n")
        self.fails("$ muster fail\nstderr: muster: error: no\n", "exit: expected 0, got 4")
        self.fails("$ muster fail\nexit: 4\n", "stderr")
        self.fails("$ muster say yes\nyes\nexit: 4\n", "exit: expected 4, got 0")

    def test_placeholders_stand_for_their_form_only(self):
        self.passes("$ muster id\ncmid <cmid> at <time>\n")
        self.fails("$ muster id\ncmid <number> at <time>\n", "stdout")
        self.passes("$ muster say a.b*c\na.b*c\n")
        self.fails("$ muster say axbc\na.bc\n", "stdout")

    def test_a_name_keeps_what_it_met(self):
        kept = "$ muster id\ncmid <cmid:A> at <time>\n"
        self.passes(kept + "$ muster say \"$A\"\n<cmid:A>\n")
        self.fails(kept + "$ muster say 1b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10\n<cmid:A>\n", "stdout")

    def test_files_and_variables(self):
        self.passes("file: sub/a.txt\n| one\n|\n| three\n$ cat sub/a.txt\none\n\nthree\n")
        self.passes("env: MUSTER_STATE=here\n$ echo $MUSTER_STATE\nhere\n")

    def test_a_host_runs_until_it_is_stopped(self):
        said = "http://127.0.0.1:1 http://127.0.0.1:2"
        self.passes(f"host: h\n$ echo $HOST $ADMIN\n{said}\nstop: h\n")

    def test_output_that_looks_like_a_transcript(self):
        for line in ("# heading", "exit: 4", "\\n", "..."):
            self.passes(f"$ muster say '{line}'\n\\{line}\n")
            self.passes(transcript.written(f"$ muster say '{line}'\n", self.binary))

    def test_a_line_that_belongs_nowhere(self):
        self.fails("hello\n", "line 1")

    def test_writing_gives_a_transcript_that_passes(self):
        text = "# Two.\n$ muster id\nold\n\n$ muster fail\n"
        new = transcript.written(text, self.binary)
        self.assertEqual(new, "# Two.\n$ muster id\ncmid <cmid> at <time>\n\n"
                              "$ muster fail\nstderr: muster: error: no\nexit: 4\n")
        self.passes(new)


if __name__ == "__main__":
    unittest.main()
