"""What tools/climb reads from an export and draws."""

import json
import unittest
import xml.etree.ElementTree

from load import load

climb = load("climb")


def event(**members):
    usual = {"type": "activation", "count": 1, "threshold": 2, "activated": False}
    return json.dumps(usual | members)


class Climb(unittest.TestCase):
    def test_only_counted_requests_are_drawn(self):
        export = "\n".join([
            '{"muster_log":1}', '{"type":"start"}', event(), event(count=None),
            event(count=2, activated=True), '{"checkpoint":"x"}',
        ])
        self.assertEqual(list(climb.requests_of(export)), [(1, 2, False), (2, 2, True)])

    def test_a_bar_a_request_and_the_first_activation(self):
        drawn = climb.picture([(1, 2, False), (2, 2, True), (2, 2, True)])
        root = xml.etree.ElementTree.fromstring(drawn)
        colours = [bar.get("fill") for bar in root.findall("{*}rect")][1:]
        self.assertEqual(colours, [climb.REFUSED, climb.ACTIVATED, climb.ACTIVATED])
        self.assertIn("machine 2 is the first", drawn)

    def test_an_export_without_requests(self):
        with self.assertRaises(SystemExit):
            climb.picture([])


if __name__ == "__main__":
    unittest.main()
