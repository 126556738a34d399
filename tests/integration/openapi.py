"""docs/openapi.yaml against a host: every member and every status of every call.

A host serves the description at /openapi.json. What it answers is held against it here, call by
call, and at the end every status and every member that is described must have been met.
"""

import hashlib
import http.client
import json
import re
import secrets
import shutil
import unittest
from urllib.parse import urlencode

from harness import PATIENCE, Machine, Workspace, base64url, main, now_text, until
from openapi_schema import Schemas, Wrong, at
from receivers import Webhook

# Answered where a host cannot store, is full or stops: full_disk.py, stop.py and clients_test.cpp.
NOT_PROVOKED = {"503"}
NOT_PROVOKED_HERE = {("/v1/backup", "post", "409")}  # by a host on PostgreSQL: pitr.py
# Members that only such a host shows.
NOT_MET = {
    f"#/components/schemas/Status/properties/not_ready/properties/{name}"
    for name in ("code", "title", "hint", "detail")
}

# A clock that jumps and a ledger that is behind: suspect_clock_test.cpp, mak.py; ends: alerts.py; a
# restore: host_service_test.cpp; records in DNS: tests/dns; what leaves: sweep_test.cpp.
NOT_MET_TYPES = set(
    "stop clock_suspect dns_published dns_failed dns_withdrawn ledger_behind alert_ended"
    " epoch_begun machines_left events_pruned".split()
)


class Answers(unittest.TestCase):
    """One host, on which everything that is described happens."""

    def test_everything_that_is_described_happens_and_nothing_else(self):
        self.space = Workspace()
        self.addCleanup(self.space.close)
        self.make_host()
        self.document = json.loads(self.host.call("GET", "/openapi.json")[2])
        self.schemas, self.met = Schemas(self.document), set(NOT_PROVOKED_HERE)
        said = self.document["info"]["description"]
        of_any_call = re.search(r"any call may answer (.*?) besides", said)[1]
        self.of_any_call = set(re.findall(r"\b\d{3}\b", of_any_call))
        self.admin = self.token("admin")
        self.viewer = self.token("viewer")
        self.activations()
        self.reading()
        self.keys_and_places()
        self.counted()
        self.acts()
        self.alerts()
        self.session()
        self.health()
        self.log()
        for path, method, operation in self.operations():
            self.refusals(path, method, operation)
        self.nothing_is_missing()

    # ---- the world

    def make_host(self):
        space = self.space
        space.make_vendor()
        space.add_product("acme-cad", group="desktop", threshold=2)
        space.add_product("acme-srv", group="server", threshold=1, count_by="machine")
        self.directory = space.make_host("acme-cad", "acme-srv")
        # Another vendor's group of the same name, so that there is something to be ambiguous.
        shutil.move(space / "vendor", space / "acme")
        space.make_vendor("Other")
        space.add_product("other-cad", group="desktop", threshold=1)
        other = space.sign_host(self.directory, "other-cad", out="other.keys")
        space.muster("host", "install-key", "--dir", self.directory, other)
        shutil.move(space / "vendor", space / "other")
        shutil.move(space / "acme", space / "vendor")
        self.signed = now_text()
        self.ledger = space.json("host", "ledger-id", "--dir", self.directory)["ledger"]
        secret = space / "secret"
        secret.write_bytes(b"0123456789abcdef")
        receiver = Webhook(secret.read_bytes())
        self.addCleanup(receiver.close)
        self.host = space.start_host(
            *("--trusted-proxies", "127.0.0.0/8", "--alerts-webhook-url", receiver.url),
            *("--alerts-webhook-secret-file", secret, "--alerts-off", "forecast"),
            *("--alerts-every", "1s", "--alerts-hold", "0s"),
            directory=self.directory,
        )

    def mak(self, name, *options, ledger=None):
        """An issued key: (the typed key, the document)."""
        out = self.space / f"{name}.mak"
        issued = self.space.json(
            *("vendor", "issue-mak", "--dir", self.space / "vendor", "--product", "acme-cad"),
            *("--limit", 5, "--ledger", ledger or self.ledger, "--out", out, *options),
        )
        return issued["key"], out.read_text().strip()

    def token(self, role):
        status, text = self.host.admin_call(
            "POST",
            "/v1/tokens",
            json.dumps({"name": role, "role": role}),
            {"Content-Type": "application/json"},
        )
        self.assertEqual(status, 201, text)
        return json.loads(text)["token"]

    # ---- calls

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def ask(self, method, path, body=None, token=None, fields=(), side=None):
        connection = http.client.HTTPConnection(
            *self.host.address(side or self.host.admin), timeout=PATIENCE
        )
        headers = dict(fields)
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        try:
            connection.request(method.upper(), path, text, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def call(self, described, status, method="get", query=None, body=None, **more):
        """A call that must be answered so, held against its description; its JSON or text."""
        variables = more.pop("variables", {})
        path = re.sub(r"{(\w+)}", lambda found: variables[found[1]], described)
        if query:
            path += "?" + urlencode(query)
        token = more.pop("token", self.admin)
        got, headers, text = self.ask(method, path, body, token, **more)
        where = f"{method} {path}"
        self.assertEqual(got, status, f"{where}: {text:.500}")
        return self.held(described, method, where, got, headers, text)

    def held(self, described, method, where, status, headers, text):
        responses = self.document["paths"][described][method]["responses"]
        pointer = f"#/paths/{described.replace('/', '~1')}/{method}/responses/{status}"
        self.met.add((described, method, str(status)))
        of_any_call = False
        if str(status) not in responses:
            self.assertIn(str(status), self.of_any_call, f"{where}: {status} is not described")
            pointer = "#/components/responses/BadRequest"
            of_any_call = True
        response = at(self.document, pointer)
        if "$ref" in response:
            pointer = response["$ref"]
            response = at(self.document, pointer)
        if status in (429, 503):
            self.assertGreaterEqual(int(headers["Retry-After"]), 1, where)
        if not text:
            self.assertNotIn("content", response, where)
            return None
        kind = headers["Content-Type"].split(";")[0]
        self.assertIn(kind, response["content"], where)
        if kind not in ("application/json", "application/problem+json"):
            return text
        answer = json.loads(text)
        try:
            schema = f"{pointer}/content/{kind.replace('/', '~1')}/schema"
            self.schemas.check(schema, answer)
        except Wrong as wrong:
            raise AssertionError(f"{where}: {wrong}\n{text:.1000}") from wrong
        if status >= 400:
            self.assertEqual(answer["status"], status, where)
            said = "" if of_any_call else response["description"]
            codes = set(re.findall(r"\w+", said + self.document["info"]["description"]))
            self.assertIn(answer["code"], codes, where)
        return answer

    # ---- what happens

    def activations(self):
        clients = {"side": self.host.clients, "method": "post", "token": None}
        first, second = Machine(name="desk-1"), Machine(name="desk-2")
        path = "/v1/activations"
        asked = first.request()
        told = self.call(path, 200, body=asked, **clients)
        self.assertFalse(told["activated"])
        self.assertTrue(self.call(path, 200, body=second.request(), **clients)["activated"])
        self.cmid = first.cmid
        # Another machine under this CMID, that one under another CMID, and another vendor's group.
        clone = Machine(cmid=first.cmid, name="desk-1")
        self.call(path, 200, body=clone.request(), **clients)
        twin = Machine(name="desk-3")
        twin.facts = clone.facts
        self.call(path, 200, body=twin.request(), **clients)
        self.call(path, 200, body={**first.request(), "product": "other-cad"}, **clients)
        self.call(path, 200, body=Machine(product="acme-srv").request(), **clients)
        self.call(path, 200, body=Machine(product="unknown").request(), **clients)
        late = {**Machine().request(), "time": "2020-01-01T00:00:00Z"}
        self.call(path, 200, body=late, **clients)
        self.call(path, 400, body="{", **clients)
        self.call(path, 403, body=asked, fields={"Origin": "https://evil.example"}, **clients)
        self.call(path, 415, body="x", fields={"Content-Type": "text/plain"}, **clients)
        away = {"X-Forwarded-For": "198.51.100.7"}
        many = Machine().request()
        for _ in range(40):
            status, headers, text = self.ask("post", path, many, None, away, self.host.clients)
            self.held(path, "post", "many", status, headers, text)
            if status == 429:
                break
        self.assertEqual(status, 429)

    def reading(self):
        acme = self.vendor("acme-cad")
        groups = self.call("/v1/groups", 200, token=self.viewer)["groups"]
        self.assertEqual(len(groups), 3)
        self.call("/v1/status", 200, token=self.viewer)
        for group in ("desktop", "server"):
            for what in ("roll", "forecast"):
                path, variables = f"/v1/groups/{{group}}/{what}", {"group": group}
                self.call(path, 200, query={"vendor": acme}, variables=variables)
                self.call(path, 404, variables={"group": "none"})
            if group == "desktop":
                self.call("/v1/groups/{group}/roll", 409, variables=variables)
                self.call("/v1/groups/{group}/forecast", 409, variables=variables)
        forecast = "/v1/groups/{group}/forecast"
        desktop = {"variables": {"group": "desktop"}}
        for query in ({"format": "csv"}, {"format": "json"}):
            self.call("/v1/groups/{group}/roll", 200, query={"vendor": acme} | query, **desktop)
        for query in ({"needed": "true", "limit": 1}, {"product": "acme-cad"}, {"format": "csv"}):
            self.call(forecast, 200, query={"vendor": acme} | query, **desktop)
        self.call(forecast, 400, query={"needed": "yes"}, **desktop)
        self.call(forecast, 404, query={"vendor": acme, "product": "none"}, **desktop)
        page = self.call("/v1/clients", 200, query={"limit": 1})
        self.call("/v1/clients", 200, query={"limit": 1000, "after": page["next"]})
        searched = {"name": "desk", "sort": "-name", "state": "initial_grace", "text": "DESK"}
        searched |= {"silent_since": now_text(3600), "product": "acme-cad"}
        self.call("/v1/clients", 200, query=searched)
        self.call("/v1/clients", 200, query={"format": "csv", "sort": "-last_seen"})
        self.call("/v1/clients", 400, query={"sort": "age"})
        self.call("/v1/clients", 400, query={"state": "happy"})
        self.call("/v1/clients", 400, query={"sort": "name", "after": page["next"]})
        self.call("/v1/clients", 404, query={"group": "none"})
        self.call("/v1/clients", 409, query={"group": "desktop"})
        one = {"variables": {"cmid": self.cmid}}
        self.call("/v1/clients/{cmid}", 200, **one)
        self.call("/v1/clients/{cmid}", 409, query={"before": "1-1"}, **one)
        self.call("/v1/clients/{cmid}", 404, variables={"cmid": Machine().cmid})
        self.call("/v1/clients/{cmid}", 400, variables={"cmid": "x"})
        self.call("/v1/events", 200)
        self.call("/v1/events", 200, query={"format": "ndjson"})
        self.call("/v1/events", 200, query={"format": "csv", "order": "newest", "text": "desk"})
        searched = {"group": "desktop", "product": "acme-cad", "type": "activation"}
        searched |= {"since": now_text(-3600), "until": now_text(3600), "cmid": self.cmid}
        searched |= {"vendor": acme, "evidence": "new", "order": "newest", "text": "DESK"}
        found = self.call("/v1/events", 200, query=searched)["events"]
        self.assertEqual([row["event"]["cmid"] for row in found], [self.cmid])
        self.call("/v1/events", 400, query={"format": "ndjson", "type": "start"})
        self.call("/v1/events", 400, query={"after": "x"})
        self.call("/v1/events", 409, query={"after": "1-99999"})
        for name in ("type", "error", "evidence"):
            refused = self.call("/v1/events", 400, query={name: "nothing_of_the_kind"})
            self.assertIn(f"{name}: ", refused["detail"])
            self.call("/v1/events/stream", 400, query={name: "nothing_of_the_kind"})
        self.call("/v1/events", 404, query={"format": "ndjson", "after": "1-99999"})

    def counted(self):
        """The evidence, the report, and the log as it grows."""
        pool = until("evidence was counted", lambda: self.pools())[0]
        marked = {"variables": {"pool": pool["pool"]}, "method": "post"}
        path, kind = "/v1/evidence/{pool}/expected", pool["kinds"][0]["evidence"]
        note = {"evidence": kind, "expected": True, "note": "every night"}
        self.call(path, 200, body=note, **marked)
        self.call("/v1/evidence", 200, query={"expected": "true", "evidence": kind})
        self.call("/v1/evidence", 200, query={"vendor": pool["vendor"], "group": "desktop"})
        self.call("/v1/evidence", 400, query={"after": "x"})
        self.call("/v1/evidence", 200, query={"format": "csv"})
        self.call(path, 400, body={}, **marked)
        self.call(path, 404, body={"evidence": "host_behind", "expected": True}, **marked)
        self.call("/v1/report", 200, token=self.viewer)
        self.call("/v1/report", 200, query={"format": "csv"})
        signed = self.space / "report.jws"
        signed.write_text(self.call("/v1/report", 200, query={"format": "jws"}))
        key = self.space / "host.keys"
        verified = self.space.json("report", "verify", signed, "--host-key", key)
        self.assertEqual(verified["host"], self.call("/v1/host", 200)["host"])
        products = {product["product"] for product in verified["products"]}
        self.assertEqual(products, {"acme-cad", "acme-srv", "other-cad"})
        self.call("/v1/report", 400, query={"from": "x"})
        stream = "/v1/events/stream"
        self.call(stream, 400, query={"after": "x"})
        self.call(stream, 409, query={"after": "9-9"})
        connection = http.client.HTTPConnection(
            *self.host.address(self.host.admin), timeout=PATIENCE
        )
        self.addCleanup(connection.close)
        connection.request("GET", stream, headers={"Authorization": f"Bearer {self.viewer}"})
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        first = answer.readline() + answer.readline()
        self.assertRegex(first.decode(), r"^retry: \d+\nid: [\w-]{43}/1/\d+\n$")
        self.held(stream, "get", stream, answer.status, answer.headers, first.decode())
        self.call(path, 200, body=note | {"expected": False}, **marked)
        line = next(line for line in answer if line.startswith(b"data: "))
        row = json.loads(line.removeprefix(b"data: "))
        self.schemas.check("#/components/schemas/EventRow", row)
        self.assertEqual(row["event"]["type"], "evidence_unexpected")

    def pools(self):
        return self.call("/v1/evidence", 200, token=self.viewer)["pools"]

    def vendor(self, product):
        served = self.call("/v1/host", 200, token=None)["products"]
        return next(p["vendor"] for p in served if p["product"] == product)

    def keys_and_places(self):
        acme = self.vendor("acme-cad")
        typed, document = self.mak("one", "--hint", "call 1234", "--expires", "1y")
        post = {"method": "post"}
        self.call("/v1/keys", 201, body={"mak": document}, **post)
        key = self.call("/v1/keys", 200, body={"mak": document}, **post)
        variables = {"variables": {"id": key["id"]}, **post}
        self.call("/v1/keys", 400, body={"mak": "x"}, **post)
        elsewhere = self.mak("elsewhere", ledger="0" * 32)[1]
        refused = self.call("/v1/keys", 409, body={"mak": elsewhere}, **post)
        self.assertEqual(refused["code"], "wrong_ledger")
        self.call("/v1/keys", 200)
        clients = {"side": self.host.clients, "token": None, **post}
        path, desk = "/v1/mak-activations", self.mak_request(typed, acme)
        self.assertTrue(self.call(path, 200, body=desk, **clients)["activated"])
        files = [self.mak_request(typed, acme), {"product": "acme-cad"}]
        self.call("/v1/mak-answers", 200, body={"requests": files}, **post)
        self.call("/v1/mak-answers", 400, body={"requests": []}, **post)
        self.call("/v1/keys/{id}", 200, variables={"id": key["id"]})
        self.call("/v1/keys/{id}", 200, variables={"id": key["id"]}, query={"format": "csv"})
        self.call("/v1/keys/{id}", 400, variables={"id": key["id"]}, query={"after": "6"})
        self.call("/v1/keys", 200, query={"format": "csv"})
        self.call("/v1/keys", 400, query={"format": "xml"})
        self.call("/v1/keys/{id}", 400, query={"after": "x"}, variables={"id": key["id"]})
        held = {"cmid": desk["cmid"]}
        self.call("/v1/keys/{id}/release", 200, body=held, **variables)
        self.call("/v1/keys/{id}/release", 409, body=held, **variables)
        self.call("/v1/keys/{id}/release", 400, body={}, **variables)
        self.call("/v1/keys/{id}", 200, variables={"id": key["id"]})
        restored = {"used": 2, "restored": True}
        self.call("/v1/keys/{id}/reconcile", 200, body=restored, **variables)
        self.call("/v1/keys/{id}/reconcile", 409, body={"used": 2}, **variables)
        self.call("/v1/keys/{id}/reconcile", 400, body={}, **variables)
        self.call("/v1/keys/{id}/block", 200, **variables)
        self.call("/v1/keys/{id}/unblock", 200, **variables)
        for verb in ("release", "reconcile", "block", "unblock"):
            body = {"release": held, "reconcile": {"used": 1}}.get(verb)
            unknown = {"variables": {"id": "A" * 22}, "body": body, **post}
            self.call(f"/v1/keys/{{id}}/{verb}", 404, **unknown)
        self.call("/v1/keys/{id}", 404, variables={"id": "A" * 22})
        self.call(path, 400, body={}, **clients)
        self.call(path, 403, body=desk, fields={"Origin": "https://evil.example"}, **clients)
        self.call(path, 415, body="x", fields={"Content-Type": "text/plain"}, **clients)
        for _ in range(5):
            unknown = self.mak_request("-".join(["A" * 5] * 6), acme)
            unknown["key"] = base64url(secrets.token_bytes(32))
            refused = self.call(path, 200, body=unknown, **clients)
            self.assertEqual(refused["error"]["code"], "mak_unknown")
        self.call(path, 429, body=desk, **clients)

    @staticmethod
    def mak_request(typed, vendor):
        text = f"muster-mak-secret-1{vendor}{typed.replace('-', '')}"
        return {
            "product": "acme-cad",
            "key": base64url(hashlib.sha256(text.encode()).digest()),
            "cmid": Machine().cmid,
            "nonce": base64url(secrets.token_bytes(16)),
            "facts": {"set": base64url(secrets.token_bytes(16))},
            "time": now_text(),
            "name": "desk-9",
        }

    def acts(self):
        post = {"method": "post"}
        older = (self.space / "host.keys").read_text().split()[:1]
        until("a second in which a newer key can be signed", lambda: now_text() != self.signed)
        newer = self.space.sign_host(self.directory, "acme-cad", out="newer.keys")
        installed = {"host_keys": newer.read_text().split()}
        self.call("/v1/host-keys", 200, body=installed, **post)
        self.call("/v1/host-keys", 400, body={"host_keys": ["x"]}, **post)
        refused = self.call("/v1/host-keys", 409, body={"host_keys": older}, **post)
        self.assertEqual(refused["code"], "conflict")
        self.call("/v1/clock/confirm", 200, **post)
        self.call("/v1/backup", 200, **post)
        until("the backup", lambda: self.call("/v1/backup", 200)["stage"] == "made")
        self.call("/v1/names/forget", 404, body={"name": "nobody"}, **post)
        self.call("/v1/names/forget", 400, body={"name": ""}, **post)
        machines = self.call("/v1/clients", 200)["clients"]
        named = next(machine["name"] for machine in machines if machine["name"])
        self.call("/v1/names/forget", 200, body={"name": named}, **post)
        names = [machine["name"] for machine in self.call("/v1/clients", 200)["clients"]]
        self.assertNotIn(named, names)
        made = self.call(
            "/v1/tokens",
            201,
            body={"name": "an hour", "role": "operator", "expires_in": "1h"},
            **post,
        )
        self.call("/v1/tokens", 400, body={"name": "", "role": "viewer"}, **post)
        self.call("/v1/tokens", 200)
        gone = {"method": "delete", "variables": {"id": made["id"]}}
        self.call("/v1/tokens/{id}", 204, **gone)
        self.call("/v1/tokens/{id}", 404, **gone)

    def alerts(self):
        until("clones were told of", lambda: any(
            alert["fires"] for alert in self.call("/v1/alerts", 200, token=self.viewer)["alerts"]))
        path, post = "/v1/alerts/test", {"method": "post"}
        told = self.call(path, 200, body={}, **post)
        self.assertEqual([r["taken"] for r in told["receivers"]], [True])
        self.call(path, 200, body={"receiver": "webhook"}, **post)
        self.call(path, 409, body={"receiver": "mail"}, **post)
        self.call(path, 400, body={"receiver": 1}, **post)

    def session(self):
        path, right = "/v1/session", {"token": self.viewer}
        post = {"method": "post", "token": None}
        self.call(path, 200, body=right, **post)
        self.call(path, 400, body={}, **post)
        away = {"X-Forwarded-For": "198.51.100.20"}
        for _ in range(5):
            self.call(path, 401, body={"token": "no"}, fields=away, **post)
        self.call(path, 429, body={"token": "no"}, fields=away, **post)
        self.call(path, 403, body=right, fields={"Origin": "https://evil.example"}, **post)
        self.call(path, 415, body="x", fields={"Content-Type": "text/plain"}, **post)
        self.call(path, 200)
        self.call(path, 204, method="delete", token=None)

    def health(self):
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json", "/v1/host"):
            for side in (self.host.clients, self.host.admin):
                if path == "/openapi.json":
                    # The schema of a description is openapi_description.py's matter.
                    self.assertEqual(self.ask("get", path, side=side)[0], 200)
                    self.met.add((path, "get", "200"))
                else:
                    self.call(path, 200, side=side, token=None)
        away = {"X-Forwarded-For": "198.51.100.8"}
        self.call("/metrics", 403, side=self.host.clients, token=None, fields=away)

    def log(self):
        """Every type of event that is described has happened, and no other."""
        described = set(at(self.document, "#/components/schemas/EventType/enum"))
        told = {row["event"]["type"] for row in self.pages("/v1/events", "events", 50)}
        self.assertEqual(described - told, NOT_MET_TYPES)

    def pages(self, path, items, limit):
        """Everything of a list, by the one rule that all lists keep."""
        out, query = [], {"limit": limit}
        while True:
            page = self.call(path, 200, query=query)
            out += page[items]
            if page["next"] is None:
                return out
            query["after"] = page["next"]

    # ---- who may not

    def refusals(self, path, method, operation):
        """Every refusal that a call owes to who asks, not to what is asked."""
        if method == "post" and operation.get("security") == []:
            return  # asks nobody who he is; what it refuses has happened
        variables = {"group": "desktop", "cmid": self.cmid, "id": "0" * 8, "pool": "A" * 22}
        more = {"method": method, "variables": variables}
        responses = operation["responses"]
        away = {"X-Forwarded-For": "203.0.113.9"}
        if "401" in responses:
            self.call(path, 401, token=None, fields=away, **more)
        if "429" in responses:
            wrong = {"X-Forwarded-For": f"203.0.113.{secrets.randbelow(200)}"}
            for _ in range(6):
                status, headers, text = self.ask(
                    method, re.sub(r"{(\w+)}", lambda v: variables[v[1]], path), None, "no", wrong
                )
                self.held(path, method, path, status, headers, text)
            self.assertEqual(status, 429, path)
        self.call(path, 403, fields={"Origin": "https://evil.example"}, **more)
        if "Role admin" in operation["summary"] or "Role operator" in operation["summary"]:
            refused = self.call(path, 403, token=self.viewer, **more)
            self.assertEqual(refused["code"], "forbidden")
        if "415" in responses:
            self.call(path, 415, body="x", fields={"Content-Type": "text/plain"}, **more)
        self.call(path, 400, query={"nonsense": "1"}, **more)
        self.call(path, 421, fields={"Host": "evil.example"}, **more)

    # ---- and that was all of it

    def nothing_is_missing(self):
        for path, method, operation in self.operations():
            for status in set(operation["responses"]) - NOT_PROVOKED:
                self.assertIn((path, method, status), self.met, "is described and never happened")
        members = set()
        for path, method, operation in self.operations():
            below = f"#/paths/{path.replace('/', '~1')}/{method}/responses"
            for status, response in operation["responses"].items():
                pointer = response.get("$ref", f"{below}/{status}")
                for kind in at(self.document, pointer).get("content", {}):
                    schema = f"{pointer}/content/{kind.replace('/', '~1')}/schema"
                    members |= self.schemas.members_below(schema)
        self.assertEqual(members - self.schemas.seen - NOT_MET, set(), "described and never seen")
        self.assertEqual(NOT_MET & self.schemas.seen, set(), "seen all the same")


if __name__ == "__main__":
    main()
