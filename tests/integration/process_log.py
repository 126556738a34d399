"""What a host says on stderr: one JSON object a line, and that only this machine can reach it."""

import json

from harness import Case, Machine, main


class ProcessLog(Case):
    def lines(self, host):
        """The log of a host that has stopped, each line parsed."""
        self.assertEqual(host.stop(), 0)
        out = [json.loads(line) for line in host.log().splitlines()]
        for line in out:
            self.assertIn(line["level"], ("debug", "info", "warning", "error"), line)
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertTrue(line["message"], line)
        return out

    def test_every_line_is_an_object(self):
        self.space.usual(threshold=1)
        host = self.space.start_host("--log-format", "json", "--log-level", "debug")
        Machine().ask(host)
        host.call("GET", "/nothing")
        # A name that would break a line, were it written as it came.
        host.call("GET", "/healthz", headers={"Host": 'a"b\\c'})
        messages = [line["message"] for line in self.lines(host)]
        self.assertIn("host is ready", messages)
        self.assertIn("host has stopped", messages)

    def test_it_says_that_only_this_machine_can_reach_it(self):
        self.space.usual(threshold=1)
        said = [
            line
            for line in self.lines(self.space.start_host("--log-format", "json"))
            if line["message"].startswith("only this machine can reach the host")
        ]
        self.assertEqual(len(said), 1)
        self.assertEqual(said[0]["level"], "warning")
        self.assertEqual(said[0]["listen"], "127.0.0.1:0")


if __name__ == "__main__":
    main()
