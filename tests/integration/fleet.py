"""A fleet, end to end, with the commands that people type: vendor, host, thirty machines."""

from harness import Case, main


class Fleet(Case):
    def machine(self, number, *arguments, expect=0):
        return self.space.json(*arguments, "--state", self.space / f"state-{number}", expect=expect)

    def install(self, host, number):
        state = self.space / f"state-{number}"
        fact = ["--fact", f"desk-{number}"]
        self.space.muster("install", self.space.product, "--state", state, *fact)
        self.space.muster("set-host", host.clients, "--product", "acme-cad", "--state", state)

    def test_the_25th_machine_activates_and_the_24_before_it_come_again(self):
        self.space.usual(threshold=25)
        host = self.space.start_host()
        for number in range(1, 31):
            self.install(host, number)

        for number in range(1, 25):
            told = self.machine(number, "activate", expect=4)
            self.assertFalse(told["activated"])
            self.assertEqual((told["count"], told["threshold"]), (number, 25))
            self.assertEqual(told["error"], "count_insufficient")
            self.assertEqual(told["license_state"], "initial_grace")
            self.assertEqual(told["host"], host.clients)
        cmids = set()
        for number in range(25, 31):
            told = self.machine(number, "activate")
            self.assertTrue(told["activated"])
            self.assertEqual(told["count"], number)
            self.assertIsNone(told["error"])
            cmids.add(told["cmid"])
        for number in range(1, 25):
            told = self.machine(number, "activate")
            self.assertTrue(told["activated"])
            self.assertEqual(told["count"], 30)
            self.assertEqual(told["license_state"], "licensed")
            cmids.add(told["cmid"])
        self.assertEqual(len(cmids), 30)

        # Every machine says the same of itself without the host, and its activation is genuine.
        self.assertEqual(host.stop(), 0)
        for number in (1, 25, 30):
            self.machine(number, "check")
            activation = self.space / f"state-{number}" / "activations" / "acme-cad.jws"
            self.space.muster("verify", activation, "--product", self.space.product)

    def test_the_host_says_what_it_has_seen(self):
        self.space.usual(threshold=2)
        host = self.space.start_host()
        for number in (1, 2, 3):
            self.install(host, number)
            self.machine(number, "activate", expect=4 if number == 1 else 0)
        group = next(g for g in host.get("/v1/groups")["groups"] if g["group"] == "desktop")
        self.assertEqual(
            (group["count"], group["threshold"], group["capacity"], group["active_machines"]),
            (3, 2, 4, 3),
        )
        status = self.space.json("host", "status", "--dir", host.directory)
        self.assertTrue(status["ready"])
        self.assertEqual((status["requests"], status["failed"]), (3, 1))


if __name__ == "__main__":
    main()
