"""Checks a JSON document against a schema; as a program: standard input against a file.

Knows only what the schemas of this project use, and stops at any other keyword.
"""
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
WORDS = {"$schema", "$id", "$defs", "title", "description", "format", "default", "patternErrorMessage"}


def is_type(name, value):
    return isinstance(value, TYPES[name]) and not (name == "integer" and isinstance(value, bool))


def fits(schema, value, root):
    return not list(check(schema, value, "", root))


def check_text(schema, value, where):
    if not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value} does not match {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where}: {len(value)} characters"


def check_number(schema, value, where):
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value} is out of the limits"


def check_list(schema, value, where, root):
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{where}: {len(value)} items"
    for index, (item, expected) in enumerate(zip(value, schema.get("prefixItems", []))):
        yield from check(expected, item, f"{where}[{index}]", root)
    for index, item in enumerate(value if "items" in schema else []):
        yield from check(schema["items"], item, f"{where}[{index}]", root)


def check_map(schema, value, where, root):
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    for name, others in schema.get("dependentRequired", {}).items():
        if name in value and not set(others) <= set(value):
            yield f"{where}: {name} needs {others}"
    for name, also in schema.get("dependentSchemas", {}).items():
        if name in value:
            yield from check(also, value, where, root)
    if len(value) > schema.get("maxProperties", len(value)):
        yield f"{where}: {len(value)} members"
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, member in value.items():
        yield from check(schema.get("propertyNames", True), name, f"{where}: name", root)
        yield from check(properties.get(name, others), member, f"{where}.{name}", root)


def check_choices(schema, value, where, root):
    if "const" in schema and value != schema["const"]:
        yield f"{where}: not {schema['const']}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value} is none of {schema['enum']}"
    if "oneOf" in schema and sum(fits(one, value, root) for one in schema["oneOf"]) != 1:
        yield f"{where}: not just one of {schema['oneOf']}"
    if "anyOf" in schema and not any(fits(one, value, root) for one in schema["anyOf"]):
        yield f"{where}: none of {schema['anyOf']}"
    if "not" in schema and fits(schema["not"], value, root):
        yield f"{where}: is {schema['not']}"
    if "if" in schema:
        branch = "then" if fits(schema["if"], value, root) else "else"
        yield from check(schema.get(branch, True), value, where, root)


LISTS = {"items", "prefixItems", "minItems", "maxItems"}
MAPS = {"properties", "additionalProperties", "propertyNames", "required", "dependentRequired",
        "dependentSchemas", "maxProperties"}
KNOWN = WORDS | LISTS | MAPS | {"$ref", "type", "pattern", "minLength", "maxLength", "minimum", "maximum",
                                "const", "enum", "oneOf", "anyOf", "not", "if", "then", "else"}


def check(schema, value, where, root):
    """Yields each fault of a value."""
    if isinstance(schema, bool):
        yield from [] if schema else [f"{where}: is not in the schema"]
        return
    if set(schema) - KNOWN:
        raise SystemExit(f"schema: keywords that this check does not know: {set(schema) - KNOWN}")
    if "$ref" in schema:
        yield from check(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], value, where, root)
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(is_type(name, value) for name in types):
        yield f"{where}: no {' or '.join(types)}"
        return
    yield from check_choices(schema, value, where, root)
    if isinstance(value, str):
        yield from check_text(schema, value, where)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from check_number(schema, value, where)
    elif isinstance(value, list):
        yield from check_list(schema, value, where, root)
    elif isinstance(value, dict):
        yield from check_map(schema, value, where, root)


def main(path):
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    faults = list(check(schema, json.load(sys.stdin), "$", schema))
    print("\n".join(faults), end="")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main(sys.argv[1])
