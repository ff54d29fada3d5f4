"""proxy: an HTTP proxy that spoils one exchange, for tests.

It stands between the program and a real server (the API server today; git
servers and registries speak HTTP too), counts the exchanges, and does to the
Nth what `arm` was told. All others pass through unchanged, streams included.

    proxy = Proxy("https://10.99.0.1:6443", context)   # how to reach the server
    proxy.arm("lost", 7)                               # the 7th answer gets lost
    ... run the program against proxy.url ...
    proxy.fired                                        # False: there was no 7th

FAULTS says what each name does. What a fault does to the program itself (a
signal) goes through proxy.victim, a function of one signal number.
"""
import email.utils
import http.client
import signal
import socket
import ssl
import struct
import threading
import time
import urllib.parse

TLS_HANDSHAKE = b"\x16"

# name: (is the request carried out first?, what it means)
FAULTS = {
    "refuse": (False, "the server is not there for half a second"),
    "reset": (False, "the connection is reset before the request is carried out"),
    "lost": (True, "carried out, but the connection is reset instead of an answer"),
    "cut": (True, "carried out, and half of the answer's body arrives"),
    "flip": (True, "carried out, and one byte in the middle of the answer is another one"),
    "stall": (True, "carried out, and no answer ever comes"),
    "busy": (False, "429 with Retry-After: 1"),
    "error": (False, "500"),
    "down": (False, "503 without Retry-After"),
    "gateway": (True, "carried out, but a gateway answers 504"),
    "gone": (False, "410, as for a version or a page token that is too old"),
    "gone-later": (False, "a watch that tells 410 as its only event"),
    "garbage": (False, "200 with a body that is no JSON"),
    "strange": (False, "200 with JSON that is no object of this API"),
    "kill": (False, "the program is killed before the request is carried out"),
    "kill-after": (True, "the program is killed when it was carried out"),
    "interrupt": (False, "the program gets SIGINT"),
    "terminate": (False, "the program gets SIGTERM"),
    "interrupt-twice": (True, "no answer comes, and the program gets SIGINT twice"),
}
GONE = (b'{"kind":"Status","apiVersion":"v1","status":"Failure","message":"The provided version is '
        b'too old","reason":"Expired","code":410}')
JSON = [("Content-Type", "application/json")]
ANSWERS = {
    "gone": (410, GONE, JSON),
    "gone-later": (200, b'{"type":"ERROR","object":' + GONE + b"}\n", JSON),
    "busy": (429, b"slow down", [("Retry-After", "1")]),
    "error": (500, b"it broke", []),
    "down": (503, b"not now", []),
    "gateway": (504, b"the server did not answer in time", []),
    "garbage": (200, b"<html>welcome to the hotel's network</html>", []),
    "strange": (200, b'{"hello":["world",1.5,null]}', JSON),
}
SIGNALS = {"interrupt": [signal.SIGINT], "terminate": [signal.SIGTERM]}
NOT_FORWARDED = {"connection", "keep-alive", "transfer-encoding", "host", "content-length", "te",
                 "upgrade", "http2-settings", "expect"}
AWAY = 0.5
PATIENCE = 20  # seconds for what is a matter of milliseconds


class Broken(Exception):
    """The connection with the client is over."""


def flipped(data):
    """The same with another byte in its middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0x11]) + data[middle + 1:]


def reset(connection):
    """Makes its close() a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Proxy:
    """Listens on a port of its own until close()."""

    def __init__(self, upstream, context=None, server_context=None):
        """`context`: TLS towards the server; `server_context`: TLS towards the program, or None."""
        parts = urllib.parse.urlsplit(upstream)
        self.upstream, self.context, self.server_context = parts, context, server_context
        self.lock = threading.Lock()
        self.victim = lambda number: None
        self.skew = 0  # seconds by which the Date header of answers is changed
        self.tokens = None  # what decides whether the program is logged in (see serve.py)
        self.closed = False
        self.present = threading.Event()
        self.present.set()
        self.accepted = threading.Condition(self.lock)
        self.addresses = set()  # of clients of now, whose exchanges count
        self.forwarding = 0  # requests that the server has not answered yet
        self.listener = self.listen(0)
        self.port = self.listener.getsockname()[1]
        scheme = "https" if server_context else "http"
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        self.set(None, 0, "")
        threading.Thread(target=self.accept, daemon=True).start()

    def set(self, kind, at, text):
        self.kind, self.at, self.count, self.fired, self.what = kind, at, 0, False, ""
        self.text = text

    def arm(self, kind, at, text=""):
        """From now on exchanges (with that text) are counted from 1; number `at` is spoiled.

        To be called while no program runs: what one that has ended left on its way (it may have
        been killed) is over then, and does not count.
        """
        assert kind is None or kind in FAULTS, kind
        self.present.wait()
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            with self.lock:  # all that was connected before it was accepted before it
                self.accepted.wait_for(lambda: last.getsockname() in self.addresses, PATIENCE)
                self.addresses.clear()
                self.accepted.wait_for(lambda: not self.forwarding, PATIENCE)
                self.set(kind, at, text)

    def close(self):
        self.closed = True
        self.listener.close()

    @staticmethod
    def listen(port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
        return listener

    def accept(self):
        while not self.closed:
            try:
                client, address = self.listener.accept()
            except OSError:
                time.sleep(0.01)  # closed for good, or for the moment of a "refuse"
                continue
            with self.lock:
                self.addresses.add(address)
                self.accepted.notify_all()
            threading.Thread(target=self.connection(self, client, address).serve, daemon=True).start()

    def leave_for_a_moment(self):
        self.present.clear()
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would keep it open
        self.listener.close()
        time.sleep(AWAY)
        self.listener = self.listen(self.port)
        self.present.set()

    def next_fault(self, what, address):
        """Counts one exchange, now under way to the server; the fault that is its own, or None."""
        with self.lock:
            if address not in self.addresses:
                raise Broken  # of a program that has ended
            self.forwarding += 1
            self.count += self.text in what
            if self.kind is None or self.fired or self.count != self.at:
                return None
            self.fired, self.what = True, what
            return self.kind

    def answered(self):
        """The server has answered it, or it is given up."""
        with self.lock:
            self.forwarding -= 1
            self.accepted.notify_all()


class Connection:
    """One connection of the program, served until either side ends it."""

    def __init__(self, proxy, client, address):
        self.proxy, self.client, self.address, self.server = proxy, client, address, None

    def serve(self):
        try:
            self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.proxy.server_context:
                self.client = self.proxy.server_context.wrap_socket(self.client, server_side=True)
            self.input = self.client.makefile("rb")
            while self.exchange():
                pass
        except (Broken, OSError, http.client.HTTPException, ssl.SSLError):
            pass
        finally:
            if hasattr(self, "input"):
                self.input.close()  # else the socket stays open with it
            self.client.close()
            if self.server:
                self.server.close()

    def exchange(self):
        if self.input.peek(1)[:1] == TLS_HANDSHAKE:
            return False  # it speaks TLS to us: there may never be the end of a line
        line = self.input.readline(1 << 16).split()
        if len(line) != 3:
            return False
        method, path = line[0].decode("latin-1"), line[1].decode("latin-1")
        headers = http.client.parse_headers(self.input)
        body = self.read_body(headers)
        fault = self.proxy.next_fault(f"{method} {path}", self.address)
        try:
            tokens = self.proxy.tokens
            if tokens and not tokens.accepts(self.proxy.count, headers):
                self.answer(401, b"who?", [])
                return False
            if fault and not FAULTS[fault][0]:
                self.spoil(fault)
            response = self.forward(method, path, headers, body)
        finally:
            self.proxy.answered()
        if fault and FAULTS[fault][0] and fault != "flip":
            self.spoil(fault, response)
        self.pass_on(response, method, fault == "flip")
        return True

    def read_body(self, headers):
        if "chunked" in headers.get("Transfer-Encoding", "").lower():
            body = b""
            while length := int(self.input.readline().split(b";")[0], 16):
                body += self.input.read(length)
                self.input.readline()
            self.input.readline()
            return body
        return self.input.read(int(headers.get("Content-Length", 0)))

    def forward(self, method, path, headers, body):
        kept = [(name, value) for name, value in headers.items()
                if name.lower() not in NOT_FORWARDED
                and not (self.proxy.tokens and name.lower() == "authorization")]
        if not self.server:
            upstream = self.proxy.upstream
            secure = upstream.scheme == "https"
            self.server = (http.client.HTTPSConnection(upstream.hostname, upstream.port,
                                                       context=self.proxy.context)
                           if secure else
                           http.client.HTTPConnection(upstream.hostname, upstream.port))
        self.server.putrequest(method, path, skip_accept_encoding=True)
        for name, value in kept:
            self.server.putheader(name, value)
        if body or method in ("POST", "PUT", "PATCH"):
            self.server.putheader("Content-Length", str(len(body)))
        self.server.endheaders(body or None)
        return self.server.getresponse()

    def pass_on(self, response, method, flip):
        length = response.getheader("Content-Length")
        bodiless = method == "HEAD" or response.status in (204, 304)
        head = self.head(response)
        if length is None and not bodiless:
            head.append("Transfer-Encoding: chunked")
        elif length is not None:
            head.append(f"Content-Length: {length}")
        self.send_head(head)
        while not bodiless and (data := response.read1(1 << 16)):
            data, flip = flipped(data) if flip else data, False
            if length is None:
                data = b"%x\r\n%s\r\n" % (len(data), data)
            self.client.sendall(data)
        if length is None and not bodiless:
            self.client.sendall(b"0\r\n\r\n")
        response.read()  # only then may the connection be used again
        response.close()

    def head(self, response):
        return [f"HTTP/1.1 {response.status} {response.reason}"] + [
            f"{name}: {self.skewed(value) if name.lower() == 'date' else value}"
            for name, value in response.getheaders() if name.lower() not in NOT_FORWARDED]

    def skewed(self, date):
        if not self.proxy.skew:
            return date
        time_then = email.utils.parsedate_to_datetime(date).timestamp() + self.proxy.skew
        return email.utils.formatdate(time_then, usegmt=True)

    def send_head(self, lines):
        self.client.sendall("\r\n".join(lines + ["", ""]).encode("latin-1"))

    # ------------------------------------------------------------ the faults

    def spoil(self, fault, response=None):
        """Does it. Returns only where the exchange goes on as if nothing were wrong."""
        if fault in ("reset", "lost"):
            reset(self.client)
        elif fault == "refuse":
            self.client.close()
            self.proxy.leave_for_a_moment()
        elif fault == "cut":
            self.cut(response)
        elif fault in ANSWERS:
            self.answer(*ANSWERS[fault])
        elif fault in ("kill", "kill-after"):
            self.proxy.victim(signal.SIGKILL)
        elif fault in ("stall", "interrupt-twice"):
            self.stall(fault == "interrupt-twice")
        else:
            for number in SIGNALS[fault]:
                self.proxy.victim(number)
            return
        raise Broken

    def cut(self, response):
        data = response.read1(1 << 16)
        length = response.getheader("Content-Length") or str(len(data) + 1)
        self.send_head(self.head(response) + [f"Content-Length: {length}"])
        self.client.sendall(data[:len(data) // 2])

    def answer(self, status, body, headers):
        lines = [f"HTTP/1.1 {status} {http.client.responses[status]}",
                 f"Content-Length: {len(body)}", "Connection: close"]
        self.send_head(lines + [f"{name}: {value}" for name, value in headers])
        self.client.sendall(body)

    def stall(self, signals):
        victim = self.proxy.victim  # of this run, should the next one begin meanwhile
        if signals:
            victim(signal.SIGINT)
            time.sleep(0.3)
            victim(signal.SIGINT)
        self.client.settimeout(300)
        while self.client.recv(1 << 16):  # until the program gives up
            pass


Proxy.connection = Connection
