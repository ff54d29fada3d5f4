"""program: runs the program under test, and measures it."""
import collections
import os
import subprocess
import tempfile
import threading
import time

Outcome = collections.namedtuple("Outcome", "code output errors seconds memory")


class Victim:
    """Sends the child a signal, once it is known, and minds nothing when it has ended."""

    def __init__(self):
        self.pid, self.known = None, threading.Event()

    def is_now(self, child):
        self.pid = child.pid
        self.known.set()

    def __call__(self, number):
        self.known.wait()  # its first request may come before anybody here knows its number
        try:
            os.kill(self.pid, number)  # not send_signal(), which would reap it
        except ProcessLookupError:
            pass


def wait(child, limit):
    """Waits for the child, kills it soon after `limit` seconds; its peak memory in KiB."""
    end = time.monotonic() + limit + 5
    while True:
        done, status, usage = os.wait4(child.pid, os.WNOHANG)
        if done:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_maxrss
        if time.monotonic() > end:
            os.kill(child.pid, 9)
        time.sleep(0.005)


def run(arguments, limit, proxy, environment=None):
    """Runs it; a fault of the proxy that is a signal goes to it. An Outcome."""
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        proxy.victim = Victim()
        child = subprocess.Popen(arguments, stdout=output, stderr=errors,
                                 stdin=subprocess.DEVNULL, env=environment)
        proxy.victim.is_now(child)
        memory = wait(child, limit)
        output.seek(0)
        errors.seek(0)
        return Outcome(child.returncode, output.read(), errors.read(),
                       time.monotonic() - begun, memory)
