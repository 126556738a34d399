"""A new host key installed into a running host: served at once, and the roll stays."""

from harness import Case, Machine, main


class InstallKey(Case):
    def test_the_roll_stays_and_the_new_numbers_hold(self):
        directory = self.space.usual(threshold=25)
        host = self.space.start_host()
        machines = self.climb(host, 10)
        self.assertFalse(machines[0].ask(host)["activated"])
        keys = self.space.sign_host(
            directory, "acme-cad", settings=["acme-cad.threshold=10"], out="renewed.keys"
        )
        self.space.muster("host", "install-key", "--dir", directory, keys)
        told = machines[0].ask(host)
        self.assertEqual((told["activated"], told["count"], told["threshold"]), (True, 10, 10))
        # The capacity follows the highest threshold that was ever presented.
        group = next(g for g in host.get("/v1/groups")["groups"] if g["group"] == "desktop")
        self.assertEqual(group["capacity"], 50)

    def test_a_second_product_of_the_group_shares_the_roll(self):
        directory = self.space.usual(threshold=3)
        host = self.space.start_host()
        machines = self.climb(host, 2)
        self.space.add_product("acme-sim", threshold=3)
        both = self.space.sign_host(directory, "acme-cad", "acme-sim", out="both.keys")
        self.space.muster("host", "install-key", "--dir", directory, both)
        third = Machine(product="acme-sim")
        told = third.ask(host)
        self.assertEqual((told["activated"], told["count"]), (True, 3))
        machines[0].product = "acme-sim"
        self.assertEqual(machines[0].ask(host)["count"], 3)

    def test_a_key_for_another_host_is_refused_and_changes_nothing(self):
        directory = self.space.usual(threshold=1)
        host = self.space.start_host()
        other = self.space.make_host(directory="other")
        keys = self.space.sign_host(other, "acme-cad", out="other.keys")
        done = self.space.muster("host", "install-key", "--dir", directory, keys, expect=5)
        self.assertIn("another host", done.stderr)
        self.assertTrue(Machine().ask(host)["activated"])

    def test_it_is_an_event_with_who_did_it(self):
        directory = self.space.usual()
        host = self.space.start_host()
        keys = self.space.sign_host(directory, "acme-cad", out="again.keys")
        self.space.muster("host", "install-key", "--dir", directory, keys)
        events = [row["event"] for row in host.get("/v1/events?limit=100")["events"]]
        installed = [e for e in events if e["type"] == "key_installed"]
        self.assertEqual(len(installed), 2)
        self.assertTrue(installed[-1]["actor"].startswith("socket:"), installed[-1])


if __name__ == "__main__":
    main()
