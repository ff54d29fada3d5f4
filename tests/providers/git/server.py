#!/usr/bin/env python3
"""Git over HTTP for the tests: `git http-backend` behind plain and TLS ports.

server.py ROOT   serves the repositories of ROOT/repos; prints three ports on one
line: http, https (ROOT/cert.pem, ROOT/key.pem), and one that accepts and is silent.
Each request is a line of ROOT/http.log. The path's first part chooses a behaviour.
"""
import base64
import gzip
import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading

ROOT = sys.argv[1]
PORTS = {}
SEEN = set()
BROKEN = {
    "garbage": b"\x00\xff" * 400,
    "short": b"0003abc",
    "giant": b"ffff" + b"x" * 70000,
    "says": b"001fERR not exported: \x1b[31mred\n",
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def note(self):
        auth = self.headers.get("Authorization", "-")
        with open(ROOT + "/http.log", "a") as log:
            log.write(f"{self.command} {self.path} {auth}\n")

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def redirect(self, base):
        rest = self.path.split("/", 2)[2]
        self.answer(301, [("Location", f"{base}/{rest}")], b"")

    def read_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while True:
                size = int(self.rfile.readline(), 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def allowed(self, user, password):
        expected = base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.headers.get("Authorization") == "Basic " + expected

    def backend(self, path, body):
        path, _, query = path.partition("?")
        environment = dict(
            os.environ, GIT_PROJECT_ROOT=ROOT + "/repos", GIT_HTTP_EXPORT_ALL="1",
            PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,
            CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
            HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""))
        output = subprocess.run(["git", "http-backend"], input=body, env=environment,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        head, _, content = output.partition(b"\r\n\r\n")
        status, headers = 200, []
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name.lower() == "status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value))
        return status, headers, content

    def serve(self):
        self.note()
        body = self.read_body()
        mode, rest = self.path.split("/", 2)[1], "/" + (self.path.split("/", 2) + [""])[2]
        if mode == "moved":
            return self.redirect("/open")
        if mode == "around":
            return self.redirect("/around")
        if mode == "away":
            return self.redirect(f"http://localhost:{PORTS['http']}/auth")
        if mode == "downgrade":
            return self.redirect(f"http://127.0.0.1:{PORTS['http']}/open")
        if mode == "page":
            return self.answer(200, [("Content-Type", "text/html")], b"<html>hello</html>")
        if mode in ("500", "403", "404"):
            return self.answer(int(mode), [], b"no")
        if mode == "busy" and mode not in SEEN:
            SEEN.add(mode)
            return self.answer(503, [("Retry-After", "1")], b"later")
        if mode == "limit":
            return self.answer(429, [("Retry-After", "3600")], b"no more today")
        if mode in BROKEN:
            return self.answer(200, [("Content-Type", "application/x-git-upload-pack-advertisement")],
                               b"001e# service=git-upload-pack\n0000" + BROKEN[mode])
        if mode == "auth" and not self.allowed("ann", "s3cret"):
            return self.answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"who?")
        if mode == "token" and not self.allowed("oauth2", "t0ken"):
            return self.answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"who?")
        status, headers, content = self.backend(rest, body)
        if mode == "cut" and self.command == "POST":
            self.send_response(200)
            self.send_header("Content-Type", "application/x-git-upload-pack-result")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return None
        if mode == "zip" and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = gzip.compress(content)
            headers.append(("Content-Encoding", "gzip"))
        return self.answer(status, headers, content)

    do_GET = do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may break off
            super().handle_error(request, client_address)


def listen(name, context=None):
    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    PORTS[name] = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()


def silent():
    server = socket.create_server(("127.0.0.1", 0))
    PORTS["silent"] = server.getsockname()[1]
    kept = []

    def accept():
        while True:
            kept.append(server.accept())

    threading.Thread(target=accept, daemon=True).start()


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(ROOT + "/cert.pem", ROOT + "/key.pem")
listen("http")
listen("https", tls)
silent()
print(PORTS["http"], PORTS["https"], PORTS["silent"], flush=True)
sys.stdin.read()
