"""What papers.py finds, with a shell in the place of `muster`."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import papers  # noqa: E402


def block(marker, *lines, language="sh"):
    return "\n".join([marker, f"```{language}", *lines, "```", ""])


class Papers(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)

    def run_it(self, *blocks):
        return papers.run_paper("a.md", "# A\n" + "\n".join(blocks), "/bin/true")

    def test_blocks_run_in_order_and_share_directory_and_exports(self):
        first = block("<!-- run -->", "echo hello >file", "export WORD=there")
        second = block("<!-- run -->", "grep hello file; test $WORD")
        self.assertEqual(self.run_it(first, second), [])
        self.assertEqual(len(self.run_it(first, block("<!-- run -->", "grep bye file"))), 1)

    def test_the_first_line_that_fails_ends_a_block(self):
        self.assertEqual(len(self.run_it(block("<!-- run -->", "false", "true"))), 1)

    def test_an_exit_code_may_be_named(self):
        self.assertEqual(self.run_it(block("<!-- run: exit 4 -->", "exit 4")), [])
        self.assertEqual(len(self.run_it(block("<!-- run: exit 4 -->", "exit 0"))), 1)

    def test_what_is_printed_is_compared(self):
        run = block("<!-- run -->", "echo 24 of 25; echo at 2026-01-05T08:00:00Z")
        good = block("<!-- prints -->", "24 of 25", "at <time>", language="text")
        bad = block("<!-- prints -->", "25 of 25", "...", language="text")
        self.assertEqual(self.run_it(run, good), [])
        self.assertEqual(len(self.run_it(run, bad)), 1)

    def test_a_block_without_a_word_about_it(self):
        self.assertEqual(len(list(papers.unmarked("a.md", block("", "true")))), 1)
        self.assertEqual(len(list(papers.unmarked("a.md", block("<!-- not run -->", "x")))), 1)
        self.assertEqual(list(papers.unmarked("a.md", block("<!-- not run: root -->", "x"))), [])
        self.assertEqual(list(papers.unmarked("a.md", block("", "{}", language="json"))), [])

    def test_a_command_stands_in_a_block_that_is_spoken_for(self):
        for text, found in (
            (block("", "muster status", language=""), 1),
            (block("", "curl http://x", language="text"), 1),
            (block("<!-- prints -->", "muster: note: x", language="text"), 0),
            ("as in\n\n    muster status\n", 1),
            ("as in\n\n    ./dev test\n", 0),
            (block("<!-- not run: root -->", "    muster status"), 0),
            ("where muster runs\n", 0),
        ):
            self.assertEqual(len(list(papers.unmarked("a.md", text))), found, text)

    def test_what_a_paper_takes_for_granted_is_done_first(self):
        granted = "<!-- first: echo hello >file -->\n"
        self.assertEqual(self.run_it(granted, block("<!-- run -->", "grep hello file")), [])

    def test_a_file_that_is_shown_is_there(self):
        shown = block("<!-- file: a.json -->", "{}", language="json")
        self.assertEqual(self.run_it(shown, block("<!-- run -->", "grep {} a.json")), [])

    def test_the_directory_of_a_state_is_the_tests_own(self):
        made = block("<!-- run -->", "mkdir /var/lib/muster/new; test ! -e /var/lib/mus*/new",
                     "echo /var/lib/muster")
        said = block("<!-- prints -->", "/var/lib/muster", language="text")
        self.assertEqual(self.run_it(made, said), [])

    def test_a_program_that_may_be_missing(self):
        for code, found in (("true", 0), ("false", 1)):
            self.assertEqual(len(self.run_it(block("<!-- run: needs sh -->", code))), found)
        self.assertEqual(self.run_it(block("<!-- run: needs no-such-program -->", "false")), [])

    def test_links_lead_somewhere(self):
        (self.root / "b.md").write_text("# B\n## The second part: it's here\n")
        for text, broken in (
            ("[b](b.md)", 0), ("[b](c.md)", 1), ("![p](p.svg)", 1), ("[x](https://example.com)", 0),
            ("[b](b.md#the-second-part-its-here)", 0), ("[b](b.md#third)", 1), ("`[b](c.md)`", 0),
        ):
            self.assertEqual(len(list(papers.broken_links(self.root, "a.md", text))), broken, text)

    def test_figures_name_their_command(self):
        table = "## Speed\n| kept alive | 18,000 |\n"
        self.assertEqual(len(list(papers.nameless_figures("p.md", table))), 1)
        self.assertEqual(list(papers.nameless_figures("p.md", table + "`./dev bench`\n")), [])

    def test_the_two_commands_stand_at_the_top(self):
        text = "# Muster\n\n    ./dev up   # a\n    ./dev test\n"
        self.assertEqual(list(papers.late_commands(text)), [])
        self.assertEqual(len(list(papers.late_commands("\n" * 24 + text))), 2)


if __name__ == "__main__":
    unittest.main()
