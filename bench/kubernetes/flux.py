"""Flux's kustomize-controller as a peer: the program itself outside of the cluster, a
GitRepository whose status is written by hand, and the artifact served from here."""

import functools
import hashlib
import http.server
import json
import os
import re
import signal
import subprocess
import tarfile
import threading
import time

from cluster import kubectl
from measuring import Sample
from peers import Peer

HERE = os.path.dirname(os.path.abspath(__file__))
MODULE = os.path.join(HERE, "flux")
CONTROLLER = "github.com/fluxcd/kustomize-controller"
SOURCES = ["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"]
PLURALS = {"GitRepository": "gitrepositories", "OCIRepository": "ocirepositories",
           "Bucket": "buckets", "ExternalArtifact": "externalartifacts"}


def go(*arguments):
    return subprocess.run(["go", *arguments], cwd=MODULE, check=True, text=True,
                          stdout=subprocess.PIPE,
                          env={**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto"}).stdout


def build():
    """Once a machine, into the cache that the test cluster's programs are in."""
    version = go("list", "-m", "-f", "{{.Version}}", CONTROLLER).strip()
    cache = os.environ.get("CMX_TESTBED_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "cmx-reconcile-testbed")
    program = os.path.join(cache, f"kustomize-controller-{version}", "kustomize-controller")
    if not os.path.exists(program):
        os.makedirs(os.path.dirname(program), exist_ok=True)
        print(f"building kustomize-controller {version} (some minutes)", flush=True)
        go("build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o", program, CONTROLLER)
    return program


def source_definition(kind):
    """Enough of the CRD for a controller that only reads it."""
    plural = PLURALS[kind]
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.source.toolkit.fluxcd.io"},
        "spec": {"group": "source.toolkit.fluxcd.io", "scope": "Namespaced",
                 "names": {"kind": kind, "plural": plural, "listKind": kind + "List"},
                 "versions": [{"name": "v1", "served": True, "storage": True,
                               "subresources": {"status": {}},
                               "schema": {"openAPIV3Schema": schema}}]}}


def install_definitions():
    folder = go("list", "-m", "-f", "{{.Dir}}", CONTROLLER).strip()
    bases = os.path.join(folder, "config", "crd", "bases")
    kubectl("apply", "--server-side", "--force-conflicts", "-f", bases)
    for kind in SOURCES:
        kubectl("apply", "--server-side", "-f", "-", text=json.dumps(source_definition(kind)))
    kubectl("wait", "--for=condition=Established", "--timeout=30s", "crd",
            "kustomizations.kustomize.toolkit.fluxcd.io",
            *(f"{PLURALS[kind]}.source.toolkit.fluxcd.io" for kind in SOURCES))


class Artifacts:
    """Serves a folder to the controller."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        handler = functools.partial(self.Quiet, directory=folder)
        self.folder = folder
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pack(self, manifests):
        """*.tar.gz of the manifests: its URL and digest."""
        path = os.path.join(self.folder, "artifact.tar.gz")
        with tarfile.open(path, "w:gz") as archive:
            archive.add(manifests, arcname=".")
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        os.replace(path, os.path.join(self.folder, digest + ".tar.gz"))
        return f"http://127.0.0.1:{self.server.server_port}/{digest}.tar.gz", digest


class Controller:
    """The process; what it took is read from /proc between two moments."""

    def __init__(self, program, log):
        self.path = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [program, "--watch-all-namespaces", "--events-addr=", "--metrics-addr=127.0.0.1:0",
                 "--health-addr=127.0.0.1:0", "--log-encoding=json"],
                stdout=out, stderr=out, env={**os.environ, "RUNTIME_NAMESPACE": "default"})

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")

    def peak(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024

    def finished(self, offset, name):
        """Seconds of the reconciliation of `name` that ended behind that place of the log."""
        with open(self.path, "rb") as log:
            log.seek(offset)
            for line in log:
                if name.encode() not in line:
                    continue
                if b'"level":"error"' in line:
                    raise SystemExit(line.decode())
                match = re.search(rb"Reconciliation finished in ([0-9hm.]+?)(ms|s),", line)
                if match:
                    return seconds(match.group(1).decode(), match.group(2).decode())
        return None

    def await_finished(self, offset, name, limit):
        """None: not within so many seconds."""
        last = time.monotonic() + limit
        while time.monotonic() < last:
            taken = self.finished(offset, name)
            if taken is not None:
                return taken
            if self.process.poll() is not None:
                raise SystemExit(f"kustomize-controller ended: see {self.path}")
            time.sleep(0.05)
        return None

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()


def seconds(text, unit):
    """ "1m2.5" and "s" of Go's durations."""
    if unit == "ms":
        return float(text) / 1000
    minutes, _, rest = text.rpartition("m")
    return 60 * float(minutes or 0) + float(rest)


class Flux(Peer):
    """An apply is a reconciliation; its time is the controller's own, from its log."""

    name, agent = "kustomize-controller", "kustomize-controller/"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        install_definitions()
        self.artifacts = Artifacts(os.path.join(self.bench.work, "artifacts"))
        self.controller = Controller(build(), os.path.join(self.bench.work, "flux.log"))
        self.asked = 0

    def object(self, kind, group, spec):
        return json.dumps({"apiVersion": f"{group}.toolkit.fluxcd.io/v1", "kind": kind,
                           "metadata": {"name": "bench", "namespace": self.namespace},
                           "spec": spec})

    def publish(self):
        """The artifact of now, as source-controller would name it."""
        url, digest = self.artifacts.pack(self.folder)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        kubectl("apply", "--server-side", "-f", "-",
                text=self.object("GitRepository", "source",
                                 {"url": "https://example.invalid", "interval": "24h"}))
        status = {"observedGeneration": 1,
                  "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded",
                                  "message": "stored", "lastTransitionTime": now}],
                  "artifact": {"url": url, "path": digest, "digest": "sha256:" + digest,
                               "revision": "main@sha1:" + digest[:40], "lastUpdateTime": now}}
        kubectl("patch", "-n", self.namespace, "gitrepository", "bench", "--subresource=status",
                "--type=merge", "-p", json.dumps({"status": status}))

    def measured(self, ask):
        controller, requests = self.controller, self.bench.requests
        controller.forget_peak()
        cpu, mark, offset = controller.cpu(), requests.mark(), os.path.getsize(controller.path)
        ask()
        wall = controller.await_finished(offset, "bench", self.bench.limit)
        if wall is None:
            self.give_up()
            return None
        return Sample(wall, controller.cpu() - cpu, controller.peak(),
                      requests.since(mark, self.agent))

    def give_up(self):
        """It must not go on beside the others."""
        self.gone = f"not finished within {self.bench.limit:g} s"
        self.controller.stop(signal.SIGKILL)

    def create(self):
        spec = {"interval": "24h", "path": "./", "prune": True, "wait": False, "timeout": "30m",
                "sourceRef": {"kind": "GitRepository", "name": "bench"}}
        kubectl("apply", "--server-side", "-f", "-",
                text=self.object("Kustomization", "kustomize", spec))

    def again(self):
        self.asked += 1
        kubectl("annotate", "--overwrite", "-n", self.namespace, "kustomization", "bench",
                f"reconcile.fluxcd.io/requestedAt={self.asked}")

    def apply(self):
        if not self.asked:
            self.publish()
            self.asked = 1
            return self.measured(self.create)
        if self.changed_since:
            self.changed_since = False
            return self.measured(self.publish)
        return self.measured(self.again)

    changed_since = False

    def change(self, level):
        super().change(level)
        self.changed_since = True

    def diff(self, differs):
        return None

    def close(self):
        """It takes what it made with it, and would fight who removes the namespace."""
        if self.gone:
            kubectl("patch", "-n", self.namespace, "kustomization", "bench", "--type=merge",
                    "-p", '{"metadata": {"finalizers": null}}')
            return
        kubectl("delete", "-n", self.namespace, "kustomization", "bench", "--timeout=30m")
        self.controller.stop()
