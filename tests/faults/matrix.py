"""matrix: one fault after the other at exchange 1, 2, 3 … until a run is clean.

A world knows one program and one server. It gives three functions:

    world.begin()            makes a change that the next run has to carry out
    world.run(limit)         runs the program; an Outcome
    world.settle()           what must happen before a clean run is fair; None, or what
                             the fault has left that must never be
    world.check()            None, or what is wrong after a clean run

After each fault the exit code must be one that fits, the program must have said
why, in time and within its memory; then a clean run must end with 0 and leave
nothing duplicated, orphaned or lost.
"""
import signal
import sys
import time

# What each fault may end in: 0 where it is survived by trying again.
SURVIVED, NOT_REACHED, FAILED = 0, 4, 5
MAY_END = {
    "refuse": {SURVIVED},
    "stall": {SURVIVED, NOT_REACHED, FAILED},
    "reset": {SURVIVED, NOT_REACHED, FAILED},
    "lost": {SURVIVED, NOT_REACHED, FAILED},
    "cut": {SURVIVED, NOT_REACHED, FAILED},
    "busy": {SURVIVED},
    "error": {SURVIVED, NOT_REACHED, FAILED},
    "down": {SURVIVED, NOT_REACHED, FAILED},
    "gateway": {SURVIVED, NOT_REACHED, FAILED},
    "flip": {SURVIVED, NOT_REACHED},
    "garbage": {SURVIVED, NOT_REACHED, FAILED},
    "strange": {SURVIVED, NOT_REACHED, FAILED},
    "kill": {-signal.SIGKILL},
    "kill-after": {-signal.SIGKILL},
    "interrupt": {SURVIVED, 130},
    "terminate": {SURVIVED, 143},
    "interrupt-twice": {130},
}
ENDS = {"kill", "kill-after", "interrupt-twice"}  # the program, whatever it waits for
LONGEST = {"stall": 120}  # seconds for a run: the program waits 75 for an answer
USUAL_LONGEST = 40


class Matrix:
    def __init__(self, proxy, world, growth=1.5, **may_end):
        """`growth`: how many times a clean run's peak memory a run may take."""
        self.proxy, self.world, self.growth = proxy, world, growth
        self.may_end = {**MAY_END, **may_end}
        self.failures = 0
        self.runs = 0
        self.normal = None
        self.longest, self.most_memory = 0, 0  # of all runs
        self.met, self.slowest = "nothing", "none"  # the last fault; where the longest was

    def say(self, fault, at, text, outcome=None):
        self.failures += 1
        print(f"FAILED {fault} at exchange {at} ({self.proxy.what}): {text}")
        for name in ("output", "errors") if outcome else ():
            for line in getattr(outcome, name).splitlines()[-30:]:
                print(f"  {name[:3]}| {line}")
        sys.stdout.flush()

    def run(self, fault=None):
        self.runs += 1
        outcome = self.world.run(LONGEST.get(fault, USUAL_LONGEST))
        if outcome.seconds > self.longest:
            self.longest = outcome.seconds
            self.slowest = (f"{fault} at exchange {self.proxy.at}" if fault
                            else f"clean, behind {self.met}")
        self.met = f"{fault} at exchange {self.proxy.at} ({self.proxy.what})" if fault else self.met
        self.most_memory = max(self.most_memory, outcome.memory)
        return outcome

    def clean(self, fault, at):
        """A run without any fault: it must converge."""
        self.proxy.arm(None, 0)
        left = self.world.settle()
        if left:
            self.say(fault, at, f"left behind: {left}")
        outcome = self.run()
        if outcome.code != 0:
            self.say(fault, at, f"the clean run behind it ended with {outcome.code}", outcome)
        wrong = self.world.check()
        if wrong:
            self.say(fault, at, f"after the clean run: {wrong}", outcome)
        return outcome

    def judge(self, fault, at, outcome):
        if outcome.code == SURVIVED and fault in ENDS and SURVIVED not in self.may_end[fault]:
            # It needed no answer to that any more, and had ended before the signal came.
            wrong = self.world.check()
            if wrong:
                self.say(fault, at, f"it ended with 0 before the signal came, but {wrong}", outcome)
        elif outcome.code not in self.may_end[fault]:
            self.say(fault, at, f"exit code {outcome.code}", outcome)
        elif outcome.code > 0 and not (outcome.errors + outcome.output).strip():
            self.say(fault, at, f"exit code {outcome.code} and not a word", outcome)
        if outcome.seconds > LONGEST.get(fault, USUAL_LONGEST):
            self.say(fault, at, f"took {outcome.seconds:.0f} s", outcome)
        if self.normal and outcome.memory > self.normal.memory * self.growth:
            self.say(fault, at, f"{outcome.memory >> 10} MiB, normal are "
                     f"{self.normal.memory >> 10} MiB", outcome)
        if "Sanitizer" in outcome.errors or "runtime error" in outcome.errors:
            self.say(fault, at, "a sanitizer spoke", outcome)

    def once(self, fault, at):
        """False: the run had no such exchange."""
        self.world.begin()
        self.proxy.arm(fault, at)
        outcome = self.run(fault)
        if not self.proxy.fired:
            wrong = self.world.check()
            if outcome.code or wrong:
                self.say(fault, at, f"a run without the fault: {outcome.code}, {wrong}", outcome)
            return False
        self.judge(fault, at, outcome)
        self.clean(fault, at)
        return True

    def measure(self):
        self.world.begin()
        self.normal = self.clean("none", 0)
        self.world.begin()
        self.normal = self.clean("none", 0)
        return self.proxy.count

    def all(self, faults, step=1, first=1, until=None):
        """Every fault at every exchange; with several faults and a step, a share of them."""
        begun = time.monotonic()
        for number, fault in enumerate(faults):
            at = first + number % step
            while self.once(fault, at):
                at += step
                if until and time.monotonic() - begun > until:
                    break
        return self.failures == 0
