"""Holds JSON against the schemas of docs/openapi.yaml, as a host serves them.

Stricter than JSON Schema: a member that no schema names is an error, and so is a keyword that this
reader does not know. `seen` gathers the JSON pointers of the members that were met.
"""

import re
import uuid
from datetime import datetime

TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
NOTES = {"description", "examples", "default", "summary"}
CHECKS = {
    "type": lambda s, v: any(is_type(v, t) for t in as_list(s)),
    "enum": lambda s, v: v in s,
    "const": lambda s, v: v == s,
    "pattern": lambda s, v: not isinstance(v, str) or re.search(s, v) is not None,
    "minimum": lambda s, v: not is_type(v, "number") or v >= s,
    "maximum": lambda s, v: not is_type(v, "number") or v <= s,
    "minLength": lambda s, v: not isinstance(v, str) or len(v) >= s,
    "maxLength": lambda s, v: not isinstance(v, str) or len(v) <= s,
    "minItems": lambda s, v: not isinstance(v, list) or len(v) >= s,
    "maxItems": lambda s, v: not isinstance(v, list) or len(v) <= s,
    "minProperties": lambda s, v: not isinstance(v, dict) or len(v) >= s,
    "maxProperties": lambda s, v: not isinstance(v, dict) or len(v) <= s,
    "required": lambda s, v: not isinstance(v, dict) or all(name in v for name in s),
    "format": lambda s, v: not isinstance(v, str) or FORMATS[s](v),
}
STRUCTURE = {"$ref", "allOf", "oneOf", "properties", "additionalProperties", "items"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def is_type(value, name):
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def is_time(text):
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return True


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


FORMATS = {"date-time": is_time, "uuid": is_uuid}


class Wrong(AssertionError):
    """What was answered is not what is described."""


def at(document, pointer):
    """The value at a pointer such as #/components/schemas/Time."""
    value = document
    for part in pointer.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


class Schemas:
    def __init__(self, document):
        self.document, self.seen = document, set()

    def check(self, pointer, value, where="answer"):
        """Fails where the value is not what the schema at the pointer says."""
        names = self._check(pointer, value, where)
        self._no_stranger(names, value, where)

    def _no_stranger(self, names, value, where):
        if names is not None and isinstance(value, dict):
            strangers = set(value) - names
            if strangers:
                raise Wrong(f"{where}: {sorted(strangers)} stand in no schema")

    def _check(self, pointer, value, where):
        """The members that the schema names; None where it names none and takes any."""
        schema = at(self.document, pointer)
        unknown = set(schema) - NOTES - set(CHECKS) - STRUCTURE
        if unknown:
            raise Wrong(f"{pointer}: keywords that are not known: {sorted(unknown)}")
        for keyword, fits in CHECKS.items():
            if keyword in schema and not fits(schema[keyword], value):
                raise Wrong(f"{where}: {value!r:.200} is against {pointer}/{keyword}")
        named = [self._members(pointer, schema, value, where)]
        if "$ref" in schema:
            named.append(self._check(schema["$ref"], value, where))
        for index in range(len(schema.get("allOf", []))):
            named.append(self._check(f"{pointer}/allOf/{index}", value, where))
        if "oneOf" in schema:
            named.append(self._one_of(pointer, schema["oneOf"], value, where))
        self._items(pointer, schema, value, where)
        known = [names for names in named if names is not None]
        return set().union(*known) if known else None

    def _members(self, pointer, schema, value, where):
        if not isinstance(value, dict) or not {"properties", "additionalProperties"} & set(schema):
            return None
        names = set(schema.get("properties", {}))
        for name in names & set(value):
            own = f"{pointer}/properties/{name}"
            self.check(own, value[name], f"{where}.{name}")
            self.seen.add(own)
        if "additionalProperties" not in schema:
            return names
        for name in set(value) - names:
            self.check(f"{pointer}/additionalProperties", value[name], f"{where}.{name}")
        return names | set(value)

    def _items(self, pointer, schema, value, where):
        if "items" in schema and isinstance(value, list):
            for index, item in enumerate(value):
                self.check(f"{pointer}/items", item, f"{where}[{index}]")

    def _one_of(self, pointer, schemas, value, where):
        fitting, errors = [], []
        for index in range(len(schemas)):
            # What only a refused branch has met was not met.
            trial = Schemas(self.document)
            try:
                trial.check(f"{pointer}/oneOf/{index}", value, where)
                fitting.append((index, trial.seen))
            except Wrong as error:
                errors.append(str(error))
        if len(fitting) != 1:
            raise Wrong(f"{where}: fits {len(fitting)} of {pointer}/oneOf: {errors}")
        index, seen = fitting[0]
        self.seen |= seen
        return self._check(f"{pointer}/oneOf/{index}", value, where)

    def members_below(self, pointer, visited=None):
        """The pointers of every member that a value of this schema may have."""
        visited = set() if visited is None else visited
        if pointer in visited:
            return set()
        visited.add(pointer)
        schema = at(self.document, pointer)
        out = set()
        for name in schema.get("properties", {}):
            out.add(f"{pointer}/properties/{name}")
            out |= self.members_below(f"{pointer}/properties/{name}", visited)
        below = [f"{pointer}/{k}" for k in ("items", "additionalProperties") if k in schema]
        for keyword in ("allOf", "oneOf"):
            below += [f"{pointer}/{keyword}/{i}" for i in range(len(schema.get(keyword, [])))]
        if "$ref" in schema:
            below.append(schema["$ref"])
        for one in below:
            out |= self.members_below(one, visited)
        return out
