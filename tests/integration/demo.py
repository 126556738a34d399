"""`muster demo`: a vendor, a host and thirty agents that climb to 25 while nobody types."""

import json
import os

from harness import Case, main


class Demo(Case):
    def test_once_ends_with_the_line_of_facts(self):
        done = self.space.muster("demo", "--once", "--json", "--listen", "127.0.0.1:0")
        last = json.loads(done.stdout.strip().splitlines()[-1])
        self.assertEqual(
            (last["machines"], last["activated"], last["first_activated"]), (30, 30, 25)
        )
        self.assertTrue(last["host"].startswith("http://127.0.0.1:"))
        self.assertTrue((self.space / ".muster").is_dir())


if __name__ == "__main__":
    main()
