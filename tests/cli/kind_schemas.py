"""Holds kind_schemas.txt against the schemas and the loader; see test_kind_schemas.sh."""
import json
import os
import re
import subprocess
import sys

from schema import check

SCHEMAS = os.path.join(os.environ["CMX_SOURCE"], "schemas")


def load(kind, document):
    """Does the loader take it? A ConfigMap beside it, since a source without objects is wrong."""
    others = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}'
    with open("object.yaml", "w", encoding="utf-8") as file:
        file.write(json.dumps(document) + "\n---\n" + others + "\n")
    done = subprocess.run([os.environ["CMX"], "validate", "-f", "."], capture_output=True, text=True)
    return done.returncode == 0, done.stderr


def main(table):
    wrong, cases = [], 0
    for line in open(table, encoding="utf-8"):
        case = re.match(r"([+-]) (\w+): (.*)", line)
        if not case:
            continue
        wanted, kind, spec = case[1] == "+", case[2], json.loads(case[3])
        document = {"apiVersion": "cmx.dev/v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
        with open(f"{SCHEMAS}/{kind.lower()}.schema.json", encoding="utf-8") as file:
            schema = json.load(file)
        taken, words = load(kind, document)
        faults = list(check(schema, document, "$", schema))
        cases += 1
        if taken != wanted:
            wrong.append(f"{line.strip()}\n  the loader says: {words or 'fine'}")
        if bool(faults) == wanted:
            wrong.append(f"{line.strip()}\n  the schema says: {faults or 'fine'}")
    print("\n".join(wrong + [f"{cases} cases, {len(wrong)} wrong"]))
    sys.exit(bool(wrong) or cases < 70)


main(sys.argv[1])
