"""webhooks: behave badly, for tests: admission and conversion over TLS.

webhooks.py CERTIFICATE KEY   prints its port. The path chooses what it does:
/refuse, /hang, /change, /echo (answers of admission), /convert (fails every conversion).
/echo refuses, and quotes what it was shown, as policy engines do.
"""
import base64
import http.server
import json
import ssl
import sys
import threading
import urllib.parse


def patch_for(item):
    """What a mesh and a registry mirror do: values of ours become others, parts are added."""
    if item["kind"] == "ConfigMap":
        return [{"op": "replace", "path": "/data/key", "value": "changed by the webhook"}]
    pod = "/spec/template/spec/containers"
    return [{"op": "replace", "path": pod + "/0/image", "value": "mirror.example.org/web:1.4"},
            {"op": "add", "path": pod + "/-", "value": {"name": "sidecar", "image": "proxy:1"}}]


def quoted(item):
    """The data of a Secret in every form that somebody might write into a message."""
    encoded = item.get("data", {})
    plain = [base64.b64decode(value).decode() for value in encoded.values()]
    return " ".join([json.dumps(encoded), json.dumps(plain), *plain, *map(urllib.parse.quote, plain),
                     base64.b64encode(("user:" + plain[-1]).encode()).decode()])


def admit(path, request):
    answer = {"uid": request["uid"], "allowed": path not in ("/refuse", "/echo")}
    if path == "/echo":
        answer["status"] = {"code": 403, "message": "no such Secret here: " + quoted(request["object"])}
    if path == "/refuse":
        answer["status"] = {"code": 403, "message": "nothing is deployed on a Friday"}
    if path == "/change" and request["object"].get("metadata", {}).get("labels", {}).get("hook"):
        item = request["object"]
        containers = item.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
        if len(containers) < 2:
            answer["patchType"] = "JSONPatch"
            answer["patch"] = base64.b64encode(json.dumps(patch_for(item)).encode()).decode()
        elif containers[0]["image"] != "mirror.example.org/web:1.4":
            answer["patchType"] = "JSONPatch"
            answer["patch"] = base64.b64encode(json.dumps(patch_for(item)[:1]).encode()).decode()
    return answer


def convert(request):
    return {"uid": request["uid"], "convertedObjects": [],
            "result": {"status": "Failure", "message": "no conversion today"}}


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = self.path.split("?")[0]
        if path == "/hang":
            stop.wait()
        respond = convert(review["request"]) if path == "/convert" else admit(path, review["request"])
        body = json.dumps({"apiVersion": review["apiVersion"], "kind": review["kind"],
                           "response": respond}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


stop = threading.Event()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
