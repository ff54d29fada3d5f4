"""Who is measured: cmx-reconcile, kubectl, and the raw requests by curl. Flux is in
flux.py. A peer answers with a Sample each time, or None for what it cannot do."""

import os
import subprocess

import manifests
from cluster import KUBECTL
from measuring import Measure, Sample

CONCURRENCY = 16  # as cmx-reconcile, unless it is told otherwise


class Bench:
    """What all peers share."""

    def __init__(self, work, program, requests, login, limit):
        self.work, self.program, self.requests, self.login = work, program, requests, login
        self.limit = limit  # seconds a controller may take for one reconciliation
        self.measure = Measure(work)

    def run(self, agent, codes, command, folder):
        """A Sample of the command, with the requests that `agent` sent meanwhile."""
        mark = self.requests.mark()
        sample = self.measure.run(codes, command, folder)
        sample.requests = self.requests.since(mark, agent)
        return sample


class Peer:
    """A folder of manifests and a namespace; `level` is what the changed 1 % say."""

    name = agent = ""
    gone = None  # why it takes no more part

    def __init__(self, bench, objects, namespace):
        self.bench, self.objects, self.namespace = bench, objects, namespace
        self.folder = os.path.join(bench.work, namespace)
        self.changed = max(1, objects // 100)
        manifests.write(self.folder, namespace, objects)

    def change(self, level):
        manifests.write(self.folder, self.namespace, self.changed * manifests.OBJECTS_AN_APP,
                        self.changed, level)

    def run(self, codes, *command):
        return self.bench.run(self.agent, codes, command, self.folder)

    def close(self):
        pass


class Cmx(Peer):
    name, agent = "cmx-reconcile", "cmx-reconcile/"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        manifests.write_project(self.folder, self.namespace)
        self.commit("the first")

    def commit(self, subject):
        """As users have it: the folder is a repository."""
        git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid",
               "-c", "gc.auto=0"]
        if not os.path.isdir(os.path.join(self.folder, ".git")):
            subprocess.run([*git, "init", "-q"], cwd=self.folder, check=True)
        subprocess.run([*git, "add", "-A"], cwd=self.folder, check=True)
        subprocess.run([*git, "commit", "-q", "-m", subject], cwd=self.folder, check=True)

    def change(self, level):
        super().change(level)
        self.commit(level)

    def apply(self):
        return self.run([0], self.bench.program, "apply", "-f", ".", "--yes", "--no-wait")

    def diff(self, differs):
        return self.run([1 if differs else 0], self.bench.program, "diff", "-f", ".")


class Kubectl(Peer):
    name, agent = "kubectl", "kubectl/"

    def apply(self):
        return self.run([0], KUBECTL, "apply", "--server-side", "-f", ".")

    def diff(self, differs):
        return self.run([1 if differs else 0], KUBECTL, "diff", "--server-side", "-f", ".")


class Raw(Peer):
    """The same bytes by curl, all over one HTTP/2 connection: what nobody can be faster than
    without asking for less. A diff is one LIST a kind, and a dry run of each object that
    changed; an apply is the PATCH of each instead."""

    name, agent = "raw requests (curl -Z)", "curl/"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.applied = False
        self.level = None

    def change(self, level):
        super().change(level)
        self.level = level

    def lists(self):
        return [f'url = "{self.bench.login.server}{root}/namespaces/{self.namespace}/{plural}"\n'
                f'output = "/dev/null"' for root, plural in manifests.KINDS]

    def patches(self, number, kinds, dry_run):
        level = self.level or "info"
        documents = manifests.app(self.namespace, number, level).split("---\n")
        for (root, plural), document in list(zip(manifests.KINDS, documents))[:kinds]:
            path = os.path.join(self.folder, f".{plural}-{number}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(document)
            yield (f'url = "{self.bench.login.server}{root}/namespaces/{self.namespace}/{plural}/'
                   f'app-{number}?fieldManager=raw&force=true{"&dryRun=All" if dry_run else ""}"\n'
                   'request = "PATCH"\nheader = "Content-Type: application/apply-patch+yaml"\n'
                   f'data-binary = "@{path}"\noutput = "/dev/null"')

    def curl(self, transfers):
        options = "\n".join(["silent", "fail", *self.bench.login.curl_options()])
        path = os.path.join(self.bench.work, "curl")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\nnext\n".join(f"{options}\n{transfer}" for transfer in transfers))
        return self.run([0], "curl", "--parallel", "--parallel-max", str(CONCURRENCY),
                        "--config", path)

    def work(self, transfers, dry_run):
        """LISTs first, then the rest: nobody knows what to send before."""
        first = self.curl(self.lists())
        changes = [text for number in range(self.changed if self.level else 0)
                   for text in self.patches(number, 1, dry_run)]
        if not changes:
            return first
        second = self.curl(changes)
        requests = None if first.requests is None else first.requests + second.requests
        return Sample(first.wall + second.wall, first.cpu + second.cpu,
                      max(first.rss, second.rss), requests)

    def apply(self):
        if self.applied:
            return self.work(None, False)
        self.applied = True
        kinds = len(manifests.KINDS)
        return self.curl([text for number in range(self.objects // kinds)
                          for text in self.patches(number, kinds, False)])

    def diff(self, differs):
        return self.work(None, True)

