"""A small HTTP server that behaves well or badly on request, for tests of net and its users.

usage: http_server.py FOLDER

Makes certificates in FOLDER, listens on several ports and a unix socket, prints
"NAME PORT" lines and "ready", and serves until its standard input is closed.
"""

import gzip
import hashlib
import http.server
import json
import os
import random
import select
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

import http2_server

folder = sys.argv[1]
counters = {}
counters_lock = threading.Lock()


def path(name):
    return os.path.join(folder, name)


def openssl(*arguments):
    subprocess.run(("openssl",) + arguments, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_authority(name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-days", "2", "-keyout", path(f"{name}.key"),
            "-out", path(f"{name}.crt"))


def make_certificate(name, names, authority="ca", days="2"):
    with open(path(f"{name}.ext"), "w") as extensions:
        extensions.write(f"subjectAltName={names}\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", path(f"{name}.key"), "-out", path(f"{name}.csr"))
    openssl("x509", "-req", "-in", path(f"{name}.csr"), "-CA", path(f"{authority}.crt"),
            "-CAkey", path(f"{authority}.key"), "-CAcreateserial", "-days", days,
            "-extfile", path(f"{name}.ext"), "-out", path(f"{name}.crt"))


def count(key):
    with counters_lock:
        counters[key] = counters.get(key, 0) + 1
        return counters[key]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_request(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/early":  # a refusal before the body was read
            self.close_connection = True
            self.answer(401, "not you", [("Connection", "close")])
            return
        self.body = self.read_body()
        name = "on_" + url.path.strip("/").split("/")[0].replace("-", "_")
        method = getattr(self, name, None)
        if method is None:
            self.answer(404, "no such page")
        else:
            method()

    def read_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return body

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_request

    def on_hello(self):
        self.answer(200, "hello", [("X-Greeting", "hi there")])

    def on_status(self):
        self.answer(int(self.query["code"]), self.query.get("body", ""))

    def on_echo(self):
        client = self.connection.getpeercert() if hasattr(self.connection, "getpeercert") else None
        self.answer(200, json.dumps({
            "method": self.command, "target": self.path, "body": self.body.decode(),
            "headers": {key.lower(): value for key, value in self.headers.items()},
            "client": str(client.get("subject")) if client else "",
        }), [("Content-Type", "application/json")])

    def on_digest(self):
        how = self.headers.get("Transfer-Encoding") or "length"
        self.answer(200, f"{how} {len(self.body)} {hashlib.sha256(self.body).hexdigest()}")

    def on_big(self):
        left = int(self.query["bytes"])
        self.send_response(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        block = bytes(range(256)) * 256
        while left:
            self.wfile.write(block[:min(left, len(block))])
            left -= min(left, len(block))

    def on_gzip(self):
        plain = b"x" * int(self.query["bytes"])
        self.answer(200, gzip.compress(plain), [("Content-Encoding", "gzip")])

    def on_slow(self):
        time.sleep(int(self.query["ms"]) / 1000)
        self.answer(200, "late")

    def on_silent(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        time.sleep(30)

    def on_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "10")
        self.end_headers()
        for _ in range(10):
            self.wfile.write(b"d")
            time.sleep(0.1)

    def on_cut(self):
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(b"half")
        self.close_connection = True

    def on_headless(self):
        self.wfile.write(b"<html>no status line, no headers</html>")
        self.close_connection = True

    def on_drop(self):
        self.close_connection = True

    def on_headers(self):
        self.answer(200, "", [(f"X-{i}", "v" * 8000) for i in range(int(self.query["count"]))])

    def on_redirect(self):
        self.answer(int(self.query.get("code", 302)), "", [("Location", self.query["to"])])

    # Answers one after the other for one key: "429:1" is a status with Retry-After, "drop" a
    # lost connection, "200" a document; the last one stays.
    def on_sequence(self):
        steps = self.query["steps"].split(",")
        number = count(self.query["key"])
        step = steps[min(number, len(steps)) - 1]
        if step == "drop":
            self.close_connection = True
            return
        status, _, after = step.partition(":")
        headers = [("Content-Type", "application/json")]
        if after:
            headers.append(("Retry-After", after))
        self.answer(int(status), json.dumps({"kind": "Status", "message": self.query.get(
            "message", f"answer {number}"), "code": int(status), "number": number}), headers)

    # The log of a container that its node has removed: the first TIMES times, then "panic: …".
    def on_removed(self):
        times = int(self.path.split("/")[2])
        lost = count(self.path.split("?")[0]) <= times
        self.answer(200, "unable to retrieve container logs for containerd://0123abcd" if lost
                    else "it begins\npanic: no door\n", [("Content-Type", "text/plain")])

    def on_count(self):
        with counters_lock:
            self.answer(200, str(counters.get(self.query["key"], 0)))

    # A body given by the caller, as it is.
    def on_body(self):
        self.answer(200, self.query["text"], [("Content-Type", "application/json")])

    # A proxy's CONNECT: bytes to and fro.
    def do_CONNECT(self):
        count("connect")
        host, _, port = self.path.rpartition(":")
        far = socket.create_connection((host.strip("[]"), int(port)))
        self.send_response(200)
        self.end_headers()
        carry(self.connection, far)
        self.close_connection = True


def carry(near, far):
    """Bytes to and fro, until one of both ends."""
    while True:
        readable, _, _ = select.select([near, far], [], [], 10)
        data = readable and readable[0].recv(65536)
        if not data:
            break
        (far if readable[0] is near else near).sendall(data)
    far.close()


class Socks(socketserver.StreamRequestHandler):
    """A SOCKS5 proxy (RFC 1928) behind which near.invalid is this machine; it knows no other."""

    def handle(self):
        methods = self.rfile.read(2)[1]
        self.rfile.read(methods)
        self.wfile.write(b"\5\0")
        kind = self.rfile.read(4)[3]
        name = self.rfile.read(self.rfile.read(1)[0] if kind == 3 else 4)
        port = int.from_bytes(self.rfile.read(2), "big")
        known = kind == 3 and name == b"near.invalid"
        self.wfile.write(bytes([5, 0 if known else 4, 0, 1]) + bytes(6))
        if known:
            carry(self.connection, socket.create_connection(("127.0.0.1", port)))


class SocksServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


class UnixServer(Server):
    address_family = socket.AF_UNIX

    def server_bind(self):
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "unix", 0

    def get_request(self):
        request, _ = self.socket.accept()
        return request, ("unix", 0)


def serve(name, certificate=None, clients=False):
    server = Server(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path(f"{certificate}.crt"), path(f"{certificate}.key"))
        if clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(path("ca.crt"))
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(name, server.server_port)


def closed_port():
    """None that the kernel would give to anybody else meanwhile: see tests/ports.sh."""
    while True:
        port = random.randrange(20000, 30000)
        try:
            socket.create_server(("127.0.0.1", port)).close()
            return port
        except OSError:
            pass


make_authority("ca")
make_authority("other-ca")
make_certificate("good", "DNS:localhost,IP:127.0.0.1")
make_certificate("named", "DNS:kubernetes.default.svc")
make_certificate("expired", "DNS:localhost,IP:127.0.0.1", days="-1")
make_certificate("client", "DNS:client")
serve("plain")
serve("second")
serve("proxy")
serve("tls", "good")
serve("named", "named")
serve("expired", "expired")
serve("mutual", "good", clients=True)
socks = SocksServer(("127.0.0.1", 0), Socks)
threading.Thread(target=socks.serve_forever, daemon=True).start()
print("socks", socks.server_address[1])
print("http2", http2_server.start(path("good.crt"), path("good.key")))
print("closed", closed_port())
unix = UnixServer(path("socket"), Handler)
threading.Thread(target=unix.serve_forever, daemon=True).start()
print("ready 1", flush=True)
sys.stdin.read()
