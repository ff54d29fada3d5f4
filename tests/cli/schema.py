"""Checks a JSON document on standard input against a schema file; prints each fault.

Knows only what the schemas of the outputs use, and stops at any other keyword.
"""
import json
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
KNOWN = {"$schema", "$id", "$defs", "$ref", "title", "description", "type", "format", "minimum",
         "enum", "const", "items", "required", "properties", "additionalProperties"}


def check(schema, value, where, root):
    unknown = set(schema) - KNOWN
    if unknown:
        raise SystemExit(f"schema: keywords that this check does not know: {unknown}")
    if "$ref" in schema:
        yield from check(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, where, root)
    if "type" in schema:
        right = isinstance(value, TYPES[schema["type"]])
        if not right or (schema["type"] == "integer" and isinstance(value, bool)):
            yield f"{where}: no {schema['type']}"
            return
    if "const" in schema and value != schema["const"]:
        yield f"{where}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value} is none of {schema['enum']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where}: below {schema['minimum']}"
    for index, item in enumerate(value if "items" in schema else []):
        yield from check(schema["items"], item, f"{where}[{index}]", root)
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    properties = schema.get("properties", {})
    for name, member in value.items() if "properties" in schema else []:
        if name in properties:
            yield from check(properties[name], member, f"{where}.{name}", root)
        elif schema.get("additionalProperties") is False:
            yield f"{where}: {name} is not in the schema"


schema = json.load(open(sys.argv[1], encoding="utf-8"))
faults = list(check(schema, json.load(sys.stdin), "$", schema))
print("\n".join(faults), end="")
sys.exit(bool(faults))
