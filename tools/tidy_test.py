"""What tools/tidy finds, one case a rule, and what it must leave alone."""

import unittest

from load import load

tidy = load("tidy")

SOURCES = "muster_room(core SOURCES a.cpp roll.cpp)\nmuster_room_test(core SOURCES a_test.cpp)\n"


def found(path, text):
    """The lines on which something is wrong with a file that stands in the right target."""
    files = {path: text, "src/core/CMakeLists.txt": SOURCES, "src/host/CMakeLists.txt": "*.cpp\n",
             "tests/CMakeLists.txt": "integration/*_test.py\n"}
    start = path + ":"
    return [p[len(start):].split(":")[0] for p in tidy.check(files) if p.startswith(start)]


class Banned(unittest.TestCase):
    def test_the_wall_clock_outside_its_two_files(self):
        for call in (
            "std::chrono::system_clock::now();", "time(nullptr);", "std::time(0);", "time(&t);",
            "gettimeofday(&t, nullptr);", "clock_gettime(CLOCK_REALTIME, &t);",
            "gmtime_r(&t, &out);",
        ):
            self.assertEqual(found("src/core/a.cpp", f"auto x = {call}\n"), ["1"], call)
            self.assertEqual(found("src/host/system_clock.cpp", f"auto x = {call}\n"), [], call)
            self.assertEqual(found("src/core/a_test.cpp", f"auto x = {call}\n"), ["1"], call)

    def test_randomness_that_is_not_passed_in(self):
        for call in ("rand();", "std::rand() % 5;", "srand(7);", "std::random_device d;",
                     "std::mt19937 g;", "drand48();"):
            self.assertEqual(found("src/core/a.cpp", f"auto x = {call}\n"), ["1"], call)

    def test_words_that_only_look_alike(self):
        for line in (
            "auto t = request.time(0);", "append_time(out, time);",
            "// time(nullptr) would be wrong",
            'say("rand()");', "random.below(5);", "SystemRandom random;", "Cmid::random(random);",
            "steady_clock::now();", "virtual Random& random() = 0;",
            "const auto grand = total();", "base::operand(x);",
        ):
            self.assertEqual(found("src/core/a.cpp", line + "\n"), [], line)

    def test_what_has_a_better_twin(self):
        for call in ("using namespace std;", "out << std::endl;", "sprintf(a, b);", "atoi(text);"):
            self.assertEqual(found("src/core/a.cpp", call + "\n"), ["1"], call)

    def test_a_property_that_evaluates_both_sides(self):
        for line in ("RC_ASSERT(!read || *read == state);", "RC_ASSERT(f(g(1), 2) && b);",
                     "RC_ASSERT(at == rows.end() ||"):
            self.assertEqual(found("src/core/a_test.cpp", line + "\n"), ["1"], line)
        for line in ("RC_ASSERT((!read || *read == state));", "RC_ASSERT(a == (b && c));",
                     "RC_ASSERT(f(a || g(b)) == 1);"):
            self.assertEqual(found("src/core/a_test.cpp", line + "\n"), [], line)


class Sleep(unittest.TestCase):
    def test_no_test_sleeps(self):
        for path, line in (
            ("src/core/a_test.cpp", "std::this_thread::sleep_for(1s);"),
            ("src/core/a_test.cpp", "usleep(5);"),
            ("tests/integration/host_test.py", "time.sleep(1)"),
            ("tests/cli/host.txt", "$ sleep 1"),
        ):
            self.assertEqual(found(path, line + "\n"), ["1"], line)

    def test_what_is_no_test_may(self):
        self.assertEqual(found("src/core/a.cpp", "std::this_thread::sleep_for(1s);\n"), [])


class Lengths(unittest.TestCase):
    def test_a_file_over_600_lines(self):
        self.assertEqual(found("src/core/a.cpp", "int x;\n" * 600), [])
        self.assertEqual(found("src/core/a.cpp", "int x;\n" * 601), ["601"])

    def test_a_line_over_100_columns(self):
        self.assertEqual(found("src/core/a.cpp", "x" * 100 + "\n"), [])
        self.assertEqual(found("src/core/a.cpp", "\n" + "x" * 101 + "\n"), ["2"])
        self.assertEqual(found("tests/cli/host.txt", "x" * 300 + "\n"), [])

    def test_columns_are_characters(self):
        self.assertEqual(found("src/core/a.cpp", "\u2192" * 100 + "\n"), [])

    def test_a_function_over_70_lines(self):
        def function(head, count):
            return head + " {\n" + "  x();\n" * count + "}\n"

        for head in ("int f()", "int f(int a,\n      int b)", "Type::Type(int a)\n    : a_(a)"):
            self.assertEqual(found("src/core/a.cpp", function(head, 68)), [], head)
            self.assertEqual(len(found("src/core/a.cpp", function(head, 71))), 1, head)
        namespace = "namespace muster {\n" + "int x;\n" * 99 + "}\n"
        self.assertEqual(found("src/core/a.cpp", namespace), [])
        self.assertEqual(found("src/core/a_test.cpp", function("TEST(A, B)", 99)), [])


class Form(unittest.TestCase):
    def test_blanks_tabs_and_the_last_line_end(self):
        self.assertEqual(found("src/core/a.cpp", "int x; \n"), ["1"])
        self.assertEqual(found("src/core/a.cpp", "\tint x;\n"), ["1"])
        self.assertEqual(found("src/core/a.cpp", "int x;"), ["1"])

    def test_a_todo_names_its_issue(self):
        self.assertEqual(found("src/core/a.cpp", "// TODO: later\n"), ["1"])
        self.assertEqual(found("src/core/a.cpp", "// TODO(#12): later\n"), [])
        self.assertEqual(found("docs/host.md", "# Host\n\nFIXME\n"), ["3"])

    def test_a_header_states_its_contract_and_is_read_once(self):
        self.assertEqual(found("src/core/a.h", "// The roll.\n#pragma once\n"), [])
        self.assertEqual(found("src/core/a.h", "#pragma once\n"), ["1"])
        self.assertEqual(found("src/core/a.h", "// The roll.\n"), ["1"])

    def test_a_paper_has_a_title(self):
        self.assertEqual(found("docs/host.md", "The host\n"), ["1"])

    def test_no_path_of_one_machine(self):
        self.assertEqual(found("docs/host.md", "# Host\n/home/anna/muster\n"), ["2"])
        self.assertEqual(found("docs/host.md", "# Host\n/var/lib/muster\n"), [])


class Targets(unittest.TestCase):
    def test_a_test_in_no_target(self):
        self.assertEqual(found("src/core/b_test.cpp", "int x;\n"), ["1"])
        self.assertEqual(found("src/core/a_test.cpp", "int x;\n"), [])
        self.assertEqual(found("src/core/roll.cpp", "int x;\n"), [])
        self.assertEqual(found("src/core/oll.cpp", "int x;\n"), ["1"])
        self.assertEqual(found("src/host/any.cpp", "int x;\n"), [])

    def test_a_script_in_no_target(self):
        self.assertEqual(found("tests/integration/kill_test.py", "x = 1\n"), [])
        self.assertEqual(found("tests/browser/page_test.py", "x = 1\n"), ["1"])


if __name__ == "__main__":
    unittest.main()
