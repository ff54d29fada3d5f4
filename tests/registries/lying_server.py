"""A registry in memory that lies, as its repositories' names say, for tests of the client.

usage: lying_server.py

Prints "registry PORT", "other PORT" (another host, to which some requests are sent away) and
"ready 1"; serves until its standard input is closed. GET /requests/REPOSITORY tells what came
for it ("SERVER METHOD PATH [Range] [Authorization]"), a line each. What each name does stands at LIES.
"""
import hashlib
import http.server
import json
import re
import socketserver
import sys
import threading
import time
import urllib.parse

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
BLOB = bytes(i * 37 + i // 4099 & 255 for i in range(300000))  # as registry_test.h's seed 0

LIES = """
html            every answer is 200 and a page of HTML
nothing         every answer is 404 and a page of HTML
other-digest    manifests and blobs are other bytes than their digests say
says-other      Docker-Content-Digest is another one, on HEAD, GET and PUT
endless         manifests and blobs never end
short           blobs are shorter than they should be, and end well
loop            everything is redirected to itself
away            blobs are redirected to the other host, which has them
away-locked     the same, and uploads go there too; wants basic authentication here
cut             blobs break off in the middle, and Range is heeded
cut-whole       the same, but Range is not heeded
cut-parts       the same, and of what is asked for by Range not more than 50000 bytes come
cut-end         blobs come whole, and their last chunk does not; Range behind the end is 416
cut-always      blobs break off at their first byte, each time
busy-X          the first answer is 429 with Retry-After: X ("none": without)
down, down-X    the first answer is 503, or X
pages           two tags a page, with relative links
pages-two       the same, with a Link to another page in a header of its own before it
pages-few       the same, and to ask for more than 100 at once is 400
pages-loop      the next page is always the first
pages-self      the page is linked to as the next one
tags-none       the list of tags is 404, though there is one
tags-null       the list of tags is null
tags-fewer      the list of tags has only one that notes a build
pages-away      the next page is linked to on the other host
upload-cut      PUT and PATCH break off in the middle, once; what came is kept
upload-lost     the same, and the upload is forgotten
patch-200       PATCH is answered 200, without a place or a Range
patch-early     PATCH stores the blob at once, and what should end it is 400
pieces-413      bodies over 256 KiB are refused
pieces-least    the same, and no piece is to be smaller than 1 MiB
pieces-416      the first body breaks off, and PATCH of more than 256 KiB is 416, with words
pieces-stuck    as pieces-413, and Range stays at the end of the first piece
upload-invalid  the first PUT is 400 BLOB_UPLOAD_INVALID, and the upload is forgotten
upload-short    PATCH keeps half of it, and says so in Range
schema1         manifests are of Docker's schema 1
secret          403 whose words repeat the Authorization header
warns           each answer has warnings, one of them twice
faults          400 with two errors, one of them with details
subject         OCI-Subject is answered, and the referrers API is there
no-length       HEAD tells no digest
head-X          HEAD of a manifest is answered X; what it says is in GET
referrers-plain nothing is there with plain words, as of a CDN that keeps manifests, nor is the API
referrers-X     the referrers API answers X; 200 with a page of HTML
blobs-X         HEAD of a blob is answered X
blobs-zero      HEAD of a blob tells that it has 0 bytes
puts-X          PUT is answered X
puts-once-X     PUT to a tag that is there is answered X
hidden-X        who is not logged in is answered X, and not asked to; /v2/ asks
puts-page       PUT of a manifest is answered 200 and a page of HTML, and nothing is stored
front           it stands before another registry: tokens are to be for what that one calls it
apart/X         no token is for more than one of these; "two" has a blob from its second HEAD on
own-tag         a tag sha256-HEX is the manifest of that digest, whatever is put there
puts-tokens     a token is good for six requests
tokenless       there is an answer where tokens come from, without any
word            tokens are to have a scope that is a word of its own
"""

WARNINGS = '299 - "moves to new.example on Monday"', '299 - "quota: 95 %"', '199 - "not for users"', '299 - "quota: 95 %"'

lock = threading.Lock()
seen, uploads, blobs, manifests, counts = {}, {}, {}, {}, {}
other_port = 0


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


blobs[digest_of(BLOB)] = BLOB
DOCUMENT = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": {
    "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(b"{}"), "size": 2},
    "layers": []}).encode()


def first_time(key):
    with lock:
        counts[key] = counts.get(key, 0) + 1
        return counts[key] == 1


class Broken(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=(), kind="application/json"):
        self.send_response(status)
        if getattr(self, "name", "") == "warns":
            headers = [*headers, *(("Warning", text) for text in WARNINGS)]
        for name, value in headers:
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status, code, headers=(), message="no"):
        if status == 404 and self.name == "referrers-plain":
            self.answer(404, b"Not found\r\n", [("X-Docker-Size", "-1")], None)
            return
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.answer(status, body, headers)

    def cut(self, body, kind="application/octet-stream"):
        self.begin(kind, ("Content-Length", str(len(body))), status=206 if self.from_byte else 200)
        self.wfile.write(body[:len(body) // 2 if self.name != "cut-always" else 0])
        raise Broken

    def begin(self, kind, *headers, status=200):
        self.send_response(status)
        for name, value in (("Content-Type", kind), *headers):
            self.send_header(name, value)
        self.end_headers()

    def cut_end(self, body):
        """All of it, in a chunk, and not the end of the chunks."""
        self.begin("application/octet-stream", ("Transfer-Encoding", "chunked"))
        self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        raise Broken

    def forever(self, kind):
        self.begin(kind)
        while True:
            self.wfile.write(b"{" * 65536)

    def serve(self):
        try:
            self.route()
        except Broken:
            self.close_connection = True
        except OSError:
            self.close_connection = True

    do_GET = do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = serve

    def route(self):
        parts = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path.startswith("/requests/"):
            with lock:
                self.answer(200, "\n".join(seen.get(parts.path[10:], [])).encode())
            return
        if parts.path == "/v2/":
            if "Authorization" in self.headers:
                self.answer(200, b"{}")
            else:
                self.fail(401, "UNAUTHORIZED", [("WWW-Authenticate", 'Basic realm="here"')])
            return
        if parts.path == "/token":
            scopes = urllib.parse.parse_qs(parts.query).get("scope", [])
            if len({scope.split(":")[1] for scope in scopes if "apart/" in scope}) > 1:
                self.fail(403, "DENIED")
                return
            first_time("token")
            key = "other" if "tokenless" in scopes else "access_token"
            self.answer(200, json.dumps({key: f"for {' '.join(scopes)} {counts['token']}"}).encode())
            return
        match = re.fullmatch(r"/v2/(.+)/(manifests|blobs/uploads|blobs|tags|referrers)/(.*)", parts.path)
        self.name, what, self.reference = match.groups()
        self.note()
        if self.lie_to_all():
            return
        getattr(self, "on_" + what.replace("blobs/", ""))()

    def note(self):
        self.range = self.headers.get("Range", "")
        self.from_byte = int(self.range[6:-1]) if self.range else 0
        self.here = "other" if self.server.server_port == other_port else "registry"
        line = f"{self.here} {self.command} {self.path} {self.range} {self.headers.get('Authorization', '')}"
        with lock:
            seen.setdefault(self.name, []).append(line.strip())

    def wants_scope(self):
        """True: it was told that it wants a token for another scope."""
        scope = {"front": "repository:inner/one:pull", "word": "word", "tokenless": "tokenless",
                 "puts-tokens": "some"}.get(self.name)
        sent = self.headers.get("Authorization", "").split(" ")
        if self.name == "puts-tokens" and not first_time(sent[-1]) and counts[sent[-1]] > 6:
            sent = []
        if self.name.startswith("apart/"):
            scope = f"repository:{self.name}:pull"
            sent += [scope] if any(one.startswith(scope) for one in sent) else []
        if not scope or scope in sent:
            return False
        self.drop_body()
        realm = f"http://127.0.0.1:{self.server.server_port}/token"
        self.fail(401, "UNAUTHORIZED", [("WWW-Authenticate",
                                         f'Bearer realm="{realm}",service="s",scope="{scope}"')])
        return True

    def drop_body(self):
        """Else the next request on this connection would begin with it."""
        if "Content-Length" in self.headers:
            self.rfile.read(int(self.headers["Content-Length"]))
        elif "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.read_chunks(False)

    def lie_to_all(self):
        if self.wants_scope():
            return True
        page = b"<html>welcome to the hotel's network</html>"
        locked = self.name in ("away-locked", "secret") and self.here == "registry"
        if locked and "Authorization" not in self.headers:
            self.drop_body()
            self.fail(401, "UNAUTHORIZED", [("WWW-Authenticate", 'Basic realm="here"')])
        elif self.name.startswith("hidden-") and "Authorization" not in self.headers:
            self.fail(int(self.name[7:]), "MANIFEST_UNKNOWN")
        elif self.name == "html":
            self.answer(200, page, kind="text/html")
        elif self.name == "nothing":
            self.answer(404, page, kind="text/html")
        elif self.name == "faults":
            self.answer(400, json.dumps({"errors": [
                {"code": "NAME_INVALID", "message": "too long"},
                {"code": "TAG_INVALID", "message": "tag_invalid", "detail": "no dots"}]}).encode())
        elif self.name == "loop":
            self.answer(307, b"", [("Location", self.path)])
        elif self.name == "secret":
            self.fail(403, "DENIED", message="you sent " + self.headers.get("Authorization", ""))
        elif self.name.startswith("busy-") and first_time(self.name):
            after = self.name[5:].replace("_", " ")
            self.fail(429, "TOOMANYREQUESTS", [] if after == "none" else [
                ("Retry-After", {"date": "Sun, 06 Nov 1994 08:49:37 GMT"}.get(after, after))])
        elif self.name.startswith("down") and first_time(self.name):
            self.fail(int(self.name[5:] or 503), "UNAVAILABLE")
        else:
            return False
        return True

    # ------------------------------------------------------------- manifests

    def on_manifests(self):
        if self.command == "PUT":
            self.put_manifest()
            return
        if self.name.startswith("head-") and self.command == "HEAD":
            self.answer(int(self.name[5:]), kind=None)
            return
        if self.name == "endless" and self.command == "GET":
            self.forever(MANIFEST)
        kind = MANIFEST
        if self.name == "own-tag":
            self.reference = self.reference.replace("sha256-", "sha256:")
        body = manifests.get((self.name, self.reference), None if self.reference.startswith("sha256-")
                             or self.name == "subject"
                             or self.name.startswith(("puts-", "blobs-", "referrers-", "apart/", "own-"))
                             else DOCUMENT)
        if body is None:
            self.fail(404, "MANIFEST_UNKNOWN")
            return
        said = digest_of(body)
        if self.name == "other-digest":
            body = body.replace(b"layers", b"LAYERS")
        elif self.name == "says-other":
            said = digest_of(b"other")
        elif self.name == "schema1":
            kind, body = "application/vnd.docker.distribution.manifest.v1+prettyjws", b'{"schemaVersion":1}'
        headers = [] if self.name == "no-length" else [("Docker-Content-Digest", said)]
        self.answer(200, body, headers, kind)

    def put_manifest(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        said = digest_of(b"other") if self.name == "says-other" else digest_of(body)
        headers = [("Docker-Content-Digest", said)]
        if self.name.startswith("puts-once-") and (self.name, self.reference) in manifests:
            self.fail(int(self.name[10:]), "TAG_INVALID", message="the tag is immutable")
            return
        if self.name == "puts-page":
            self.answer(200, b"<html>", kind="text/html")
            return
        subject = json.loads(body).get("subject")
        with lock:
            manifests[self.name, self.reference] = manifests[self.name, digest_of(body)] = body
        if subject and self.name == "subject":
            headers.append(("OCI-Subject", subject["digest"]))
        self.answer(self.put_status(), b"", headers)

    def put_status(self):
        return int(self.name[5:]) if re.fullmatch(r"puts-[0-9]+", self.name) else 201

    def on_referrers(self):
        if re.fullmatch("referrers-[0-9]+", self.name):
            self.answer(int(self.name[10:]), b"<html>no such page</html>", kind="text/html")
            return
        if self.name != "subject":
            self.fail(404, "NOT_FOUND")
            return
        entries = [{"mediaType": MANIFEST, "digest": name, "size": len(body)}
                   for (owner, name), body in manifests.items() if owner == self.name
                   and json.loads(body).get("subject", {}).get("digest") == self.reference
                   and name.startswith("sha256:")]
        self.answer(200, json.dumps({"schemaVersion": 2, "mediaType": INDEX,
                                     "manifests": entries}).encode(), kind=INDEX)

    # ------------------------------------------------------------------ lists

    def on_tags(self):
        tags = ["a", "b", "c", "d", "e"]
        if self.name.startswith("tags-"):
            if self.name == "tags-none":
                self.fail(404, "NAME_UNKNOWN")
            else:
                listed = {"tags-null": None, "tags-fewer": ["cmx-0"]}[self.name]
                self.answer(200, json.dumps({"name": self.name, "tags": listed}).encode())
            return
        if self.name == "pages-few" and int(self.query.get("n", 0)) > 100:
            self.fail(400, "PAGINATION_NUMBER_INVALID")
            return
        start = tags.index(self.query["last"]) + 1 if "last" in self.query else 0
        page, headers = tags[start:start + 2], []
        if start + 2 < len(tags):
            link = f"/v2/{self.name}/tags/list?n=2&last={page[-1]}"
            if self.name == "pages-loop":
                link = f"/v2/{self.name}/tags/list?n=2&again={time.monotonic()}"
            if self.name == "pages-self":
                link = self.path
            if self.name == "pages-away":
                link = f"http://127.0.0.1:{other_port}{link}"
            headers = [("Link", f'<{link}>; rel="next"')]
            if self.name == "pages-two":
                headers.insert(0, ("Link", f'</v2/{self.name}/tags/list>; rel="first"'))
        self.answer(200, json.dumps({"name": self.name, "tags": page}).encode(), headers)

    # ------------------------------------------------------------------ blobs

    def on_blobs(self):
        body = blobs.get(self.reference)
        if re.fullmatch("blobs-[0-9]+", self.name) and self.command == "HEAD":
            self.answer(int(self.name[6:]), b"")
        elif body is None or (self.name == "apart/two" and first_time(self.name + self.reference)):
            self.fail(404, "BLOB_UNKNOWN")
        elif self.name.startswith("away") and self.here == "registry":
            self.answer(307, b"", [("Location", f"http://127.0.0.1:{other_port}{self.path}")])
        elif self.command == "HEAD":
            self.answer(200, b"" if self.name == "blobs-zero" else body)
        elif self.name == "endless":
            self.forever("application/octet-stream")
        elif self.from_byte >= len(body):
            self.fail(416, "RANGE")
        elif self.name == "cut-end":
            self.cut_end(body)
        elif self.name == "cut-always" or (self.name in ("cut", "cut-whole", "cut-parts") and first_time(self.name)):
            self.cut(body)
        else:
            self.send_blob(body)

    def send_blob(self, body):
        if self.name == "other-digest":
            body = body[:-1] + b"!"
        if self.name == "short":
            body = body[:-1]
        if self.from_byte and self.name != "cut-whole":
            rest = body[self.from_byte:][:50000 if self.name == "cut-parts" else None]
            last = self.from_byte + len(rest) - 1
            self.answer(206, rest, [("Content-Range", f"bytes {self.from_byte}-{last}/{len(body)}")],
                        "application/octet-stream")
            return
        self.answer(200, body, kind="application/octet-stream")

    # ---------------------------------------------------------------- uploads

    def on_uploads(self):
        if self.command == "POST":
            key = str(len(uploads))
            uploads[key] = b""
            host = f"http://127.0.0.1:{other_port}" if self.name == "away-locked" else ""
            least = [("OCI-Chunk-Min-Length", str(1 << 20))] if self.name == "pieces-least" else []
            self.answer(202, b"", [("Location", f"{host}/v2/{self.name}/blobs/uploads/{key}?state=1")]
                        + least)
        elif self.is_too_much():
            return
        elif self.reference not in uploads:
            self.fail(404, "BLOB_UPLOAD_UNKNOWN")
        elif self.command == "GET":
            self.tell_upload(204)
        elif self.command == "PATCH":
            self.take(self.read_body())
            self.end_patch()
        else:
            self.store_upload()

    def is_too_much(self):
        """True: it was told that the body is too large."""
        length = int(self.headers.get("Content-Length", 0))
        of_patch = self.name == "pieces-416" and self.command == "PATCH"
        if length <= 1 << 18 or not (of_patch or self.name in ("pieces-413", "pieces-least", "pieces-stuck")):
            return False
        self.rfile.read(length)
        self.fail(416 if of_patch else 413, "TOO_LARGE", message="the request body is too large")
        return True

    def end_patch(self):
        if self.name == "patch-200":
            self.answer(200)
        elif self.name == "patch-early":
            blobs[digest_of(uploads[self.reference])] = uploads[self.reference]
            self.answer(201)
        else:
            self.tell_upload(202)

    def tell_upload(self, status):
        length = len(uploads[self.reference])
        if self.name == "pieces-stuck":
            length = min(length, 1 << 18)
        self.answer(status, b"", [("Range", f"0-{max(length - 1, 0)}"),
                                  ("Location", f"/v2/{self.name}/blobs/uploads/{self.reference}?state={length}")])

    def take(self, body):
        begins = self.headers.get("Content-Range", f"{len(uploads[self.reference])}-").split("-")[0]
        if int(begins) != len(uploads[self.reference]):
            self.fail(416, "RANGE")
            raise Broken
        if self.name == "upload-short" and first_time(self.name):
            body = body[:len(body) // 2]
        uploads[self.reference] += body

    def store_upload(self):
        if self.name == "patch-early":
            self.fail(400, "BLOB_UPLOAD_INVALID")
            return
        self.take(self.read_body())
        body = uploads.pop(self.reference)
        if self.name == "upload-invalid" and first_time(self.name):
            self.fail(400, "BLOB_UPLOAD_INVALID")
            return
        if digest_of(body) != self.query["digest"]:
            self.fail(400, "DIGEST_INVALID")
            return
        blobs[digest_of(body)] = body
        said = digest_of(b"other") if self.name == "says-other" else digest_of(body)
        self.answer(self.put_status(), b"", [("Docker-Content-Digest", said)])

    def read_body(self):
        length = self.headers.get("Content-Length")
        cuts = self.name == "pieces-416" or (self.name.startswith("upload-") and self.name not in ("upload-short", "upload-invalid"))
        cut = cuts and first_time(self.name)
        body = self.read_chunks(cut) if length is None else self.rfile.read(int(length) // (2 if cut else 1))
        if not cut:
            return body
        if self.name == "upload-lost":
            del uploads[self.reference]
        else:
            uploads[self.reference] += body
        raise Broken

    def read_chunks(self, cut):
        body = b""
        while length := int(self.rfile.readline(), 16):
            body += self.rfile.read(length)
            self.rfile.readline()
            if cut:
                return body
        self.rfile.readline()
        return body


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


for role in ("registry", "other"):
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(role, server.server_port)
    other_port = server.server_port
print("ready 1", flush=True)
sys.stdin.read()
