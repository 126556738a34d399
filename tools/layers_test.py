"""What tools/layers finds, one case a rule."""

import unittest

from load import load

layers = load("layers")

TABLE = """
# the arrows
base: -
core: base
store: core base
store/sqlite: store base
store tests: store/sqlite
apps: *
"""

CLEAN = {
    "base/ids.h": "#include <string>\n",
    "core/roll.h": '#include "base/ids.h"\n#include "core/ticket.h"\n',
    "store/store.h": '#include "core/roll.h"\n#include "base/ids.h"\n',
    "store/store_test.cpp": '#include "store/sqlite/sqlite.h"\n',
    "store/sqlite/sqlite.h": '#include "store/store.h"\n  #  include "base/ids.h"\n',
    "apps/main.cpp": '#include "store/sqlite/sqlite.h"\n#include "core/roll.h"\n',
}


def found(change):
    return layers.check(TABLE, {**CLEAN, **change})


class Layers(unittest.TestCase):
    def test_a_clean_tree_passes(self):
        self.assertEqual(found({}), [])

    def test_an_upward_include(self):
        self.assertEqual(
            found({"core/decide.cpp": '\n#include "store/store.h"\n'}),
            ["core/decide.cpp:2: core may not include store"],
        )

    def test_the_longest_prefix_wins(self):
        self.assertEqual(
            found({"store/open.cpp": '#include "store/sqlite/sqlite.h"\n'}),
            ["store/open.cpp:1: store may not include store/sqlite"],
        )
        self.assertEqual(
            found({"store/sqlite/sqlite.cpp": '#include "core/roll.h"\n'}),
            ["store/sqlite/sqlite.cpp:1: store/sqlite may not include core"],
        )

    def test_an_include_of_no_room(self):
        self.assertEqual(
            found({"core/decide.cpp": '#include "roll.h"\n'}),
            ['core/decide.cpp:1: "roll.h" names no room'],
        )

    def test_a_room_that_is_not_in_the_table(self):
        self.assertEqual(
            found({"util/text.h": ""}), ["util/text.h: its room is not in tools/layers.txt"]
        )

    def test_a_stale_arrow(self):
        self.assertEqual(
            found({"store/store.h": '#include "base/ids.h"\n'}),
            ["tools/layers.txt: store: nothing includes core"],
        )
        self.assertEqual(
            found({"store/store_test.cpp": ""}),
            ["tools/layers.txt: store tests: nothing includes store/sqlite"],
        )

    def test_an_arrow_to_no_room(self):
        self.assertEqual(
            layers.check("base: -\ncore: bass\n", {}),
            ["tools/layers.txt: core: there is no room bass"],
        )

    def test_a_table_that_is_not_well_formed(self):
        for table in ("base\n", "base: -\nbase: -\n", "Base: -\n"):
            with self.assertRaises(SystemExit):
                layers.check(table, {})


if __name__ == "__main__":
    unittest.main()
