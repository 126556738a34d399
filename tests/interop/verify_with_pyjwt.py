"""The committed vectors, verified by another maker's libraries: PyJWT for the documents, hashlib
and hmac for thumbprints, facts, tickets and the chain. Nothing of Muster runs here.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import unittest
import uuid

import jwt
from jwt.algorithms import ECAlgorithm

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"
# Each vector was made for its own day, which is not today.
ANY_DAY = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}


def load(name):
    return json.loads((VECTORS / name).read_text())


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def thumbprint(jwk):
    """RFC 7638."""
    needed = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return b64(hashlib.sha256(json.dumps(needed, separators=(",", ":")).encode()).digest())


def verified(text, jwk):
    key = ECAlgorithm.from_jwk(json.dumps(jwk))
    return jwt.decode(text, key, algorithms=["ES256"], options=ANY_DAY)


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = load("documents.json")
        cls.vendor = cls.file["vendor_jwk"]
        cls.host = cls.file["host_jwk"]

    def claims_of(self, vector):
        """What the document says, its signature proved as docs/protocol.md tells."""
        text = vector["text"]
        if vector["document"] == "activation":
            header = jwt.get_unverified_header(text)
            host_key = verified(header["host_key"], self.vendor)
            claims = verified(text, host_key["cnf"]["jwk"])
            self.assertEqual(claims["iss"], host_key["sub"])
            self.assertEqual(claims["aud"], host_key["product"]["id"])
            self.assertEqual(claims["entitlements"], host_key["product"]["entitlements"])
            return claims
        by_vendor = vector["document"] in ("product", "host_key")
        jwk = self.vendor if by_vendor else self.host
        claims = verified(text, jwk)
        self.assertEqual(jwt.get_unverified_header(text)["kid"], thumbprint(jwk))
        return claims

    def test_what_is_accepted_verifies(self):
        accepted = [v for v in self.file["vectors"] if v["expect"] == "accepted"]
        self.assertGreaterEqual(len(accepted), 7)
        for vector in accepted:
            with self.subTest(vector["name"]):
                claims = self.claims_of(vector)
                self.assertIn("iat", claims)

    def test_a_wrong_algorithm_or_signature_does_not(self):
        refused = [
            v for v in self.file["vectors"] if v["expect"] in ("wrong_algorithm", "bad_signature")
        ]
        self.assertGreaterEqual(len(refused), 25)
        for vector in refused:
            with self.subTest(vector["name"]), self.assertRaises(jwt.InvalidTokenError):
                self.claims_of(vector)

    def test_the_product_file_names_its_vendor(self):
        claims = verified(self.file["product_file"], self.vendor)
        self.assertEqual(claims["iss"], thumbprint(self.vendor))
        for key in claims["vendor_keys"]:
            self.assertEqual(key["kid"], thumbprint(key))


class MultipleActivationKeys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = load("mak.json")
        cls.vendor = cls.file["vendor_jwk"]

    def key_of(self, text):
        """A key's document proves itself: kid is the thumbprint of the key in its header."""
        header = jwt.get_unverified_header(text)
        self.assertEqual(header["kid"], thumbprint(header["jwk"]))
        self.assertEqual(header["kid"], thumbprint(self.vendor))
        return verified(text, header["jwk"])

    def claims_of(self, vector):
        text = vector["text"]
        if vector["document"] == "mak":
            return self.key_of(text)
        header = jwt.get_unverified_header(text)
        host_key = verified(header["host_key"], self.vendor)
        claims = verified(text, host_key["cnf"]["jwk"])
        key = self.key_of(header["mak"])
        self.assertEqual(claims["mak"], key["sub"])
        self.assertLessEqual(claims["place"], key["limit"])
        self.assertNotIn("exp", claims)
        return claims

    def test_what_is_accepted_verifies(self):
        accepted = [v for v in self.file["vectors"] if v["expect"] == "accepted"]
        self.assertGreaterEqual(len(accepted), 6)
        for vector in accepted:
            with self.subTest(vector["name"]):
                self.assertIn("iat", self.claims_of(vector))

    def test_a_wrong_algorithm_or_signature_does_not(self):
        refused = [
            v for v in self.file["vectors"] if v["expect"] in ("wrong_algorithm", "bad_signature")
        ]
        self.assertGreaterEqual(len(refused), 10)
        for vector in refused:
            with self.subTest(vector["name"]), self.assertRaises(jwt.InvalidTokenError):
                self.claims_of(vector)

    def test_keys_and_their_hashes(self):
        alphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
        for vector in self.file["keys"]:
            plain = vector["text"].replace("-", "").upper()
            places = [alphabet.find(c) for c in plain]
            weighted = sum((i + 1) * place for i, place in enumerate(places))
            good = len(plain) == 25 and min(places) >= 0 and weighted % 31 == 0
            self.assertEqual(good, vector["expect"] == "accepted", vector["text"])
            if not good:
                continue
            secret = ("muster-mak-secret-1" + thumbprint(self.vendor) + plain).encode()
            secret = hashlib.sha256(secret).digest()
            self.assertEqual(b64(secret), vector["secret"])
            self.assertEqual(
                b64(hashlib.sha256(b"muster-mak-hash-1" + secret).digest()), vector["hash"]
            )


class FilesForMachinesWithoutANetwork(unittest.TestCase):
    """Read as docs/protocol.md says, by nothing of Muster."""

    @staticmethod
    def lines_of(text, first):
        lines = [line.rstrip(" \t\r") for line in text.split("\n")]
        while lines and not lines[0]:
            lines.pop(0)
        while lines and not lines[-1]:
            lines.pop()
        if lines[0] != first or any(":" not in line for line in lines[1:]):
            return None
        names = [line.partition(":")[0] for line in lines[1:]]
        if len(set(names)) < len(names) or "check" not in names or names[-1] != "check":
            return None
        before = "".join(line + "\n" for line in lines[:-1])
        check = b64(hashlib.sha256(before.encode()).digest()[:16])
        values = {line.partition(":")[0]: line.partition(":")[2].strip() for line in lines[1:]}
        return values if values.pop("check") == check else None

    def judged(self, name):
        for vector in load("mak_files.json")[name + "s"]:
            lines = self.lines_of(vector["text"], f"muster mak {name} 1")
            if lines and len(unb64(lines["nonce"])) != 16:
                lines = None
            if lines and name == "request" and not any(n.startswith("fact ") for n in lines):
                lines = None
            self.assertEqual(lines is not None, vector["expect"] == "accepted", vector["name"])

    def test_requests(self):
        self.judged("request")

    def test_answers(self):
        self.judged("answer")


class FactsAndTickets(unittest.TestCase):
    def test_facts(self):
        for vector in load("facts_and_tickets.json")["facts"]:
            text = "muster-fact-1" + vector["vendor_id"] + vector["kind"]
            mac = hmac.new(vector["value"].encode(), text.encode(), hashlib.sha256).digest()
            self.assertEqual(b64(mac[:16]), vector["fact"])

    def test_tickets(self):
        for vector in load("facts_and_tickets.json")["tickets"]:
            number = vector["number"].to_bytes(8, "big")
            text = "/".join(["muster-ticket-1" + vector["vendor_id"], vector["group"], ""]).encode()
            text += uuid.UUID(vector["cmid"]).bytes + number
            mac = hmac.new(unb64(vector["ticket_key"]), text, hashlib.sha256).digest()
            self.assertEqual(b64(number + mac[:16]), vector["ticket"])


class Log(unittest.TestCase):
    def test_the_chain(self):
        before = bytes(32)
        for vector in load("log.json")["chain"]:
            self.assertEqual(json.loads(vector["line"])["prev"], b64(before[:16]))
            before = hashlib.sha256(before + vector["line"].encode()).digest()
            self.assertEqual(b64(before), vector["hash"])

    def test_the_checkpoints_of_a_good_export(self):
        lines = load("log.json")["exports"][0]["export"].splitlines()
        header = json.loads(lines[0])
        self.assertEqual(header["host"], thumbprint(header["host_jwk"]))
        chain, newest, seen = bytes(32), b"", 0
        for line in lines[1:]:
            value = json.loads(line)
            if "checkpoint" not in value:
                chain = hashlib.sha256(chain + line.encode()).digest()
                continue
            claims = verified(value["checkpoint"], header["host_jwk"])
            self.assertEqual(claims["hash"], b64(chain))
            previous = hashlib.sha256(newest).digest() if newest else bytes(32)
            self.assertEqual(claims["previous"], b64(previous))
            newest, seen = value["checkpoint"].encode(), seen + 1
        self.assertEqual(seen, 2)
        self.assertEqual(header["newest"].encode(), newest)


if __name__ == "__main__":
    unittest.main()
