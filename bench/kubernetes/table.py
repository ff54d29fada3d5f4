"""Markdown of the figures."""

import sys

from measuring import median, ratio, spread


def cells(samples):
    requests = samples[-1].requests
    return [f"{median(samples, 'cpu'):.2f}", f"{max(s.rss for s in samples):.0f}",
            "?" if requests is None else str(requests)]


def text(objects, steps):
    """`steps`: step → peer → samples, or why there are none. Ratios are to the raw requests."""
    lines = [f"{objects} objects:", "",
             "| step | peer | wall s: min / median (runs) | × raw | CPU s | peak MiB | requests |",
             "|---|---|---|---|---|---|---|"]
    for step, rows in steps.items():
        raw = rows.get("raw requests (curl -Z)")
        for peer, samples in rows.items():
            if isinstance(samples, str):
                lines.append(f"| {step} | {peer} | {samples} | | | | |")
            elif samples:
                lines.append(f"| {step} | {peer} | {spread(samples)} | {ratio(samples, raw)} | "
                             + " | ".join(cells(samples)) + " |")
    return "\n".join([*lines, ""])


def show(path, tables):
    if not path:
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(tables))
    except OSError as error:
        sys.exit(f"{path}: {error}")
