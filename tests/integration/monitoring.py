"""packaging/prometheus and packaging/grafana against what a host really serves.

Every metric and every label that they name must stand in a host's /metrics; promtool, where it is
installed, checks the rules and runs their own tests.
"""

import json
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from harness import Machine, Workspace, main

ROOT = Path(__file__).parents[2]
RULES = ROOT / "packaging/prometheus/alerts.yml"
DASHBOARD = ROOT / "packaging/grafana/muster.json"
# What Prometheus adds by itself.
ADDED = {"up"}
ADDED_LABELS = {"instance", "job", "le"}
METRIC = re.compile(r"\b(?:muster|process)_[a-z_]+|\bup\b(?=[{ ])")
MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
GROUPING = re.compile(r"\bby \(([^)]*)\)")


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.space = Workspace()
        cls.addClassCleanup(cls.space.close)
        directory = cls.space.usual(threshold=1, licensed=10)
        ledger = cls.space.json("host", "ledger-id", "--dir", directory)["ledger"]
        mak = cls.space / "key.mak"
        cls.space.muster(
            *("vendor", "issue-mak", "--dir", cls.space / "vendor", "--product", "acme-cad"),
            *("--limit", 5, "--ledger", ledger, "--out", mak),
        )
        cls.space.muster("host", "add-mak", "--dir", directory, mak)
        host = cls.space.start_host()
        Machine().ask(host)
        status, _, text = host.call("GET", "/metrics")
        assert status == 200, text
        cls.labels = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, labels = re.match(r"([a-z_]+)(?:{(.*)})?", line).groups()
                found = re.findall(r'(\w+)="', labels or "")
                cls.labels.setdefault(name, set()).update(found)

    def rules(self):
        """The expressions of the rules; a folded one is taken together."""
        lines = RULES.read_text().splitlines()
        for number, line in enumerate(lines):
            found = re.match(r"( *)expr: (.*)", line)
            if not found:
                continue
            text = found[2]
            if text == ">-":
                deeper = (x for x in lines[number + 1 :])
                text = ""
                for more in deeper:
                    if not more.startswith(found[1] + " "):
                        break
                    text += " " + more.strip()
            yield text

    def panels(self):
        for panel in json.loads(DASHBOARD.read_text())["panels"]:
            for target in panel["targets"]:
                yield target["expr"], target["legendFormat"]

    def known(self, expression):
        for name in METRIC.findall(expression):
            if name not in ADDED:
                self.assertIn(name, self.labels, expression)
        labels = set(MATCHER.findall(expression))
        for grouped in GROUPING.findall(expression):
            labels |= {label.strip() for label in grouped.split(",")}
        names = [n for n in METRIC.findall(expression) if n not in ADDED]
        served = set().union(ADDED_LABELS, *(self.labels[n] for n in names))
        self.assertLessEqual(labels, served, expression)
        return served

    def test_every_metric_of_the_rules_is_served(self):
        expressions = list(self.rules())
        self.assertEqual(len(expressions), RULES.read_text().count("- alert: "))
        for expression in expressions:
            self.known(expression)

    def test_every_metric_of_the_dashboard_is_served(self):
        panels = list(self.panels())
        self.assertGreater(len(panels), 10)
        for expression, legend in panels:
            served = self.known(expression)
            self.assertLessEqual(set(re.findall(r"{{(\w+)}}", legend)), served, legend)

    def test_the_panels_do_not_lie_on_one_another(self):
        taken = set()
        for panel in json.loads(DASHBOARD.read_text())["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            self.assertFalse(cells & taken, panel["title"])
            taken |= cells

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_accepts_the_rules_and_their_tests_pass(self):
        for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
            done = subprocess.run(
                ["promtool", *command], cwd=RULES.parent, capture_output=True, text=True, timeout=60
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    main()
