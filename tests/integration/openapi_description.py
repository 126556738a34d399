"""docs/openapi.yaml against itself, as a host serves it at /openapi.json.

Where openapi-spec-validator is installed (pip), a stranger's judgement is asked too.
"""

import json
import re
import unittest

from harness import Workspace, main
from openapi_schema import Schemas, at

try:
    from openapi_spec_validator import OpenAPIV31SpecValidator
except ImportError:
    OpenAPIV31SpecValidator = None

METHODS = {"get", "post", "delete"}


class Description(unittest.TestCase):
    """What OpenAPI 3.1 itself asks of a description."""

    @classmethod
    def setUpClass(cls):
        cls.space = Workspace()
        cls.addClassCleanup(cls.space.close)
        cls.space.usual()
        host = cls.space.start_host()
        cls.document = json.loads(host.call("GET", "/openapi.json")[2])

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def test_it_names_its_version_and_itself(self):
        self.assertRegex(self.document["openapi"], r"^3\.1\.\d+$")
        self.assertLessEqual({"title", "version"}, set(self.document["info"]))
        known = {"openapi", "info", "servers", "tags", "security", "paths", "components"}
        self.assertEqual(set(self.document), known)

    @unittest.skipUnless(OpenAPIV31SpecValidator, "openapi-spec-validator is not installed")
    def test_a_validator_that_is_not_ours_accepts_it(self):
        wrong = OpenAPIV31SpecValidator(self.document).iter_errors()
        self.assertEqual([f"{list(error.path)}: {error.message}" for error in wrong], [])
        # One that accepts anything would say nothing.
        broken = json.loads(json.dumps(self.document))
        del broken["paths"]["/v1/status"]["get"]["responses"]["200"]["description"]
        self.assertTrue(list(OpenAPIV31SpecValidator(broken).iter_errors()))

    def test_every_operation_is_whole(self):
        ids, tags = [], {tag["name"] for tag in self.document["tags"]}
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                self.assertIn(method, METHODS)
                self.assertTrue(path.startswith("/"))
                ids.append(operation["operationId"])
                self.assertLessEqual(set(operation["tags"]), tags)
                self.assertTrue(operation["responses"])
                for status, response in operation["responses"].items():
                    self.assertRegex(status, r"^[1-5]\d\d$")
                    self.assertIn("description", self.resolved(response))
                schemes = set(self.document["components"]["securitySchemes"])
                for need in operation.get("security", self.document["security"]):
                    self.assertLessEqual(set(need), schemes)
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_variable_of_a_path_is_a_parameter(self):
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                parameters = [self.resolved(p) for p in operation.get("parameters", [])]
                names = [(p["name"], p["in"]) for p in parameters]
                self.assertEqual(len(names), len(set(names)))
                for parameter in parameters:
                    self.assertIn(parameter["in"], {"path", "query"})
                    self.assertIn("schema", parameter)
                    self.assertEqual(parameter.get("required", False), parameter["in"] == "path")
                variables = set(re.findall(r"{(\w+)}", path))
                self.assertEqual({name for name, where in names if where == "path"}, variables)

    def test_every_reference_leads_somewhere_and_everything_is_used(self):
        used = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(self.document)))
        for pointer in used:
            at(self.document, pointer)
        for kind, parts in self.document["components"].items():
            if kind == "securitySchemes":
                continue
            for name in parts:
                self.assertIn(f"#/components/{kind}/{name}", used)

    def test_every_body_of_json_has_an_example_that_is_one(self):
        schemas = Schemas(self.document)
        shown = 0
        for pointer, content in self.bodies():
            for kind, body in content.items():
                if kind not in ("application/json", "application/problem+json"):
                    continue
                with self.subTest(pointer=pointer):
                    self.assertIn("example", body)
                    at_kind = f"{pointer}/content/{kind.replace('/', '~1')}"
                    schemas.check(f"{at_kind}/schema", body["example"])
                    shown += 1
        self.assertGreater(shown, 50)

    def bodies(self):
        """The content of every request and answer, and its pointer."""
        for path, method, operation in self.operations():
            here = f"#/paths/{path.replace('/', '~1')}/{method}"
            if path == "/openapi.json":
                continue
            if "requestBody" in operation:
                yield f"{here}/requestBody", operation["requestBody"]["content"]
            for status, answer in operation["responses"].items():
                yield f"{here}/responses/{status}", answer.get("content", {})
        for name, answer in self.document["components"]["responses"].items():
            yield f"#/components/responses/{name}", answer["content"]

    def test_every_code_is_that_of_an_answer(self):
        named = [self.document["info"]["description"]]
        answers = self.document["components"]["responses"].values()
        named += [answer["description"] for answer in answers]
        named = set(re.findall(r"\w+", " ".join(named)))
        codes = set(self.document["components"]["schemas"]["ErrorCode"]["enum"])
        # Of /v1/activations and others: 405 is of no call, a broken store is a 500.
        self.assertEqual(codes - named, {"method_not_allowed", "store_corrupt"})

    def resolved(self, value):
        return at(self.document, value["$ref"]) if "$ref" in value else value


if __name__ == "__main__":
    main()
