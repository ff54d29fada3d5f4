"""registry: faults between cmx-reconcile and a real registry.

usage: registry.py PROGRAM URL IMAGE_PY FOLDER push|pull|copy|build FAULT,FAULT… STEP

A new image each round: pushed from a folder through the proxy, pulled through it into a folder,
copied from one repository to another with both ends behind it, or built from a commit and
pushed, where several requests are under way at once. After every fault no tag, there or in the
folder, may name an image of which anything is missing; a clean run
finishes. See matrix.py for what is asked of each run.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

import program
from matrix import FAILED, Matrix, NOT_REACHED, SURVIVED
from proxy import Proxy

ACCEPT = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def parts_of(data):
    """What a manifest names: (kind, digest)."""
    document = json.loads(data)
    for entry in document.get("manifests", []):
        yield "manifests", entry["digest"]
    for entry in document.get("layers", []) + [document[key] for key in ("config",) if key in document]:
        yield "blobs", entry["digest"]


class Server:
    """The registry itself, asked without the proxy."""

    moving = ("1", "latest", "sha256-")  # tags that name something else later begin so

    def __init__(self, url):
        self.url = url
        self.whole = set()  # digests of which nothing was missing: nothing is deleted here

    def get(self, path):
        request = urllib.request.Request(f"{self.url}/v2/{path}", headers={"Accept": ACCEPT})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def missing(self, repository, kind, name):
        """What is missing or wrong of this manifest or blob and all below it; None: nothing."""
        if (repository, name) in self.whole:
            return None
        data = self.get(f"{repository}/{kind}/{name}")
        if data is None or (name.startswith("sha256:") and digest_of(data) != name):
            return f"{repository}/{kind}/{name}"
        below = parts_of(data) if kind == "manifests" else []
        lost = next((lost for part in below if (lost := self.missing(repository, *part))), None)
        if not lost and (name.startswith("sha256:") or not name.startswith(self.moving)):
            self.whole.add((repository, name))
        return lost

    def incomplete(self, repository):
        data = self.get(f"{repository}/tags/list")
        tags = json.loads(data)["tags"] if data else []
        return next((f"the tag {tag} names what lacks {lost}" for tag in tags or []
                     if (lost := self.missing(repository, "manifests", tag))), None)


class Layout:
    """A folder."""

    def __init__(self, folder):
        self.folder = folder

    def read(self, digest):
        try:
            with open(os.path.join(self.folder, "blobs", "sha256", digest[7:]), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def missing(self, kind, digest):
        data = self.read(digest)
        if data is None or digest_of(data) != digest:
            return digest
        below = parts_of(data) if kind == "manifests" else []
        return next((lost for part in below if (lost := self.missing(*part))), None)

    def entries(self):
        try:
            with open(os.path.join(self.folder, "index.json"), encoding="utf-8") as file:
                return json.load(file)["manifests"]
        except FileNotFoundError:
            return []

    def incomplete(self):
        return next((f"the folder names what lacks {lost}" for entry in self.entries()
                     if (lost := self.missing("manifests", entry["digest"]))), None)


class World:
    def __init__(self, path, url, maker, folder, what):
        self.program, self.maker, self.folder, self.what = path, maker, folder, what
        self.server, self.proxy = Server(url), Proxy(url)
        self.host = url.split("//")[1]
        self.place = f"127.0.0.1:{self.proxy.port}"
        self.round, self.top = 0, None
        self.environment = dict(os.environ, DOCKER_CONFIG=folder, HOME=folder)

    def call(self, *arguments):
        subprocess.run([self.program, "registry", "copy", *arguments], check=True,
                       stdout=subprocess.DEVNULL, env=self.environment)

    def begin(self):
        """Another image; for a pull or a copy it is in the registry before."""
        self.round += 1
        if self.what == "build":
            self.change()
            return
        images = os.path.join(self.folder, "images")
        shutil.rmtree(images, ignore_errors=True)
        made = subprocess.run([sys.executable, self.maker, images, str(20000 + self.round)],
                              stdout=subprocess.PIPE, text=True, check=True)
        self.top = made.stdout.split()[1]
        if self.what != "push":
            self.call(f"oci:{images}:multi", f"{self.host}/{self.what}/from:{self.round}")
        places = {"push": (f"oci:{images}:multi", f"{self.place}/push/to:1"),
                  "pull": (f"{self.place}/pull/from:{self.round}", f"oci:{self.folder}/out:1"),
                  "copy": (f"{self.place}/copy/from:{self.round}", f"{self.place}/copy/to:1")}
        self.ends = places[self.what]

    def change(self):
        """A commit, of which an image of two layers is made; and what its digest will be."""
        repository = os.path.join(self.folder, "repository")
        git = ["git", "-C", repository, "-c", "user.name=t", "-c", "user.email=t@t"]
        if not os.path.exists(repository):
            os.makedirs(repository)
            subprocess.run([*git, "init", "-q"], check=True)
        image = {"apiVersion": "cmx.dev/v1", "kind": "Image", "metadata": {"name": "to"},
                 "spec": {"repository": f"{self.place}/build/to", "tags": ["1"],
                          "build": {"context": ".", "builder": "native"}}}
        files = {"Dockerfile": "FROM scratch\nCOPY round /\nCOPY image.json /\n",
                 "round": f"{self.round}\n" * 100000, "image.json": json.dumps(image)}
        for name, text in files.items():
            with open(os.path.join(repository, name), "w", encoding="ascii") as file:
                file.write(text)
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", str(self.round)], check=True)
        self.file = os.path.join(repository, "image.json")
        told = subprocess.run([self.program, "build", "-f", self.file, "-o", "json"], check=True,
                              env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout
        self.top = json.loads(told)["images"][0]["digest"]

    def run(self, limit):
        if self.what == "build":
            return program.run([self.program, "build", "--push", "-f", self.file], limit,
                               self.proxy, self.environment)
        return program.run([self.program, "registry", "copy", *self.ends], limit, self.proxy,
                           self.environment)

    def settle(self):
        if self.what == "pull":
            return Layout(f"{self.folder}/out").incomplete()
        return self.server.incomplete(f"{self.what}/to")

    def check(self):
        wrong = self.settle()
        if wrong:
            return wrong
        if self.what == "pull":
            found = [entry["digest"] for entry in Layout(f"{self.folder}/out").entries()]
            return None if self.top in found else f"the folder holds {found}, not {self.top}"
        found = digest_of(self.server.get(f"{self.what}/to/manifests/1") or b"")
        return None if found == self.top else f"the tag names {found}, not {self.top}"


# A loopback registry that refuses is tried once more with TLS, which reads the system's
# certificates: under the address sanitizer that takes 85 MiB.
GROWTH = 4.5


def main():
    path, url, maker, folder, what, faults, step = sys.argv[1:8]
    os.makedirs(folder, exist_ok=True)
    world = World(path, url, maker, folder, what)
    refused = {SURVIVED, NOT_REACHED, FAILED}
    ends = {"garbage": {1, *refused}, "strange": {1, *refused}}
    if what == "build":  # the last exchanges are the note's, behind the last tag
        ends.update({"interrupt-twice": {SURVIVED, 130}, "flip": {1, *refused}})
    matrix = Matrix(world.proxy, world, GROWTH,
                    **{"flip": refused, "gone": refused, "refuse": refused, **ends})
    exchanges = matrix.measure()
    fine = matrix.all(faults.split(","), int(step))
    print(f"{what}: {exchanges} exchanges in a clean run, {matrix.runs} runs, "
          f"{matrix.failures} failures; a run took at most {matrix.longest:.1f} s and "
          f"{matrix.most_memory >> 10} MiB")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
