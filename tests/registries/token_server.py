"""A token server as registries with bearer tokens use it (distribution's token.md and oauth.md).

usage: token_server.py FOLDER [http|https]

Knows ann/s3cret; anybody may pull from public/*. Signs with FOLDER/tokens.key; prints its port
and serves until its parent is gone. FOLDER/tokens.log has a line for each request: method, who, scopes.
FOLDER/tokens.json may change what it does: {"lifetime": 3, "name": "access_token", "identity":
true, "fail": "429", "post": "404" (the answer to each POST),
"rights": false (tokens for nothing),
"rotate": true (a refresh token is good once; the reply has the next one)}.
"""
import base64
import http.server
import json
import os
import socketserver
import subprocess
import sys
import threading
import time
import urllib.parse

folder = sys.argv[1]
IDENTITY = "refresh-me-0123456789"
rotated = []  # the refresh token that is good now, where they rotate
lock = threading.Lock()


def settings():
    try:
        with open(os.path.join(folder, "tokens.json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def encoded(data):
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def certificate():
    with open(os.path.join(folder, "tokens.crt"), encoding="ascii") as file:
        return "".join(line.strip() for line in file if "-----" not in line)


def sign(service, user, access, lifetime):
    now = int(time.time())
    head = encoded({"typ": "JWT", "alg": "RS256", "x5c": [certificate()]})
    body = encoded({"iss": "tests", "sub": user, "aud": service, "exp": now + lifetime,
                    "nbf": now - 10, "iat": now, "jti": os.urandom(8).hex(), "access": access})
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", os.path.join(folder, "tokens.key")],
        input=f"{head}.{body}".encode(), stdout=subprocess.PIPE, check=True).stdout
    return f"{head}.{body}.{encoded(signature)}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, document, headers=()):
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def note(self, user, scopes):
        with lock, open(os.path.join(folder, "tokens.log"), "a", encoding="utf-8") as log:
            log.write(f"{self.command} {user or '-'} {' '.join(scopes)}\n")

    def user(self):
        """The name; None: nobody; False: wrong."""
        header = self.headers.get("Authorization", "")
        if not header.startswith("Basic "):
            return None
        pair = base64.b64decode(header[6:]).decode()
        return "ann" if pair == "ann:s3cret" else False

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        user, scopes = self.user(), query.get("scope", [])
        self.note(user, scopes)
        if user is False:
            sent = base64.b64decode(self.headers["Authorization"][6:]).decode()
            self.answer(401, {"details": f"incorrect username or password: {sent}"})
            return
        self.grant(query.get("service", [""])[0], user, scopes,
                   query.get("offline_token") == ["true"])

    def do_POST(self):
        form = urllib.parse.parse_qs(
            self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if settings().get("post"):
            self.note(None, [])
            self.answer(int(settings()["post"]), {"details": "no such page"})
            return
        rotates = settings().get("rotate")
        good = form.get("refresh_token") == [rotated[-1] if rotates and rotated else IDENTITY]
        if good and rotates:
            rotated.append("refresh-" + os.urandom(8).hex())
        scopes = form.get("scope", [""])[0].split()
        self.note("ann" if good else None, scopes)
        if not good:
            self.answer(401, {"error": "invalid_grant", "error_description": "unknown token"})
            return
        self.grant(form.get("service", [""])[0], "ann", scopes, False, rotated[-1] if rotates else None)

    def grant(self, service, user, scopes, offline, refresh=None):
        set_to = settings()
        if set_to.get("fail"):
            self.answer(int(set_to["fail"]), {"details": "not now"}, [("Retry-After", "0")])
            return
        access = []
        for scope in scopes:
            kind, name, actions = scope.split(":", 2)
            wanted = actions.split(",")
            if user is None:
                wanted = [one for one in wanted if one == "pull" and name.startswith("public/")]
            wanted = wanted if set_to.get("rights", True) else []
            access.append({"type": kind, "name": name, "actions": wanted})
        lifetime = set_to.get("lifetime", 60)
        document = {set_to.get("name", "token"): sign(service, user or "", access, lifetime)}
        if "lifetime" in set_to:
            document["expires_in"] = lifetime
        if offline and set_to.get("identity"):
            refresh = IDENTITY
        if refresh:
            document["refresh_token"] = refresh
        self.answer(200, document)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
parent = os.getppid()
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
while os.getppid() == parent:
    time.sleep(0.2)
