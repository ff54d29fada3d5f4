"""Markdown of the figures."""

import statistics
import sys


def duration(seconds):
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}"


def cells(samples):
    wall = [sample.wall for sample in samples]
    spread = (duration(wall[0]) if len(wall) == 1
              else f"{duration(min(wall))} / {duration(statistics.median(wall))}")
    requests = samples[-1].requests
    return [spread + f" ({len(wall)})", f"{statistics.median(s.cpu for s in samples):.2f}",
            f"{max(s.rss for s in samples):.0f}", "?" if requests is None else str(requests)]


def ratio(samples, raw):
    if not samples or not raw:
        return ""
    medians = [statistics.median(s.wall for s in taken) for taken in (samples, raw)]
    return f"{medians[0] / medians[1]:.2f}"


def text(objects, steps):
    """`steps`: step → peer → samples. Ratios are to the raw requests."""
    lines = [f"{objects} objects:", "",
             "| step | peer | wall s: min / median (runs) | × raw | CPU s | peak MiB | requests |",
             "|---|---|---|---|---|---|---|"]
    for step, rows in steps.items():
        raw = rows.get("raw requests (curl -Z)")
        for peer, samples in rows.items():
            if samples:
                wall, *rest = cells(samples)
                lines.append(f"| {step} | {peer} | {wall} | {ratio(samples, raw)} | "
                             + " | ".join(rest) + " |")
    return "\n".join([*lines, ""])


def show(path, tables, text):
    tables.append(text)
    if not path:
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(tables))
    except OSError as error:
        sys.exit(f"{path}: {error}")
