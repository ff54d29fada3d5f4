"""images: faults between `cmx-reconcile apply` of a source with Images and a real registry.

usage: images.py PROGRAM URL IMAGE_PY FOLDER FAULT,FAULT… STEP

Three Images: one on a base of the registry, one that stands on that Image, and one for two
platforms. The objects that run them go to a folder, so that no cluster is needed. Each round is a
commit with news in the first and the last. After every fault no tag may name an image of which
anything is missing, and no object a digest that the registry does not hold; a clean run finishes,
and a diff behind it finds nothing. See matrix.py for what is asked of each run.
"""
import os
import random
import re
import subprocess
import sys

import program
from matrix import FAILED, Matrix, NOT_REACHED, SURVIVED
from proxy import Proxy
from registry import GROWTH, Server, digest_of

NAMES = ("left", "above", "both")
PROJECT = """apiVersion: cmx.dev/v1
kind: Project
metadata: { name: shop }
spec: { namespace: shop, cluster: rendered }
---
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: rendered }
spec: { directory: out }
"""
IMAGE = """---
apiVersion: cmx.dev/v1
kind: Image
metadata: { name: %(name)s }
spec:
  repository: %(place)s/shop/%(name)s
  tags: [latest, "${shortCommit}"]
  build: { context: services/%(name)s%(more)s }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: %(name)s }
spec:
  selector: { matchLabels: { app: %(name)s } }
  template:
    metadata: { labels: { app: %(name)s } }
    spec: { containers: [ { name: main, image: "%(place)s/shop/%(name)s" } ] }
"""


class World:
    def __init__(self, path, url, maker, folder):
        self.program, self.folder = path, folder
        self.server, self.proxy = Server(url), Proxy(url)
        self.place = f"127.0.0.1:{self.proxy.port}"
        self.repository = os.path.join(folder, "repository")
        self.round = 0
        self.environment = dict(os.environ, DOCKER_CONFIG=folder, HOME=folder)
        images = os.path.join(folder, "images")
        subprocess.run([sys.executable, maker, images, "20000"], check=True,
                       stdout=subprocess.DEVNULL)
        subprocess.run([path, "registry", "copy", f"oci:{images}:one",
                        f"{url.split('//')[1]}/basis:1"], check=True, stdout=subprocess.DEVNULL,
                       env=self.environment)
        subprocess.run(["git", "init", "-q", "-b", "main", self.repository], check=True)
        self.write_source()

    # ------------------------------------------------------------ the source

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@example.org",
                        "-C", self.repository, *arguments], check=True)

    def write(self, name, text):
        path = os.path.join(self.repository, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())

    def write_source(self):
        platforms = ", platforms: [linux/amd64, linux/arm64]"
        self.write("deploy/all.yaml", PROJECT + "".join(
            IMAGE % {"name": name, "place": self.place, "more": platforms if name == "both" else ""}
            for name in NAMES))
        bases = {"left": f"{self.place}/basis:1", "above": f"{self.place}/shop/left",
                 "both": "scratch"}
        for name, base in bases.items():
            self.write(f"services/{name}/Dockerfile", f"FROM {base}\nCOPY news /news-{name}\n")
            self.write(f"services/{name}/news", "old")
        self.write(".gitignore", "out/\n")

    def begin(self):
        """A commit with 30 kB that do not compress, so that a layer has a middle."""
        self.round += 1
        for name in ("left", "both"):
            self.write(f"services/{name}/news", random.Random(f"{name}{self.round}").randbytes(30000))
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"Round {self.round}")

    # ------------------------------------------------------------ what is asked

    def call(self, *arguments):
        return [self.program, *arguments, "-f", os.path.join(self.repository, "deploy")]

    def run(self, limit):
        return program.run(self.call("apply", "--yes"), limit, self.proxy, self.environment)

    def rendered(self):
        """The image of each object, as far as it was written: {"left": "…@sha256:…"}."""
        found = {}
        for folder, _, files in os.walk(os.path.join(self.repository, "out")):
            for name in files:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    for image in re.findall(r"image: (\S+/shop/\S+)", file.read()):
                        found[re.search(r"/shop/(\w+)", image)[1]] = image.strip("\"'")
        return found

    def settle(self):
        for name in NAMES:
            wrong = self.server.incomplete(f"shop/{name}")
            if wrong:
                return f"shop/{name}: {wrong}"
        for name, image in self.rendered().items():
            if "@" not in image:
                return f"an object names {image}, without a digest"
            lost = self.server.missing(f"shop/{name}", "manifests", image.split("@")[1])
            if lost:
                return f"an object runs {image}, and {lost} is missing"
        return None

    def check(self):
        wrong = self.settle()
        if wrong:
            return wrong
        for name in NAMES:
            wanted = f"{self.place}/shop/{name}@" + digest_of(
                self.server.get(f"shop/{name}/manifests/latest") or b"")
            if self.rendered().get(name) != wanted:
                return f"{name}: the object runs {self.rendered().get(name)}, the tag is {wanted}"
        again = subprocess.run(self.call("diff"), env=self.environment, text=True,
                               stdout=subprocess.PIPE)
        return None if again.returncode == 0 else f"a second run would not do nothing:\n{again.stdout}"


def main():
    path, url, maker, folder, faults, step = sys.argv[1:7]
    os.makedirs(folder)
    world = World(path, url, maker, folder)
    seen = {SURVIVED, NOT_REACHED, FAILED}
    survived = dict.fromkeys(("reset", "lost", "cut", "error", "down", "gateway"), {SURVIVED})
    matrix = Matrix(world.proxy, world, GROWTH, flip=seen, **survived)
    exchanges = matrix.measure()
    for fault in ("reset", "lost", "refuse"):  # before anything is known of the registry
        matrix.once(fault, 1)
    fine = matrix.all(faults.split(","), int(step))
    print(f"apply: {exchanges} exchanges in a clean run, {matrix.runs} runs, "
          f"{matrix.failures} failures; a run took at most {matrix.longest:.1f} s and "
          f"{matrix.most_memory >> 10} MiB")
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
