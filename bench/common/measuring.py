"""Times a command by measure.c: what all benches share."""

import os
import statistics
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Sample:
    wall: float  # seconds
    cpu: float  # of the client, user and system
    rss: float  # MiB at its peak
    requests: int | None = None


class Measure:
    """Runs commands, each in turn; `work` holds what they print and took."""

    def __init__(self, work):
        self.work, self.program = work, os.path.join(work, "measure")
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run(["cc", "-O2", "-o", self.program, os.path.join(here, "measure.c")],
                       check=True)

    def run(self, codes, command, folder, environment=None):
        """A Sample of the command, which has to end with one of the codes."""
        figures, output = (os.path.join(self.work, name) for name in ("figures", "output"))
        with open(output, "wb") as out:
            subprocess.run([self.program, figures, *command], cwd=folder, stdout=out,
                           stderr=subprocess.STDOUT, check=True, env=environment)
        with open(figures, encoding="ascii") as file:
            wall, user, system, rss, code = map(int, file.read().split())
        if code not in codes:
            with open(output, encoding="utf-8", errors="replace") as out:
                raise SystemExit(f"{' '.join(command)} ended with {code}:\n{out.read()[-3000:]}")
        return Sample(wall / 1e6, (user + system) / 1e6, rss / 1024)


def duration(seconds):
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}"


def spread(samples):
    """Minimum, median and count of their wall times, as a table's cell."""
    wall = [sample.wall for sample in samples]
    times = (duration(wall[0]) if len(wall) == 1
             else f"{duration(min(wall))} / {duration(statistics.median(wall))}")
    return f"{times} ({len(wall)})"


def median(samples, what):
    return statistics.median(getattr(sample, what) for sample in samples)


def ratio(samples, raw):
    """Of the medians, or nothing where one is missing."""
    if not samples or not raw:
        return ""
    return f"{median(samples, 'wall') / median(raw, 'wall'):.2f}"


def busy_share(seconds):
    """How much of the machine's processor time was used in so many seconds, 0 to 1."""
    def look():
        with open("/proc/stat", encoding="ascii") as file:
            times = [int(number) for number in file.readline().split()[1:9]]
        return sum(times), times[3] + times[4]
    total, idle = look()
    time.sleep(seconds)
    total, idle = (after - before for after, before in zip(look(), (total, idle)))
    return 1 - idle / max(total, 1)


def wait_until_quiet(most=180):
    """Returns once the machine has had next to nothing to do for three seconds."""
    end = time.monotonic() + most
    while busy_share(3) > 0.1 and time.monotonic() < end:
        pass
