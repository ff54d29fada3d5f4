"""hostile: folders of manifests that want to cost much more than they weigh.

hostile.py FOLDER   makes FOLDER/NAME/a.yaml (or a.json, .cmxignore) of each, and
prints "NAME MIB": how much memory above that of an empty run it may take. Bombs
may take next to nothing; what is only large, some dozen times its size.
"""
import os
import sys

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"
NINE = [",".join([f"*a{i}"] * 9) for i in range(2000)]
CASES = [  # name, MiB, file, text
    ("laughs", 8, "a.yaml", "a: &a0 [x,x,x,x,x,x,x,x,x]\n"
     + "".join(f"b{i}: &a{i} [{NINE[i - 1]}]\n" for i in range(1, 30))),
    ("merges", 8, "a.yaml", "a: &a0 {x: 1}\n"
     + "".join(f"b{i}: &a{i} {{<<: [{NINE[i - 1]}], k{i}: 1}}\n" for i in range(1, 2000))),
    ("nested-lists", 8, "a.yaml", "[" * 1000000),
    ("nested-maps", 8, "a.yaml", "{a: " * 200000),
    ("nested-json", 10, "a.json", '{"a":' * 500000),
    ("documents", 12, "a.yaml", "---\n" * 1000000),
    ("comments", 20, "a.yaml", "#\n" * 3500000),
    ("wrong-objects", 12, "a.yaml", "---\nkind: A\n" * 9999),
    ("open-lists", 16, "a.yaml", "".join(f"k{i}: [\n---\n" for i in range(300000))),
    ("long-key", 32, "a.yaml", "k" * 7000000 + ": a\n"),
    ("long-text", 24, "a.yaml", OBJECT + 'data: { a: "' + "\\u00e9" * 1000000 + '" }\n'),
    ("many-names", 24, "a.yaml", OBJECT.replace(
        "name: a", 'name: a, annotations: { cmx.dev/depends-on: "' + "A/b," * 100000 + '" }')),
    ("anchors", 160, "a.yaml", "".join(f"k{i}: &x{i} 1\n" for i in range(300000))),
    ("one-key", 96, "a.yaml", OBJECT + "data:\n" + "  a: b\n" * 500000),
    ("values", 112, "a.yaml", OBJECT + "data: [" + "a," * 1000000 + "]\n"),
    ("values-json", 200, "a.json", '{"apiVersion":"v1","kind":"ConfigMap","data":['
     + "1," * 2000000 + "1]}"),
    ("ignore", 8, ".cmxignore", "*" * 1000 + "a\n" + "**/" * 300000),
]

for name, most, file, text in CASES:
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder)
    with open(os.path.join(folder, file), "w", encoding="ascii") as output:
        output.write(text)
    print(name, most)
