"""git: faults between `cmx-reconcile apply --git` and a real git server.

usage: git.py PROGRAM URL FOLDER CACHE FAULT,FAULT…

FOLDER/repos/NAME is made, and served at URL (http:// or git://; ssh:// is a git
daemon behind as_ssh.py). The manifests go to a folder, so that no cluster is needed. Every
fault meets every exchange of a fetch into a cache that knows the last commit
("kept"), or of one that begins it ("empty"). See matrix.py for what is asked of each run.
"""
import os
import shutil
import subprocess
import sys
import urllib.parse

import program
import stream
from matrix import Matrix, NOT_REACHED, SURVIVED
from proxy import Proxy

SIDES = ("left", "right")
HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = """apiVersion: cmx.dev/v1
kind: Project
metadata: { name: shop }
spec: { namespace: shop, cluster: rendered, pruneBudget: 100% }
---
apiVersion: cmx.dev/v1
kind: Cluster
metadata: { name: rendered }
spec: { directory: out }
"""


def config_map(name, value):
    return (f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name} }}\n"
            f"data: {{ key: {value} }}\n")


GROWTH = 2.5  # some run of many joins the packs of the cache


class World:
    def __init__(self, path, url, folder, fresh):
        parts = urllib.parse.urlsplit(url)
        upstream = f"{parts.scheme}://{parts.hostname}:{parts.port}"
        self.proxy = (Proxy if parts.scheme == "http" else stream.StreamProxy)(upstream)
        self.served = os.path.join(folder, "repos", os.path.basename(parts.path))
        self.program, self.folder = path, folder + "/" + os.path.basename(parts.path)
        folder = self.folder
        self.environment = dict(os.environ, XDG_CACHE_HOME=os.path.join(folder, "cache"))
        self.url = f"{parts.scheme}://127.0.0.1:{self.proxy.port}{parts.path}"
        if parts.scheme == "ssh":
            command = f"python3 {HERE}/as_ssh.py {self.proxy.port}"
            self.environment["GIT_SSH_COMMAND"] = command
            self.url = f"ssh://test{parts.path}"
        self.place = parts.scheme == "ssh" and "test" or f"127.0.0.1:{self.proxy.port}"
        self.side, self.round, self.fresh = 1, 0, fresh
        self.repository = os.path.join(folder, "work")
        os.makedirs(os.path.join(folder, "root"))
        subprocess.run(["git", "init", "-q", "-b", "main", self.repository], check=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", self.served], check=True)
        self.write("project.yaml", PROJECT)

    # ------------------------------------------------------------ the source

    def git(self, *arguments):
        subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=test@example.org",
                        "-C", self.repository, *arguments], check=True)

    def write(self, name, text):
        path = os.path.join(self.repository, "deploy", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def begin(self):
        """A commit with news, and 30 kB that do not compress, so that a pack has a middle."""
        self.side = 1 - self.side
        self.round += 1
        self.git("rm", "-q", "--ignore-unmatch", f"deploy/only-{SIDES[1 - self.side]}.yaml")
        self.write(f"only-{SIDES[self.side]}.yaml", config_map("only-" + SIDES[self.side], "a"))
        self.write("changed.yaml", config_map("changed", SIDES[self.side]))
        self.write("rest", os.urandom(15000).hex())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", f"round {self.round}")
        self.git("push", "-q", self.served, "HEAD:main")
        if self.fresh:
            shutil.rmtree(self.environment["XDG_CACHE_HOME"], ignore_errors=True)

    # --------------------------------------------------------------- the run

    def run(self, limit):
        outcome = program.run(
            [self.program, "apply", "--git", self.url, "--path", "deploy", "--directory-root",
             os.path.join(self.folder, "root"), "--yes"], limit, self.proxy, self.environment)
        if outcome.code == NOT_REACHED and self.place not in outcome.errors:
            return outcome._replace(code=f"{NOT_REACHED}, but the error names no server")
        return outcome

    # ------------------------------------------------------------- the cache

    def caches(self):
        top = os.path.join(self.folder, "cache/cmx-reconcile/git")
        names = os.listdir(top) if os.path.isdir(top) else []
        return [os.path.join(top, name) for name in names
                if os.path.exists(os.path.join(top, name, "cmx-url"))]

    def settle(self):
        """A cache that counts as one is whole, whatever happened."""
        for cache in self.caches():
            done = subprocess.run(["git", f"--git-dir={cache}", "fsck", "--full", "--no-dangling",
                                   "--no-progress"], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=False)
            if done.returncode:
                return f"git fsck of the cache: {done.stdout}"
        return None

    def left_over(self):
        """Files in the cache that nothing will ever use."""
        return [os.path.join(folder, name) for cache in self.caches()
                for folder, _, names in os.walk(cache) for name in names
                if name.endswith((".lock", ".tmp")) or name.startswith(("tmp_", "answer."))
                or (name.endswith(".idx")
                    and not os.path.exists(os.path.join(folder, name[:-4] + ".pack")))]

    def check(self):
        wrong = self.settle() or self.left_over()
        if wrong or len(self.caches()) != 1:
            return wrong or f"caches: {self.caches()}"
        here = SIDES[self.side]
        folder = os.path.join(self.folder, "root/out/shop")
        found = sorted(os.listdir(folder))
        wanted = sorted(f"ConfigMap_{name}.yaml" for name in ("changed", "only-" + here))
        with open(os.path.join(folder, "ConfigMap_changed.yaml"), encoding="utf-8") as file:
            text = file.read()
        if found != wanted or here not in text:
            return f"the folder holds {found}, wanted is {wanted}: {text}"
        return None


def main():
    path, url, folder, cache, faults = sys.argv[1:6]
    scheme = url.split(":")[0]
    world = World(path, url, folder, cache == "empty")
    names = faults.split(",")
    survived = dict.fromkeys(("refuse", "reset", "lost", "cut", "down", "gateway"), {SURVIVED})
    matrix = Matrix(world.proxy, world, GROWTH, **survived)
    if scheme != "http":
        names = [name for name in names if name in stream.FAULTS]
    exchanges = matrix.measure()
    fine = matrix.all(names)
    print(f"{scheme}, cache {cache}: {exchanges} exchanges in a clean run, {matrix.runs} runs, "
          f"{matrix.failures} failures; a run took at most {matrix.longest:.1f} s and "
          f"{matrix.most_memory >> 10} MiB")
    sys.exit(0 if fine else 1)


main()
