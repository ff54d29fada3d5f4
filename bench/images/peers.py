"""Who is measured. A peer has a method for each case that it can do, which answers with
a Sample; what several commands took is added up."""

import json
import os
import subprocess
from dataclasses import dataclass, field

from measuring import Measure, Sample
from servers import DOCKER, Engine, Registry


@dataclass
class Work:
    """What all peers share: `here` is built into and copied from, `there` copied to."""
    folder: str
    program: str
    measure: Measure
    here: Registry
    there: Registry
    engine: Engine = None
    copied: dict = field(default_factory=dict)

    def path(self, *names):
        return os.path.join(self.folder, *names)


def added(samples):
    samples = list(samples)
    return Sample(sum(s.wall for s in samples), sum(s.cpu for s in samples),
                  max(s.rss for s in samples))


class Peer:
    tools = ()
    cases = ("small", "many", "again")
    names = {}  # where a case has a name of its own
    environment = None

    def __init__(self, work):
        self.work = work

    def name_of(self, case):
        return self.names.get(case, self.name)

    def run(self, *command, folder=None, codes=(0,)):
        environment = {**os.environ, **self.environment} if self.environment else None
        return self.work.measure.run(codes, command, folder or self.work.folder, environment)

    def small(self, number):
        self.forget()
        return self.build("small", f"{self.work.here.address}/{self.label}/small")

    def many(self, number):
        self.forget()
        return self.build("many", f"{self.work.here.address}/{self.label}/many")

    def again(self, number):
        if not number:  # whatever ran before: it is there now
            self.build("many", f"{self.work.here.address}/{self.label}/many")
        return self.build("many", f"{self.work.here.address}/{self.label}/many")

    def forget(self):
        self.work.here.empty()

    def source_to_copy(self):
        """An image that skopeo has put there, the same for all."""
        if not self.work.copied:
            self.work.copied = prepare_copy(self.work)
        self.work.there.empty()
        return self.work.copied["source"], f"{self.work.there.address}/copy:1"


def prepare_copy(work):
    """500 MB in 4 layers, made by buildah's own way of writing: nobody's home ground."""
    source = f"{work.here.address}/copy:1"
    store = ["buildah", "--root", work.path("copy-store"), "--runroot", work.path("copy-run"),
             "--storage-driver", "vfs"]
    subprocess.run([*store, "bud", "--layers", "-t", "copy", "copy"], cwd=work.folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([*store, "push", "--tls-verify=false", "copy", f"docker://{source}"], check=True,
                   cwd=work.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return {"source": source}


class Cmx(Peer):
    name, label = "cmx-reconcile", "cmx"
    cases = ("small", "many", "again", "copy")

    def build(self, case, repository):
        manifest = {"apiVersion": "cmx.dev/v1", "kind": "Image", "metadata": {"name": case},
                    "spec": {"repository": repository, "tags": ["1"],
                             "build": {"context": ".", "builder": "native",
                                       "ignore": ["image.json"]}}}
        path = self.work.path(case, "image.json")
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as file:
                json.dump(manifest, file)
            self.commit(self.work.path(case))
        return self.run(self.work.program, "build", "--push", "-f", "image.json",
                        folder=self.work.path(case))

    @staticmethod
    def commit(folder):
        git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid"]
        subprocess.run([*git, "add", "image.json"], cwd=folder, check=True)
        subprocess.run([*git, "commit", "-q", "-m", "an image"], cwd=folder, check=True)

    def copy(self, number):
        return self.run(self.work.program, "registry", "copy", *self.source_to_copy())


class Docker(Peer):
    name, label, tools = "docker build, docker push", "docker", (DOCKER, "dockerd")

    def __init__(self, work):
        super().__init__(work)
        self.environment = {"DOCKER_HOST": work.engine.host, "DOCKER_BUILDKIT": "1"}

    def forget(self):
        super().forget()
        self.work.engine.forget()

    def build(self, case, repository):
        return added([self.run(DOCKER, "build", "-q", "-t", f"{repository}:1", ".",
                               folder=self.work.path(case)),
                      self.run(DOCKER, "push", "-q", f"{repository}:1")])


class Buildah(Peer):
    name, label, tools = "buildah bud, push", "buildah", ("buildah",)

    def store(self):
        return ["buildah", "--root", self.work.path("buildah"), "--runroot",
                self.work.path("buildah-run"), "--storage-driver", "overlay"]

    def forget(self):
        super().forget()
        subprocess.run([*self.store(), "rmi", "-af"], check=False, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def build(self, case, repository):
        return added([self.run(*self.store(), "bud", "--layers", "-t", f"{repository}:1", ".",
                               folder=self.work.path(case)),
                      self.run(*self.store(), "push", "--tls-verify=false", f"{repository}:1")])


class Crane(Peer):
    """Appends a tar that it has to be given: making that is counted, too."""

    name, label, tools = "tar, crane append", "crane", ("crane", "tar")
    names = {"copy": "crane copy"}
    cases = ("small", "many", "copy")

    def build(self, case, repository):
        tar = self.work.path("layer.tar")
        return added([self.run("tar", "cf", tar, "files", folder=self.work.path(case)),
                      self.run("crane", "append", "-f", tar, "-t", f"{repository}:1")])

    def copy(self, number):
        return self.run("crane", "copy", *self.source_to_copy())


class Skopeo(Peer):
    name, label, tools = "skopeo copy", "skopeo", ("skopeo",)
    cases = ("copy",)

    def copy(self, number):
        source, destination = self.source_to_copy()
        return self.run("skopeo", "copy", "-q", "--src-tls-verify=false",
                        "--dest-tls-verify=false", f"docker://{source}", f"docker://{destination}")


class Regctl(Peer):
    name, label, tools = "regctl image copy", "regctl", ("regctl",)
    cases = ("copy",)

    def copy(self, number):
        source, destination = self.source_to_copy()
        hosts = [f"--host=reg={registry.address},tls=disabled"
                 for registry in (self.work.here, self.work.there)]
        return self.run("regctl", *hosts, "image", "copy", source, destination)


class Start(Peer):
    """What cmx-reconcile takes to do nothing: the least that `again` can be."""

    name, label = "cmx-reconcile version", "start"
    cases = ("again",)

    def again(self, number):
        return self.run(self.work.program, "version")


class Raw(Peer):
    """raw.c, and curl for the bytes on their way."""

    name, label, tools = "raw bytes", "raw", ("cc", "curl")
    names = {"again": "curl: the two HEADs"}
    cases = ("small", "many", "again", "copy")

    def __init__(self, work):
        super().__init__(work)
        self.packer = work.path("raw")
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run(["cc", "-O2", "-o", self.packer, os.path.join(here, "raw.c"), "-ldeflate",
                        "-lcrypto", "-lpthread"], check=True)

    def start_upload(self, registry):
        answer = subprocess.run(["curl", "-sf", "-D-", "-X", "POST", "-o", os.devnull,
                                 f"http://{registry.address}/v2/raw/blobs/uploads/"], check=True,
                                text=True, stdout=subprocess.PIPE).stdout
        return next(line.split(None, 1)[1] for line in answer.splitlines()
                    if line.lower().startswith("location:"))

    def build(self, case, repository):
        layer = self.work.path("layer.gz")
        return added([self.run(self.packer, self.work.path(case, "files"), layer),
                      self.run("curl", "-sf", "-X", "PATCH", "-T", layer,
                               self.start_upload(self.work.here))])

    def again(self, number):
        """One for the source, one for the tag: what the answer is costs the same."""
        manifests = f"http://{self.work.here.address}/v2/cmx/many/manifests"
        return self.run("curl", "-sI", f"{manifests}/1", f"{manifests}/cmx-{64 * '0'}")

    def copy(self, number):
        """The layers are read and sent at the same time: the slower of both is the limit."""
        source, _ = self.source_to_copy()
        repository = f"http://{source.rsplit(':', 1)[0].replace('/', '/v2/', 1)}"
        manifest = json.loads(subprocess.run(
            ["curl", "-sf", "-H", "Accept: application/vnd.oci.image.manifest.v1+json",
             f"{repository}/manifests/1"], check=True, stdout=subprocess.PIPE).stdout)
        samples = []
        for layer in manifest["layers"]:
            path = self.work.path("blob")
            down = self.run("curl", "-sf", "-o", path, f"{repository}/blobs/{layer['digest']}")
            up = self.run("curl", "-sf", "-X", "PATCH", "-T", path, "-o", os.devnull,
                          self.start_upload(self.work.there))
            samples.append(max(down, up, key=lambda sample: sample.wall))
        return added(samples)


ALL = {"raw": Raw, "start": Start, "cmx": Cmx, "docker": Docker, "buildah": Buildah, "crane": Crane,
       "skopeo": Skopeo, "regctl": Regctl}
