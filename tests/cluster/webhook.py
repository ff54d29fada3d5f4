"""A mutating admission webhook, as meshes and policy engines bring them along.

usage: webhook.py CERTIFICATE KEY   prints the port it listens on, on 127.0.0.1

Its path says what it does to what it is shown, each time it is shown:
  /sidecar   a container, a volume and an annotation more, on a pod or a pod template
  /image     every image named "web:1.4" becomes "web:1.5"
"""
import base64
import http.server
import json
import ssl
import sys


def sidecar(thing):
    pod = thing["spec"]["template"] if "template" in thing["spec"] else thing
    pod["metadata"].setdefault("annotations", {})["mesh.example.org/injected"] = "true"
    spec = pod["spec"]
    if not any(container["name"] == "mesh" for container in spec["containers"]):
        spec["containers"].insert(0, {"name": "mesh", "image": "pause:1",
                                      "volumeMounts": [{"name": "mesh", "mountPath": "/mesh"}]})
        spec["volumes"] = [{"name": "mesh", "emptyDir": {}}] + spec.get("volumes", [])


def image(thing):
    for container in thing["spec"]["template"]["spec"]["containers"]:
        container["image"] = container["image"].replace("web:1.4", "web:1.5")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        thing = review["request"]["object"]
        {"/sidecar": sidecar, "/image": image}[self.path.split("?")[0]](thing)
        patch = [{"op": "replace", "path": "/" + key, "value": thing[key]} for key in ("metadata", "spec")]
        review["response"] = {"uid": review["request"]["uid"], "allowed": True, "patchType": "JSONPatch",
                              "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
        body = json.dumps(review).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
