"""stream: a proxy for protocols that take turns on one connection (git://, ssh).

An exchange begins when the program speaks after the server did. Its faults are
those of proxy.py that need no HTTP.
"""
import select
import signal
import socket
import time

import proxy

FAULTS = ("refuse", "reset", "lost", "cut", "stall", "flip", "garbage", "kill", "kill-after",
          "interrupt", "terminate", "interrupt-twice")
GARBAGE = b"\x00\xff<html>" * 50


class StreamConnection:
    """One connection of the program, carried until either side ends it."""

    def __init__(self, owner, client, address):
        self.owner, self.client, self.address = owner, client, address
        self.server = socket.create_connection((owner.upstream.hostname, owner.upstream.port))
        self.fault = None  # what becomes of the next that the server says
        self.turn = None

    def serve(self):
        try:
            while self.carry():
                pass
        except (proxy.Broken, OSError):
            pass
        finally:
            self.client.close()
            self.server.close()

    def carry(self):
        for source in select.select([self.client, self.server], [], [])[0]:
            data = source.recv(1 << 16)
            if not data:
                return False
            if source is self.client:
                self.from_client(data)
            else:
                self.from_server(data)
        return True

    def from_client(self, data):
        if self.turn is not self.client:
            self.turn = self.client
            self.fault = self.owner.next_fault(repr(data[:40]), self.address)
            self.owner.answered()  # what ended with its program changes nothing there
            if self.fault and not proxy.FAULTS[self.fault][0]:
                self.spoil(self.fault)
                self.fault = None
        self.server.sendall(data)

    def from_server(self, data):
        self.turn = self.server
        fault, self.fault = self.fault, None
        if fault == "flip":
            data = proxy.flipped(data)
        elif fault == "cut":
            self.client.sendall(data[:len(data) // 2])
            raise proxy.Broken
        elif fault:
            self.spoil(fault)
        self.client.sendall(data)

    def spoil(self, fault):
        if fault in ("reset", "lost"):
            proxy.reset(self.client)
        elif fault == "refuse":
            self.client.close()
            self.owner.leave_for_a_moment()
        elif fault == "garbage":
            self.client.sendall(GARBAGE)
        elif fault in ("kill", "kill-after"):
            self.owner.victim(signal.SIGKILL)
        elif fault in ("stall", "interrupt-twice"):
            self.stall(fault == "interrupt-twice")
        else:
            for number in proxy.SIGNALS[fault]:
                self.owner.victim(number)
            return
        raise proxy.Broken

    def stall(self, signals):
        victim = self.owner.victim
        for number in [signal.SIGINT] * 2 if signals else []:
            victim(number)
            time.sleep(0.3)
        self.client.settimeout(300)
        while self.client.recv(1 << 16):
            pass


class StreamProxy(proxy.Proxy):
    connection = StreamConnection
