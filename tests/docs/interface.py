"""docs/interface.md: the reference of the interface, made from what a host says of it.

A host serves docs/openapi.yaml as /openapi.json; this turns it into a paper for people.

usage: interface.py PAPER [--write]
"""

import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "integration"))

from harness import Workspace  # noqa: E402

HEAD = """# The interface of a host

Every call, made from [openapi.yaml](openapi.yaml), which a host serves as `/openapi.json` (by
`tests/docs/interface.py docs/interface.md --write`). The dashboard and the commands use these calls
and no others. How a machine's requests are made, byte by byte, is in [protocol.md](protocol.md).
"""


def last(reference):
    return reference.rsplit("/", 1)[1]


def text_of(value):
    return " ".join(str(value).split()).replace("|", "\\|")


def sentence(text):
    return text[:1].upper() + text[1:] + "."


def anchor(name):
    return name.lower()


def kind_of(schema):
    """A schema in a few words, for a cell of a table."""
    if schema is True or not schema:
        return "anything"
    if "$ref" in schema:
        return f"[{last(schema['$ref'])}](#{anchor(last(schema['$ref']))})"
    for joined, word in (("allOf", " and "), ("oneOf", " or ")):
        if joined in schema:
            return word.join(kind_of(part) for part in schema[joined])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{'null' if each is None else each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    kinds = schema.get("type", "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    words = [{"object": "object", "string": "text"}.get(kind, kind) for kind in kinds]
    if schema.get("format") == "date-time":
        words[0] = "time"
    if schema.get("pattern"):
        words.append(f"`{text_of(schema['pattern'])}`")
    more = schema.get("additionalProperties")
    if isinstance(more, dict) and "properties" not in schema:
        words[0] = f"object of {kind_of(more)}"
    return " or ".join(words[: len(kinds)]) + ("" if len(words) == len(kinds) else f", {words[-1]}")


def parts(schema):
    """The objects that a schema joins, references followed by name only."""
    if "allOf" in schema:
        for part in schema["allOf"]:
            yield from parts(part)
    else:
        yield schema


def rows_of(schema, prefix=""):
    """(member, must be there, kind, words) of an object, those of objects in it behind a dot."""
    for part in parts(schema):
        if "$ref" in part:
            yield f"{prefix}*", True, f"the members of {kind_of(part)}", ""
            continue
        for name, member in part.get("properties", {}).items():
            must = name in part.get("required", [])
            yield f"{prefix}{name}", must, kind_of(member), text_of(member.get("description", ""))
            inner, step = member, f"{prefix}{name}."
            while inner.get("type") == "array":
                inner, step = inner.get("items", {}), f"{step[:-1]}[]."
            if "$ref" not in inner and ("properties" in inner or "allOf" in inner):
                yield from rows_of(inner, step)


def members(schema):
    rows = list(rows_of(schema))
    if not rows:
        return []
    out = ["| member | is | |", "|---|---|---|"]
    for name, must, kind, words in rows:
        out.append(f"| `{name}`{'' if must else ' (may be absent)'} | {kind} | {words} |")
    return out


class Paper:
    def __init__(self, document):
        self.document, self.lines = document, [HEAD.rstrip("\n")]

    def say(self, *lines):
        self.lines += ["", *lines]

    def resolved(self, value):
        if "$ref" not in value:
            return value
        _, _, kind, name = value["$ref"].split("/")
        return self.document["components"][kind][name]

    def made(self):
        info = self.document["info"]
        self.say(text_of(info["description"]))
        for tag in self.document["tags"]:
            self.say(f"## {tag['name'].capitalize()}", "", sentence(text_of(tag["description"])))
            for path, item in self.document["paths"].items():
                for method, operation in item.items():
                    if operation["tags"][0] == tag["name"]:
                        self.call(path, method, operation)
        self.say("## Documents")
        for name, schema in sorted(self.document["components"]["schemas"].items()):
            self.say(f"### {name}")
            words = [text_of(schema["description"])] if "description" in schema else []
            table = members(schema)
            self.say(*(words if table else [*words, *([""] if words else []), kind_of(schema)]))
            if table:
                self.say(*table)
        return "\n".join(self.lines) + "\n"

    def call(self, path, method, operation):
        self.say(f"### {method.upper()} {path}", "", text_of(operation["summary"]))
        if "description" in operation:
            self.say(text_of(operation["description"]))
        if operation.get("security") == []:
            self.say("Needs no token.")
        parameters = [self.resolved(each) for each in operation.get("parameters", [])]
        if parameters:
            self.say("| parameter | is | |", "|---|---|---|", *(
                f"| `{each['name']}` | {kind_of(each['schema'])} | "
                f"{text_of(each.get('description', ''))} |" for each in parameters))
        if "requestBody" in operation:
            for kind, body in operation["requestBody"]["content"].items():
                self.body("Body", kind, body)
        refusals = []
        for status, answer in operation["responses"].items():
            answer = self.resolved(answer)
            if not status.startswith("2"):
                refusals.append(f"{status} ({text_of(answer['description']).rstrip('.')})")
                continue
            self.say(f"**{status}** {text_of(answer['description'])}")
            for kind, body in answer.get("content", {}).items():
                self.body("Answer", kind, body)
        if refusals:
            self.say("Refused: " + "; ".join(refusals) + ".")

    def body(self, what, kind, body):
        schema = body["schema"]
        table = [] if "$ref" in schema else members(schema)
        self.say(f"{what}, `{kind}`: {kind_of(schema) if not table else 'an object.'}")
        if table:
            self.say(*table)
        if "example" in body:
            self.say("```json", *wrapped(body["example"]), "```")


def wrapped(value):
    """JSON in lines of a page's width, broken behind commas."""
    parts = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^",])+,? ?', json.dumps(value, ensure_ascii=False))
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > 100:
            lines.append("")
        lines[-1] += part
    return [line.rstrip() for line in lines]


def described():
    space = Workspace()
    try:
        space.usual()
        return json.loads(space.start_host().call("GET", "/openapi.json")[2])
    finally:
        space.close()


def main():
    paper = Path(sys.argv[1])
    text = Paper(described()).made()
    if "--write" in sys.argv:
        paper.write_text(text)
        return 0
    if not paper.exists() or paper.read_text() != text:
        print(f"{paper} is not what docs/openapi.yaml says; run: {sys.argv[0]} {paper} --write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
