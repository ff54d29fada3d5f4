"""`version` beside an empty program that is linked with the same libraries, and beside
kubectl's; and the size of the program without its symbols."""

import os
import re
import statistics
import subprocess

from cluster import KUBECTL


def needed(program):
    text = subprocess.run(["readelf", "-d", program], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def build_empty(work, program):
    source, empty = os.path.join(work, "empty.c"), os.path.join(work, "empty")
    with open(source, "w", encoding="ascii") as file:
        file.write("int main(void)\n{\n    return 0;\n}\n")
    subprocess.run(["cc", "-O2", "-o", empty, source, "-Wl,--no-as-needed",
                    *(f"-l:{name}" for name in needed(program))], check=True)
    return empty


def stripped_size(work, program):
    path = os.path.join(work, "stripped")
    subprocess.run(["strip", "-o", path, program], check=True)
    return os.path.getsize(path)


def text(bench, runs):
    """One after the other in turn, so that what else the machine does hits all alike."""
    commands = {"`cmx-reconcile version`": [bench.program, "version"],
                "an empty program, same libraries": [build_empty(bench.work, bench.program)],
                "`kubectl version --client`": [KUBECTL, "version", "--client"]}
    samples = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            samples[name].append(bench.run("-", [0], command, bench.work))
    lines = [f"Start-up ({runs} runs):", "", "| | wall min / median | user + system | peak memory |",
             "|---|---|---|---|"]
    for name, taken in samples.items():
        wall = [sample.wall * 1000 for sample in taken]
        lines.append(f"| {name} | {min(wall):.1f} / {statistics.median(wall):.1f} ms | "
                     f"{statistics.median(sample.cpu for sample in taken) * 1000:.1f} ms | "
                     f"{max(sample.rss for sample in taken):.0f} MiB |")
    size = stripped_size(bench.work, bench.program) / 2**20
    lines += ["", f"Size without symbols: {size:.2f} MiB.", ""]
    return "\n".join(lines)
