"""`muster demo`: a vendor, a host and thirty agents that climb to 25 while nobody types."""

import http.client
import json
import os
import signal
import subprocess

from harness import BINARY, PATIENCE, Case, main, until


class Demo(Case):
    def test_once_ends_with_the_line_of_facts(self):
        done = self.space.muster("demo", "--once", "--json", "--listen", "127.0.0.1:0")
        last = json.loads(done.stdout.strip().splitlines()[-1])
        self.assertEqual(
            (last["machines"], last["activated"], last["first_activated"]), (30, 30, 25)
        )
        self.assertTrue(last["host"].startswith("http://127.0.0.1:"))
        self.assertEqual((last["dashboard"], last["token"]), (None, None))
        self.assertTrue((self.space / ".muster").is_dir())

    def test_what_is_shown_is_each_machines_first_answer_and_its_next(self):
        done = self.space.muster("demo", "--once", "--listen", "127.0.0.1:0")
        shown = [line.strip() for line in done.stdout.splitlines() if " of 25, not yet" in line]
        self.assertEqual(shown, [f"desk-{n:03}: {n} of 25, not yet" for n in range(1, 25)])
        for number in range(1, 25):
            again = f"desk-{number:03} asks again: "
            self.assertEqual(done.stdout.count(again), 1, again)

    def test_without_once_the_fleet_goes_on_and_the_dashboard_opens(self):
        demo = subprocess.Popen(
            [BINARY, "demo", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.space.environment,
            cwd=self.space.path,
        )
        self.addCleanup(demo.stdout.close)
        self.addCleanup(demo.kill)
        facts = json.loads(demo.stdout.readline())
        address = facts["dashboard"].removeprefix("http://")

        def get(path):
            connection = http.client.HTTPConnection(address, timeout=PATIENCE)
            connection.request("GET", path, headers={"Authorization": f"Bearer {facts['token']}"})
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            self.assertEqual(answer.status, 200, text)
            return json.loads(text)

        def seen(kind):
            return get(f"/v1/clients?evidence={kind}")["clients"]

        def key():
            (only,) = get("/v1/keys")["keys"]
            return only

        self.assertEqual(get("/v1/session")["role"], "admin")
        names = {f"desk-{number:03}.corp.example" for number in range(1, 31)}
        until("every desk to renew", lambda: names <= {m["name"] for m in seen("renewal")})
        until("a clone to be seen", lambda: seen("clone"), 2 * PATIENCE)
        until("a rearm loop to be seen", lambda: seen("many_ids"), 2 * PATIENCE)
        until("the key's laptops to hold their places", lambda: key()["used"] == 6, 2 * PATIENCE)
        self.assertEqual((key()["limit"], key()["sold_per_day"]), (40, 6.0))
        self.assertEqual(key()["days_until_empty"], 5)
        laptops = {place["name"] for place in get(f"/v1/keys/{key()['id']}")["places"]}
        self.assertEqual(laptops, {f"lap-{number:03}.corp.example" for number in range(1, 7)})
        demo.send_signal(signal.SIGTERM)
        self.assertEqual(demo.wait(PATIENCE), 0)


if __name__ == "__main__":
    main()
