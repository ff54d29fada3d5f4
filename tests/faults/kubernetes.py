"""kubernetes: faults between `cmx-reconcile apply` and a real API server.

usage: kubernetes.py PROGRAM KUBECONFIG NAMESPACE FOLDER FAULT,FAULT… [STEP]

The set goes back and forth between two commits, so that every run creates,
changes and deletes. With a STEP only every STEP-th exchange is spoiled (the
first one differs from fault to fault). See matrix.py for what is asked of each
run; what is right in the cluster is checked past the proxy, and past the program.
"""
import base64
import gzip
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request

import kubeconfig
import program
from matrix import Matrix
from proxy import Proxy

SIDES = ("left", "right")
KINDS = {"ConfigMap": "/api/v1/{}/configmaps", "Secret": "/api/v1/{}/secrets",
         "Service": "/api/v1/{}/services", "ServiceAccount": "/api/v1/{}/serviceaccounts",
         "Deployment": "/apis/apps/v1/{}/deployments"}


def manifests(side):
    """What the source holds on that side: name of the file → text."""
    here = SIDES[side]
    files = {
        "same.yaml": config_map("same", "always"),
        "changed.yaml": config_map("changed", here),
        "held.yaml": config_map("held", here),
        "fixed.yaml": "apiVersion: v1\nkind: ConfigMap\nimmutable: true\nmetadata:\n  name: fixed\n"
                      f"  annotations: {{ cmx.dev/replace: 'true' }}\ndata: {{ key: {here} }}\n",
        f"only-{here}.yaml": config_map(f"only-{here}", here),
        "secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: { name: secret }\n"
                       f"stringData: {{ password: hidden-{here} }}\n",
        f"account-{here}.yaml": "apiVersion: v1\nkind: ServiceAccount\n"
                                f"metadata: {{ name: account-{here} }}\n",
        "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: { name: service }\n"
                        f"spec: {{ selector: {{ a: b }}, ports: [ {{ port: {80 + side} }} ] }}\n",
        "web.yaml": deployment("web", here),
    }
    if side:
        files["more.yaml"] = deployment("more", here)
    return files


def config_map(name, value):
    return (f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name} }}\n"
            f"data: {{ key: {value} }}\n")


def deployment(name, value):
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{ name: {name}, annotations: {{ side: {value} }} }}
spec:
  replicas: 0
  selector: {{ matchLabels: {{ app: {name} }} }}
  template:
    metadata: {{ labels: {{ app: {name} }} }}
    spec: {{ containers: [ {{ name: main, image: "web:1.4" }} ] }}
"""


def wanted(side):
    """kind/name → the value by which the two sides differ."""
    here = SIDES[side]
    objects = {"ConfigMap/same": "always", "ConfigMap/changed": here, "ConfigMap/fixed": here,
               "ConfigMap/held": SIDES[0],  # as the first run made it, before it was held
               f"ConfigMap/only-{here}": here, f"ServiceAccount/account-{here}": "",
               "Secret/secret": f"hidden-{here}", "Service/service": str(80 + side),
               "Deployment/web": here}
    if side:
        objects["Deployment/more"] = here
    return objects


def value_of(kind, item):
    if kind == "ConfigMap":
        return item["data"]["key"]
    if kind == "Secret":
        return base64.b64decode(item["data"]["password"]).decode()
    if kind == "Service":
        return str(item["spec"]["ports"][0]["port"])
    return item["metadata"].get("annotations", {}).get("side", "")


class World:
    def __init__(self, path, config, namespace, folder):
        self.program, self.namespace, self.folder = path, namespace, folder
        self.server, self.context = kubeconfig.read(config)
        self.proxy = Proxy(self.server, self.context)
        self.side = 1
        self.uids = {}
        self.holds = None  # the annotation of the parent, once there is one
        self.config = os.path.join(folder, "kubeconfig")
        with open(self.config, "w", encoding="ascii") as file:
            json.dump(kubeconfig.plain(self.proxy.url), file)
        self.repository = os.path.join(folder, "repository")
        os.makedirs(self.repository)
        self.git("init", "-q", "-b", "main")
        self.write("project.yaml", "apiVersion: cmx.dev/v1\nkind: Project\n"
                   f"metadata: {{ name: faults }}\nspec: {{ namespace: {namespace}, "
                   "pruneBudget: 100% }\n")

    # ------------------------------------------------------------ the source

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@example.org",
                        "-C", self.repository, *arguments], check=True)

    def write(self, name, text):
        with open(os.path.join(self.repository, name), "w", encoding="ascii") as file:
            file.write(text)

    def begin(self):
        for name in manifests(self.side):
            os.unlink(os.path.join(self.repository, name)) if os.path.exists(
                os.path.join(self.repository, name)) else None
        self.side = 1 - self.side
        for name, text in manifests(self.side).items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", SIDES[self.side])
        if not self.holds and self.call("GET", self.parent_path()):
            self.hold()

    def hold(self):
        """From the second side on ConfigMap/held is held, and no run may touch it or forget that."""
        subprocess.run([self.program, "hold", "ConfigMap/held", "--reason", "faults", "--project",
                        "faults", "-n", self.namespace, "--kubeconfig", self.config], check=True,
                       stdout=subprocess.DEVNULL)
        self.holds = self.annotations()["cmx.dev/holds"]

    # --------------------------------------------------------------- the run

    def run(self, limit):
        return program.run([self.program, "apply", "-f", self.repository, "--yes", "--timeout",
                            "20s", "--kubeconfig", self.config], limit, self.proxy)

    # ------------------------------------------------------------ the cluster

    def call(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(self.server + path, method=method,
                                         data=body and json.dumps(body).encode(),
                                         headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, context=self.context) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def parent_path(self):
        return f"/api/v1/namespaces/{self.namespace}/configmaps/cmx-set-faults"

    def annotations(self):
        parent = self.call("GET", self.parent_path())
        return parent["metadata"].get("annotations", {}) if parent else {}

    def settle(self):
        """A run that was killed holds the set for half a minute: that is made to be long ago."""
        annotations = self.annotations()
        if "cmx.dev/run" in annotations:
            mark = json.loads(annotations["cmx.dev/run"])
            mark["renewed"] = "2026-01-01T00:00:00Z"
            self.call("PATCH", self.parent_path(),
                      {"metadata": {"annotations": {"cmx.dev/run": json.dumps(mark)}}},
                      "application/merge-patch+json")

    def objects(self):
        """kind/name → (value, uid) of everything that carries the label of an ApplySet."""
        found = {}
        for kind, path in KINDS.items():
            items = self.call("GET", path.format(f"namespaces/{self.namespace}")
                              + "?labelSelector=applyset.kubernetes.io/part-of")["items"]
            for item in items:
                if not item["metadata"].get("deletionTimestamp"):
                    found[f"{kind}/{item['metadata']['name']}"] = (value_of(kind, item),
                                                                   item["metadata"]["uid"])
        return found

    def check(self):
        live, expected = self.objects(), wanted(self.side)
        if {name: value for name, (value, _) in live.items()} != expected:
            return f"live is {sorted(live)}, wanted is {sorted(expected)}: {live}"
        parent = self.call("GET", self.parent_path())
        record = json.loads(gzip.decompress(base64.b64decode(parent["binaryData"]["members"])))
        members = {f"{member['kind']}/{member['name']}" for member in record["members"]}
        if members != set(expected):
            return f"the record holds {sorted(members)}, wanted is {sorted(expected)}"
        if "cmx.dev/run" in parent["metadata"]["annotations"]:
            return "the run id stayed behind"
        if self.holds and parent["metadata"]["annotations"].get("cmx.dev/holds") != self.holds:
            return f"the hold was lost: {parent['metadata']['annotations']}"
        return self.check_uids(live)

    def check_uids(self, live):
        """What is on both sides is the same object all the time: never deleted and made anew."""
        for name in ("ConfigMap/same", "ConfigMap/changed", "ConfigMap/held", "Secret/secret", "Service/service",
                     "Deployment/web"):
            before = self.uids.setdefault(name, live[name][1])
            if before != live[name][1]:
                self.uids[name] = live[name][1]
                return f"{name} was made anew"
        return None


def main():
    path, config, namespace, folder, faults = sys.argv[1:6]
    step = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    world = World(path, config, namespace, folder)
    matrix = Matrix(world.proxy, world)
    exchanges = matrix.measure()
    fine = matrix.all(faults.split(","), step)
    print(f"{exchanges} exchanges in a clean run, {matrix.runs} runs, {matrix.failures} failures; "
          f"a run took at most {matrix.longest:.1f} s ({matrix.slowest}) and "
          f"{matrix.most_memory >> 10} MiB")
    sys.exit(0 if fine else 1)


main()
